"""A run as the window follows it: read from its folder, so that a run of another process shows like our own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from studio.ground.errors import StudioError, text
from studio.ground.events import Notice

if TYPE_CHECKING:
    from studio.projects.measures import MeasureFile

Curve = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Steps int64 (N,), items seen int64 (N,), values float64 (N,) with NaN for gaps."""


class RunWatch(QObject):
    """Follows one run. `poll` is called by the session's timer, at most twice a second while it trains."""

    status_changed = Signal()
    metrics_changed = Signal()
    samples_changed = Signal()
    notices_changed = Signal()
    measures_changed = Signal()

    def __init__(self, run: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.run = run
        self.name: str = run.name
        self.notices: tuple[Notice, ...] = ()
        self.rate: float | None = None
        self.seconds_left: float | None = None
        self.problem = ""
        self.status: Any = None
        self._steps: list[int] = []
        self._seams: list[int] = []
        self._curves: dict[str, Curve] = {}
        self._records = 0
        self._noted: object = None
        self._measured: object = None
        self.poll()

    # --- what is known -----------------------------------------------------------------------------------------------

    def curves(self) -> Mapping[str, Curve]:
        """Every metric by name."""
        return self._curves

    @property
    def measures(self) -> MeasureFile:
        """What was measured of it."""
        found: MeasureFile = self.run.measures
        return found

    def seams(self) -> list[int]:
        """Steps at which the run was taken up again."""
        return list(self._seams)

    def sample_steps(self) -> list[int]:
        """The steps of which samples are kept, ascending."""
        return list(self._steps)

    def sample(self, step: int) -> np.ndarray | None:
        """The samples of a step, uint8 (N, H, W, C); None where they cannot be read (any more)."""
        found = self.sample_with_notes(step)
        return found[0] if found is not None else None

    def sample_with_notes(self, step: int) -> tuple[np.ndarray, Mapping[str, Any]] | None:
        """The samples of a step and what the family noted of them; None where they cannot be read."""
        try:
            pictures, notes = self.run.samples.read_with_notes(step)
        except (OSError, StudioError, KeyError) as error:
            self.problem = str(error)
            return None
        return np.asarray(pictures), notes

    # --- reading -----------------------------------------------------------------------------------------------------

    def poll(self, *, own: bool = False) -> None:
        """Read what is new and say so. With ``own`` this process trains the run, and nobody's lock need be tried."""
        try:
            changed = {
                self.status_changed: self._read_status(own=own),
                self.metrics_changed: self._read_metrics(),
                self.samples_changed: self._read_samples(),
                self.notices_changed: self._read_notices(),
                self.measures_changed: self._read_measures(),
            }
            self.problem = ""
        except (OSError, StudioError) as error:
            self.problem = str(error)
            return
        for signal, has_changed in changed.items():
            if has_changed:
                signal.emit()

    def add_notice(self, notice: Notice) -> None:
        """A notice of the run, the newest last; one of the same code takes the older one's place."""
        if notice not in self.notices:
            self.notices = (*(n for n in self.notices if n.code != notice.code), notice)
            self.notices_changed.emit()

    def _read_notices(self) -> bool:
        """What the run's folder tells, whoever trains it, and what was only said (it is not all kept)."""
        stamp = self.run.notices.stamp
        if stamp == self._noted or stamp == (0, 0, 0):
            return False
        self._noted = stamp
        table = self.run.notices.read()
        before = self.notices
        damaged = tuple(Notice("notices", "warning", text("Notices are missing"), loss) for loss in table.losses)
        kept = table.notices or damaged
        codes = {notice.code for notice in kept}
        self.notices = (*kept, *(notice for notice in before if notice.code not in codes))
        return before != self.notices

    def _read_measures(self) -> bool:
        before, self._measured = self._measured, self.run.measures.stamp
        return bool(before != self._measured)

    def set_speed(self, rate: float | None, seconds_left: float | None) -> None:
        """What the running job says of its speed (items a second) and of the time left."""
        self.rate, self.seconds_left = rate, seconds_left

    def _read_status(self, *, own: bool = False) -> bool:
        before, self.status = self.status, self.run.saved_status() if own else self.run.status()
        return bool(before != self.status)

    def _read_metrics(self) -> bool:
        table = self.run.metrics.read(self._records)
        if table.first == 0 and self._records:  # resumed from an earlier step: all of it is here anew
            self._curves = {}
        if table.total == self._records and not len(table.step):
            return False
        self._records = table.total
        for name in table.values:
            self._append(name, table.series(name))
        self._seams = list(self.run.metrics.seams())
        return True

    def _append(self, name: str, fresh: Curve) -> None:
        old = self._curves.get(name)
        if old is None or not len(old[0]):
            self._curves[name] = fresh
        elif len(fresh[0]):
            steps, items, values = (np.concatenate(pair) for pair in zip(old, fresh, strict=True))
            self._curves[name] = (steps, items, values)

    def _read_samples(self) -> bool:
        steps = list(self.run.samples.steps())
        if steps == self._steps:
            return False
        self._steps = steps
        return True
