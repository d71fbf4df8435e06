"""A grid of pictures painted by one widget: live samples that fill the canvas, or a growing sheet of creations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from studio.ui import theme
from studio.ui.palette import SIZES
from studio.ui.widgets.pictures import (
    DragLoad,
    Pictures,
    copy_image,
    draw_mark,
    draw_picture,
    draw_ring,
    draw_star,
    friendly_size,
    scaled,
    start_drag,
    to_images,
)
from studio.ui.widgets.selection import Selection

Choosing = Literal["none", "single", "multi"]
DragHook = Callable[[list[int]], DragLoad]


@dataclass(frozen=True)
class Cells:
    """Where the cells lie: width of a picture, columns, distance, and the corner of the first; ``tall``: its height,
    0 where it is as its width."""

    side: int
    columns: int
    gap: int
    caption: int
    left: int
    top: int
    tall: int = 0

    @property
    def high(self) -> int:
        """Height of a picture."""
        return self.tall or self.side

    def rect(self, index: int) -> QRect:
        """The place of one picture, without its caption."""
        row, column = divmod(index, self.columns)
        across, down = self.side + self.gap, self.high + self.gap + self.caption
        return QRect(self.left + column * across, self.top + row * down, self.side, self.high)

    def rows(self, count: int) -> int:
        """How many rows hold `count` pictures."""
        return -(-count // self.columns)

    def height(self, count: int) -> int:
        """Height of the pictures with their captions and the gaps between."""
        rows = self.rows(count)
        return rows * (self.high + self.caption) + max(rows - 1, 0) * self.gap


class SampleGrid(QWidget):
    """Pictures side by side. `fit` makes the cells as large as the widget allows; else they are `cell` wide and the
    widget grows downwards (put it into a scroll area).

    The arrows, Home and End move; Space chooses; Shift and Ctrl extend; Enter or a double click activates; Ctrl+C
    copies the current picture; dragging takes the chosen ones out.
    """

    selection_changed = Signal(list)
    current_changed = Signal(int)
    activated = Signal(int)
    hovered = Signal(int)  # -1 when the pointer leaves
    menu_requested = Signal(int, QPoint)  # index, global position

    def __init__(
        self,
        *,
        choosing: Choosing = "single",
        fit: bool = True,
        cell: int = 96,
        tray: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._images: list[QImage] = []
        self._given: Pictures | None = None
        self._drawn: dict[int, QPixmap] = {}
        self._captions: list[str] = []
        self._caption_lines, self._captioned_from = 1, 0
        self._stars: frozenset[int] = frozenset()
        self._marks: frozenset[int] = frozenset()
        self._choosing: Choosing = choosing
        self._fit, self._cell, self._tray = fit, cell, tray
        self._selection = Selection(several=choosing == "multi")
        self._hover = -1
        self._pressed_at: QPoint | None = None
        self._drag_hook: DragHook | None = None
        self._cells = Cells(cell, 1, 6, 0, 10, 10)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if choosing != "none" else Qt.FocusPolicy.NoFocus)
        vertical = QSizePolicy.Policy.Expanding if fit else QSizePolicy.Policy.Minimum
        self.setSizePolicy(QSizePolicy.Policy.Expanding, vertical)

    # --- pictures ----------------------------------------------------------------------------------------------------

    def set_pictures(self, pictures: Pictures) -> None:
        """Show other pictures: uint8 NHWC (or NHW), or QImages. The same array object again costs nothing.

        The selection stays as far as the indices still exist.
        """
        if pictures is self._given:
            return
        self._given = pictures
        images = to_images(pictures)
        count_changed = len(images) != len(self._images)
        self._images = images
        self._drawn.clear()
        if count_changed:
            self._recount()
        self._arrange()
        self.update()

    def append_pictures(self, pictures: Pictures) -> None:
        """Add pictures at the end of a growing grid."""
        self._given = None
        self._images += to_images(pictures)
        self._recount()
        self._arrange()
        self.update()

    def clear(self) -> None:
        """Show nothing."""
        self.set_pictures([])

    def count(self) -> int:
        """How many pictures there are."""
        return len(self._images)

    def picture(self, index: int) -> QImage:
        """One picture at its own size."""
        return self._images[index]

    def set_captions(self, captions: Sequence[str], *, lines: int = 1, least: int = 0) -> None:
        """A short plain text under each picture, for example what the discriminator thinks; empty for none.

        Where pictures of a live grid would be narrower than `least` pixels with them, they are not shown.
        """
        if (list(captions), lines, least) == (self._captions, self._caption_lines, self._captioned_from):
            return
        self._captions, self._caption_lines, self._captioned_from = list(captions), lines, least
        self._arrange()
        self.update()

    def set_stars(self, indices: Iterable[int]) -> None:
        """Mark pictures that are kept already."""
        self._stars = frozenset(indices)
        self.update()

    def set_marks(self, indices: Iterable[int]) -> None:
        """Mark pictures about which something was told wrong; their captions stand out too."""
        self._marks = frozenset(indices)
        self.update()

    def marks(self) -> frozenset[int]:
        """The marked pictures."""
        return self._marks

    def set_cell(self, cell: int) -> None:
        """The side of a picture in a growing grid, in device-independent pixels."""
        self._cell = cell
        self._arrange()
        self.update()

    def set_drag_hook(self, hook: DragHook) -> None:
        """Who says which files and formats travel when pictures are dragged out."""
        self._drag_hook = hook

    # --- selection ---------------------------------------------------------------------------------------------------

    def selection(self) -> list[int]:
        """The chosen indices, ascending."""
        return self._selection.chosen()

    def current(self) -> int:
        """The index that the keyboard stands on; -1 for none."""
        return self._selection.current

    def set_selection(self, indices: Iterable[int]) -> None:
        """Choose without announcing."""
        self._selection.set(i for i in indices if 0 <= i < self.count())
        self.update()

    def _recount(self) -> None:
        if self._selection.limit(self.count()):
            self.selection_changed.emit(self.selection())
        self._hover = -1
        self.updateGeometry()

    def _choose(self, index: int, modifiers: Qt.KeyboardModifier) -> None:
        if self._choosing == "none":
            return
        before, current = self.selection(), self.current()
        self._selection.click(
            index,
            add=bool(modifiers & Qt.KeyboardModifier.ControlModifier),
            extend=bool(modifiers & Qt.KeyboardModifier.ShiftModifier),
        )
        self._announce(before, current)

    def _announce(self, before: list[int], current: int) -> None:
        self.update()
        if self.current() != current:
            self.current_changed.emit(self.current())
        if self.selection() != before:
            self.selection_changed.emit(self.selection())

    # --- layout ------------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        if self._fit:
            return QSize(480, 240)
        return QSize(480, self._cells.height(self.count()) + 2 * self._padding())

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 96) if self._fit else QSize(self._cell + 2 * self._padding(), self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def cell_rect(self, index: int) -> QRect:
        """Where a picture lies in the widget."""
        return self._cells.rect(index)

    def index_at(self, point: QPoint) -> int:
        """The picture under a point of the widget; -1 for none."""
        return next((i for i in range(self.count()) if self._cells.rect(i).contains(point)), -1)

    def _padding(self) -> int:
        return 10 if self._tray else 3

    def _arrange(self) -> None:
        old = self._cells
        self._cells = self._fitted(self._caption_height()) if self._fit else self._flowing()
        if self._fit and self._cells.caption and self._cells.side < self._captioned_from:
            self._cells = self._fitted(0)
        if (self._cells.side, self._cells.high) != (old.side, old.high):
            self._drawn.clear()
        if not self._fit and self._cells.height(self.count()) != self.minimumHeight() - 2 * self._padding():
            self.setMinimumHeight(self._cells.height(self.count()) + 2 * self._padding())

    def _caption_height(self) -> int:
        return self._caption_lines * self.fontMetrics().height() if self._captions else 0

    def _source(self) -> int:
        return max((image.width() for image in self._images[:1]), default=0)

    def _shape(self) -> float:
        """Height of the pictures over their width; 1 where they are not alike."""
        sizes = {(image.width(), image.height()) for image in self._images}
        width, height = sizes.pop() if len(sizes) == 1 else (1, 1)
        return height / width if width and height else 1.0

    def _friendly(self, room: int) -> int:
        ratio = self.devicePixelRatioF()
        return int(friendly_size(self._source(), int(room * ratio)) / ratio)

    def _flowing(self) -> Cells:
        gap, padding, shape = 8, self._padding(), self._shape()
        side = max(8, round(self._cell / max(1.0, shape)))
        columns = max(1, (self.width() - 2 * padding + gap) // (side + gap))
        return Cells(side, columns, gap, self._caption_height(), padding, padding, max(1, round(side * shape)))

    def _fitted(self, caption: int) -> Cells:
        gap, padding, count = 6, self._padding(), max(self.count(), 1)
        width, height = self.width() - 2 * padding, self.height() - 2 * padding
        shape = self._shape()
        best, room = widest(count, QSize(width, height), gap=gap, caption=caption, shape=shape)
        side = self._friendly(max(8, room))
        cells = Cells(side, best, gap, caption, 0, 0, max(1, round(side * shape)))
        left = padding + max(0, (width - best * (side + gap) + gap) // 2)
        return replace(cells, left=left, top=padding + max(0, (height - cells.height(count)) // 2))

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._tray:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.current().colour("sunken"))
            painter.drawRoundedRect(QRectF(self.rect()), SIZES.radius_card, SIZES.radius_card)
        reach = event.rect().adjusted(-4, -4 - self._cells.caption, 4, 4)
        for index in range(self.count()):
            if reach.intersects(self._cells.rect(index)):
                self._paint_cell(painter, index)

    def _paint_cell(self, painter: QPainter, index: int) -> None:
        box = QRectF(self._cells.rect(index))
        radius = min(SIZES.radius_picture, box.width() / 8)
        place = draw_picture(painter, box, self._pixmap(index), radius=radius)
        if index in self._selection:
            draw_ring(painter, place, "accent", radius=radius)
        elif self.hasFocus() and index == self.current():
            draw_ring(painter, place, "text", radius=radius)
        elif index == self._hover and self._choosing != "none":
            draw_ring(painter, place, "line_strong", radius=radius)
        if index in self._stars:
            draw_star(painter, place)
        if index in self._marks:
            draw_mark(painter, place)
        if index < len(self._captions) and self._cells.caption:
            self._paint_caption(painter, box, self._captions[index], "danger" if index in self._marks else "text_dim")

    def _paint_caption(self, painter: QPainter, box: QRectF, text: str, colour: str) -> None:
        painter.setPen(theme.current().colour(colour))
        area = QRectF(box.left(), box.bottom() + 1, box.width(), self._cells.caption)
        align = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        for line in folded(self.fontMetrics(), text, int(area.width()), self._caption_lines):
            painter.drawText(area, align, line)
            area.translate(0, self.fontMetrics().height())

    def _pixmap(self, index: int) -> QPixmap:
        found = self._drawn.get(index)
        if found is None:
            room = QSize(self._cells.side, self._cells.high)
            found = self._drawn[index] = scaled(self._images[index], room, self.devicePixelRatioF())
        return found

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_theme_change(event):
            self._arrange()
            self.update()

    # --- mouse and keys ----------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.index_at(event.position().toPoint())
        self._pressed_at = None
        if index < 0 or event.button() != Qt.MouseButton.LeftButton:
            return
        self._pressed_at = event.position().toPoint()
        if index not in self._selection or event.modifiers() != Qt.KeyboardModifier.NoModifier:
            self._choose(index, event.modifiers())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        index = self.index_at(event.position().toPoint())
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if self._pressed_at is not None and index >= 0 and plain and index in self._selection:
            self._choose(index, event.modifiers())
        self._pressed_at = None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        if self._pressed_at is not None and event.buttons() & Qt.MouseButton.LeftButton:
            if (point - self._pressed_at).manhattanLength() >= QApplication.startDragDistance():
                self._drag()
            return
        self._set_hover(self.index_at(point))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.index_at(event.position().toPoint())
        if index >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.activated.emit(index)

    def leaveEvent(self, event: QEvent) -> None:
        self._set_hover(-1)
        super().leaveEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.current() if by_key else self.index_at(event.pos())
        if index < 0:
            return
        if index not in self._selection:
            self._choose(index, Qt.KeyboardModifier.NoModifier)
        spot = self.mapToGlobal(self._cells.rect(index).center()) if by_key else event.globalPos()
        self.menu_requested.emit(index, spot)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._choosing == "none" or not self.count():
            super().keyPressEvent(event)
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_current()
        elif event.matches(QKeySequence.StandardKey.SelectAll) and self._choosing == "multi":
            before, current = self.selection(), self.current()
            self._selection.set(range(self.count()))
            self._announce(before, current)
        elif not self._on_move_key(event):
            super().keyPressEvent(event)

    def _on_move_key(self, event: QKeyEvent) -> bool:
        key, current = Qt.Key(event.key()), max(self.current(), 0)
        moves = {
            Qt.Key.Key_Left: current - 1,
            Qt.Key.Key_Right: current + 1,
            Qt.Key.Key_Up: current - self._cells.columns,
            Qt.Key.Key_Down: current + self._cells.columns,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: self.count() - 1,
        }
        if key in moves:
            target = moves[key] if self.current() >= 0 else 0
            if 0 <= target < self.count():
                self._walk(target, event.modifiers())
            return True
        if key == Qt.Key.Key_Space:
            self._choose(current, Qt.KeyboardModifier.ControlModifier)
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current() >= 0:
            self.activated.emit(self.current())
            return True
        return False

    def _walk(self, target: int, modifiers: Qt.KeyboardModifier) -> None:
        """Ctrl with an arrow moves without choosing, as in every file manager."""
        if modifiers & Qt.KeyboardModifier.ControlModifier and self._choosing == "multi":
            current = self.current()
            self._selection.current = target
            self._announce(self.selection(), current)
        else:
            self._choose(target, modifiers & Qt.KeyboardModifier.ShiftModifier)

    def _set_hover(self, index: int) -> None:
        if index != self._hover:
            self._hover = index
            self.update()
            self.hovered.emit(index)

    def copy_current(self) -> None:
        """Put the picture that the keyboard stands on onto the clipboard."""
        if self.current() >= 0:
            copy_image(self._images[self.current()])

    def _drag(self) -> None:
        self._pressed_at = None
        chosen = self.selection()
        load = self._drag_hook(chosen) if self._drag_hook is not None else DragLoad()
        start_drag(self, [self._images[index] for index in chosen], load)


def widest(count: int, room: QSize, *, gap: int, caption: int = 0, shape: float = 1.0) -> tuple[int, int]:
    """In how many columns `count` pictures become widest, and how wide; `shape` is their height over their width."""

    def width(columns: int) -> int:
        across = (room.width() + gap) // columns - gap
        down = (room.height() + gap) // -(-count // columns) - gap - caption
        return min(across, int(down / shape))

    best = max(range(1, count + 1), key=width)
    return best, width(best)


def folded(metrics: QFontMetrics, text: str, width: int, lines: int) -> list[str]:
    """A text broken between words into at most `lines` lines of `width` pixels; an ellipsis stands for the rest."""
    found: list[str] = []
    words = text.split()
    while words and len(found) < lines - 1:
        count = 1
        while count < len(words) and metrics.horizontalAdvance(" ".join(words[: count + 1])) <= width:
            count += 1
        found.append(" ".join(words[:count]))
        words = words[count:]
    if words:
        found.append(" ".join(words))
    return [metrics.elidedText(line, Qt.TextElideMode.ElideRight, width) for line in found]
