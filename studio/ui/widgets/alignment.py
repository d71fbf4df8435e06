"""Which words of one text were looked at for which of another: as ribbons or as a matrix, by layer and head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from studio.ui import theme
from studio.ui.text import Label
from studio.ui.widgets.attention_matrix import AttentionMatrix, HeadGrid
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import dense
from studio.ui.widgets.ribbons import Ribbons

_HEADS_WIDE = 220


class Alignment(QWidget):
    """`set_weights` shows cross-attention. No head is chosen at first: then it is the mean of the last layer's heads.

    `pointed` carries the word below (a row of the matrix) that is pointed at, -1 for none; `picked` the one that was
    clicked. `changed`: another head, or another way of showing.
    """

    pointed = Signal(int)
    picked = Signal(int)
    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._weights = np.zeros((0, 0, 0, 0), np.float32)
        self._above: tuple[str, ...] = ()
        self._below: tuple[str, ...] = ()
        self._head = (-1, -1)
        self._as_matrix = False
        self._build()
        self._lay_out()
        self._show()

    def _build(self) -> None:
        self.ribbons = Ribbons()
        self.ribbons.setObjectName("alignmentRibbons")
        self.ribbons.setAccessibleName(self.tr("Which words were looked at for which"))
        self.ribbons.pointed.connect(self._on_pointed)
        self.ribbons.picked.connect(self.picked)
        self.matrix = AttentionMatrix()
        self.matrix.setObjectName("alignmentMatrix")
        self.matrix.setAccessibleName(self.tr("Which words (columns) were looked at for which (rows)"))
        self.matrix.pointed.connect(self._on_cell)
        self.heads = HeadGrid()
        self.heads.setObjectName("alignmentHeads")
        self.heads.setAccessibleName(self.tr("Every head, a layer a row; pick one"))
        self.heads.setFixedWidth(_HEADS_WIDE)
        self.heads.picked.connect(self._on_head)
        self._what = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self._what.setObjectName("alignmentWhat")
        self.mean = Button(self.tr("mean of the heads"), kind="link")
        self.mean.setObjectName("alignmentMean")
        self.mean.clicked.connect(self._on_mean)
        self.way = Button(kind="link")
        self.way.setObjectName("alignmentWay")
        self.way.clicked.connect(self._on_way)
        self._line = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self._line.setObjectName("alignmentLine")

    def _lay_out(self) -> None:
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        holder = QWidget()
        theme.set_look(holder, surface="surface")
        dense(QVBoxLayout(holder), gap=0).addWidget(self.ribbons, 0, Qt.AlignmentFlag.AlignVCenter)
        area.setWidget(holder)
        self._ways = QStackedWidget()
        self._ways.addWidget(area)
        self._ways.addWidget(self.matrix)
        head = dense(QHBoxLayout(), gap=10)
        head.addWidget(self._what, 1)
        head.addWidget(self.mean)
        head.addWidget(self.way)
        both = dense(QHBoxLayout(), gap=14)
        both.addWidget(self._ways, 1)
        both.addWidget(self.heads)
        column = dense(QVBoxLayout(self), gap=6)
        column.addLayout(head)
        column.addLayout(both, 1)
        column.addWidget(self._line)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def set_weights(self, weights_LHBA: np.ndarray, above: Sequence[str], below: Sequence[str]) -> None:
        """Show shares (layers, heads, below, above) 0 .. 1: how much each word below looked at each above."""
        fits = weights_LHBA.ndim == 4 and weights_LHBA.shape[2:] == (len(below), len(above))
        self._weights = weights_LHBA if fits else np.zeros((0, 0, 0, 0), np.float32)
        self._above, self._below = (tuple(above), tuple(below)) if fits else ((), ())
        if not (self._head[0] < self._weights.shape[0] and self._head[1] < self._weights.shape[1]):
            self._head = (-1, -1)
        self.heads.set_weights(self._weights)
        self._show()

    def clear(self) -> None:
        """Show nothing."""
        self.set_weights(np.zeros((0, 0, 0, 0), np.float32), (), ())

    def shares(self) -> np.ndarray:
        """What is shown (below, above)."""
        if not self._weights.size:
            return np.zeros((len(self._below), len(self._above)), np.float32)
        layer, head = self._head
        return np.asarray(self._weights[-1].mean(axis=0) if layer < 0 else self._weights[layer, head])

    def head(self) -> tuple[int, int]:
        """Layer and head shown; (-1, -1) for the mean of the last layer's."""
        return self._head

    def is_matrix(self) -> bool:
        """Whether the matrix is shown."""
        return self._as_matrix

    def set_chosen(self, below: int) -> None:
        """Let a word below stand out; -1 none."""
        self.ribbons.set_chosen(below)
        self.matrix.point(below, -1) if below >= 0 else self.matrix.point(-1, -1)

    def state(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"head": list(self._head), "matrix": self._as_matrix}

    def restore(self, state: object) -> None:
        """Take up what `state` gave; what is odd is left out."""
        found = state if isinstance(state, dict) else {}
        head = found.get("head")
        fits = isinstance(head, list) and len(head) == 2 and all(isinstance(one, int) and one >= 0 for one in head)
        self._head = (head[0], head[1]) if fits and head is not None else (-1, -1)
        self._as_matrix = found.get("matrix") is True
        self._show()

    def _show(self) -> None:
        layer, head = self._head
        shares = self.shares()
        self.ribbons.set_words(self._above, self._below, shares)
        self.matrix.set_weights(shares, self._below, self._above)
        self.heads.set_current(layer, head)
        one = self.tr("layer {0}, head {1}").format(layer + 1, head + 1)
        mean = self.tr("last layer, mean of {0} heads").format(self._weights.shape[1])
        self._what.setText(("" if not self._weights.size else mean) if layer < 0 else one)
        self.mean.setVisible(layer >= 0)
        self.way.set_text(self.tr("as ribbons") if self._as_matrix else self.tr("as a matrix"))
        self._ways.setCurrentIndex(1 if self._as_matrix else 0)
        self._line.setText("")

    # --- what the user does ------------------------------------------------------------------------------------------

    def _on_pointed(self, below: int) -> None:
        self._line.setText(self.ribbons.sentence(*self.ribbons.at()))
        self.pointed.emit(below)

    def _on_cell(self, row: int, column: int) -> None:
        self._line.setText(self.matrix.sentence(row, column))
        self.pointed.emit(row)

    def _on_head(self, layer: int, head: int) -> None:
        self._head = (layer, head)
        self._show()
        self.changed.emit()

    def _on_mean(self) -> None:
        self._head = (-1, -1)
        self._show()
        self.changed.emit()

    def _on_way(self) -> None:
        self._as_matrix = not self._as_matrix
        self._show()
        self.changed.emit()
