"""The same text through every kept checkpoint: what was foreseen when."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.generation.replies import ReadText
from studio.ui.panels.language_look_reading import DEEPEST
from studio.ui.panels.language_look_text import Looked
from studio.ui.panels.look_view import LookView
from studio.ui.panels.maker import Maker
from studio.ui.panels.read_words import loss_of, surprise
from studio.ui.text import Label, count_text, number_text
from studio.ui.widgets.attention_matrix import AttentionMatrix
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.history_slider import HistorySlider
from studio.ui.widgets.passage import Passage, Piece, scrolling


class TextTrainingView(LookView):
    """Above the text as the chosen checkpoint read it, below all checkpoints as rows; one is asked at a time."""

    key = "training"
    looks_at = "one"

    def __init__(self, maker: Maker, parent: QWidget | None = None) -> None:
        super().__init__(maker, parent)
        self._asked: tuple[str, Looked] | None = None
        self._found: dict[int, ReadText] = {}
        self._waiting: list[int] = []
        self._step = -1
        self.passage = Passage()
        self.passage.setObjectName("trainingText")
        self.slider = HistorySlider()
        self.slider.setObjectName("trainingSlider")
        self.slider.set_speed(4)
        self.slider.step_selected.connect(self._on_step)
        self.matrix = AttentionMatrix(square=False, colour="fake")
        self.matrix.setObjectName("trainingMatrix")
        self.matrix.setAccessibleName(self.tr("Rows are checkpoints, columns tokens; deep is what was not expected"))
        self.matrix.pointed.connect(self._on_cell)
        self._line = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self._line.setObjectName("trainingLine")
        upper = Frame("card", padding=14, gap=6)
        upper.add(scrolling(self.passage), 1)
        upper.add(self.slider)
        lower = Frame("card", padding=14, gap=6)
        lower.add(self._line)
        lower.add(self.matrix, 1)
        column = dense(QVBoxLayout(self), gap=12)
        column.addWidget(upper, 2)
        column.addWidget(lower, 3)

    def words(self) -> tuple[str, str]:
        explained = self.tr(
            "The same text given to every kept checkpoint: letters and blanks are foreseen first, then words, then "
            "what they speak of. The deeper, the less expected."
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
        looked: Looked | None = recipes[0] if recipes else None
        if model is None or trained is None or looked is None:
            self._asked, self._found, self._waiting = None, {}, []
            self._show()
            return
        if self._asked != (model.run, looked):
            self._asked, self._found = (model.run, looked), {}
        if self._step not in trained.steps:
            self._step = int(model.checkpoint)
        self.slider.set_steps(trained.steps)
        self._waiting = [step for step in trained.steps if step not in self._found]
        self._waiting.sort(key=lambda step: step != self._step)
        self._show()
        self._ask_next()

    def _ask_next(self) -> None:
        if not self._waiting or self._asked is None:
            return
        step, (run, looked) = self._waiting.pop(0), self._asked
        request = looked.request(run, str(step), self.maker.session.preferences.device, alternatives=1)
        self.maker.look("training", request, lambda read: self._on_read(step, read))

    def _on_read(self, step: int, read: ReadText) -> None:
        self._found[step] = read
        self._show()
        self._ask_next()

    # --- showing -----------------------------------------------------------------------------------------------------

    def steps(self) -> list[int]:
        """The checkpoints that have read it, in order."""
        return sorted(self._found)

    def _show(self) -> None:
        steps = self.steps()
        rows = [[surprise(token.probability) for token in self._found[step].tokens] for step in steps]
        names = [token.text for token in self._found[steps[0]].tokens] if steps else []
        same = all(len(row) == len(names) for row in rows)
        losses = [loss_of(self._found[step].tokens) for step in steps]
        sides = [f"{count_text(step)} · {number_text(loss, 3)}" for step, loss in zip(steps, losses, strict=True)]
        self.matrix.set_weights(np.array(rows if same and rows else np.zeros((0, 0))), sides if same else [], names)
        self.slider.select_step(self._step)
        if steps:
            best = min(range(len(steps)), key=lambda at: losses[at] if not math.isnan(losses[at]) else math.inf)
            words = self.tr("least surprised at step {0}: {1} nats a token")
            self.said.emit(words.format(count_text(steps[best]), number_text(losses[best], 3)))
        self._show_one()

    def _show_one(self) -> None:
        read = self._found.get(self._step)
        tokens = read.tokens if read is not None else ()
        self.passage.set_pieces(
            [
                Piece(token.text, "mark") if token.mark
                else Piece(token.text, "tint", DEEPEST * surprise(token.probability), "fake")
                for token in tokens
            ]
        )  # fmt: skip
        steps = self.steps()
        if self._step in steps:
            self.matrix.point(steps.index(self._step), -1)
        self._line.setText(self._loss_words())

    def _loss_words(self) -> str:
        read = self._found.get(self._step)
        if read is None:
            return ""
        loss = number_text(loss_of(read.tokens), 3)
        words = self.tr("step {0}: {1} nats a token · rows: step and nats · point at a cell to read it")
        return words.format(count_text(self._step), loss)

    def _on_cell(self, row: int, column: int) -> None:
        steps = self.steps()
        if not 0 <= row < len(steps):
            self._line.setText(self._loss_words())
            self.passage.set_lit([])
            return
        token = self._found[steps[row]].tokens[column]
        chance = number_text(token.probability, 2) if token.probability is not None else self.tr("not foreseen")
        words = self.tr("step {0}: probability {1}").format(count_text(steps[row]), chance)
        self._line.setText(words)
        self.passage.set_lit([column])

    def _on_step(self, step: int) -> None:
        if step == self._step:
            return
        self._step = step
        if step in self._waiting:
            self._waiting.remove(step)
            self._waiting.insert(0, step)
        self._show_one()
        self.changed.emit()
