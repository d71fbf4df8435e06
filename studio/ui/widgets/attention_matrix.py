"""Who looks at whom: a matrix with names at its sides, and thumbnails of many of them to choose from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui import theme
from studio.ui.text import plain_tooltip
from studio.ui.widgets.choice_bars import visible
from studio.ui.widgets.confusion_matrix import percent
from studio.ui.widgets.pictures import to_image

_NAME_FROM = 11  # pixels of a cell from which names stand beside it
_WIDEST_NAME = 100
_LARGEST_CELL, _HIGHEST_ROW = 44, 26
_GAMMA = 0.55  # little attention is still seen


def weights_image(weights_RC: np.ndarray, colour: str = "accent") -> QImage:
    """Shares (R, C) 0 .. 1 as an image of the same size, from the tray's colour to a named one."""
    look = theme.current()
    low, high = (np.array(_rgb(look.colour(name)), np.float64) for name in ("sunken", colour))
    share = np.clip(np.nan_to_num(weights_RC), 0, 1)[..., None] ** _GAMMA
    return to_image((low + share * (high - low)).round().astype(np.uint8))


class AttentionMatrix(QWidget):
    """`set_weights` shows who (rows) looks at whom (columns). `pointed` carries the cell under the pointer or where the
    arrows have gone, (-1, -1) for none. Not ``square``: of something else than attention, as wide as there is room."""

    pointed = Signal(int, int)

    def __init__(self, *, square: bool = True, colour: str = "accent", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._square, self._colour = square, colour
        self._weights = np.zeros((0, 0), np.float32)
        self._rows: tuple[str, ...] = ()
        self._columns: tuple[str, ...] = ()
        self._image = QImage()
        self._at = (-1, -1)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 140)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def set_weights(self, weights_RC: np.ndarray, rows: Sequence[str], columns: Sequence[str]) -> None:
        """Show shares (R, C) 0 .. 1 of R names that look at C; what does not fit shows nothing."""
        found = np.asarray(weights_RC, np.float32)
        fits = found.shape == (len(rows), len(columns))
        self._weights = found if fits else np.zeros((0, 0), np.float32)
        self._rows = tuple(map(visible, rows)) if fits else ()
        self._columns = tuple(map(visible, columns)) if fits else ()
        if not (self._at[0] < len(self._rows) and self._at[1] < len(self._columns)):
            self._at = (-1, -1)
        self._image = QImage()
        self.setAccessibleDescription(self.sentence(*self._at))
        self.update()

    def weights(self) -> np.ndarray:
        """What is shown (R, C)."""
        return self._weights

    def at(self) -> tuple[int, int]:
        """The cell pointed at; (-1, -1) for none."""
        return self._at

    def point(self, row: int, column: int) -> None:
        """Mark a cell (column -1: a whole row) without announcing it."""
        self._at = (row, column)
        self.update()

    def sentence(self, row: int, column: int) -> str:
        """A cell in words, as long as it is attention."""
        if row < 0 or column < 0 or not self._square:
            return ""
        words = self.tr("“{0}” looks at “{1}” with {2} of its attention")
        return words.format(self._rows[row], self._columns[column], percent(float(self._weights[row, column])))

    # --- where things lie --------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(360, 320)

    def _margins(self) -> tuple[float, float]:
        """Room for the names, left and above; none where cells are too small for them."""
        if not self._rows or not self._columns:
            return 0.0, 0.0
        left, top = self._longest(self._rows), self._longest(self._columns)
        wide, high = (self.width() - left) / len(self._columns), (self.height() - top) / len(self._rows)
        if self._square:
            return (left, top) if min(wide, high) >= _NAME_FROM else (0.0, 0.0)
        return left if high >= _NAME_FROM else 0.0, top if wide >= _NAME_FROM else 0.0

    def _longest(self, names: Sequence[str]) -> float:
        return min(max(map(self.fontMetrics().horizontalAdvance, names), default=0), _WIDEST_NAME) + 8.0

    def box(self) -> QRectF:
        """Where the cells lie."""
        left, top = self._margins()
        rows, columns = max(len(self._rows), 1), max(len(self._columns), 1)
        wide, high = (self.width() - left) / columns, (self.height() - top) / rows
        if not self._square:
            return QRectF(left, top, max(wide, 1.0) * columns, max(1.0, min(high, _HIGHEST_ROW)) * rows)
        side = max(1.0, min(wide, high, _LARGEST_CELL))
        start = max(0.0, (self.width() - left - side * columns) / 2)
        return QRectF(start + left, top, side * columns, side * rows)

    def cell_rect(self, row: int, column: int) -> QRectF:
        """Where a cell lies."""
        box = self.box()
        wide, high = box.width() / max(len(self._columns), 1), box.height() / max(len(self._rows), 1)
        return QRectF(box.left() + column * wide, box.top() + row * high, wide, high)

    def cell_at(self, point: QPoint) -> tuple[int, int]:
        """Row and column under a point; (-1, -1) for none."""
        box = self.box()
        if not self._rows or not box.contains(point):
            return -1, -1
        row = int((point.y() - box.top()) / box.height() * len(self._rows))
        column = int((point.x() - box.left()) / box.width() * len(self._columns))
        return min(row, len(self._rows) - 1), min(column, len(self._columns) - 1)

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._rows:
            return
        painter, look, box = QPainter(self), theme.current(), self.box()
        if self._image.isNull():
            self._image = weights_image(self._weights, self._colour)
        painter.drawImage(box, self._image)
        self._paint_names(painter, *self._margins())
        row, column = self._at
        if row >= 0:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(look.colour("text"), 1.5))
            whole = self.cell_rect(row, 0).united(self.cell_rect(row, len(self._columns) - 1))
            painter.drawRect(whole if column < 0 else self.cell_rect(row, column))

    def _paint_names(self, painter: QPainter, left: float, top: float) -> None:
        look, box = theme.current(), self.box()
        for row, name in enumerate(self._rows if left else ()):
            cell = self.cell_rect(row, 0)
            painter.setPen(look.colour("text" if row == self._at[0] else "text_dim"))
            room = QRectF(box.left() - _WIDEST_NAME - 6, cell.top(), _WIDEST_NAME, cell.height())
            shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, _WIDEST_NAME)
            how = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip
            painter.drawText(room, how, shown)
        for column, name in enumerate(self._columns if top else ()):
            cell = self.cell_rect(0, column)
            painter.setPen(look.colour("text" if column == self._at[1] else "text_dim"))
            painter.save()
            painter.translate(cell.center().x(), box.top() - 5)
            painter.rotate(-90)
            shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, _WIDEST_NAME)
            how = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip
            painter.drawText(QRectF(0, -cell.width() / 2, _WIDEST_NAME, cell.width()), how, shown)
            painter.restore()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_theme_change(event):
            self._image = QImage()
            self.update()

    # --- pointer and keys --------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._go(self.cell_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        self._go((-1, -1))
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        move = moves.get(Qt.Key(event.key()))
        if move is None or not self._rows:
            super().keyPressEvent(event)
            return
        row, column = self._at if self._at[0] >= 0 else (0 - move[0], 0 - move[1])
        row, column = row + move[0], max(column, 0) + move[1]
        self._go((min(max(row, 0), len(self._rows) - 1), min(max(column, 0), len(self._columns) - 1)))

    def _go(self, cell: tuple[int, int]) -> None:
        if cell != self._at:
            self._at = cell
            plain_tooltip(self, self.sentence(*cell))
            self.update()
            self.pointed.emit(*cell)


class HeadGrid(QWidget):
    """Thumbnails of every head, a layer a row; `picked` carries layer and head, by click or arrows."""

    picked = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._weights = np.zeros((0, 0, 1, 1), np.float32)
        self._images: dict[tuple[int, int], QImage] = {}
        self._current = (-1, -1)
        self._hover = (-1, -1)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 80)

    def set_weights(self, weights_LHRC: np.ndarray) -> None:
        """Show shares (layers, heads, R, C) 0 .. 1."""
        self._weights, self._images = weights_LHRC, {}
        if not self._is_there(*self._current):
            self._current = (-1, -1)
        self.update()

    def set_current(self, layer: int, head: int) -> None:
        """Mark the chosen head without announcing it; -1: none, for the mean of all."""
        self._current = (layer, head) if self._is_there(layer, head) else (-1, -1)
        self.update()

    def current(self) -> tuple[int, int]:
        """Layer and head of the chosen one; (-1, -1) for none."""
        return self._current

    def _is_there(self, layer: int, head: int) -> bool:
        return 0 <= layer < self._weights.shape[0] and 0 <= head < self._weights.shape[1]

    def sizeHint(self) -> QSize:
        return QSize(280, 220)

    def cell_rect(self, layer: int, head: int) -> QRectF:
        """Where a thumbnail lies, its frame included."""
        layers, heads = self._weights.shape[:2]
        left = float(self.fontMetrics().horizontalAdvance("00") + 10)
        top = float(self.fontMetrics().height() + 4)
        side = max(10.0, min((self.width() - left) / max(heads, 1), (self.height() - top) / max(layers, 1), 96.0))
        return QRectF(left + head * side, top + layer * side, side, side)

    def cell_at(self, point: QPoint) -> tuple[int, int]:
        """Layer and head under a point; (-1, -1) for none."""
        first = self.cell_rect(0, 0)
        layer = int((point.y() - first.top()) // first.height())
        head = int((point.x() - first.left()) // first.width())
        return (layer, head) if self._is_there(layer, head) else (-1, -1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, look = QPainter(self), theme.current()
        layers, heads = self._weights.shape[:2]
        painter.setPen(look.colour("text_dim"))
        for head in range(heads):
            cell = self.cell_rect(0, head)
            above = QRectF(cell.left(), 0, cell.width(), cell.top())
            painter.drawText(above, Qt.AlignmentFlag.AlignCenter, str(head + 1))
        for layer in range(layers):
            cell = self.cell_rect(layer, 0)
            painter.setPen(look.colour("text_dim"))
            box = QRectF(0, cell.top(), cell.left() - 6, cell.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(layer + 1))
            for head in range(heads):
                self._paint_head(painter, layer, head)

    def _paint_head(self, painter: QPainter, layer: int, head: int) -> None:
        look, cell = theme.current(), self.cell_rect(layer, head).adjusted(2, 2, -2, -2)
        if (layer, head) not in self._images:
            apart = max(1, max(self._weights.shape[2:]) // 128)
            self._images[layer, head] = weights_image(self._weights[layer, head, ::apart, ::apart])
        painter.drawImage(cell, self._images[layer, head])
        marked = (layer, head) in (self._current, self._hover)
        chosen = (layer, head) == self._current
        colour = "accent" if chosen else "line_strong" if marked else "line"
        painter.setPen(QPen(look.colour(colour), 2 if chosen else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(cell)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_theme_change(event):
            self._images = {}
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position().toPoint())
        if cell != self._hover:
            self._hover = cell
            words = self.tr("layer {0}, head {1}").format(cell[0] + 1, cell[1] + 1) if cell[0] >= 0 else ""
            plain_tooltip(self, words)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position().toPoint())
        if cell[0] >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._choose(*cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        move = moves.get(Qt.Key(event.key()))
        layers, heads = self._weights.shape[:2]
        if move is None or not layers:
            super().keyPressEvent(event)
            return
        layer, head = self._current
        if layer < 0:
            layer, head = -min(move[0], 0), -min(move[1], 0)
            move = (0, 0)
        self._choose(min(max(layer + move[0], 0), layers - 1), min(max(head + move[1], 0), heads - 1))

    def _choose(self, layer: int, head: int) -> None:
        self._current = (layer, head)
        self.setAccessibleDescription(self.tr("layer {0}, head {1}").format(layer + 1, head + 1))
        self.update()
        self.picked.emit(layer, head)


def _rgb(colour: QColor) -> tuple[int, int, int]:
    return colour.red(), colour.green(), colour.blue()
