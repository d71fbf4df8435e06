"""A square picture to draw on: with the mouse, a pen or the keyboard, over white or black paper or over a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QEvent, QIODevice, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui import theme
from studio.ui.palette import DARK, LIGHT, PAPERS, PIGMENTS, SIZES
from studio.ui.widgets.heat import heat_image
from studio.ui.widgets.pictures import copy_image

_SIDE = 256  # pixels of the paper, and the fewest of a picture that is drawn on
_LARGEST = 384
_UNDO = 40
_PIXELS_FROM = 3  # times enlarged, a picture is shown pixel by pixel, as a network sees it
_STEP = 4.0  # pixels of the paper that an arrow moves; a quarter of it with Shift


@dataclass(frozen=True)
class _Before:
    """What one step of undo brings back. ``strokes`` is None where nothing was drawn."""

    source: QImage
    strokes: QImage
    drawn: bool


class DrawingPad(QWidget):
    """`changed` at every stroke, as often as the pointer moves. `dropped` carries a picture that was dropped on it.

    Keys: arrows move the pen, Space puts it down or lifts it, E takes the eraser, + and − change its width, Ctrl+Z
    takes a stroke back, Ctrl+V puts in what the clipboard holds, Ctrl+C copies.
    """

    changed = Signal()
    eraser_changed = Signal(bool)
    width_asked = Signal(int)
    paste_asked = Signal()
    undo_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._paper = QColor(PAPERS[0])
        self._source = QImage()
        self._base = _blank(_SIDE, self._paper)
        self._strokes = _clear(_SIDE)
        self._drawn = False
        self._heat = QImage()
        self._before: list[_Before] = []
        self._colour, self._width, self._eraser = QColor(PIGMENTS[0]), 14, False
        self._last: QPointF | None = None
        self._pen_at: QPointF | None = None
        self._pen_down = False
        self._ink = 1.0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(True)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 160)

    # --- the picture -------------------------------------------------------------------------------------------------

    def set_picture(self, image: QImage) -> None:
        """Put a picture in, cut to its middle square as a network sees it; a null image puts in blank paper."""
        self._remember()
        self._source = _square(image) if not image.isNull() else QImage()
        self._lay_base()
        self._strokes, self._drawn = _clear(self._base.width()), False
        self._heat = QImage()
        self._changed()

    def set_paper(self, colour: QColor) -> None:
        """The colour of blank paper; a picture that is in stays."""
        self._paper = QColor(colour)
        if self._source.isNull():
            self._lay_base()
            self._changed()

    def paper(self) -> QColor:
        """The colour of blank paper."""
        return self._paper

    def clear(self) -> None:
        """Blank paper; undo brings back what was there."""
        if not self.is_blank():
            self.set_picture(QImage())

    def is_blank(self) -> bool:
        """Whether there is nothing on the paper."""
        return self._source.isNull() and not self._drawn

    def picture(self) -> QImage:
        """The square picture as it is: as it came where nothing was drawn on it."""
        if not self._drawn:
            return self._source if not self._source.isNull() else self._base
        composed = QImage(self._base)
        painter = QPainter(composed)
        painter.drawImage(0, 0, self._strokes)
        painter.end()
        return composed

    def strokes(self) -> QImage:
        """What was drawn, alone, as large as the paper; a null image where nothing was."""
        return self._strokes if self._drawn else QImage()

    def set_strokes(self, strokes: QImage) -> None:
        """Replace what was drawn; a null image takes it away. Undo brings it back."""
        self._remember()
        self._drawn = not strokes.isNull()
        self._strokes = _clear(self._base.width())
        if self._drawn:
            painter = QPainter(self._strokes)
            painter.drawImage(self._strokes.rect(), strokes)
            painter.end()
        self._changed()

    def set_ink(self, opacity: float) -> None:
        """How much strokes cover what is below them on the screen (0..1)."""
        self._ink = opacity
        self.update()

    def png(self) -> bytes:
        """The picture as a PNG file without an alpha channel."""
        data = QByteArray()
        buffer = QBuffer(data)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        self.picture().convertToFormat(QImage.Format.Format_RGB888).save(buffer, "PNG", 90)  # type: ignore[call-overload]
        buffer.close()
        return bytes(data.data())

    def set_heat(self, heat_HW: np.ndarray | None) -> None:
        """Lay heat (H, W) in [0, 1] over the picture, or take it away."""
        self._heat = heat_image(heat_HW) if heat_HW is not None and heat_HW.size else QImage()
        self.update()

    def has_heat(self) -> bool:
        """Whether heat lies over the picture."""
        return not self._heat.isNull()

    def _lay_base(self) -> None:
        if self._source.isNull():
            self._base = _blank(_SIDE, self._paper)
            return
        own = self._source.width()
        side = min(own, _LARGEST) if own >= _SIDE else own * -(-_SIDE // own)
        how = (
            Qt.TransformationMode.FastTransformation if side % own == 0 else Qt.TransformationMode.SmoothTransformation
        )
        scaled = self._source.scaled(side, side, Qt.AspectRatioMode.IgnoreAspectRatio, how)
        self._base = _blank(side, self._paper)
        painter = QPainter(self._base)
        painter.drawImage(0, 0, scaled)
        painter.end()

    def _changed(self) -> None:
        """Heat stays until the next is there, or it would flicker at every stroke."""
        self.update()
        self.changed.emit()

    # --- tools -------------------------------------------------------------------------------------------------------

    def set_colour(self, colour: QColor) -> None:
        """The pen's colour."""
        self._colour = QColor(colour)

    def set_pen_width(self, width: int) -> None:
        """The pen's width in pixels of the paper, which is 256 wide."""
        self._width = width
        self.update()

    def set_eraser(self, on: bool) -> None:
        """Take strokes away instead of drawing; paper and picture stay."""
        self._eraser = on
        self.update()

    def undo(self) -> None:
        """Take the newest stroke back, or what was put in."""
        if not self._before:
            return
        before = self._before.pop()
        self._source, self._strokes, self._drawn = before.source, before.strokes, before.drawn
        self._lay_base()
        self._changed()
        self.undo_changed.emit()

    def can_undo(self) -> bool:
        """Whether there is something to take back."""
        return bool(self._before)

    def _remember(self) -> None:
        self._before.append(_Before(self._source, self._strokes.copy(), self._drawn))
        del self._before[:-_UNDO]
        self.undo_changed.emit()

    # --- drawing -----------------------------------------------------------------------------------------------------

    def place(self) -> QRectF:
        """Where the picture lies in the widget: the largest square, at the top."""
        side = float(min(self.width(), self.height()))
        return QRectF(round((self.width() - side) / 2), 0, int(side), int(side))

    def _on_paper(self, point: QPointF) -> QPointF:
        place = self.place()
        return (point - place.topLeft()) * (self._base.width() / max(place.width(), 1.0))

    def _begin(self, at: QPointF) -> None:
        self._remember()
        self._last = at
        self._stroke(at)

    def _stroke(self, to: QPointF) -> None:
        """Draw from where the pen was to a point of the paper."""
        if self._last is None:
            return
        painter = QPainter(self._strokes)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._eraser:
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
        width = self._width * self._base.width() / _SIDE
        painter.setPen(
            QPen(self._colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        )
        line = QLineF(self._last, to)
        if line.isNull():
            painter.drawPoint(to)
        else:
            painter.drawLine(line)
        painter.end()
        self._last = to
        self._drawn = True
        self._changed()

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        place = self.place()
        shown = self._source if not self._source.isNull() and not self._drawn else self._base
        smooth = place.width() * self.devicePixelRatioF() < _PIXELS_FROM * shown.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(place, shown)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
        if self._drawn:
            painter.setOpacity(self._ink)
            painter.drawImage(place, self._strokes)
            painter.setOpacity(1.0)
        if not self._heat.isNull():
            painter.drawImage(place, self._heat)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_edge(painter, place)
        self._paint_hint(painter, place)
        self._paint_pen(painter, place)

    def _paint_edge(self, painter: QPainter, place: QRectF) -> None:
        edge = "accent" if self.hasFocus() else "line"
        painter.setPen(QPen(theme.current().colour(edge), SIZES.focus if self.hasFocus() else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(place.adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_hint(self, painter: QPainter, place: QRectF) -> None:
        if not self.is_blank() or self._pen_at is not None:
            return
        painter.setPen(QColor((LIGHT if self._paper.lightness() > 127 else DARK).text_dim))
        words = self.tr("Draw here, or drop a picture.")
        how = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(place.adjusted(24, 24, -24, -24), how, words)

    def _paint_pen(self, painter: QPainter, place: QRectF) -> None:
        """A ring where the keyboard's pen stands; filled while it is down."""
        if self._pen_at is None or not self.hasFocus():
            return
        factor = place.width() / self._base.width()
        centre = place.topLeft() + self._pen_at * factor
        radius = max(self._width * place.width() / _SIDE / 2, 4.0)
        for colour, grow in (("text", 1.0), ("surface", 0.0)):
            painter.setPen(QPen(theme.current().colour(colour), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(centre, radius + grow, radius + grow)
        if self._pen_down:
            painter.setBrush(theme.current().colour("accent"))
            painter.drawEllipse(centre, 3, 3)

    def sizeHint(self) -> QSize:
        return QSize(400, 400)

    # --- mouse -------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.place().contains(event.position()):
            self._pen_at, self._pen_down = None, False
            self._begin(self._on_paper(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._last is not None:
            self._stroke(self._on_paper(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._last = None

    # --- keys --------------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Undo and paste mean the picture while the pad has the focus, not the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            ours = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Paste, QKeySequence.StandardKey.Copy)
            if any(event.matches(key) for key in ours):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo()
        elif event.matches(QKeySequence.StandardKey.Paste):
            self.paste_asked.emit()
        elif event.matches(QKeySequence.StandardKey.Copy):
            copy_image(self.picture())
        elif not self._on_pen_key(event):
            super().keyPressEvent(event)

    def _on_pen_key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        moves = {
            Qt.Key.Key_Left: QPointF(-1, 0),
            Qt.Key.Key_Right: QPointF(1, 0),
            Qt.Key.Key_Up: QPointF(0, -1),
            Qt.Key.Key_Down: QPointF(0, 1),
        }
        if key in moves:
            fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._move_pen(moves[key] * (_STEP / 4 if fine else _STEP) * (self._base.width() / _SIDE))
        elif key == Qt.Key.Key_Space:
            self._toggle_pen()
        elif key == Qt.Key.Key_E:
            self.eraser_changed.emit(not self._eraser)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self.width_asked.emit(-2 if key == Qt.Key.Key_Minus else 2)
        else:
            return False
        return True

    def _pen_place(self) -> QPointF:
        side = self._base.width()
        return self._pen_at if self._pen_at is not None else QPointF(side / 2, side / 2)

    def _move_pen(self, by: QPointF) -> None:
        side = self._base.width()
        wanted = self._pen_place() + by
        self._pen_at = QPointF(min(max(wanted.x(), 0.0), side), min(max(wanted.y(), 0.0), side))
        if self._pen_down:
            self._stroke(self._pen_at)
        self.update()

    def _toggle_pen(self) -> None:
        self._pen_at = self._pen_place()
        self._pen_down = not self._pen_down
        if self._pen_down:
            self._begin(self._pen_at)
        else:
            self._last = None
        self.setAccessibleDescription(self.tr("The pen is down.") if self._pen_down else self.tr("The pen is up."))
        self.update()

    def focusInEvent(self, event: object) -> None:
        super().focusInEvent(event)  # type: ignore[arg-type]
        self.update()

    def focusOutEvent(self, event: object) -> None:
        super().focusOutEvent(event)  # type: ignore[arg-type]
        self._pen_down, self._last = False, None
        self.update()

    # --- dropping ----------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Pictures without a file are taken here; files go on to the window."""
        if event.mimeData().hasImage() and not event.mimeData().hasUrls():
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        image = event.mimeData().imageData()
        if isinstance(image, QImage) and not image.isNull():
            event.acceptProposedAction()
            self.set_picture(image)

    def paste(self) -> bool:
        """Put in what the clipboard holds; says whether that was a picture."""
        image = QGuiApplication.clipboard().image()
        if image.isNull():
            return False
        self.set_picture(image)
        return True


def _blank(side: int, colour: QColor) -> QImage:
    image = QImage(side, side, QImage.Format.Format_RGB32)
    image.fill(colour)
    return image


def _clear(side: int) -> QImage:
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    return image


def _square(image: QImage) -> QImage:
    """The middle square of a picture, over white where it is transparent."""
    side = min(image.width(), image.height())
    cut = image.copy((image.width() - side) // 2, (image.height() - side) // 2, side, side)
    if not cut.hasAlphaChannel():
        return cut.convertToFormat(QImage.Format.Format_RGB32)
    flat = _blank(side, QColor(PAPERS[0]))
    painter = QPainter(flat)
    painter.drawImage(0, 0, cut)
    painter.end()
    return flat
