"""The same text through every kept checkpoint: what was foreseen when."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.config.requests import ReadRequest
from studio.ui.panels.language_look_reading import DEEPEST
from studio.ui.panels.language_look_text import Looked
from studio.ui.panels.look_training import ThroughTraining
from studio.ui.panels.maker import Maker
from studio.ui.panels.read_words import loss_of, surprise
from studio.ui.text import Label, count_text, number_text
from studio.ui.widgets.attention_matrix import AttentionMatrix
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.passage import Passage, Piece, scrolling


class TextTrainingView(ThroughTraining):
    """Above the text as the chosen checkpoint read it, below all checkpoints as rows."""

    def __init__(self, maker: Maker, parent: QWidget | None = None) -> None:
        super().__init__(maker, parent)
        self.passage = Passage()
        self.passage.setObjectName("trainingText")
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

    def request(self, run: str, checkpoint: str, looked: Looked) -> ReadRequest:
        return looked.request(run, checkpoint, self.maker.session.preferences.device, alternatives=1)

    # --- showing -----------------------------------------------------------------------------------------------------

    def show_found(self) -> None:
        steps = self.steps()
        rows = [[surprise(token.probability) for token in self.found[step].tokens] for step in steps]
        names = [token.text for token in self.found[steps[0]].tokens] if steps else []
        same = all(len(row) == len(names) for row in rows)
        losses = [loss_of(self.found[step].tokens) for step in steps]
        sides = [f"{count_text(step)} · {number_text(loss, 3)}" for step, loss in zip(steps, losses, strict=True)]
        self.matrix.set_weights(np.array(rows if same and rows else np.zeros((0, 0))), sides if same else [], names)
        if steps:
            best = min(range(len(steps)), key=lambda at: losses[at] if not math.isnan(losses[at]) else math.inf)
            words = self.tr("least surprised at step {0}: {1} nats a token")
            self.said.emit(words.format(count_text(steps[best]), number_text(losses[best], 3)))
        self.show_step()

    def show_step(self) -> None:
        read = self.found.get(self.step)
        tokens = read.tokens if read is not None else ()
        self.passage.set_pieces(
            [
                Piece(token.text, "mark") if token.mark
                else Piece(token.text, "tint", DEEPEST * surprise(token.probability), "fake")
                for token in tokens
            ]
        )  # fmt: skip
        steps = self.steps()
        if self.step in steps:
            self.matrix.point(steps.index(self.step), -1)
        self._line.setText(self._loss_words())

    def _loss_words(self) -> str:
        read = self.found.get(self.step)
        if read is None:
            return ""
        loss = number_text(loss_of(read.tokens), 3)
        words = self.tr("step {0}: {1} nats a token · rows: step and nats · point at a cell to read it")
        return words.format(count_text(self.step), loss)

    def _on_cell(self, row: int, column: int) -> None:
        steps = self.steps()
        if not 0 <= row < len(steps):
            self._line.setText(self._loss_words())
            self.passage.set_lit([])
            return
        token = self.found[steps[row]].tokens[column]
        chance = number_text(token.probability, 2) if token.probability is not None else self.tr("not foreseen")
        words = self.tr("step {0}: probability {1}").format(count_text(steps[row]), chance)
        self._line.setText(words)
        self.passage.set_lit([column])
