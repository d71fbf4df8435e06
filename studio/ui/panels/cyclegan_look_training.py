"""The same picture through every checkpoint: how its translation came about."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.config.requests import Editing, EditRequest
from studio.jobs.edits import Edited
from studio.ui.panels.look_training import ThroughTraining
from studio.ui.panels.maker import Maker
from studio.ui.text import Label, count_text
from studio.ui.widgets.compare import CompareView
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.sample_grid import SampleGrid

_SIDE = 640  # pixels of a result that is kept for showing


class TrainingView(ThroughTraining):
    """Above the chosen checkpoint's result by wipe, below all of them in a strip."""

    def __init__(self, maker: Maker, parent: QWidget | None = None) -> None:
        super().__init__(maker, parent)
        self._before: np.ndarray | None = None
        self.compare = CompareView()
        self.compare.setObjectName("trainingCompare")
        self.compare.setAccessibleName(self.tr("The picture before and after, at the chosen checkpoint"))
        self.strip = SampleGrid(choosing="single", tray=False)
        self.strip.setObjectName("trainingStrip")
        self.strip.setAccessibleName(self.tr("The result of every checkpoint"))
        self.strip.current_changed.connect(self._on_frame)
        card = Frame("card", padding=12, gap=6)
        head = Label(self.tr("Every kept checkpoint"), role="strong", elide=Qt.TextElideMode.ElideRight)
        card.add(head)
        card.add(self.strip, 1)
        card.add(self.slider)
        card.setFixedHeight(190)
        column = dense(QVBoxLayout(self), gap=12)
        column.addWidget(self.compare, 1)
        column.addWidget(card)

    def words(self) -> tuple[str, str]:
        explained = self.tr(
            "The same picture given to every kept checkpoint: move the slider, or pick one of the strip."
        )
        return self.tr("Through the training"), explained

    def request(self, run: str, checkpoint: str, looked: Any) -> EditRequest:
        # at the size at which the run has learned every checkpoint is asked quickly
        side = self.maker.trained.side if self.maker.trained is not None else 0
        return EditRequest(
            run=run, checkpoint=checkpoint, picture=looked.file,
            editing=Editing(direction=looked.direction, side=side), device=self.maker.session.preferences.device,
        )  # fmt: skip

    def taken(self, answer: Edited) -> np.ndarray:
        self._before = _smaller(answer.before)
        return _smaller(answer.after)

    def begin(self) -> None:
        self._before = None
        self.compare.set_before(None)

    def show_found(self) -> None:
        steps = self.steps()
        self.strip.set_captions([count_text(step) for step in steps])
        self.strip.set_pictures(np.stack([self.found[step] for step in steps]) if steps else [])
        self.show_step()

    def show_step(self) -> None:
        if self.step in self.found:
            self.strip.set_selection([self.steps().index(self.step)])
        found = self.found.get(self.step)
        if found is not None and self._before is not None:
            self.compare.set_names(self.tr("given"), self.tr("step {0}").format(count_text(self.step)))
            self.compare.set_both(self._before, found)
            change = np.abs(found.astype(np.int16) - self._before.astype(np.int16)).mean() / 255
            words = self.tr("Step {0} changes the picture by {1} on average.")
            self.said.emit(words.format(count_text(self.step), f"{change:.3f}"))

    def _on_frame(self, at: int) -> None:
        steps = self.steps()
        if 0 <= at < len(steps):
            self.choose(steps[at])


def _smaller(picture_HWC: np.ndarray) -> np.ndarray:
    """Every n-th pixel of a large picture."""
    stride = -(-max(picture_HWC.shape[:2]) // _SIDE)
    return np.ascontiguousarray(picture_HWC[::stride, ::stride])
