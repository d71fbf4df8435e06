"""Training in this window: the queue of runs, the one that trains now, and what is known of its progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.ground.events import Command, Ended, Event, Notice, Paused, Progress, Samples, Started
from studio.ui.job_board import Job

if TYPE_CHECKING:
    from studio.config.requests import ResumeRequest, TrainRequest
    from studio.jobs.queue import RunQueue

_TRAINING = "Training"  # the trainer's own progress; every other one is of something besides it
Launch = Callable[["TrainRequest | ResumeRequest", Callable[[Event], None]], Job]


@dataclass
class RunLive:
    """The run that this window trains. ``name`` is empty until the job has said it; rate in items a second."""

    request: TrainRequest | ResumeRequest
    job: Job
    name: str = ""
    step: int = 0
    total: int | None = None
    rate: float | None = None
    seconds_left: float | None = None
    paused: bool = False
    activity: Progress | None = None
    """What is done before the first step, or besides training; None while it simply trains."""
    samples: Samples | None = None
    notices: tuple[Notice, ...] = ()
    announced: bool = False

    @property
    def family(self) -> str:
        """The family where the request names it."""
        return str(getattr(self.request, "family", ""))


class TrainingLine(QObject):
    """One trains, the others wait. `launch` starts a request's job; `attach` takes the queue of a project."""

    changed = Signal()
    """What trains or waits is another, or it is paused or goes on; mere progress is not told."""
    started = Signal(str)
    noticed = Signal(str, object)
    sampled = Signal(str)
    ended = Signal(str, object)

    def __init__(self, launch: Launch, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._launch = launch
        self._queue: RunQueue | None = None
        self.live: RunLive | None = None
        self.held = False

    @property
    def queue(self) -> RunQueue:
        """The queue of the open project; an empty one where none is open."""
        if self._queue is None:
            from studio.jobs.queue import RunQueue

            self._queue = RunQueue()
        return self._queue

    @property
    def waiting_count(self) -> int:
        """How many wait."""
        return len(self._queue.waiting) if self._queue is not None else 0

    def attach(self, queue: RunQueue | None) -> None:
        """Work on the queue of another project; what waits there waits on until it is asked for."""
        self._queue = queue
        self.held = self.waiting_count > 0
        self.changed.emit()

    def add(self, request: TrainRequest | ResumeRequest) -> None:
        """Put a request at the end of the queue and begin it if nothing trains."""
        self.queue.add(request)
        self.held = False
        self.advance()

    def advance(self) -> None:
        """Begin what is next, unless something trains or the queue is held."""
        if self.live is not None or self.held:
            self.changed.emit()
            return
        entry = self.queue.begin_next()
        if entry is not None:
            job = self._launch(entry.request, self._on_event)
            self.live = RunLive(entry.request, job, name=_known_name(entry.request))
        self.changed.emit()

    def send(self, command: Command) -> None:
        """Tell the run that trains something."""
        if self.live is not None:
            self.live.job.send(command)

    def _on_event(self, event: Event) -> None:
        live = self.live
        if live is None:
            return
        self._learn_name(live)
        match event:
            case Started(what="train"):
                live.step, live.total = event.step, event.total
            case Progress():
                self._on_progress(live, event)
            case Paused():
                live.paused = event.paused
            case Samples():
                live.samples = event
                self.sampled.emit(live.name)
            case Notice():
                live.notices = (*live.notices, event)
                self.noticed.emit(live.name, event)
            case Ended():
                self._on_ended(live, event)
        if isinstance(event, Started | Paused):
            self.changed.emit()

    def _learn_name(self, live: RunLive) -> None:
        if not live.announced and (live.name or live.job.name):
            live.name = live.name or live.job.name
            live.announced = True
            self.started.emit(live.name)
            self.changed.emit()

    def _on_progress(self, live: RunLive, event: Progress) -> None:
        if event.what.template == _TRAINING:
            live.step, live.rate, live.seconds_left = event.done, event.rate, event.seconds_left
            live.activity = None
        else:
            live.activity = event

    def _on_ended(self, live: RunLive, event: Ended) -> None:
        self.live = None
        self.queue.ended()
        self.ended.emit(live.name, event)
        self.advance()


def _known_name(request: TrainRequest | ResumeRequest) -> str:
    return request.run or ""
