"""The same picture through every checkpoint: how its translation came about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.config.requests import Editing, EditRequest
from studio.jobs.edits import Edited
from studio.ui.panels.look_view import LookView
from studio.ui.panels.maker import Maker
from studio.ui.text import Label, count_text
from studio.ui.widgets.compare import CompareView
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.history_slider import HistorySlider
from studio.ui.widgets.sample_grid import SampleGrid

_SIDE = 640  # pixels of a result that is kept for showing


class TrainingView(LookView):
    """Above the chosen checkpoint's result by wipe, below all of them in a strip; one checkpoint is asked at a time."""

    key = "training"
    looks_at = "one"

    def __init__(self, maker: Maker, parent: QWidget | None = None) -> None:
        super().__init__(maker, parent)
        self._asked: Any = None
        self._results: dict[int, np.ndarray] = {}
        self._before: np.ndarray | None = None
        self._waiting: list[int] = []
        self._step = -1
        self.compare = CompareView()
        self.compare.setObjectName("trainingCompare")
        self.compare.setAccessibleName(self.tr("The picture before and after, at the chosen checkpoint"))
        self.strip = SampleGrid(choosing="single", tray=False)
        self.strip.setObjectName("trainingStrip")
        self.strip.setAccessibleName(self.tr("The result of every checkpoint"))
        self.strip.current_changed.connect(self._on_frame)
        self.slider = HistorySlider()
        self.slider.setObjectName("trainingSlider")
        self.slider.set_speed(4)
        self.slider.step_selected.connect(self._on_step)
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

    def depends(self) -> object:
        return self.maker.trained.steps if self.maker.trained is not None else ()

    def state(self) -> dict[str, Any]:
        return {"step": self._step}

    def restore(self, state: dict[str, Any]) -> None:
        step = state.get("step", -1)
        self._step = step if isinstance(step, int) else -1

    # --- asking ------------------------------------------------------------------------------------------------------

    def show_recipes(self, recipes: Sequence[Any]) -> None:
        model, trained = self.maker.model, self.maker.trained
        if model is None or trained is None or not recipes:
            return
        if self._asked != (model.run, recipes[0]):
            self._asked = (model.run, recipes[0])
            self._results.clear()
            self._before = None
            self.compare.set_before(None)
        if self._step not in trained.steps:
            self._step = int(model.checkpoint)
        self.slider.set_steps(trained.steps)
        self._waiting = [step for step in trained.steps if step not in self._results]
        self._waiting.sort(key=lambda step: step != self._step)
        self._show()
        self._ask_next()

    def _ask_next(self) -> None:
        model, trained = self.maker.model, self.maker.trained
        if not self._waiting or model is None or trained is None:
            return
        step, looked = self._waiting.pop(0), self._asked[1]
        # at the size at which the run has learned every checkpoint is asked quickly
        editing = Editing(direction=looked.direction, side=trained.side)
        request = EditRequest(
            run=model.run, checkpoint=str(step), picture=looked.file, editing=editing,
            device=self.maker.session.preferences.device,
        )  # fmt: skip
        self.maker.look("training", request, self._on_edited)

    def _on_edited(self, edited: Edited) -> None:
        self._before = _smaller(edited.before)
        self._results[edited.step] = _smaller(edited.after)
        self._show()
        self._ask_next()

    # --- showing -----------------------------------------------------------------------------------------------------

    def steps(self) -> list[int]:
        """The checkpoints whose results are there, in order."""
        return sorted(self._results)

    def _show(self) -> None:
        steps = self.steps()
        self.strip.set_captions([count_text(step) for step in steps])
        self.strip.set_pictures(np.stack([self._results[step] for step in steps]) if steps else [])
        if self._step in steps:
            self.strip.set_selection([steps.index(self._step)])
        self.slider.select_step(self._step)
        self._show_one()

    def _show_one(self) -> None:
        found = self._results.get(self._step)
        if found is not None and self._before is not None:
            self.compare.set_names(self.tr("given"), self.tr("step {0}").format(count_text(self._step)))
            self.compare.set_both(self._before, found)
            change = np.abs(found.astype(np.int16) - self._before.astype(np.int16)).mean() / 255
            words = self.tr("Step {0} changes the picture by {1} on average.")
            self.said.emit(words.format(count_text(self._step), f"{change:.3f}"))

    def _choose(self, step: int) -> None:
        if step == self._step:
            return
        self._step = step
        if step in self._results:
            self._show()
        elif step in self._waiting:
            self._waiting.remove(step)
            self._waiting.insert(0, step)
        self.changed.emit()

    def _on_step(self, step: int) -> None:
        self._choose(step)

    def _on_frame(self, at: int) -> None:
        steps = self.steps()
        if 0 <= at < len(steps):
            self._choose(steps[at])


def _smaller(picture_HWC: np.ndarray) -> np.ndarray:
    """Every n-th pixel of a large picture."""
    stride = -(-max(picture_HWC.shape[:2]) // _SIDE)
    return np.ascontiguousarray(picture_HWC[::stride, ::stride])
