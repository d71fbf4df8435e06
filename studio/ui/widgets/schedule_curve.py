"""How much of a picture is left and how much noise there is, over time, with a dot on both curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui import theme
from studio.ui.text import number_text

_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_PageUp: -6, Qt.Key.Key_PageDown: 6}


class ScheduleCurve(QWidget):
    """Two curves over the same times, others faintly behind them. `moved` carries the place of the dot that the user
    drags, clicks or walks to by the arrows."""

    moved = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = np.zeros(0, np.float32)
        self._noise = np.zeros(0, np.float32)
        self._others: dict[str, np.ndarray] = {}
        self._place = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 120)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_curves(
        self, picture: Sequence[float], noise: Sequence[float], others: Mapping[str, Sequence[float]] | None = None
    ) -> None:
        """The shares of picture and noise at even times; `others`: shares of the picture by other schedules."""
        self._picture, self._noise = np.asarray(picture, np.float32), np.asarray(noise, np.float32)
        self._others = {name: np.asarray(curve, np.float32) for name, curve in (others or {}).items()}
        self._place = min(self._place, max(len(self._picture) - 1, 0))
        self._describe()
        self.update()

    def curves(self) -> tuple[np.ndarray, np.ndarray]:
        """What is drawn strongly."""
        return self._picture, self._noise

    def place(self) -> int:
        """Where the dot stands."""
        return self._place

    def set_place(self, place: int) -> None:
        """Move the dot without announcing it."""
        self._place = min(max(place, 0), max(len(self._picture) - 1, 0))
        self._describe()
        self.update()

    def _describe(self) -> None:
        if len(self._picture):
            words = self.tr("picture {0}, noise {1}").format(
                number_text(float(self._picture[self._place]), 2), number_text(float(self._noise[self._place]), 2)
            )
            self.setAccessibleDescription(words)

    # --- where things lie --------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(360, 220)

    def plot_rect(self) -> QRectF:
        """The plot without its axes."""
        line = self.fontMetrics().height()
        left = self.fontMetrics().horizontalAdvance("0.5") + 10
        return QRectF(left, 8, max(self.width() - left - 10.0, 40.0), max(self.height() - line - 18.0, 40.0))

    def point_of(self, place: int, share: float) -> QPointF:
        """Where a share at a time lies."""
        plot, last = self.plot_rect(), max(len(self._picture) - 1, 1)
        return QPointF(plot.left() + plot.width() * place / last, plot.bottom() - plot.height() * share)

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look = theme.current()
        self._paint_axes(painter)
        if not len(self._picture):
            return
        for curve in self._others.values():
            self._paint_curve(painter, curve, QPen(look.colour("line_strong", 0.45), 1))
        plot, x = self.plot_rect(), self.point_of(self._place, 0).x()
        painter.setPen(QPen(look.colour("accent"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        for curve, colour in ((self._noise, "fake"), (self._picture, "real")):
            self._paint_curve(painter, curve, QPen(look.colour(colour), 2))
            self._paint_dot(painter, self.point_of(self._place, float(curve[self._place])), colour)

    def _paint_axes(self, painter: QPainter) -> None:
        look, plot, line = theme.current(), self.plot_rect(), self.fontMetrics().height()
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            y = plot.bottom() - plot.height() * share
            painter.setPen(QPen(look.colour("line"), 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            if share in (0.0, 0.5, 1.0):
                painter.setPen(look.colour("text_dim"))
                area = QRectF(0, y - line / 2, plot.left() - 6, line)
                painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{share:g}")
        painter.setPen(look.colour("text_dim"))
        below = QRectF(plot.left(), plot.bottom() + 4, plot.width(), line + 2)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, self.tr("the picture"))
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, self.tr("only noise"))
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, self.tr("time"))

    def _paint_curve(self, painter: QPainter, curve: np.ndarray, pen: QPen) -> None:
        path = QPainterPath(self.point_of(0, float(curve[0])))
        for place, share in enumerate(curve[1:], start=1):
            path.lineTo(self.point_of(place, float(share)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(pen)
        painter.drawPath(path)

    def _paint_dot(self, painter: QPainter, at: QPointF, colour: str) -> None:
        look = theme.current()
        painter.setPen(QPen(look.colour("surface"), 2))
        painter.setBrush(look.colour(colour))
        radius = 6.5 if self.hasFocus() else 5.0
        painter.drawEllipse(at, radius, radius)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_theme_change(event):
            self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    # --- mouse and keys ----------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._go_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go_to(event.position().x())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, last = Qt.Key(event.key()), len(self._picture) - 1
        ends = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: last}
        if key in _STEPS or key in ends:
            self._go(ends.get(key, self._place + _STEPS.get(key, 0)))
        else:
            super().keyPressEvent(event)

    def _go_to(self, x: float) -> None:
        plot = self.plot_rect()
        self._go(round((x - plot.left()) / plot.width() * (len(self._picture) - 1)))

    def _go(self, place: int) -> None:
        place = min(max(place, 0), max(len(self._picture) - 1, 0))
        if place != self._place:
            self.set_place(place)
            self.moved.emit(place)
