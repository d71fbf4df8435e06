"""A wall of pictures without an end: only what is seen is laid out, read and painted, so any number costs the same."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from studio.ui import theme
from studio.ui.palette import SIZES
from studio.ui.widgets.pictures import copy_image, draw_picture, draw_ring, friendly_size, scaled
from studio.ui.widgets.sample_grid import Cells
from studio.ui.widgets.selection import Selection

_KEPT_IMAGES, _KEPT_PIXMAPS = 1200, 800
_PADDING = 10
_ASK_MS = 15


class PictureWall(QAbstractScrollArea):
    """Shows the pictures at some positions of a data set; the owner brings thumbnails for what is `wanted`."""

    wanted = Signal(list)  # positions that are seen and have no thumbnail yet
    hovered = Signal(int)  # a position; -1 when the pointer leaves
    selection_changed = Signal()
    current_changed = Signal(int)  # the position that the keyboard stands on
    activated = Signal(int)
    delete_requested = Signal()
    menu_requested = Signal(QPoint)
    cell_step = Signal(int)  # Ctrl with the wheel: +1 larger, -1 smaller

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._positions = np.zeros(0, np.int64)
        self._out = np.zeros(0, bool)
        self._images: OrderedDict[int, QImage] = OrderedDict()
        self._drawn: OrderedDict[int, QPixmap] = OrderedDict()
        self._selection = Selection(several=True)
        self._cell, self._hover = 64, -1
        self._faded = True
        self._cells = Cells(64, 1, SIZES.gap, 0, _PADDING, _PADDING)
        self._missing: dict[int, None] = {}
        self._asking = QTimer(self)
        self._asking.setObjectName("wallTimer")
        self._asking.setSingleShot(True)
        self._asking.setInterval(_ASK_MS)
        self._asking.timeout.connect(self._ask)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.setMinimumSize(180, 120)

    # --- what it shows -----------------------------------------------------------------------------------------------

    def show_positions(self, positions: np.ndarray, *, keep: bool = False) -> None:
        """Show the pictures at these positions; with `keep` stay at the place and keep the choice where it is there."""
        chosen = self.selected() if keep else np.zeros(0, np.int64)
        self._positions = positions
        self._selection.set(np.flatnonzero(np.isin(positions, chosen)).tolist() if len(chosen) else ())
        self._hover = -1
        self._arrange()
        if not keep:
            self.verticalScrollBar().setValue(0)
        self.viewport().update()
        self.selection_changed.emit()

    def set_out(self, out: np.ndarray) -> None:
        """Which pictures (N,) bool of the whole data set are shown as left out."""
        self._out = out
        self.viewport().update()

    def set_faded(self, faded: bool) -> None:
        """Whether pictures that are left out are shown faded, not only marked."""
        self._faded = faded
        self.viewport().update()

    def forget_images(self) -> None:
        """Another data set, size or background: all thumbnails are read anew."""
        self._images.clear()
        self._drawn.clear()
        self._missing.clear()
        self.viewport().update()

    def set_images(self, images: Mapping[int, QImage]) -> None:
        """Thumbnails by position; null images stand for pictures that cannot be read."""
        for position, image in images.items():
            self._images[position] = image
            self._images.move_to_end(position)
            self._drawn.pop(position, None)
        while len(self._images) > _KEPT_IMAGES:
            self._images.popitem(last=False)
        self.viewport().update()

    def image(self, position: int) -> QImage | None:
        """The thumbnail of a position, if it has come."""
        return self._images.get(position)

    @property
    def cell(self) -> int:
        """The side of a picture's place in device-independent pixels."""
        return self._cell

    def set_cell(self, cell: int) -> None:
        """Larger or smaller pictures; what is at the top stays there."""
        if cell != self._cell:
            top = self._first_seen()
            self._cell = cell
            self.forget_images()
            self._arrange()
            self._scroll_to_top(top)

    def is_waiting(self) -> bool:
        """Whether thumbnails of what is seen are still to come."""
        return bool(self._missing) or self._asking.isActive()

    def count(self) -> int:
        """How many pictures are shown."""
        return len(self._positions)

    def shown(self) -> np.ndarray:
        """The positions that are shown (n,) int64, in the order of the wall."""
        return self._positions

    def position_of(self, index: int) -> int:
        """The position of the picture at a place of the wall; -1 for none."""
        return int(self._positions[index]) if 0 <= index < len(self._positions) else -1

    def current(self) -> int:
        """The position that the keyboard stands on; -1 for none."""
        return self.position_of(self._selection.current)

    def selected(self) -> np.ndarray:
        """The chosen positions (n,) int64 in the order of the wall."""
        return self._positions[np.array(self._selection.chosen(), np.int64)]

    def selected_count(self) -> int:
        """How many are chosen."""
        return len(self._selection)

    def select_all(self) -> None:
        """Choose everything that is shown."""
        self._selection.set(range(self.count()))
        self._chosen()

    def clear_selection(self) -> None:
        """Choose nothing."""
        self._selection.set(())
        self._chosen()

    def select_positions(self, positions: Sequence[int]) -> None:
        """Choose by position and scroll to the first."""
        self._selection.set(np.flatnonzero(np.isin(self._positions, positions)).tolist())
        self._reveal(self._selection.current)
        self._chosen()

    def copy_current(self) -> None:
        """Put the thumbnail that the keyboard stands on onto the clipboard."""
        image = self._images.get(self.current())
        if image is not None and not image.isNull():
            copy_image(image)

    # --- layout ------------------------------------------------------------------------------------------------------

    def cell_rect(self, index: int) -> QRect:
        """Where a picture lies in the viewport."""
        return self._cells.rect(index).translated(0, -self.verticalScrollBar().value())

    def index_at(self, point: QPoint) -> int:
        """The place of the wall under a point of the viewport; -1 for none."""
        pitch = self._cells.side + self._cells.gap
        column, across = divmod(point.x() - self._cells.left, pitch)
        row, down = divmod(point.y() + self.verticalScrollBar().value() - self._cells.top, pitch)
        inside = 0 <= column < self._cells.columns and row >= 0 and max(across, down) < self._cells.side
        index = row * self._cells.columns + column
        return index if inside and index < self.count() else -1

    def sizeHint(self) -> QSize:
        return QSize(480, 360)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        top = self._first_seen()
        self._arrange()
        self._scroll_to_top(top)

    def _arrange(self) -> None:
        pitch, room = self._cell + SIZES.gap, self.viewport().width() - 2 * _PADDING
        columns = max(1, (room + SIZES.gap) // pitch)
        spare = max(0, room - columns * pitch + SIZES.gap) // 2
        left = _PADDING + (spare if self.count() >= columns else 0)
        self._cells = Cells(self._cell, columns, SIZES.gap, 0, left, _PADDING)
        height = self._cells.height(self.count()) + 2 * _PADDING
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, height - self.viewport().height()))
        bar.setPageStep(max(pitch, self.viewport().height() - pitch))
        bar.setSingleStep(max(16, pitch // 2))

    def _first_seen(self) -> int:
        pitch = self._cells.side + self._cells.gap
        return (self.verticalScrollBar().value() + pitch // 2) // pitch * self._cells.columns

    def _scroll_to_top(self, index: int) -> None:
        pitch = self._cells.side + self._cells.gap
        self.verticalScrollBar().setValue(index // self._cells.columns * pitch)

    def _reveal(self, index: int) -> None:
        if index < 0:
            return
        place, bar = self.cell_rect(index), self.verticalScrollBar()
        if place.top() < _PADDING:
            bar.setValue(bar.value() + place.top() - _PADDING)
        elif place.bottom() > self.viewport().height() - _PADDING:
            bar.setValue(bar.value() + place.bottom() - self.viewport().height() + _PADDING)

    def _seen(self, area: QRect) -> range:
        pitch, columns = self._cells.side + self._cells.gap, self._cells.columns
        top = area.top() + self.verticalScrollBar().value() - self._cells.top
        bottom = area.bottom() + self.verticalScrollBar().value() - self._cells.top
        return range(max(0, top // pitch * columns), min(self.count(), (bottom // pitch + 1) * columns))

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.current().colour("sunken"))
        painter.drawRoundedRect(QRectF(self.viewport().rect()), SIZES.radius_card, SIZES.radius_card)
        for index in self._seen(event.rect().adjusted(-4, -4, 4, 4)):
            self._paint_cell(painter, index)
        if self._missing and not self._asking.isActive():
            self._asking.start()

    def _paint_cell(self, painter: QPainter, index: int) -> None:
        position = int(self._positions[index])
        out = position < len(self._out) and bool(self._out[position])
        box = QRectF(self.cell_rect(index))
        radius = min(float(SIZES.radius_picture), box.width() / 10)
        painter.setOpacity(0.35 if out and self._faded else 1.0)
        place = draw_picture(painter, box, self._pixmap(position), radius=radius)
        painter.setOpacity(1.0)
        if self._unreadable(position):
            self._paint_mark(painter, QRectF(place), "error", "danger")
        if out:
            self._paint_mark(painter, QRectF(place), "minus", "text")
        if index in self._selection:
            draw_ring(painter, place, "accent", radius=radius)
        elif self.hasFocus() and index == self._selection.current:
            draw_ring(painter, place, "text", radius=radius)
        elif index == self._hover:
            draw_ring(painter, place, "line_strong", radius=radius)

    def _paint_mark(self, painter: QPainter, place: QRectF, icon: str, tint: str) -> None:
        """A small round mark in the lower right corner."""
        back = QRectF(place.right() - 20, place.bottom() - 20, 18, 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.current().colour("surface", 0.9))
        painter.drawEllipse(back)
        painter.drawPixmap(back.topLeft() + QPointF(2, 2), theme.pixmap(icon, tint, 14, self.devicePixelRatioF()))

    def _unreadable(self, position: int) -> bool:
        image = self._images.get(position)
        return image is not None and image.isNull()

    def _pixmap(self, position: int) -> QPixmap | None:
        found = self._drawn.get(position)
        if found is not None:
            self._drawn.move_to_end(position)
            return found
        image = self._images.get(position)
        if image is None:
            self._missing[position] = None
            return None
        if image.isNull():
            return None
        ratio = self.devicePixelRatioF()
        longest = max(image.width(), image.height())
        side = friendly_size(longest, round(self._cell * ratio)) / ratio
        self._drawn[position] = scaled(image, QSize(round(side), round(side)), ratio)
        while len(self._drawn) > _KEPT_PIXMAPS:
            self._drawn.popitem(last=False)
        return self._drawn[position]

    def _ask(self) -> None:
        """Ask for what is missing among all that is seen now; what has gone out of sight is not asked for."""
        self._missing.clear()
        seen = (int(self._positions[index]) for index in self._seen(self.viewport().rect()))
        self.wanted.emit([position for position in seen if position not in self._images])

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_theme_change(event):
            self.viewport().update()

    # --- mouse and keys ----------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.index_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.RightButton and index in self._selection:
            return
        if index < 0:
            if event.modifiers() == Qt.KeyboardModifier.NoModifier:
                self.clear_selection()
            return
        self._choose(index, event.modifiers())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._set_hover(self.index_at(event.position().toPoint()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.index_at(event.position().toPoint())
        if index >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.activated.emit(self.position_of(index))

    def leaveEvent(self, event: QEvent) -> None:
        self._set_hover(-1)
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.cell_step.emit(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
            return
        super().wheelEvent(event)
        self._set_hover(self.index_at(event.position().toPoint()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.selected_count():
            self.menu_requested.emit(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.SelectAll):
            self.select_all()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_current()
        elif event.key() == Qt.Key.Key_Delete and self.selected_count():
            self.delete_requested.emit()
        elif event.key() == Qt.Key.Key_Escape and self.selected_count():
            self.clear_selection()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current() >= 0:
            self.activated.emit(self.current())
        elif event.key() == Qt.Key.Key_Space and self.current() >= 0:
            self._choose(self._selection.current, Qt.KeyboardModifier.ControlModifier)
        elif not self._walk(event):
            super().keyPressEvent(event)

    def _walk(self, event: QKeyEvent) -> bool:
        now, columns = self._selection.current, self._cells.columns
        page = max(1, self.viewport().height() // (self._cells.side + self._cells.gap)) * columns
        last = self.count() - 1
        targets = {
            Qt.Key.Key_Left: now - 1,
            Qt.Key.Key_Right: now + 1,
            Qt.Key.Key_Up: now - columns,
            Qt.Key.Key_Down: now + columns,
            Qt.Key.Key_PageUp: max(now - page, 0),
            Qt.Key.Key_PageDown: min(now + page, last),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        target = targets.get(Qt.Key(event.key()))
        if target is None:
            return False
        if now < 0 and event.key() != Qt.Key.Key_End:
            target = 0
        if 0 <= target <= last:
            self._choose(target, event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._reveal(target)
        return True

    def _choose(self, index: int, modifiers: Qt.KeyboardModifier) -> None:
        before = self._selection.current
        self._selection.click(
            index,
            add=bool(modifiers & Qt.KeyboardModifier.ControlModifier),
            extend=bool(modifiers & Qt.KeyboardModifier.ShiftModifier),
        )
        self._chosen()
        if self._selection.current != before:
            self.current_changed.emit(self.current())

    def _chosen(self) -> None:
        self.viewport().update()
        self.selection_changed.emit()

    def _set_hover(self, index: int) -> None:
        if index != self._hover:
            self._hover = index
            self.viewport().update()
            self.hovered.emit(self.position_of(index))
