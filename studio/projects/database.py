"""``project.db`` opened: one connection that writes, one that reads, and what was lost when the file was damaged.

The roll-back journal and full synchronisation, because SQLite before 3.51.3 can corrupt a write-ahead log that two
connections use (https://www.sqlite.org/wal.html, section 11); ``EXTRA`` also flushes the folder after the journal is
gone, so that what was confirmed survives a power cut. Nothing is memory-mapped, and a foreign schema runs nothing.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from studio.ground.errors import StudioError, Text
from studio.projects import repair
from studio.projects.connecting import DATABASE, UNREADABLE, connect
from studio.projects.saving import reading, reading_error, saving
from studio.projects.tables import MIGRATIONS, Migration, begin, insert, migrate, problems, version_of
from studio.projects.writer import GATHER_SECONDS, Action, Writer, transact

_BACKUP_AFTER_OPENING = 5.0
_BACKUP_AFTER_CHANGE = 300.0
_WHAT = "the project's database"
_GATHERED = ("state", "conversations")  # what is put off for a second
_NOT_DAMAGE = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR,
}  # fmt: skip
Result = TypeVar("Result")


class Database:
    """An open project database. Reads are short and may come from any thread; writes go through the writer's thread."""

    def __init__(self, folder: Path, reader: sqlite3.Connection, writer: Writer | None) -> None:
        self.folder = folder
        self.losses: tuple[Text, ...] = ()
        self._reader = reader
        self._reading = threading.Lock()
        self._writer = writer
        self._private: tempfile.TemporaryDirectory[str] | None = None
        self._changed = False
        if writer is not None:
            writer.later("backup", self._renew_backup, delay=_BACKUP_AFTER_OPENING)

    @property
    def read_only(self) -> bool:
        """Whether nothing can be written."""
        return self._writer is None

    @property
    def pending(self) -> bool:
        """Whether a change still waits to be written."""
        return self._writer is not None and any(map(self._writer.is_put_off, _GATHERED))

    @property
    def trouble(self) -> StudioError | None:
        """Why the last put-off write failed; it is tried again every second."""
        return self._writer.trouble if self._writer is not None else None

    def read(self, action: Action[Result]) -> Result:
        """Run a reading action."""
        with self._reading, reading(_WHAT):
            return action(self._reader)

    def write(self, action: Action[Result], what: str) -> Result:
        """Run an action in a transaction; returns after its commit.

        Raises:
            StudioError: the project is read-only, or ``what`` could not be saved; nothing is changed then.
        """
        writer = self._require_writer()
        result = writer.write(action, what)
        self._note_change(writer)
        return result

    def later(self, name: str, action: Callable[[sqlite3.Connection], None]) -> None:
        """Put an action, which makes its own transaction, off for a second; calls until then become one."""
        writer = self._require_writer()
        writer.later(name, action, GATHER_SECONDS)
        self._note_change(writer)

    def flush(self, name: str) -> None:
        """Write what was put off under ``name`` now."""
        if self._writer is not None:
            self._writer.flush(name)

    def close(self) -> None:
        """Write what waits, keep a verified copy if anything changed, and end the thread.

        Raises:
            StudioError: something could not be written; everything is closed all the same.
        """
        try:
            if self._writer is not None:
                self._writer.flush(*_GATHERED, *(["backup"] if self._changed else []))
        finally:
            if self._writer is not None:
                self._writer.close()
            self._reader.close()
            if self._private is not None:
                self._private.cleanup()

    def _require_writer(self) -> Writer:
        if self._writer is None:
            raise StudioError("The project is open for reading only, so nothing in it can be changed here.")
        return self._writer

    def _note_change(self, writer: Writer) -> None:
        self._changed = True
        writer.later("backup", self._renew_backup, delay=_BACKUP_AFTER_CHANGE)

    def _renew_backup(self, connection: sqlite3.Connection) -> None:
        if not repair.backup_is_current(self.folder, connection):
            repair.make_backup(self.folder, connection)


def create_database(folder: Path, name: str) -> None:
    """Make ``project.db`` in ``folder``, whole or not at all."""
    with repair.new_database(folder) as connection:
        begin(connection)
        for key, value in (("name", name), ("created", repr(time.time()))):
            insert(connection, "about", {"key": key, "value": value})


def open_for_writing(folder: Path, migrations: Sequence[Migration] = MIGRATIONS) -> Database:
    """Open the database of the project that ``folder`` is; the caller holds the project's lock.

    A damaged database is replaced by its verified copy, or by what can still be read; :attr:`Database.losses` says so.
    An older one is migrated after a copy of it was kept.

    Raises:
        StudioError: newer than this program, or not to be read at all.
    """
    losses: tuple[Text, ...] = ()
    connection = _whole(folder, migrations, write=True)
    if connection is None:
        losses = repair.repair(folder)
        connection = _whole(folder, migrations, write=True)
    if connection is None:
        raise StudioError("The project's database is damaged and could not be replaced by its copy.")
    _bring_up_to_date(folder, connection, migrations)
    database = Database(folder, connect(folder / DATABASE, write=False), Writer(connection))
    database.losses = losses
    return database


def open_for_reading(folder: Path, migrations: Sequence[Migration] = MIGRATIONS) -> Database:
    """Open without changing anything on the disk: what needs repair or migration is done in a private copy."""
    connection = _whole(folder, migrations, write=False)
    if connection is not None and version_of(connection) == migrations[-1].version:
        return Database(folder, connection, None)
    if connection is not None:
        connection.close()
    private = tempfile.TemporaryDirectory(prefix="studio-")
    copy = Path(private.name)
    try:
        return _open_copy(folder, copy, private, migrations)
    except BaseException:
        private.cleanup()
        raise


def _open_copy(
    folder: Path, copy: Path, private: tempfile.TemporaryDirectory[str], migrations: Sequence[Migration]
) -> Database:
    for file in folder.glob(f"{DATABASE}*"):
        if file.name in repair.NEEDED_FILES and file.is_file():
            shutil.copyfile(file, copy / file.name)
    losses: tuple[Text, ...] = ()
    connection = _whole(copy, migrations, write=True)
    if connection is None:
        losses = repair.repair(copy, keep_damaged=False)
        connection = connect(copy / DATABASE, write=True)
    _bring_up_to_date(copy, connection, migrations)
    database = Database(folder, connection, None)
    database.losses, database._private = losses, private
    return database


def _whole(folder: Path, migrations: Sequence[Migration], *, write: bool) -> sqlite3.Connection | None:
    """A connection to the database if it is what was saved, else None.

    Raises:
        StudioError: a newer format, or the disk or another program stands in the way (which is no damage).
    """
    if not (folder / DATABASE).is_file():
        return None
    connection = None
    whole = False
    try:
        connection = connect(folder / DATABASE, write=write)
        whole = not _look(connection, migrations)
    except UNREADABLE as error:
        if (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _NOT_DAMAGE:
            raise reading_error(error, _WHAT) from error
    finally:
        if connection is not None and not whole:
            connection.close()
    return connection if whole else None


def _look(connection: sqlite3.Connection, migrations: Sequence[Migration]) -> list[str]:
    """What is wrong, seen within one reading transaction, so that a writer beside us is not taken for damage."""
    connection.execute("BEGIN")
    try:
        return problems(connection, migrations)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _bring_up_to_date(folder: Path, connection: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    version = version_of(connection)
    if version < migrations[-1].version:
        with saving("the project in its new format"):
            repair.keep_version(folder, connection, version)
            transact(connection, lambda c: migrate(c, migrations))
