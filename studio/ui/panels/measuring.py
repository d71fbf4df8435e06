"""What a run will cost on this machine: asked for by trial steps, kept by the settings that decide it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from studio.config.base import describe, flat
from studio.config.requests import EstimateRequest
from studio.config.training import TrainingSettings
from studio.ground.events import Ended, Event, Progress
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.job_board import Job
    from studio.ui.session import Session

_KEPT = 32
_NO_MATTER = ("steps", "seed", "sample_count", "ema_half_life")


@dataclass(frozen=True, slots=True)
class Measured:
    """What trial steps have shown: ``rate`` in items a second, memory in bytes needed and free, the batch that fits."""

    rate: float
    items_per_step: float
    memory: int = 0
    free: int = 0
    batch_that_fits: int = 0

    def seconds(self, steps: int) -> float:
        """How long so many steps take."""
        return steps * self.items_per_step / self.rate if self.rate > 0 else 0.0


@lru_cache(maxsize=64)
def measuring_key(dataset: str, device: str, config: TrainingSettings) -> str:
    """A name for everything that speed and memory depend on."""
    live = {row.path for row in describe(config) if row.live}
    parts = {path: value for path, value in flat(config).items() if path not in live and path not in _NO_MATTER}
    data = json.dumps([dataset, device, parts], sort_keys=True, default=str)
    return hashlib.sha256(data.encode()).hexdigest()[:16]


class Measurements(QObject):
    """One measurement at a time; results by `measuring_key`, the newest kept."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._found: dict[str, Measured] = {}
        self._failed: dict[str, str] = {}
        self._job: Job | None = None
        self._key = ""
        self.progress = ""
        self.version = 0
        """Counts the changes of what is known."""

    def get(self, key: str) -> Measured | None:
        """What was measured under a key."""
        return self._found.get(key)

    def problem(self, key: str) -> str:
        """Why measuring failed, or nothing."""
        return self._failed.get(key, "")

    @property
    def busy(self) -> bool:
        """Whether trial steps are under way."""
        return self._job is not None

    @property
    def key(self) -> str:
        """What is being measured."""
        return self._key if self.busy else ""

    def measure(self, key: str, request: EstimateRequest) -> None:
        """Begin, unless something is being measured."""
        if self._job is None:
            self._key, self.progress = key, ""
            self._failed.pop(key, None)
            self._job = self._session.start(request, self._on_event, quiet=True)
            self.changed.emit()

    def stop(self) -> None:
        """Give up what is being measured."""
        if self._job is not None:
            self._job.stop()

    def clear(self) -> None:
        """Another project: forget what was measured; an answer still to come is not heard."""
        self.stop()
        self._job, self._key = None, ""
        self._found.clear()
        self._failed.clear()

    def state(self) -> dict[str, Any]:
        """Plain data of what was measured."""
        return {key: asdict(found) for key, found in self._found.items()}

    def restore(self, state: object) -> None:
        """The inverse of `state`; what is odd is left out."""
        self.version += 1
        self._found.clear()
        for key, data in state.items() if isinstance(state, Mapping) else ():
            try:
                self._found[str(key)] = Measured(**data)
            except TypeError:
                continue  # of another version: measured anew when it is asked for

    def _on_event(self, event: Event) -> None:
        job = self._job
        if job is None:
            return
        if isinstance(event, Progress):
            self.progress = spoken(event.what)
        elif isinstance(event, Ended):
            self._job = None
            self._take(event)
        else:
            return
        self.changed.emit()

    def _take(self, ended: Ended) -> None:
        if ended.status == "failed":
            self._failed[self._key] = spoken(ended.error)
            return
        found = measured_from(ended.result)
        if found is not None:
            self._found.pop(self._key, None)
            self._found[self._key] = found
            for old in list(self._found)[:-_KEPT]:
                del self._found[old]
            self.version += 1


def measured_from(result: Any) -> Measured | None:
    """What an estimate's result says; None for anything else. A rate of 0: the batch does not fit into the memory."""
    if not isinstance(result, Mapping):
        return None
    rate, seconds = result.get("items_per_second") or 0.0, result.get("seconds_per_step") or 0.0
    memory, free, fits = (int(result.get(name) or 0) for name in ("memory", "free", "batch_that_fits"))
    return Measured(rate, rate * seconds, memory, free, fits)
