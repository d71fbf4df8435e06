"""What is done when ``project.db`` is not what was saved: the verified copy, else what can still be read, else anew.

The damaged file is always kept aside. Whatever the database forgets lies in the folder too: runs describe themselves,
data sets have their record beside them, pictures carry their request; the project takes them up again on opening.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from studio.ground.errors import DamagedError, StudioError, Text, text
from studio.ground.files import LEFTOVER, replace, sync
from studio.projects.connecting import DATABASE, UNREADABLE, connect
from studio.projects.saving import saving
from studio.projects.tables import begin, problems, put, sealed_rows, sealed_tables, select
from studio.projects.writer import transact

BACKUP = f"{DATABASE}.backup"
JOURNAL = f"{DATABASE}-journal"
NEEDED_FILES = (DATABASE, JOURNAL, BACKUP)
_DAMAGED_WHILE_OPEN = "The project's database was damaged while it was open; close the project and open it again."
_RESTORED = (
    "The project's database was damaged and was replaced by its copy from {when}; "
    "what was changed after that is missing.{kept}"
)
_SALVAGED = (
    "The project's database and its copy were damaged; {rows} entries could still be read, "
    "and what lies in the folder itself was taken up again.{kept}"
)


@contextmanager
def new_database(folder: Path, name: str = DATABASE) -> Iterator[sqlite3.Connection]:
    """Fill a database, inside one transaction, that takes the place of ``name`` when the block ends well."""
    temporary = folder / f"{name}{LEFTOVER}{uuid.uuid4().hex[:8]}"
    try:
        with saving("the project's database"):
            connection = connect(temporary, write=True, create=True)
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            finally:
                connection.close()
            sync(temporary)
            replace(temporary, folder / name)
    finally:
        temporary.unlink(missing_ok=True)


def make_backup(folder: Path, connection: sqlite3.Connection) -> None:
    """Keep a copy of the database that ``connection`` has open; the one before goes only when the new one verifies.

    Raises:
        DamagedError: the database was damaged while it was open; the copy from before stays.
    """
    temporary = folder / f"{BACKUP}{LEFTOVER}{uuid.uuid4().hex[:8]}"
    try:
        copy = connect(temporary, write=True, create=True)
        try:
            copy.execute("PRAGMA synchronous = OFF")  # flushed once, below
            connection.backup(copy)
            if problems(copy):
                raise DamagedError(_DAMAGED_WHILE_OPEN)
            transact(copy, lambda c: put(c, "about", {"key": "copied", "value": repr(time.time())}))
        finally:
            copy.close()
        sync(temporary)
        replace(temporary, folder / BACKUP)
    finally:
        temporary.unlink(missing_ok=True)


def backup_is_current(folder: Path, connection: sqlite3.Connection) -> bool:
    """Whether the copy is whole and holds the same rows."""
    copy = _whole_backup(folder)
    if copy is None:
        return False
    try:
        return _sums(copy) == _sums(connection)
    finally:
        copy.close()


def keep_version(folder: Path, connection: sqlite3.Connection, version: int) -> None:
    """Keep the database as it is before a migration, as ``project.db.version-N``."""
    name = f"{DATABASE}.version-{version}"
    temporary = folder / f"{name}{LEFTOVER}{uuid.uuid4().hex[:8]}"
    try:
        copy = connect(temporary, write=True, create=True)
        try:
            connection.backup(copy)
        finally:
            copy.close()
        sync(temporary)
        replace(temporary, folder / name)
    finally:
        temporary.unlink(missing_ok=True)


def repair(folder: Path, *, keep_damaged: bool = True) -> tuple[Text, ...]:
    """Replace the damaged or missing database; says what is lost.

    Raises:
        StudioError: the replacement cannot be written.
    """
    with saving("the repaired project"):
        kept = _set_aside(folder) if keep_damaged else ""
        copied = _restore(folder)
        rows = 0 if copied else _salvage(folder)
    words = text(" The damaged file is kept as {name}.", name=kept) if kept else text("")
    return (text(_RESTORED, when=copied, kept=words) if copied else text(_SALVAGED, rows=rows, kept=words),)


def _set_aside(folder: Path) -> str:
    """Copy the damaged database; the name of the copy, or nothing where there is nothing to keep."""
    damaged = folder / DATABASE
    number = 1
    while (aside := folder / f"{DATABASE}.damaged-{number}").exists():
        number += 1
    if damaged.is_dir():
        damaged.rename(aside)
        return aside.name
    if not damaged.exists() or not damaged.stat().st_size:
        return ""
    shutil.copyfile(damaged, aside)
    sync(aside)
    return aside.name


def _restore(folder: Path) -> str:
    """Put the verified copy in the database's place; when it was made, or nothing where there is no good copy."""
    copy = _whole_backup(folder)
    if copy is None:
        return ""
    try:
        about = select(copy, "about", "WHERE key = 'copied'")
        target = folder / f"{DATABASE}{LEFTOVER}{uuid.uuid4().hex[:8]}"
        restored = connect(target, write=True, create=True)
        try:
            copy.backup(restored)
        finally:
            restored.close()
    finally:
        copy.close()
    _take_place(folder, target)
    when = float(about[0]["value"]) if about else (folder / BACKUP).stat().st_mtime
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(when))


def _take_place(folder: Path, source: Path) -> None:
    """The journal goes first: it belongs to the damaged file and must not be played into the new one."""
    sync(source)
    (folder / JOURNAL).unlink(missing_ok=True)
    replace(source, folder / DATABASE)


def _salvage(folder: Path) -> int:
    """Make a new database from the rows that still are what was saved; how many there were."""
    found: list[tuple[str, dict[str, object]]] = []
    with suppress(*UNREADABLE):  # what cannot be read at all holds nothing to save
        damaged = connect(folder / DATABASE, write=True)
        try:
            for table in _known_tables():
                found += [(table, dict(row)) for row in sealed_rows(damaged, table)]
        finally:
            damaged.close()
    rows = 0
    with new_database(folder, f"{DATABASE}.salvaged") as connection:
        begin(connection)
        for table, row in found:
            rows += _keep(connection, table, row)
    _take_place(folder, folder / f"{DATABASE}.salvaged")
    return rows


def _known_tables() -> list[str]:
    """The names of our tables: those that a damaged file gives are not to be trusted."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        begin(connection)
        return sealed_tables(connection)
    finally:
        connection.close()


def _keep(connection: sqlite3.Connection, table: str, row: dict[str, object]) -> int:
    if (table, row.get("key")) == ("about", "version"):
        return 0
    try:
        put(connection, table, row)  # type: ignore[arg-type]
    except (*UNREADABLE, KeyError):  # a table or a column that is none of ours
        return 0
    return 1


def _whole_backup(folder: Path) -> sqlite3.Connection | None:
    """A connection to the copy, if there is one that is what was saved."""
    if not (folder / BACKUP).is_file():
        return None
    try:
        connection = connect(folder / BACKUP, write=False)
    except UNREADABLE:
        return None
    if _is_whole(connection):
        return connection
    connection.close()
    return None


def _is_whole(connection: sqlite3.Connection) -> bool:
    try:
        return not problems(connection)
    except (*UNREADABLE, StudioError):
        return False


def _sums(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    return connection.execute("SELECT * FROM sums WHERE name <> 'about' ORDER BY name").fetchall()
