"""A project: a folder that can be moved, zipped and mailed, opened by one writer at a time.

What lies where: ``project.db`` with its verified copy; ``data/<data set>/``; ``runs/<run>/``, each the matter of the
process that trains it; ``gallery/``; ``cache/``, which may be thrown away; ``bin/``. Every path inside is relative.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Literal

from studio.ground.errors import BusyError, StudioError, Text, UsageError, text
from studio.ground.files import sweep_leftovers
from studio.projects import disk
from studio.projects.bin import Bin
from studio.projects.connecting import DATABASE
from studio.projects.conversations import Conversations
from studio.projects.database import Database, create_database, open_for_reading, open_for_writing
from studio.projects.datasets import DataSets, missing_folder
from studio.projects.gallery import Gallery
from studio.projects.locks import Lock, project_lock
from studio.projects.naming import check_name
from studio.projects.repair import BACKUP
from studio.projects.runs import Runs
from studio.projects.saving import is_full, reading, saving
from studio.projects.state import State
from studio.projects.tables import find, put

Topic = Literal["datasets", "runs", "gallery", "conversations", "bin", "name"]
Listener = Callable[[Topic], None]
_FOLDERS = ("data", "runs", "gallery")


class Project:
    """An open project; close it, or use it in a ``with``. Made by :meth:`create` and :meth:`open`."""

    def __init__(self, path: Path, database: Database, lock: Lock | None, reason: Text | None, holder: str) -> None:
        """Not for others: see :meth:`create` and :meth:`open`."""
        self.path = path
        self.holder = holder
        """Who has it open for writing, where that is somebody else; else empty."""
        self.why_read_only = reason
        """Why nothing can be changed; None where everything can, or where reading is all that was asked for."""
        self._database = database
        self._lock = lock
        self._listeners: list[Listener] = []
        self.state = State(database)
        self.gallery = Gallery(path, database, lambda: self._tell("gallery"))
        self.conversations = Conversations(database, lambda: self._tell("conversations"))
        self.bin = Bin(path, (self.gallery, self.conversations), read_only=database.read_only)
        self.datasets = DataSets(path, database, self.bin, lambda: self._tell("datasets"))
        self.runs = Runs(path, self.bin, lambda: self._tell("runs"))
        self.losses: tuple[Text, ...] = database.losses
        """What was found damaged or missing on opening, in sentences."""

    # --- opening ---------------------------------------------------------------------------------------------

    @classmethod
    def create(cls, path: Path, name: str | None = None) -> Project:
        """Make a project in ``path`` (a new or an empty folder) and open it. The folder's name is the default name.

        Raises:
            UsageError: the folder holds something already, or the name cannot be one.
            StudioError: it cannot be written.
        """
        path = Path(path).expanduser().absolute()
        name = check_name(name if name is not None else path.name or "project", "project")
        if is_project(path):
            raise UsageError("{path} is a project already; open it.", path=path)
        if path.exists() and not path.is_dir():
            raise UsageError("{path} is a file, not a folder for a project.", path=path)
        if path.is_dir() and any(path.iterdir()):
            raise UsageError("{path} is not empty; choose a new folder for the project.", path=path)
        with saving("the new project"):
            _make(path, name)
        return cls.open(path, write="required")

    @classmethod
    def open(cls, path: Path, *, write: bool | Literal["required"] = True) -> Project:
        """Open a project.

        Args:
            write: True takes the project's lock and, where another holds it or the folder cannot be written to, opens
                for reading only, with :attr:`why_read_only` and :attr:`holder` set. ``"required"`` raises instead.
                False only reads: for jobs, beside whoever writes.

        Raises:
            UsageError: the folder is no project.
            BusyError: another holds it (only with ``write="required"``).
            StudioError: it cannot be opened.
        """
        path = Path(path).expanduser().absolute()
        _check_is_project(path)
        if not write:
            return cls._open_to_read(path, None, "")
        lock = project_lock(path)
        try:
            _check_writable(path)
            lock.acquire(patience=0.25)
        except BusyError as error:
            if write == "required":
                raise
            return cls._open_to_read(path, error.text, lock.holder_words())
        except OSError as error:
            reason = _why_unwritable(error, path.name)
            if write == "required":
                raise StudioError(reason.template, name=path.name) from error
            return cls._open_to_read(path, reason, "")
        try:
            return cls._open_to_write(path, lock)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def _open_to_read(cls, path: Path, reason: Text | None, holder: str) -> Project:
        with reading("the project"):
            project = cls(path, open_for_reading(path), None, reason, holder)
        project.losses += tuple(
            missing_folder(record) for record in project.datasets.all() if not (path / record.folder).is_dir()
        )
        return project

    @classmethod
    def _open_to_write(cls, path: Path, lock: Lock) -> Project:
        with saving("the project"):
            sweep_leftovers(path)
            database = open_for_writing(path)
            try:
                project = cls(path, database, lock, None, "")
                project._recover()
            except BaseException:
                database.close()
                raise
        return project

    def _recover(self) -> None:
        """Finish what a crash left half done; name what is lost."""
        sweep_leftovers(self.path / "data")
        disk.sweep_cache(self.path / "cache")
        self.bin.recover()
        self.losses += self.datasets.recover() + self.runs.recover() + self.gallery.recover()
        self.conversations.recover()

    # --- the open project ------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """What the user calls it."""
        row = self._database.read(lambda c: find(c, "about", "name"))
        return str(row["value"]) if row is not None else self.path.name

    def rename(self, name: str) -> None:
        """Change the name; the folder keeps its own."""
        row = {"key": "name", "value": check_name(name, "project")}
        self._database.write(lambda c: put(c, "about", row), "the project's name")
        self._tell("name")

    @property
    def read_only(self) -> bool:
        """Whether nothing can be changed."""
        return self._database.read_only

    @property
    def unsaved(self) -> bool:
        """Whether something (the state of the window) still waits to be written, for a second at most."""
        return self._database.pending

    @property
    def trouble(self) -> Text | None:
        """Why the last put-off write failed, while it is tried again; None while all is well."""
        found = self._database.trouble
        return found.text if found is not None else None

    @property
    def cache_folder(self) -> Path:
        """Where prepared data may be kept; everything in it can be made again."""
        return self.path / "cache"

    def on_change(self, listener: Listener) -> Callable[[], None]:
        """Have ``listener(topic)`` called after each change, in the thread that made it; the result stops that."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def disk_use(self) -> dict[str, int]:
        """Bytes by kind (:data:`studio.projects.disk.KINDS`)."""
        return disk.disk_use(self.path, self.bin)

    def free(self, kind: str) -> int:
        """Free what is not needed to go on; returns the bytes. See :func:`studio.projects.disk.free`."""
        if self.read_only:
            raise StudioError("The project is open for reading only, so nothing can be freed here.")
        freed = disk.free(self.path, self.bin, kind)
        self._tell("bin" if kind == "bin" else "runs")
        return freed

    def check(self) -> tuple[Text, ...]:
        """Read every run's files and every picture; names what is damaged. May take minutes."""
        runs = [loss for info in self.runs.all() for loss in self.runs.get(info.name).check()]
        return (*runs, *self.gallery.check())

    def flush(self) -> None:
        """Write what waits now. Raises StudioError where that fails."""
        self.state.flush()
        self.conversations.flush()

    def close(self) -> None:
        """Write what waits and let the project go.

        Raises:
            StudioError: something could not be written; the project is closed all the same.
        """
        try:
            self._database.close()
        finally:
            if self._lock is not None:
                self._lock.release()

    def _tell(self, topic: Topic) -> None:
        for listener in list(self._listeners):
            listener(topic)

    def __enter__(self) -> Project:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def is_project(path: Path) -> bool:
    """Whether a folder looks like a project: it has a database, or what is left of one."""
    try:
        return path.is_dir() and ((path / DATABASE).exists() or (path / BACKUP).exists())
    except OSError:  # a name that this system cannot even look for
        return False


def _check_is_project(path: Path) -> None:
    if not is_project(path):
        there = os.path.lexists(path)
        words = "{path} is not a project of the studio." if there else "There is no project at {path}."
        raise UsageError(words, path=path)
    if not (path / BACKUP).exists() and not (path / "runs").is_dir():
        # A file of that name in a folder of somebody else is not ours to repair.
        raise UsageError("{path} is not a project of the studio.", path=path)


def _make(path: Path, name: str) -> None:
    """Folders and database of a new project; where that fails all goes again, so that it can be tried anew."""
    was_there = path.is_dir()
    path.mkdir(parents=True, exist_ok=True)
    try:
        for folder in _FOLDERS:
            (path / folder).mkdir()
        create_database(path, name)
    except BaseException:
        for folder in _FOLDERS:
            if (path / folder).is_dir():
                (path / folder).rmdir()
        if not was_there:
            path.rmdir()
        raise


def _why_unwritable(error: OSError, name: str) -> Text:
    if is_full(error):
        return text("The project {name} can only be read: its disk is full. Free some space, then open it.", name=name)
    return text("The project {name} can only be read: its folder may not be written to.", name=name)


def _check_writable(path: Path) -> None:
    """Raises PermissionError where the folder or the database may not be written to."""
    database = path / DATABASE
    if not os.access(path, os.W_OK) or (database.is_file() and not os.access(database, os.W_OK)):
        raise PermissionError(13, "Permission denied", str(path))
