"""What stands in the upper half of Train's canvas: the data before a run, then what the run makes of itself.

A stage says what it shows (pictures, texts, …), what of it is chosen and how it is copied; all around it is the same
for every family. What a family shows beside its samples, and how it marks them, is its own stage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.ui.widgets.frames import dense
from studio.ui.widgets.sample_grid import Choosing, SampleGrid

if TYPE_CHECKING:
    from studio.ui.session import Session


class Sheet(QObject):
    """Some of the items of a data set, read beside the window, for a stage to show while there is no run.

    `problem` is why they cannot be read.
    """

    grown = Signal(list)
    """All items so far, as the stage shows them."""
    problem = ""

    def show(self, name: str) -> None:
        """Read from a data set, unless its items are here already."""
        raise NotImplementedError

    def items(self) -> list[Any]:
        """What is there so far."""
        raise NotImplementedError

    def pause(self) -> None:
        """Nobody looks: read no further."""

    def forget(self) -> None:
        """Let the data set go."""


class Stage(QWidget):
    """Base of the stages. `compares`: it wants to know what the kept step before had."""

    state_changed = Signal()
    selection_changed = Signal()
    compares = False

    def data_words(self) -> str:
        """What is shown before a run."""
        raise NotImplementedError

    def make_sheet(self, session: Session, parent: QObject) -> Sheet:
        """What reads the items of a data set for `show_data`."""
        raise NotImplementedError

    # --- what is shown -----------------------------------------------------------------------------------------------

    def show_data(self, items: Sequence[Any]) -> None:
        """Items of the data set, while there is no run."""
        raise NotImplementedError

    def show_samples(self, pictures: np.ndarray | Sequence[Any], notes: Mapping[str, Any]) -> None:
        """What a run has kept of one step: pictures (N, H, W, C) uint8, and what the family noted of them."""
        raise NotImplementedError

    def show_beginning(self, notes: Mapping[str, Any]) -> None:
        """What was noted of the first kept step of the run, to compare with."""

    def show_before(self, notes: Mapping[str, Any]) -> None:
        """What was noted of the kept step before the one that is shown next; {} where that is the first."""

    def forget(self) -> None:
        """Another run, or none: nothing of the one before stays."""
        raise NotImplementedError

    def name_samples(self, words: str) -> None:
        """What a screen reader calls what is shown."""
        raise NotImplementedError

    # --- what is chosen ----------------------------------------------------------------------------------------------

    def count(self) -> int:
        """How many samples are shown."""
        raise NotImplementedError

    def selection(self) -> list[int]:
        """Which of them are chosen."""
        raise NotImplementedError

    def select_all(self) -> None:
        """Choose all."""
        raise NotImplementedError

    def copy(self) -> None:
        """Put the current sample on the clipboard."""
        raise NotImplementedError

    def sample_width(self) -> int:
        """The width of a sample in its own pixels, for a film of them; 0 where there are no pictures."""
        return 0

    def state(self) -> dict[str, Any]:
        """What of it should be the same tomorrow; plain JSON."""
        return {}

    def restore(self, state: object) -> None:
        """Take up `state`; what is odd is left as it is."""


class PictureStage(Stage):
    """A grid of samples and nothing else: the stage of families that make pictures. Others subclass it."""

    choosing: Choosing = "multi"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stage")
        self.grid = self.make_grid()
        self.grid.setObjectName("sampleGrid")
        self.grid.selection_changed.connect(self.selection_changed)
        self.build()

    def make_grid(self) -> SampleGrid:
        """The grid of the samples."""
        return SampleGrid(choosing=self.choosing)

    def build(self) -> None:
        """Lay out the grid and whatever stands beside it."""
        dense(QVBoxLayout(self)).addWidget(self.grid)

    def data_words(self) -> str:
        return self.tr("Pictures to learn from")

    def make_sheet(self, session: Session, parent: QObject) -> Sheet:
        from studio.ui.panels.data_sheet import PictureSheet

        return PictureSheet(session, parent)

    def show_data(self, items: Sequence[Any]) -> None:
        self.grid.set_pictures(items)
        self.grid.set_captions([])

    def show_samples(self, pictures: np.ndarray | Sequence[Any], notes: Mapping[str, Any]) -> None:
        self.grid.set_pictures(pictures)
        self.grid.set_captions([])

    def forget(self) -> None:
        self.grid.clear()
        self.grid.set_captions([])

    def name_samples(self, words: str) -> None:
        self.grid.setAccessibleName(words)

    def count(self) -> int:
        return self.grid.count()

    def selection(self) -> list[int]:
        return list(self.grid.selection())

    def select_all(self) -> None:
        self.grid.set_selection(range(self.grid.count()))
        self.selection_changed.emit()

    def copy(self) -> None:
        self.grid.copy_current()

    def sample_width(self) -> int:
        return self.grid.picture(0).width() if self.grid.count() else 0
