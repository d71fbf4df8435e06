"""Locks that the operating system holds for a living process, with a note beside them that says whose they are.

The lock is the truth: it goes when its process does, however that ends. The note only gives the holder a name.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

import filelock
import psutil

from studio.ground.errors import BusyError, DamagedError, Text, text
from studio.ground.files import read_json, write_json

_PATIENCE = 2.0  # seconds in which a look of somebody else at the lock passes
_POLL = 0.02


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock: which process and computer, and when process and holding began (seconds since 1970)."""

    pid: int
    program: str
    process_started: float
    since: float
    host: str

    def __str__(self) -> str:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.since))
        return f"{self.program}, process {self.pid} on {self.host}, since {when}"


class Lock:
    """A lock at ``path``. ``what`` names what it guards in the message for the one who comes second."""

    def __init__(self, path: Path, what: Text) -> None:
        self.path = path
        self.what = what
        self._lock = filelock.FileLock(path, thread_local=False, poll_interval=_POLL)

    @property
    def note(self) -> Path:
        """The file that says who holds the lock."""
        return self.path.with_name(f"{self.path.name}.json")

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return bool(self._lock.is_locked)

    def acquire(self, patience: float = _PATIENCE) -> None:
        """Take the lock and write the note.

        Raises:
            BusyError: another holds it; the message says who.
            OSError: the folder cannot be written to.
        """
        if self.held:  # filelock would count, and one release would not be enough
            raise BusyError("{what} is in use by this program already.", what=self.what)
        try:
            self._lock.acquire(timeout=patience)
        except filelock.Timeout as error:
            raise BusyError("{what} is in use by {holder}.", what=self.what, holder=self.holder_words()) from error
        try:
            write_json(self.note, asdict(_myself()))
        except BaseException:
            self._lock.release()
            raise

    def release(self) -> None:
        """Give the lock back; does nothing where it is not held."""
        if self.held:
            self.note.unlink(missing_ok=True)
            self._lock.release()

    def is_held(self) -> bool:
        """Whether anybody holds the lock now. Where the lock file may not be opened, the note decides."""
        if self.held:
            return True
        if not self.path.exists():
            return False
        try:
            with filelock.FileLock(self.path, thread_local=False).acquire(timeout=0):
                return False
        except filelock.Timeout:
            return True
        except OSError:
            return _is_alive(self.holder())

    def holder(self) -> Holder | None:
        """Who holds the lock, as far as the note says."""
        try:
            return Holder(**read_json(self.note))
        except (OSError, DamagedError, TypeError):
            return None  # no note, or none of ours: the lock stays the truth

    def holder_words(self) -> str:
        """The holder for a message."""
        holder = self.holder()
        return str(holder) if holder is not None else "another program"

    def __enter__(self) -> Lock:
        if not self.held:
            self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def project_lock(project: Path) -> Lock:
    """The lock of whoever may write into a project."""
    return Lock(project / "project.lock", text("The project {name}", name=project.name))


def _myself() -> Holder:
    called = Path(sys.argv[0]) if sys.argv and sys.argv[0] else Path("python")
    program = called.parent.name if called.name == "__main__.py" else called.name
    return Holder(os.getpid(), program, psutil.Process().create_time(), time.time(), platform.node())


def _is_alive(holder: Holder | None) -> bool:
    """Whether the process of a note lives: process numbers are used again, so its start must agree as well."""
    if holder is None or holder.host != platform.node():
        return False
    try:
        return bool(abs(psutil.Process(holder.pid).create_time() - holder.process_started) < 1.0)
    except psutil.Error:
        return False
