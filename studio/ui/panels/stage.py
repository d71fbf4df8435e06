"""What stands in the upper half of Train's canvas: pictures of the data before a run, then what the run shows.

Every family has a grid of pictures; what it shows beside them, and how it marks them, is its own stage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.ui.widgets.frames import dense
from studio.ui.widgets.sample_grid import Choosing, SampleGrid


class Stage(QWidget):
    """A grid of samples and nothing else: the stage of families that make pictures. Others subclass it."""

    state_changed = Signal()

    choosing: Choosing = "multi"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stage")
        self.grid = self.make_grid()
        self.grid.setObjectName("sampleGrid")
        self.build()

    def make_grid(self) -> SampleGrid:
        """The grid of the samples."""
        return SampleGrid(choosing=self.choosing)

    def build(self) -> None:
        """Lay out the grid and whatever stands beside it."""
        dense(QVBoxLayout(self)).addWidget(self.grid)

    def show_data(self, pictures: Sequence[Any]) -> None:
        """Pictures of the data set, while there is no run."""
        self.grid.set_pictures(pictures)
        self.grid.set_captions([])

    def show_samples(self, pictures: np.ndarray | Sequence[Any], notes: Mapping[str, Any]) -> None:
        """What a run has kept of one step: pictures (N, H, W, C) uint8, and what the family noted of them."""
        self.grid.set_pictures(pictures)
        self.grid.set_captions([])

    def show_beginning(self, notes: Mapping[str, Any]) -> None:
        """What was noted of the first kept step of the run, to compare with."""

    def forget(self) -> None:
        """Another run, or none: nothing of the one before stays."""
        self.grid.clear()
        self.grid.set_captions([])

    def state(self) -> dict[str, Any]:
        """What of it should be the same tomorrow; plain JSON."""
        return {}

    def restore(self, state: object) -> None:
        """Take up `state`; what is odd is left as it is."""
