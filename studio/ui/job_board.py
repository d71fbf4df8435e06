"""The jobs that this window has started: their workers, what came out of the mailboxes, who wants to hear it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.ground.events import Command, Ended, Event, Progress, Stop

if TYPE_CHECKING:
    from studio.config.base import Settings
    from studio.workers.mailbox import Post
    from studio.workers.pump import Worker

OnEvent = Callable[[Event], None]
_LAST_MOMENT = 5.0  # seconds that a worker gets between its ending and the end of its thread


@dataclass(eq=False)
class Job:
    """One piece of work under way. ``title`` empty: it does not show in the status bar."""

    number: int
    request: Settings
    worker: Worker
    title: str = ""
    on_event: OnEvent | None = None
    quiet: bool = False
    training: bool = False
    progress: Progress | None = None
    ended: Ended | None = None
    stopping: bool = False

    @property
    def name(self) -> str:
        """What the job called itself first: for training, the run. Empty until then."""
        return str(getattr(self.worker, "first_name", ""))

    @property
    def running(self) -> bool:
        """Whether its ending has not come yet."""
        return self.ended is None

    def send(self, command: Command) -> None:
        """Tell the job something; it obeys between two events."""
        self.stopping = self.stopping or isinstance(command, Stop)
        self.worker.send(command)

    def stop(self) -> None:
        """Ask it to stop; its ending still comes."""
        self.send(Stop())


class JobBoard(QObject):
    """Starts jobs and hands their events out in the window's thread; `drain` is called by the session's timer."""

    changed = Signal()
    """A job began or ended."""
    progressed = Signal()
    """A job has said something else; at every reading of the mailboxes, so not for what costs anything."""
    failed = Signal(object, object)
    """A job that is not quiet has failed: the `Job` and its `Ended`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs: list[Job] = []
        self._number = 0

    def __iter__(self) -> Iterator[Job]:
        return iter(tuple(self._jobs))

    def __len__(self) -> int:
        return len(self._jobs)

    def start(
        self,
        worker: Worker,
        *,
        title: str = "",
        on_event: OnEvent | None = None,
        quiet: bool = False,
        training: bool = False,
    ) -> Job:
        """Start a worker and follow it."""
        self._number += 1
        job = Job(self._number, worker.request, worker, title, on_event, quiet, training)
        self._jobs.append(job)
        worker.start()
        self.changed.emit()
        return job

    def find(self, number: int) -> Job | None:
        """The job of that number while it runs."""
        return next((job for job in self._jobs if job.number == number), None)

    def drain(self) -> None:
        """Read every mailbox once and hand out what came."""
        for job in tuple(self._jobs):
            post = job.worker.mailbox.take()
            if post:
                try:
                    self._hand_out(job, post)
                finally:
                    (self.changed if job.ended is not None else self.progressed).emit()

    def stop_all(self) -> None:
        """Ask every job to stop."""
        for job in self._jobs:
            job.stop()

    def join(self, seconds: float) -> bool:
        """Wait without an event loop until all have ended; say whether they have."""
        done = all(job.worker.join(seconds) for job in tuple(self._jobs))
        self.drain()
        return done

    def _hand_out(self, job: Job, post: Post) -> None:
        if post.progress is not None:
            job.progress = post.progress
        if post.ended is not None:
            job.ended = post.ended
            job.worker.join(_LAST_MOMENT)
            self._jobs.remove(job)
        try:
            for event in _events(post):
                if job.on_event is not None:
                    job.on_event(event)
        finally:
            if post.ended is not None and post.ended.status == "failed" and not job.quiet:
                self.failed.emit(job, post.ended)


def _events(post: Post) -> Iterator[Event]:
    """The post as events, the ending last. Metrics are left out: curves are read from the run's folder."""
    if post.started is not None:
        yield post.started
    yield from post.samples.values()
    yield from post.checkpoints
    yield from post.notices
    for event in (post.paused, post.progress, post.ended):
        if event is not None:
            yield event


def make_worker(request: Settings, project_path: Path) -> Worker:
    """The worker of a request."""
    from studio.ui.naming_worker import NamingWorker

    return NamingWorker(request, project_path)
