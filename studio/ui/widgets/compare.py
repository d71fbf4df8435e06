"""A picture before and after: a wipe whose line is dragged, the two side by side, or flickering in one place."""

from __future__ import annotations

from typing import Literal

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QImage, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui import theme
from studio.ui.palette import SIZES
from studio.ui.widgets.pictures import copy_image, is_smooth, to_image

Way = Literal["wipe", "beside", "flicker"]
WAYS: tuple[Way, ...] = ("wipe", "beside", "flicker")
_FLICKER_MS = 650
_STEP, _LEAP = 0.02, 0.1
_MARGIN, _GAP, _WORDS = 12.0, 12.0, 22.0
_KNOB = 15.0


class CompareView(QWidget):
    """Arrows, Page keys, Home and End move the line of the wipe; Space flickers by hand; Ctrl+C copies the result.

    `split_changed` carries the share of the width at which the line stands; left of it lies what was.
    """

    split_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._before, self._after = QImage(), QImage()
        self._names = ("", "")
        self._way: Way = "wipe"
        self._split, self._shows_after, self._dragging = 0.5, True, False
        self._timer = QTimer(self)
        self._timer.setObjectName("flickerTimer")
        self._timer.setInterval(_FLICKER_MS)
        self._timer.timeout.connect(self._flick)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)
        self.setMouseTracking(True)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def set_before(self, picture_HWC: np.ndarray | None) -> None:
        """Another picture, of which there is no result yet."""
        self._before = to_image(picture_HWC) if picture_HWC is not None else QImage()
        self._after = QImage()
        self._changed()

    def set_both(self, before_HWC: np.ndarray, after_HWC: np.ndarray) -> None:
        """A picture and what became of it, of the same size."""
        self._before, self._after = to_image(before_HWC), to_image(after_HWC)
        self._changed()

    def set_names(self, before: str, after: str) -> None:
        """What the two are called."""
        if (before, after) != self._names:
            self._names = (before, after)
            self._changed()

    def set_way(self, way: Way) -> None:
        """How the two are compared."""
        self._way, self._shows_after = way, True
        self._changed()

    def way(self) -> Way:
        """How the two are compared."""
        return self._way

    def split(self) -> float:
        """Where the line of the wipe stands, as a share of the width."""
        return self._split

    def set_split(self, share: float) -> None:
        """Put the line there without announcing it."""
        self._split = min(max(share, 0.0), 1.0)
        self.update()

    def before(self) -> QImage:
        """The picture as it was."""
        return self._before

    def after(self) -> QImage:
        """The result; null while there is none."""
        return self._after

    def shows_after(self) -> bool:
        """Which of the two a flicker shows now."""
        return self._shows_after

    def copy(self) -> None:
        """Put the result (else the picture) on the clipboard."""
        shown = self._after if not self._after.isNull() else self._before
        if not shown.isNull():
            copy_image(shown)

    def _changed(self) -> None:
        flickers = self._way == "flicker" and not self._after.isNull() and self.isVisible()
        if flickers != self._timer.isActive():
            self._timer.start() if flickers else self._timer.stop()
        hand = Qt.CursorShape.SplitHCursor if self._wipes() else Qt.CursorShape.ArrowCursor
        self.setCursor(hand)
        self._describe()
        self.update()

    def _describe(self) -> None:
        before, after = self._names
        words = ""
        if not self._after.isNull():
            words = self.tr("{0} at the left, {1} at the right").format(before, after)
            if self._way == "wipe":
                words = self.tr("{0} left of the line at {1} %, {2} right of it").format(
                    before, round(100 * self._split), after
                )
        self.setAccessibleDescription(words)

    def _wipes(self) -> bool:
        return self._way == "wipe" and not self._after.isNull()

    def _flick(self) -> None:
        self._shows_after = not self._shows_after
        self.update()

    def showEvent(self, event: object) -> None:
        self._changed()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()

    # --- where it lies -----------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(480, 400)

    def places(self) -> tuple[QRectF, ...]:
        """Where the picture lies, or the two of them."""
        if self._before.isNull():
            return ()
        room = QRectF(self.rect()).adjusted(_MARGIN, _WORDS + _MARGIN, -_MARGIN, -_MARGIN)
        if self._way != "beside":
            return (self._fitted(room),)
        half = QSizeF((room.width() - _GAP) / 2, room.height())
        left = QRectF(room.topLeft(), half)
        return self._fitted(left), self._fitted(left.translated(half.width() + _GAP, 0))

    def _fitted(self, room: QRectF) -> QRectF:
        size = QSizeF(self._before.size())
        factor = max(min(room.width() / size.width(), room.height() / size.height()), 0.01)
        factor = float(int(factor)) if factor > 1 and int(factor) >= 0.85 * factor else factor
        corner = room.center() - QPointF(size.width() * factor / 2, size.height() * factor / 2)
        return QRectF(QPointF(round(corner.x()), round(corner.y())), size * factor)

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.current().colour("sunken"))
        painter.drawRoundedRect(QRectF(self.rect()), SIZES.radius_card, SIZES.radius_card)
        places = self.places()
        if not places:
            return
        if self._way == "beside":
            self._paint_one(painter, places[0], self._before, self._names[0])
            if not self._after.isNull():
                self._paint_one(painter, places[1], self._after, self._names[1])
        elif self._way == "flicker" or self._after.isNull():
            late = self._shows_after and not self._after.isNull()
            shown, name = (self._after, self._names[1]) if late else (self._before, self._names[0])
            self._paint_one(painter, places[0], shown, name)
        else:
            self._paint_wipe(painter, places[0])

    def _paint_one(self, painter: QPainter, place: QRectF, image: QImage, name: str) -> None:
        self._draw(painter, place, image)
        self._write(painter, QRectF(place.left(), place.top() - _WORDS - 2, place.width(), _WORDS), name)

    def _paint_wipe(self, painter: QPainter, place: QRectF) -> None:
        line = place.left() + self._split * place.width()
        for image, left, right in ((self._before, place.left(), line), (self._after, line, place.right())):
            painter.save()
            painter.setClipRect(QRectF(left, place.top(), right - left, place.height()))
            self._draw(painter, place, image)
            painter.restore()
        above = QRectF(place.left(), place.top() - _WORDS - 2, place.width(), _WORDS)
        self._write(painter, above, self._names[0], Qt.AlignmentFlag.AlignLeft)
        self._write(painter, above, self._names[1], Qt.AlignmentFlag.AlignRight)
        self._paint_line(painter, line, place)

    def _paint_line(self, painter: QPainter, x: float, place: QRectF) -> None:
        look = theme.current()
        painter.setPen(QPen(look.colour("line_strong"), 4))
        painter.drawLine(QPointF(x, place.top()), QPointF(x, place.bottom()))
        painter.setPen(QPen(look.colour("surface"), 2))
        painter.drawLine(QPointF(x, place.top()), QPointF(x, place.bottom()))
        middle = QPointF(x, place.center().y())
        painter.setPen(QPen(look.colour("accent" if self.hasFocus() else "line_strong"), 1.5))
        painter.setBrush(look.colour("surface"))
        painter.drawEllipse(middle, _KNOB, _KNOB)
        painter.setPen(QPen(look.colour("text"), 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for sign in (-1, 1):
            tip = middle + QPointF(sign * 8, 0)
            painter.drawLine(middle + QPointF(sign * 2.5, 0), tip)
            painter.drawLine(tip, tip + QPointF(-sign * 3.5, -3.5))
            painter.drawLine(tip, tip + QPointF(-sign * 3.5, 3.5))

    def _draw(self, painter: QPainter, place: QRectF, image: QImage) -> None:
        smooth = is_smooth(image.width(), place.width() * self.devicePixelRatioF())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(place, image)

    def _write(
        self, painter: QPainter, area: QRectF, words: str, where: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignHCenter
    ) -> None:
        painter.setPen(theme.current().colour("text_dim"))
        shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(area.width() / 2))
        painter.drawText(area, where | Qt.AlignmentFlag.AlignVCenter, shown)

    # --- mouse and keys ----------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._wipes():
            self._dragging = True
            self._move_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self._move_to(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragging = False

    def _move_to(self, x: float) -> None:
        place = self.places()[0]
        self._take((x - place.left()) / place.width())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        moves = {
            Qt.Key.Key_Left: self._split - _STEP, Qt.Key.Key_Right: self._split + _STEP,
            Qt.Key.Key_PageUp: self._split - _LEAP, Qt.Key.Key_PageDown: self._split + _LEAP,
            Qt.Key.Key_Home: 0.0, Qt.Key.Key_End: 1.0,
        }  # fmt: skip
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif self._wipes() and key in moves:
            self._take(moves[key])
        elif self._way == "flicker" and key == Qt.Key.Key_Space:
            self._timer.stop()
            self._flick()
        else:
            super().keyPressEvent(event)

    def _take(self, share: float) -> None:
        before = self._split
        self.set_split(share)
        if self._split != before:
            self._describe()
            self.split_changed.emit(self._split)
