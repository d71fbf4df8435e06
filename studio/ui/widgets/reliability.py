"""The calibration diagram: how sure a classifier was, across; how often it was right, upwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui import theme
from studio.ui.text import count_text
from studio.ui.widgets.confusion_matrix import percent

_STRIP = 40  # pixels at the bottom, for how many predictions there are


class ReliabilityDiagram(QWidget):
    """Bars up to the accuracy of each bin; the diagonal is where both agree. `told` carries the bin pointed at."""

    told = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bins: tuple[Any, ...] = ()
        self._total = 10
        self._hover = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(220, 200)

    def set_bins(self, bins: Sequence[Any], *, total: int = 10) -> None:
        """Bins with ``confidence``, ``accuracy`` (0 .. 1) and ``count``; `total` equal bins part the whole way."""
        self._bins, self._total, self._hover = tuple(bins), max(total, 1), -1
        self.setAccessibleDescription("; ".join(self.sentence(at) for at in range(len(self._bins))))
        self.told.emit("")
        self.update()

    def bins(self) -> tuple[Any, ...]:
        """What is shown."""
        return self._bins

    def sentence(self, at: int) -> str:
        """A bin in words."""
        one = self._bins[at]
        words = self.tr("{0} predictions made with about {1}: {2} of them right")
        return words.format(count_text(one.count), percent(one.confidence), percent(one.accuracy))

    # --- where things lie --------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(420, 380)

    def plot_rect(self) -> QRectF:
        """The square of the plot, without axes."""
        line = self.fontMetrics().height()
        left = self.fontMetrics().horizontalAdvance("100 %") + 10
        below = line * 2 + 10 + _STRIP
        width, height = self.width() - left - 20.0, self.height() - below - line / 2 - 4.0
        side = max(min(width, height), 40.0)
        return QRectF(left + (width - side) / 2, line / 2 + 2, side, side)

    def _bin_rect(self, at: int) -> QRectF:
        plot, one = self.plot_rect(), self._bins[at]
        slot = min(int(one.confidence * self._total), self._total - 1)
        wide = plot.width() / self._total
        high = plot.height() * one.accuracy
        return QRectF(plot.left() + slot * wide + 1, plot.bottom() - high, wide - 2, high)

    def _bin_at(self, x: float) -> int:
        plot = self.plot_rect()
        slot = int((x - plot.left()) / plot.width() * self._total) if plot.left() <= x < plot.right() else -1
        slots = [min(int(one.confidence * self._total), self._total - 1) for one in self._bins]
        return slots.index(slot) if slot in slots else -1

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look, plot = theme.current(), self.plot_rect()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("sunken"))
        painter.drawRoundedRect(plot, 4, 4)
        for at in range(len(self._bins)):
            self._paint_bin(painter, at)
        self._paint_grid(painter, plot)
        self._paint_counts(painter, plot)

    def _paint_bin(self, painter: QPainter, at: int) -> None:
        look, box, plot, one = theme.current(), self._bin_rect(at), self.plot_rect(), self._bins[at]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("accent", 1.0 if at == self._hover else 0.75))
        painter.drawRect(box)
        sure = plot.bottom() - plot.height() * one.confidence
        gap = QRectF(box.left(), min(sure, box.top()), box.width(), abs(sure - box.top()))
        painter.setBrush(look.colour("fake", 0.35))
        painter.drawRect(gap)
        painter.setPen(QPen(look.colour("fake"), 2))
        painter.drawLine(QPointF(box.left(), sure), QPointF(box.right(), sure))

    def _paint_grid(self, painter: QPainter, plot: QRectF) -> None:
        look, line = theme.current(), self.fontMetrics().height()
        painter.setPen(QPen(look.colour("line_strong"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(plot.bottomLeft(), plot.topRight())
        painter.setPen(look.colour("text_dim"))
        for share in (0.0, 0.5, 1.0):
            words = f"{100 * share:.0f} %"
            y = plot.bottom() - plot.height() * share
            side = QRectF(plot.left() - 70, y - line / 2, 64, line)
            painter.drawText(side, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
            x = plot.left() + plot.width() * share
            below = QRectF(x - 40, plot.bottom() + 4, 80, line)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_counts(self, painter: QPainter, plot: QRectF) -> None:
        """How many predictions there are of each confidence, as a low row of bars below."""
        look, line = theme.current(), self.fontMetrics().height()
        top = plot.bottom() + line + 8
        most = max((one.count for one in self._bins), default=1)
        painter.setPen(Qt.PenStyle.NoPen)
        for at, one in enumerate(self._bins):
            box = self._bin_rect(at)
            high = max(1.0, _STRIP * one.count / most)
            painter.setBrush(look.colour("line_strong", 1.0 if at == self._hover else 0.6))
            painter.drawRect(QRectF(box.left(), top + _STRIP - high, box.width(), high))
        painter.setPen(look.colour("text_dim"))
        words = QRectF(plot.left(), top + _STRIP + 2, plot.width(), line)
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, self.tr("how sure it was, and how often"))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_theme_change(event):
            self.update()

    # --- pointer and keys --------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(self._bin_at(event.position().x()))

    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(-1)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        step = steps.get(Qt.Key(event.key()))
        if step is None or not self._bins:
            super().keyPressEvent(event)
            return
        self._point_at(max(0, min(self._hover + step, len(self._bins) - 1)))

    def _point_at(self, at: int) -> None:
        if at != self._hover:
            self._hover = at
            self.update()
            self.told.emit(self.sentence(at) if at >= 0 else "")
