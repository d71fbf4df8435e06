"""The one pump: a job's events through a QThread into a mailbox; commands in the other direction.

Nothing but the mailbox and the command queue crosses. The only signal is QThread's own ``finished``: a signal a step
would freeze the window. No object of Qt is made inside the thread.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Slot

from studio.config.base import Settings
from studio.ground.errors import text
from studio.ground.events import Command, Ended, Event, Stop
from studio.jobs.registry import failure, run_job
from studio.jobs.steering import CommandQueue
from studio.workers.mailbox import Mailbox

Jobs = Callable[[Settings, Path, CommandQueue], Iterator[Event]]
_STACK_BYTES = 16 * 2**20  # macOS gives other threads half a megabyte, too little for compiled networks
_running: set[PumpThread] = set()  # a QThread that is forgotten while it runs takes the process down


class PumpThread(QThread):
    """A QThread that keeps itself alive until it has ended, whoever forgets it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setStackSize(_STACK_BYTES)
        self.finished.connect(self._forget)

    def start(self, priority: QThread.Priority = QThread.Priority.InheritPriority) -> None:
        """Begin; from here on the thread is kept until it has ended."""
        _running.add(self)
        super().start(priority)

    def join(self, seconds: float) -> bool:
        """Wait for the end without an event loop, at most ``seconds``; say whether it has ended."""
        if not self.wait(int(seconds * 1000)):
            return False
        self._forget()
        return True

    @Slot()
    def _forget(self) -> None:
        _running.discard(self)


class Worker(PumpThread):
    """Runs one job. Read :attr:`mailbox` from a timer; ``finished`` comes when the thread is over.

    When the mailbox shows the ending, the job's iterator is closed already: locks are free and memory is given back.
    """

    def __init__(
        self, request: Settings, project_path: Path, parent: QObject | None = None, *, jobs: Jobs = run_job
    ) -> None:
        super().__init__(parent)
        self.request = request
        self.project_path = project_path
        self.mailbox = Mailbox()
        self._commands = CommandQueue()
        self._jobs = jobs

    def send(self, command: Command) -> None:
        """Tell the job something; it obeys between two events."""
        self._commands.put(command)

    def close(self, seconds: float = 30.0) -> bool:
        """Ask the job to stop (a run writes its checkpoint) and wait for it; say whether it has ended in time."""
        if self.isRunning():
            self.send(Stop())
        return self.join(seconds)

    def run(self) -> None:
        """The body of the thread: drain the job, then put exactly one ending into the mailbox."""
        ending = _drain(lambda: self._jobs(self.request, self.project_path, self._commands), self.mailbox)
        self.mailbox.put(ending)


def _drain(begin: Callable[[], Iterator[Event]], mailbox: Mailbox) -> Ended:
    """Put all events into the mailbox but the ending, close the iterator, return the ending."""
    ending: Ended | None = None
    events: Iterator[Event] | None = None
    try:
        events = begin()
        ending = _until_ending(events, mailbox)
    except BaseException as error:  # noqa: BLE001 - nothing may leave a thread but as an ending
        ending = failure(error)
    finally:
        problem = _close(events)
    if problem and (ending is None or ending.status != "failed"):
        return Ended("failed", text("The work could not be put away cleanly."), problem)
    return ending or Ended("failed", text("The work ended without saying how; please report this."))


def _until_ending(events: Iterator[Event], mailbox: Mailbox) -> Ended | None:
    for event in events:
        if isinstance(event, Ended):
            return event
        mailbox.put(event)
    return None


def _close(events: Iterator[Event] | None) -> str:
    """Close a generator; the trace of what went wrong then, or nothing."""
    close = getattr(events, "close", None)
    try:
        if close is not None:
            close()
    except BaseException as error:  # noqa: BLE001 - it becomes the ending of the work
        return "".join(traceback.format_exception(error))
    return ""
