"""Two groups of scores as bars over one axis, in the two colours that mean real and generated everywhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui import theme
from studio.ui.text import number_text

_BINS = 24
_FOOT, _HEAD = 22, 6


class ScoreHistogram(QWidget):
    """Shares of real and generated pictures in each range of scores, where judgement turns, and one marked score."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._real = np.zeros(0)
        self._fake = np.zeros(0)
        self._line: float | None = None
        self._mark: tuple[float, bool] | None = None
        self.setMinimumHeight(120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_scores(self, real: Sequence[float], fake: Sequence[float], *, line: float | None = None) -> None:
        """Show scores (raw, higher is more real); `line` is the score at which the discriminator is undecided."""
        self._real, self._fake = (np.asarray([s for s in scores if np.isfinite(s)], float) for scores in (real, fake))
        self._line, self._mark = line, None
        words = self.tr("Scores of {0} real and {1} generated pictures").format(len(self._real), len(self._fake))
        self.setAccessibleName(words)
        self.update()

    def mark(self, score: float | None, *, real: bool = False) -> None:
        """Mark the score of one picture; None takes the mark away."""
        self._mark = None if score is None else (score, real)
        self.update()

    def bars(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Edges (bins + 1,) and the shares (bins,) of real and of generated pictures between them."""
        both = np.concatenate([self._real, self._fake])
        if not len(both):
            return np.array([0.0, 1.0]), np.zeros(1), np.zeros(1)
        low, high = float(both.min()), float(both.max())
        room = max((high - low) * 0.02, 1e-6)
        edges = np.linspace(low - room, high + room, _BINS + 1)
        shares = [np.histogram(group, edges)[0] / max(len(group), 1) for group in (self._real, self._fake)]
        return edges, shares[0], shares[1]

    def sizeHint(self) -> QSize:
        return QSize(360, 180)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edges, real, fake = self.bars()
        area = QRectF(2, _HEAD, self.width() - 4, self.height() - _HEAD - _FOOT)
        tallest = max(float(real.max()), float(fake.max()), 1e-9)
        painter.setPen(QPen(theme.current().colour("line"), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        for shares, colour in ((fake, "fake"), (real, "real")):
            self._paint_bars(painter, area, shares / tallest, theme.current().colour(colour))
        if self._line is not None and edges[0] <= self._line <= edges[-1]:
            self._paint_line(painter, area, self._x(area, edges, self._line))
        if self._mark is not None:
            self._paint_mark(painter, area, self._x(area, edges, self._mark[0]), "real" if self._mark[1] else "fake")
        self._paint_axis(painter, area, edges)

    def _x(self, area: QRectF, edges: np.ndarray, score: float) -> float:
        share = (score - edges[0]) / max(edges[-1] - edges[0], 1e-9)
        return float(area.left() + min(max(share, 0.0), 1.0) * area.width())

    def _paint_bars(self, painter: QPainter, area: QRectF, heights: np.ndarray, colour: QColor) -> None:
        soft = QColor(colour)
        soft.setAlphaF(0.35)
        width = area.width() / len(heights)
        for at, height in enumerate(heights):
            if height <= 0:
                continue
            bar = QRectF(
                area.left() + at * width + 1, area.bottom() - height * area.height(), width - 2, height * area.height()
            )
            painter.fillRect(bar, soft)
            painter.fillRect(QRectF(bar.left(), bar.top(), bar.width(), 2), colour)

    def _paint_line(self, painter: QPainter, area: QRectF, x: float) -> None:
        look = theme.current()
        painter.setPen(QPen(look.colour("text_dim"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        words = self.tr("undecided")
        width = self.fontMetrics().horizontalAdvance(words)
        left = x + 6 if x + 6 + width < area.right() else x - 6 - width
        painter.drawText(QPointF(left, area.top() + self.fontMetrics().ascent()), words)

    def _paint_mark(self, painter: QPainter, area: QRectF, x: float, colour: str) -> None:
        painter.setPen(QPen(theme.current().colour(colour), 2))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _paint_axis(self, painter: QPainter, area: QRectF, edges: np.ndarray) -> None:
        painter.setPen(theme.current().colour("text_dim"))
        row = QRectF(area.left(), area.bottom() + 3, area.width(), _FOOT - 3)
        painter.drawText(
            row, Qt.AlignmentFlag.AlignLeft, self.tr("{0}, surely made").format(number_text(float(edges[0]), 2))
        )
        painter.drawText(row, Qt.AlignmentFlag.AlignHCenter, self.tr("score"))
        painter.drawText(
            row, Qt.AlignmentFlag.AlignRight, self.tr("surely real, {0}").format(number_text(float(edges[-1]), 2))
        )
