"""What a run leaves in its folder while it trains: metrics, samples, status, log; and what happens when that fails.

A write that fails (a full disk, a drive that has gone) never ends a run: it is told once and tried again.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from studio.data.work import reason_in_passing
from studio.ground.errors import StudioError, Text, text
from studio.ground.events import CheckpointSaved, Ended, Event, Metrics, Notice, Paused, Progress, Started
from studio.projects.run import Run

_STATUS_SECONDS = 1.0
_MOST_WAITING = 100_000
_OF_THE_MOMENT = ("not_written", "not_saved", "refused")  # notices that mean nothing any more once the trouble is over


class RunRecorder:
    """The trainer's recorder for a run in a project. What cannot be written waits, and goes before what follows."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._metrics: deque[tuple[int, int, Mapping[str, float]]] = deque(maxlen=_MOST_WAITING)
        self._samples: tuple[int, int, np.ndarray, Mapping[str, Any]] | None = None
        self._told = False
        self._problems: list[Notice] = []

    def metrics(self, step: int, items: int, values: Mapping[str, float]) -> None:
        """Append the numbers of one step."""
        self._metrics.append((step, items, dict(values)))
        self._try()

    def samples(self, step: int, items: int, pictures: np.ndarray, notes: Mapping[str, Any]) -> None:
        """Keep the pictures (N, H, W, C) uint8 of a step with their notes; of several that wait the latest."""
        self._samples = (step, items, pictures, notes)
        self._try()

    def problems(self) -> list[Notice]:
        """What went wrong since the last call."""
        found, self._problems = self._problems, []
        return found

    def _try(self) -> None:
        try:
            while self._metrics:
                step, items, values = self._metrics[0]
                self._run.metrics.append(step, items, values)
                self._metrics.popleft()
            if self._samples is not None:
                step, items, pictures, notes = self._samples
                self._run.samples.write(step, pictures, items=items, notes=notes)
                self._samples = None
            self._told = False
        except OSError as error:
            if not self._told:
                self._problems.append(not_written(reason_in_passing(error)))
            self._told = True


class StatusBoard:
    """Keeps ``status.json`` true: at once when the state changes, else at most once a second."""

    def __init__(self, run: Run, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._run, self._clock = run, clock
        self._changes: dict[str, Any] = {}
        self._written_at = -_STATUS_SECONDS
        self._told = False
        self._problems: list[Notice] = []
        self._seconds_before = 0.0
        self._since: float | None = None

    def begin(self, **facts: Any) -> None:
        """A leg of the run begins: ``running``, one leg more."""
        before = self._run.saved_status()
        self._seconds_before = before.seconds_trained
        started = before.started or time.time()
        self.show("running", started=started, legs=before.legs + 1, error="", seconds_left=None, rate=None, **facts)

    def show(self, state: str, **facts: Any) -> None:
        """Write a state now."""
        self._changes |= {"state": state, **facts}
        self._write()

    def note(self, **facts: Any) -> None:
        """Remember facts for the next writing."""
        self._changes |= facts
        if self._clock() - self._written_at >= _STATUS_SECONDS:
            self._write()

    def see(self, event: Event) -> None:
        """Take in what an event says of the run."""
        match event:
            case Started(what="train"):
                self._since = self._clock()
                self.show("running", step=event.step, total=event.total)
            case Metrics():
                self.note(step=event.step, items=event.items)
            case Progress(rate=float()):
                self.note(rate=event.rate, seconds_left=event.seconds_left, seconds_trained=self.seconds())
            case CheckpointSaved(kind="model", best=True):
                self.note(best_step=event.step)
            case Paused():
                self.show("paused" if event.paused else "running", seconds_trained=self.seconds())

    def end(self, ended: Ended) -> None:
        """The last word: how it ended, and why if it failed."""
        facts = {"seconds_left": None, "seconds_trained": self.seconds(), "error": str(ended.error or "")}
        self.show(ended.status, **facts)

    def seconds(self) -> float:
        """Seconds trained in all legs."""
        return self._seconds_before + (self._clock() - self._since if self._since is not None else 0.0)

    def problems(self) -> list[Notice]:
        """What went wrong since the last call."""
        found, self._problems = self._problems, []
        return found

    def _write(self) -> None:
        self._written_at = self._clock()
        try:
            self._run.set_status(**self._changes)
        except OSError as error:
            if not self._told:
                self._problems.append(not_written(reason_in_passing(error)))
            self._told = True
            return
        self._changes, self._told = {}, False


class RunLog:
    """The text log of a run: what began, what was worth knowing, how it ended; and its notices, kept for the window."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._told = False

    def see(self, event: Event) -> Iterator[Notice]:
        """Write down the events that deserve it; yields a notice, once, where that cannot be done."""
        words = _line(event)
        try:
            if words:
                self._run.log(words)
            if isinstance(event, Notice) and event.code not in _OF_THE_MOMENT:
                self._run.notices.add(event)
        except OSError as error:
            if not self._told:
                yield not_written(reason_in_passing(error))
            self._told = True
        else:
            self._told = self._told and not words


def not_written(reason: Text) -> Notice:
    """Something of the run could not be written; it is tried again."""
    return Notice(
        "not_written",
        "warning",
        text("The run's files cannot be written"),
        text("{reason} The run goes on and tries again; make room, or stop it.", reason=reason),
    )


def _line(event: Event) -> str:
    match event:
        case Started():
            return f"{event.what} from step {event.step} to {event.total}" if event.total else f"{event.what}"
        case Notice():
            return f"{event.severity}: {event.title}. {event.body}"
        case CheckpointSaved(kind="resume"):
            return f"resume point at step {event.step}"
        case Paused():
            return f"{'paused' if event.paused else 'goes on'} at step {event.step}"
        case Ended():
            return f"{event.status}{': ' if event.error else ''}{event.error or ''}\n{event.trace}".rstrip()
    return ""


def loss_notice(words: Text | StudioError, *, code: str = "loss") -> Notice:
    """A sentence about something damaged or different, as a notice."""
    body = words.text if isinstance(words, StudioError) else words
    return Notice(code, "warning", text("Worth knowing before it goes on"), body)
