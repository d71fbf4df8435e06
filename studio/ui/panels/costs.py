"""Joins measurements to the Train column: what the run shown costs, the minutes of each preset, measuring when idle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from studio.config.base import DIALS
from studio.config.facts import Facts
from studio.config.registry import preset
from studio.config.requests import EstimateRequest
from studio.config.training import TrainingSettings
from studio.ui.panels.measure_block import Cost
from studio.ui.panels.measuring import Measured, Measurements, measuring_key
from studio.ui.text import duration_text

if TYPE_CHECKING:
    from studio.ui.session import Session

_IDLE_MS = 3000  # so long nothing must have changed before trial steps begin by themselves
_MANY = 20_000  # pictures; preparing more than these takes longer than anyone expects without having asked


@dataclass(frozen=True)
class Wanted:
    """A run that does not exist yet: what it would learn from and how; ``config`` None while something is refused."""

    dataset: str
    data: Facts
    config: TrainingSettings | None


class Costs(QObject):
    """`set_wanted` says what is to be measured; `cost` and `times` tell what is known."""

    changed = Signal()
    measured = Signal()
    """Something new was measured: worth saving."""

    def __init__(self, session: Session, family: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._family = family
        self._wanted: Wanted | None = None
        self._active = False
        self._unasked = True
        self._times_for: object = None
        self._times: Mapping[str, str] = {}
        self.found = Measurements(session, self)
        self.found.changed.connect(self._on_found)
        self._timer = QTimer(self)
        self._timer.setObjectName("idleMeasuring")
        self._timer.setSingleShot(True)
        self._timer.setInterval(_IDLE_MS)
        self._timer.timeout.connect(self._on_idle)

    def set_wanted(self, wanted: Wanted | None) -> None:
        """What a new run would be; None where there is none to be measured."""
        if wanted != self._wanted:
            self._wanted = wanted
            self._wait()

    def set_active(self, active: bool) -> None:
        """Whether anybody looks: only then something is measured unasked."""
        self._active = active
        self._wait()

    # --- what is known -----------------------------------------------------------------------------------------------

    def of(self, dataset: str, config: TrainingSettings | None) -> Measured | None:
        """What was measured for a config."""
        return self.found.get(self._key(dataset, config)) if config is not None else None

    def cost(self, items: str, why_not: str) -> Cost:
        """What the wanted run costs."""
        wanted = self._wanted
        if wanted is None or wanted.config is None:
            return Cost(items=items, why_not=why_not)
        key = self._key(wanted.dataset, wanted.config)
        held = self.found.get(key)
        busy = self.found.busy
        progress = self.found.progress if self.found.key == key else ""
        problem = self._too_large(held, wanted.config) or self.found.problem(key)
        if held is None or not held.rate:
            memory, free = (held.memory, held.free) if held is not None else (0, 0)
            return Cost(items, memory=memory, free=free, busy=busy, progress=progress, problem=problem, why_not=why_not)
        seconds = held.seconds(wanted.config.steps)
        return Cost(items, held.rate, seconds, held.memory, held.free, busy=busy, progress=progress, why_not=why_not)

    def _too_large(self, held: Measured | None, config: TrainingSettings) -> str:
        if held is None or held.rate:
            return ""
        if held.batch_that_fits:
            return self.tr("A batch of {0} does not fit; {1} would.").format(config.batch, held.batch_that_fits)
        return self.tr("This does not fit into the memory.")

    def times(self, dataset: str, data: Facts) -> Mapping[str, str]:
        """The time of each preset for a data set, as far as it was measured; worked out anew only where it differs."""
        key = (dataset, data, self._session.device_facts(), self._session.preferences.device, self.found.version)
        if key != self._times_for:
            self._times_for = key
            self._times = self._find_times(dataset, data)
        return self._times

    def _find_times(self, dataset: str, data: Facts) -> dict[str, str]:
        words = {}
        for dial, config in self._presets(data).items():
            held = self.of(dataset, config)
            if held is not None and held.rate:
                words[dial] = duration_text(held.seconds(config.steps))
        return words

    def steps_words(self) -> str:
        """How long the steps of the wanted run take; empty where it was not measured."""
        wanted = self._wanted
        held = self.of(wanted.dataset, wanted.config) if wanted is not None else None
        if wanted is None or wanted.config is None or held is None or not held.rate:
            return ""
        return duration_text(held.seconds(wanted.config.steps))

    # --- measuring ---------------------------------------------------------------------------------------------------

    def measure(self) -> None:
        """Measure the wanted run now, also if it was measured before."""
        self._unasked = True
        if self._wanted is not None and self._wanted.config is not None:
            self._begin(self._wanted.dataset, self._wanted.config)

    def cancel(self) -> None:
        """Give up what is being measured, and begin nothing unasked from now on."""
        self._unasked = False
        self.make_way()

    def make_way(self) -> None:
        """Something more important begins."""
        self._timer.stop()
        self.found.stop()

    def clear(self) -> None:
        """Another project."""
        self._timer.stop()
        self._wanted = None
        self.found.clear()

    def state(self) -> dict[str, Any]:
        """What was measured, as plain data."""
        return self.found.state()

    def restore(self, state: object) -> None:
        """Take up `state`."""
        self.found.restore(state)

    def _begin(self, dataset: str, config: TrainingSettings) -> None:
        device = self._session.preferences.device
        plain = config.model_dump(mode="json")
        request = EstimateRequest(family=self._family, dataset=dataset, config=plain, device=device)
        self.found.measure(self._key(dataset, config), request)

    def _wait(self) -> None:
        """Begin after a while of quiet, if there is anything to measure."""
        self._timer.stop()
        if self._active and self._unasked and self._unmeasured() is not None:
            self._timer.start()

    def _on_idle(self) -> None:
        config = self._unmeasured()
        if config is None or not self._active or not self._unasked:
            return
        if self._is_quiet():
            self._begin(self._dataset(), config)
        else:
            self._timer.start()

    def _is_quiet(self) -> bool:
        """Whether nothing else works, and PyTorch is there."""
        session = self._session
        quiet = len(session.board) == 0 and session.training is None and not session.live.busy()
        return quiet and session.engine.state == "ready" and session.can_write and not session.closing

    def _unmeasured(self) -> TrainingSettings | None:
        """What to measure next: the run that is set, then the presets in order."""
        wanted = self._wanted
        if wanted is None or wanted.data.count > _MANY or wanted.config is None:
            return None
        for config in (wanted.config, *self._presets(wanted.data).values()):
            key = self._key(wanted.dataset, config)
            if self.found.get(key) is None and not self.found.problem(key):
                return config
        return None

    def _presets(self, data: Facts) -> Mapping[str, TrainingSettings]:
        """What each dial stands for; nothing for an empty data set."""
        if not data.count:
            return {}
        device = self._session.device_facts()
        return {dial: preset(self._family, data, device, dial) for dial in DIALS}

    def _dataset(self) -> str:
        return self._wanted.dataset if self._wanted is not None else ""

    def _key(self, dataset: str, config: TrainingSettings | None) -> str:
        return measuring_key(dataset, self._session.preferences.device, config) if config is not None else ""

    def _on_found(self) -> None:
        self.changed.emit()
        if not self.found.busy:
            self.measured.emit()
            self._wait()
