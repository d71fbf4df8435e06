"""What a worker has said and the window has not yet read: thread-safe, without Qt.

The worker puts at its own speed; the window takes at the eye's pace. Metrics are all kept, in growing arrays;
of samples and of progress only the latest counts; everything else comes in order and nothing is lost.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from studio.ground.events import CheckpointSaved, Ended, Event, Metrics, Notice, Paused, Progress, Samples, Started

_FIRST_CAPACITY = 64


@dataclass(frozen=True, slots=True)
class MetricsBlock:
    """Metrics of ``len(steps)`` steps: steps and items int64 (N,), values float64 (N,), NaN where a step had none."""

    steps: np.ndarray
    items: np.ndarray
    values: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.steps)


class MetricsBuffer:
    """Collects :class:`Metrics`; memory doubles when full, so that appending costs the same at every length."""

    def __init__(self) -> None:
        self._count = 0
        self._index = np.zeros((_FIRST_CAPACITY, 2), np.int64)
        self._values: dict[str, np.ndarray] = {}

    def __len__(self) -> int:
        return self._count

    def append(self, event: Metrics) -> None:
        """Add one step."""
        if self._count == len(self._index):
            self._grow()
        self._index[self._count] = event.step, event.items
        for name, value in event.values.items():
            if name not in self._values:
                self._values[name] = np.full(len(self._index), np.nan)
            self._values[name][self._count] = value
        self._count += 1

    def block(self) -> MetricsBlock:
        """All that was appended, as arrays of its own."""
        used = slice(0, self._count)
        values = {name: column[used].copy() for name, column in self._values.items()}
        return MetricsBlock(self._index[used, 0].copy(), self._index[used, 1].copy(), values)

    def _grow(self) -> None:
        self._index = np.concatenate([self._index, np.zeros_like(self._index)])
        for name, column in self._values.items():
            self._values[name] = np.concatenate([column, np.full(len(column), np.nan)])


@dataclass(frozen=True, slots=True)
class Post:
    """What came since the last look. ``samples`` maps a kind to its latest; ``paused`` is None if unchanged."""

    metrics: MetricsBlock
    samples: Mapping[str, Samples] = field(default_factory=dict)
    started: Started | None = None
    progress: Progress | None = None
    paused: Paused | None = None
    notices: tuple[Notice, ...] = ()
    checkpoints: tuple[CheckpointSaved, ...] = ()
    ended: Ended | None = None

    def __bool__(self) -> bool:
        latest = (self.started, self.progress, self.paused, self.ended)
        counts = (len(self.metrics), len(self.samples), len(self.notices), len(self.checkpoints))
        return any(event is not None for event in latest) or any(counts)


class Mailbox:
    """Between one worker, which calls :meth:`put`, and one reader, which calls :meth:`take`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ended: Ended | None = None
        self._empty()

    @property
    def ended(self) -> Ended | None:
        """The ending, once it has come; stays after it has been taken."""
        with self._lock:
            return self._ended

    def put(self, event: Event) -> None:
        """Add an event. Of several endings the first counts; nothing is taken after it."""
        with self._lock:
            if self._ended is None:
                self._put(event)

    def take(self) -> Post:
        """All that came since the last call. Costs no more than copying it."""
        with self._lock:
            post = Post(
                metrics=self._metrics.block(),
                samples=self._samples,
                started=self._started,
                progress=self._progress,
                paused=self._paused,
                notices=tuple(self._notices),
                checkpoints=tuple(self._checkpoints),
                ended=self._ended if self._ending_is_new else None,
            )
            self._empty()
        return post

    def _empty(self) -> None:
        self._metrics = MetricsBuffer()
        self._samples: dict[str, Samples] = {}
        self._started: Started | None = None
        self._progress: Progress | None = None
        self._paused: Paused | None = None
        self._notices: list[Notice] = []
        self._checkpoints: list[CheckpointSaved] = []
        self._ending_is_new = False

    def _put(self, event: Event) -> None:
        match event:
            case Metrics():
                self._metrics.append(event)
            case Samples():
                self._samples[event.kind] = event
            case Started():
                self._started = event
            case Progress():
                self._progress = event
            case Paused():
                self._paused = event
            case Notice():
                self._notices.append(event)
            case CheckpointSaved():
                self._checkpoints.append(event)
            case Ended():
                self._ended, self._ending_is_new = event, True
            case _:
                raise TypeError(f"the mailbox knows no event {type(event).__name__}")
