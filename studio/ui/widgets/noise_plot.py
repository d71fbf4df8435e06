"""The loss by noise level: how wrong a denoiser is at each, and below it a picture as it sees it there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isfinite

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui import theme
from studio.ui.text import number_text
from studio.ui.widgets.pictures import draw_picture, scaled, to_image

_LARGEST, _SMALLEST = 40, 14  # pixels of a picture in the row
_GAP = 6


@dataclass(frozen=True, slots=True)
class NoiseLevel:
    """One level: the loss there, and which shares of picture and noise the denoiser sees."""

    loss: float
    picture: float
    noise: float


class NoisePlot(QWidget):
    """Levels from little noise at the left to much at the right. `told` carries a sentence on the level pointed at.

    The arrow keys go from level to level.
    """

    told = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._levels: tuple[NoiseLevel, ...] = ()
        self._before: tuple[float, ...] = ()
        self._picture: NDArray[np.uint8] | None = None
        self._drowned: list[QImage] = []
        self._hover = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 120)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def set_levels(self, levels: Sequence[NoiseLevel]) -> None:
        """The losses of one step; empty: none were noted."""
        if tuple(levels) == self._levels:
            return
        self._levels = tuple(levels)
        self._hover = -1
        self._drown()
        self.setAccessibleDescription("; ".join(self.sentence(at) for at in range(len(self._levels))))
        self.told.emit("")
        self.update()

    def set_before(self, losses: Sequence[float]) -> None:
        """The losses of the first step, to compare with; empty for none."""
        self._before = tuple(losses)
        self.update()

    def set_picture(self, picture_HWC: NDArray[np.uint8] | None) -> None:
        """The picture (H, W, C) that is shown drowning."""
        self._picture = picture_HWC
        self._drown()
        self.update()

    def levels(self) -> tuple[NoiseLevel, ...]:
        """What is shown."""
        return self._levels

    def drowned(self) -> list[QImage]:
        """The picture at each level."""
        return list(self._drowned)

    def sentence(self, at: int) -> str:
        """A level in words."""
        level = self._levels[at]
        share = f"{100 * level.noise**2 / (level.noise**2 + level.picture**2):.0f} %"
        words = self.tr("{0} noise: error {1}").format(share, number_text(level.loss, 3))
        if at < len(self._before):
            words += self.tr(", at the start {0}").format(number_text(self._before[at], 3))
        return words

    def _drown(self) -> None:
        """Always in the same noise, so that nothing flickers while the picture learns."""
        self._drowned = []
        if self._picture is None or not self._picture.size:
            return
        x0 = self._picture.astype(np.float32) / 127.5 - 1
        n = np.random.default_rng(0).standard_normal(x0.shape, np.float32)
        for level in self._levels:
            z = level.picture * x0 + level.noise * n
            self._drowned.append(to_image(((z.clip(-1, 1) + 1) * 127.5).astype(np.uint8)))

    # --- where things lie --------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(300, 220)

    def _left(self) -> float:
        return self.fontMetrics().horizontalAdvance("0.00") + 8.0

    def cell(self) -> int:
        """The side of a picture in the row."""
        count = max(len(self._levels), 1)
        room = (self.width() - self._left()) / count - _GAP
        return int(max(_SMALLEST, min(_LARGEST, room)))

    def plot_rect(self) -> QRectF:
        """The plot, without axes and row."""
        line = self.fontMetrics().height()
        below = self.cell() + line + 14.0
        return QRectF(self._left(), 4, max(self.width() - self._left(), 20.0), max(self.height() - below - 4, 20.0))

    def _x(self, at: int) -> float:
        plot = self.plot_rect()
        return plot.left() + plot.width() * (at + 0.5) / max(len(self._levels), 1)

    def _top(self) -> float:
        losses = (*(level.loss for level in self._levels), *self._before)
        most = max(filter(isfinite, losses), default=1.0)
        return 1.08 * most if most > 0 else 1.0

    def _y(self, loss: float) -> float:
        plot = self.plot_rect()
        return plot.bottom() - plot.height() * min(max(loss / self._top(), 0.0), 1.0)

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        plot = self.plot_rect()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.current().colour("sunken"))
        painter.drawRoundedRect(plot, 4, 4)
        if not self._levels:
            return
        self._paint_axes(painter, plot)
        self._paint_curve(painter, self._before, "text_off", width=1.5)
        self._paint_curve(painter, [level.loss for level in self._levels], "accent", width=2.0)
        self._paint_dots(painter)
        self._paint_row(painter, plot)

    def _paint_axes(self, painter: QPainter, plot: QRectF) -> None:
        look, line = theme.current(), self.fontMetrics().height()
        painter.setPen(look.colour("text_dim"))
        align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for share, y in ((1.0, plot.top() + line / 2), (0.5, plot.center().y()), (0.0, plot.bottom() - line / 2)):
            box = QRectF(0, y - line / 2, plot.left() - 6, line)
            painter.drawText(box, align, number_text(share * self._top(), 2))
        words = QRectF(plot.left(), self.height() - line, plot.width(), line)
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft, self.tr("little noise"))
        painter.drawText(words, Qt.AlignmentFlag.AlignRight, self.tr("almost only noise"))

    def _paint_curve(self, painter: QPainter, losses: Sequence[float], colour: str, *, width: float) -> None:
        pen = QPen(theme.current().colour(colour), width)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for known, part in groupby(enumerate(losses[: len(self._levels)]), key=lambda place: isfinite(place[1])):
            if known:  # a not-a-number is a gap
                painter.drawPolyline(QPolygonF([QPointF(self._x(at), self._y(loss)) for at, loss in part]))

    def _paint_dots(self, painter: QPainter) -> None:
        look, plot = theme.current(), self.plot_rect()
        if 0 <= self._hover < len(self._levels):
            painter.setPen(QPen(look.colour("line_strong"), 1))
            x = self._x(self._hover)
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("accent"))
        for at, level in enumerate(self._levels):
            if not isfinite(level.loss):
                continue
            radius = 5.0 if at == self._hover else 3.0
            painter.drawEllipse(QPointF(self._x(at), self._y(level.loss)), radius, radius)

    def _paint_row(self, painter: QPainter, plot: QRectF) -> None:
        side = self.cell()
        for at, image in enumerate(self._drowned):
            box = QRectF(self._x(at) - side / 2, plot.bottom() + 6, side, side)
            draw_picture(painter, box, scaled(image, QSize(side, side), self.devicePixelRatioF()), radius=3)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_theme_change(event):
            self.update()

    # --- pointer and keys --------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        plot, count = self.plot_rect(), len(self._levels)
        share = (event.position().x() - plot.left()) / plot.width()
        self._point_at(int(share * count) if 0 <= share < 1 else -1)

    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(-1)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or not self._levels:
            super().keyPressEvent(event)
            return
        self._point_at(max(0, min(self._hover + step, len(self._levels) - 1)))

    def _point_at(self, at: int) -> None:
        if at != self._hover:
            self._hover = at
            self.update()
            self.told.emit(self.sentence(at) if 0 <= at < len(self._levels) else "")
