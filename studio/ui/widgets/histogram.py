"""How long the texts of a data set are: a histogram whose classes grow by factors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui import theme
from studio.ui.text import count_text, plain_tooltip

_CLASSES = 24
_HEIGHT, _FOOT = 96, 18


def classes_of(lengths: np.ndarray, most: int = _CLASSES) -> tuple[np.ndarray, np.ndarray]:
    """Edges (k + 1,) int64 and counts (k,) of lengths (n,) >= 0, between the shortest and the longest.

    Edges lie at equal factors from one another, at least 1 apart; each class holds what is at least its lower edge and
    below its upper one.
    """
    if not len(lengths):
        return np.zeros(1, np.int64), np.zeros(0, np.int64)
    low, high = int(lengths.min()), int(lengths.max()) + 1
    edges = np.unique(np.geomspace(low + 1, high + 1, most + 1).round().astype(np.int64) - 1)
    edges[0], edges[-1] = low, high
    edges = np.unique(edges)
    return edges, np.histogram(lengths, edges)[0].astype(np.int64)


class LengthHistogram(QWidget):
    """Bars for lengths; the one under the pointer says what it stands for."""

    def __init__(self, what: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._what = what
        self._edges, self._counts = np.zeros(1, np.int64), np.zeros(0, np.int64)
        self._hover = -1
        self.setAccessibleName(what)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_lengths(self, lengths: np.ndarray) -> None:
        """Show these (n,)."""
        self._edges, self._counts = classes_of(lengths)
        shares: Sequence[str] = [self.words(at) for at in range(len(self._counts))]
        self.setAccessibleDescription("; ".join(shares))
        self._hover = -1
        self.update()

    def words(self, at: int) -> str:
        """What a bar stands for."""
        low, high = int(self._edges[at]), int(self._edges[at + 1]) - 1
        span = count_text(low) if low == high else f"{count_text(low)} – {count_text(high)}"
        return self.tr("{0}: {1}").format(span, count_text(int(self._counts[at])))

    def bar_at(self, point: QPoint) -> int:
        """The bar under a point; -1 for none."""
        if not len(self._counts):
            return -1
        return min(max(0, point.x() * len(self._counts) // max(1, self.width())), len(self._counts) - 1)

    def sizeHint(self) -> QSize:
        return QSize(220, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, _HEIGHT)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self.bar_at(event.position().toPoint())
        if at != self._hover:
            self._hover = at
            plain_tooltip(self, self.words(at) if at >= 0 else "")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, look = QPainter(self), theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        floor, count = self.height() - _FOOT, len(self._counts)
        painter.setPen(look.colour("line"))
        painter.drawLine(0, floor, self.width(), floor)
        most = int(self._counts.max(initial=1)) or 1
        painter.setPen(Qt.PenStyle.NoPen)
        for at in range(count):
            left, right = self.width() * at / count, self.width() * (at + 1) / count
            some = int(self._counts[at])
            high = max(2.0, (floor - 4) * some / most) if some else 0.0
            painter.setBrush(look.colour("accent_hover" if at == self._hover else "accent"))
            painter.drawRoundedRect(QRectF(left + 1, floor - high, max(1.0, right - left - 2), high), 1.5, 1.5)
        if count:
            self._paint_ends(painter, floor)

    def _paint_ends(self, painter: QPainter, floor: int) -> None:
        painter.setPen(theme.current().colour("text_dim"))
        foot = QRectF(0, floor + 2, self.width(), _FOOT - 2)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(foot, middle | Qt.AlignmentFlag.AlignLeft, count_text(int(self._edges[0])))
        painter.drawText(foot, middle | Qt.AlignmentFlag.AlignRight, count_text(int(self._edges[-1]) - 1))
