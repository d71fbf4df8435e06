"""Who looks at whom in a text, by layer and head: as tints over the words, as a matrix, every head to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.generation.replies import ReadText
from studio.ui.panels.language_look_text import Looked
from studio.ui.panels.look_view import LookView, titled
from studio.ui.panels.maker import Maker
from studio.ui.text import Label, plain_tooltip
from studio.ui.widgets.attention_matrix import AttentionMatrix, HeadGrid
from studio.ui.widgets.choice_bars import visible
from studio.ui.widgets.confusion_matrix import percent
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.inputs import Switch
from studio.ui.widgets.passage import Passage, Piece, scrolling

_DEEPEST = 0.6  # opacity of the strongest tint


class AttentionView(LookView):
    """A token pointed at, in the text or the matrix, tints those it looks at; a click keeps it. No head is chosen at
    first: then it is the mean of all."""

    key = "attention"
    looks_at = "one"

    def __init__(self, maker: Maker, parent: QWidget | None = None) -> None:
        super().__init__(maker, parent)
        self._read: ReadText | None = None
        self._weights = np.zeros((0, 0, 0, 0), np.float32)  # (L, H, N, N)
        self._shown = np.zeros((0, 0), np.float32)  # (N, N)
        self._head = (-1, -1)
        self._at, self._kept = -1, -1
        self._build()
        self._lay_out()

    # --- building ----------------------------------------------------------------------------------------------------

    def words(self) -> tuple[str, str]:
        explained = self.tr(
            "Each head of each layer looks back from every token at those before it. Point at a token to see where its "
            "attention goes; pick a head below, each has its own habit."
        )
        return self.tr("Who looks at whom"), explained

    def _build(self) -> None:
        self.passage = Passage(choosing=True)
        self.passage.setObjectName("attentionText")
        self.passage.setAccessibleName(self.tr("The text; what the chosen token looks at is tinted"))
        self.passage.pointed.connect(self._on_pointed)
        self.passage.picked.connect(self._on_picked)
        self._line = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self._line.setObjectName("attentionLine")
        self.matrix = AttentionMatrix()
        self.matrix.setObjectName("attentionMatrix")
        self.matrix.setAccessibleName(self.tr("Who (rows) looks at whom (columns)"))
        self.matrix.pointed.connect(self._on_cell)
        self.heads = HeadGrid()
        self.heads.setObjectName("attentionHeads")
        self.heads.setAccessibleName(self.tr("Every head, a layer a row; pick one"))
        self.heads.picked.connect(self._on_head)
        self.mean = Switch(self.tr("Mean of all heads"), checked=True)
        self.mean.setObjectName("attentionMean")
        self.mean.value_changed.connect(self._on_mean)
        self.first = Switch(self.tr("Leave out the first token"))
        self.first.setObjectName("attentionFirst")
        plain_tooltip(self.first, self.tr("Heads that look for nothing in particular rest on the first token."))
        self.first.value_changed.connect(self._on_first)
        self.controls = QWidget()
        column = dense(QVBoxLayout(self.controls), gap=6)
        column.addWidget(self.mean)
        column.addWidget(self.first)

    def _lay_out(self) -> None:
        text = Frame("card", padding=14, gap=6)
        text.add(scrolling(self.passage), 1)
        text.add(self._line)
        left = Frame("card", padding=14)
        block, self._matrix_words = titled("", self.matrix)
        left.add(block, 1)
        right = Frame("card", padding=14)
        other, _ = titled(self.tr("Every head: layers downwards"), self.heads)
        right.add(other, 1)
        below = dense(QHBoxLayout(), gap=12)
        below.addWidget(left, 5)
        below.addWidget(right, 4)
        column = dense(QVBoxLayout(self), gap=12)
        column.addWidget(text, 2)
        column.addLayout(below, 5)

    # --- what is kept ------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        return {"head": list(self._head), "first": self.first.isChecked()}

    def restore(self, state: dict[str, Any]) -> None:
        head = state.get("head")
        fits = isinstance(head, list) and len(head) == 2 and all(isinstance(one, int) for one in head)
        self._head = (head[0], head[1]) if fits and head is not None else (-1, -1)
        self.first.set_value(state.get("first") is True)
        self.mean.set_value(self._head[0] < 0)

    # --- asking ------------------------------------------------------------------------------------------------------

    def show_recipes(self, recipes: Sequence[Any]) -> None:
        self._read, self._weights = None, self._weights[:0]
        self._at = self._kept = -1
        model = self.maker.model
        looked: Looked | None = recipes[0] if recipes else None
        self._show()
        if looked is None or model is None:
            return
        device = self.maker.session.preferences.device
        request = looked.request(model.run, model.checkpoint, device, attention=True, alternatives=1)
        self.maker.look("attention", request, self._on_read)

    def _on_read(self, read: ReadText) -> None:
        if read.attention is None:
            return
        self._read, self._weights = read, read.attention
        if not (self._head[0] < len(self._weights) and self._head[1] < self._weights.shape[1]):
            self._head = (-1, -1)
        self._kept = self._at = len(read.tokens) - 1
        self.heads.set_weights(self._weights)
        layers, heads = self._weights.shape[:2]
        self.said.emit(self.tr("{0} layers of {1} heads, {2} tokens").format(layers, heads, len(read.tokens)))
        self._show()

    # --- showing -----------------------------------------------------------------------------------------------------

    def head(self) -> tuple[int, int]:
        """Layer and head shown; (-1, -1) for the mean of all."""
        return self._head

    def shown(self) -> np.ndarray:
        """The shares (N, N) that are shown."""
        return self._shown

    def _show(self) -> None:
        """Another text, head or way of showing."""
        names = [token.text for token in self._read.tokens] if self._read is not None else []
        self.heads.set_current(*self._head)
        self.mean.set_value(self._head[0] < 0)
        self._shown = self._pick() if names else np.zeros((0, 0), np.float32)
        self.matrix.set_weights(self._shown, names, names)
        layer, head = self._head
        mean = self.tr("The mean of all heads")
        one = self.tr("Layer {0}, head {1}").format(layer + 1, head + 1)
        self._matrix_words.setText(f"{mean if layer < 0 else one} · {self.tr('rows look at columns')}")
        self._show_token()

    def _pick(self) -> np.ndarray:
        layer, head = self._head
        found = self._weights.mean(axis=(0, 1)) if layer < 0 else self._weights[layer, head]
        if self.first.isChecked() and found.shape[1] > 1:
            found = found.copy()
            found[:, 0] = 0
            found /= np.maximum(found.sum(axis=1, keepdims=True), 1e-9)
        return np.asarray(found, np.float32)

    def _show_token(self) -> None:
        """Tint what the chosen token looks at."""
        tokens = self._read.tokens if self._read is not None else ()
        at = self._at if 0 <= self._at < len(tokens) else -1
        shares = self._shown[at] if at >= 0 else np.zeros(len(tokens))
        strongest = max(float(shares.max(initial=0.0)), 1e-9)
        self.passage.set_pieces(
            [
                Piece(token.text, "tint" if share > 0.02 * strongest else "mark" if token.mark else "",
                      _DEEPEST * float(share) / strongest)
                for token, share in zip(tokens, shares, strict=True)
            ]
        )  # fmt: skip
        self.passage.set_current(at)
        self._line.setText(self._sentence(at, shares))

    def _sentence(self, at: int, shares: np.ndarray) -> str:
        """“door” looks at “the” 40 %, “red” 22 %, …"""
        if at < 0 or self._read is None:
            return ""
        best = [int(other) for other in np.argsort(-shares)[:3] if shares[other] > 0]
        tokens = self._read.tokens
        named = ", ".join(f"“{visible(tokens[one].text)}” {percent(float(shares[one]))}" for one in best)
        return self.tr("“{0}” looks at {1}").format(visible(tokens[at].text), named)

    # --- what the user does ------------------------------------------------------------------------------------------

    def _on_pointed(self, at: int) -> None:
        self._point(at if at >= 0 else self._kept)
        self.matrix.point(self._at, -1)

    def _on_picked(self, at: int) -> None:
        self._kept = at
        self._point(at)
        self.matrix.point(at, -1)

    def _on_cell(self, row: int, column: int) -> None:
        self._point(row if row >= 0 else self._kept)
        self.passage.set_lit([column] if column >= 0 else [])
        if row >= 0:
            self._line.setText(self.matrix.sentence(row, column))

    def _point(self, at: int) -> None:
        self._at = at
        self._show_token()

    def _on_head(self, layer: int, head: int) -> None:
        self._head = (layer, head)
        self._show()
        self.changed.emit()

    def _on_mean(self) -> None:
        self._head = (-1, -1) if self.mean.isChecked() or not self._weights.size else (0, 0)
        self._show()
        self.changed.emit()

    def _on_first(self) -> None:
        self._show()
        self.changed.emit()
