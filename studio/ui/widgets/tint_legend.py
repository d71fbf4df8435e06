"""What the tints of a text mean: a row of samples, from what was expected to what was not."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui import theme


class TintLegend(QWidget):
    """`set_tints` shows words, each on its tint: (words, opacity 0 .. 1, named colour)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tints: tuple[tuple[str, float, str], ...] = ()
        self._title = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_tints(self, title: str, tints: Sequence[tuple[str, float, str]]) -> None:
        """What stands before them, and the samples."""
        self._title, self._tints = title, tuple(tints)
        self.setAccessibleName(title)
        self.setAccessibleDescription(", ".join(words for words, _, _ in tints))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        wide = sum(metrics.horizontalAdvance(words) + 18 for words, _, _ in self._tints)
        return QSize(metrics.horizontalAdvance(self._title) + wide + 14, metrics.height() + 6)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.fontMetrics().height() + 6)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, look, metrics = QPainter(self), theme.current(), self.fontMetrics()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(look.colour("text_dim"))
        painter.drawText(QRectF(0, 0, self.width(), self.height()), Qt.AlignmentFlag.AlignVCenter, self._title)
        x = float(metrics.horizontalAdvance(self._title) + 12)
        for words, opacity, colour in self._tints:
            box = QRectF(x, 1, metrics.horizontalAdvance(words) + 14, self.height() - 2)
            painter.setPen(look.colour("line"))
            painter.setBrush(look.colour(colour, opacity))
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
            painter.setPen(look.colour("text"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
            x = box.right() + 4

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_theme_change(event):
            self.update()
