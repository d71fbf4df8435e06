"""Pictures in rows and columns with words at their sides: a film of several tracks, or a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui import theme
from studio.ui.palette import SIZES
from studio.ui.widgets.pictures import copy_image, draw_picture, draw_ring, friendly_size, scaled, to_image

Choosing = Literal["column", "cell"]
Row = Sequence[np.ndarray | None]
_GAP = 6
_SIDES = (28, 144)
_NAMES_WIDE = 132
_FILM = 13  # columns that a film shows at least, where that leaves its pictures large enough
_FILM_SIDE = 64


class PictureTable(QWidget):
    """Rows of pictures (H, W, C) uint8, None where there is none yet.

    Where a whole column is chosen at a time and there is no room for all, columns are left out evenly; the chosen one
    is always shown. The arrows, Home, End and the Page keys move; Ctrl+C copies. `picked` carries row and column.
    """

    picked = Signal(int, int)

    def __init__(self, choosing: Choosing = "column", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choosing: Choosing = choosing
        self._rows: list[list[np.ndarray | None]] = []
        self._names: list[str] = []
        self._headings: list[str] = []
        self._captions: list[list[str]] = []
        self._row, self._column = 0, -1
        self._drawn: dict[tuple[int, int], QPixmap] = {}
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    # --- content -----------------------------------------------------------------------------------------------------

    def set_rows(
        self,
        rows: Sequence[Row],
        *,
        names: Sequence[str],
        headings: Sequence[str],
        captions: Sequence[Sequence[str]] = (),
    ) -> None:
        """Show other pictures. `headings` are of the columns, `captions` stand below each picture."""
        self._rows = [list(row) for row in rows]
        self._names, self._headings = list(names), list(headings)
        self._captions = [list(row) for row in captions]
        self._drawn.clear()
        self._row = min(max(self._row, 0), max(len(rows) - 1, 0))
        self._column = min(self._column, self.columns() - 1)
        self.updateGeometry()
        self.update()

    def columns(self) -> int:
        """How many columns there are, shown or not."""
        return max(len(self._headings), max((len(row) for row in self._rows), default=0))

    def picture(self, row: int, column: int) -> QImage | None:
        """One picture at its own size; None where there is none."""
        inside = 0 <= row < len(self._rows) and 0 <= column < len(self._rows[row])
        found = self._rows[row][column] if inside else None
        return None if found is None else to_image(found)

    def chosen(self) -> tuple[int, int]:
        """Row and column of what is chosen; column -1 for nothing."""
        return self._row, self._column

    def choose(self, column: int, row: int = 0) -> None:
        """Choose without announcing."""
        self._column, self._row = min(column, self.columns() - 1), min(row, max(len(self._rows) - 1, 0))
        self.update()

    # --- where things lie --------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        rows = max(len(self._rows), 1)
        return QSize(600, rows * (_FILM_SIDE + _GAP + self._below()) + self._foot() + 8)

    def minimumSizeHint(self) -> QSize:
        rows = max(len(self._rows), 1)
        return QSize(260, rows * (_SIDES[0] + _GAP + self._below()) + self._foot())

    def shown_columns(self) -> list[int]:
        """The columns for which there is room, the chosen one among them."""
        count = self.columns()
        room = max(2, int((self._room() + _GAP) // (self._side() + _GAP)))
        if self._choosing == "cell" or count <= room:
            return list(range(count))
        places = [round(at * (count - 1) / (room - 1)) for at in range(room)]
        if self._column >= 0 and self._column not in places:
            near = min(range(1, room - 1), key=lambda at: abs(places[at] - self._column), default=0)
            places[near] = self._column
        return places

    def cell_rect(self, row: int, column: int) -> QRectF:
        """Where a picture lies; empty where its column is left out."""
        shown = self.shown_columns()
        if column not in shown:
            return QRectF()
        side, at = self._side(), shown.index(column)
        down = self._top() + row * (side + _GAP + self._below())
        return QRectF(self._left() + self._inset() + at * self._pitch(), down, side, side)

    def _pitch(self) -> float:
        """From one column to the next."""
        count = len(self.shown_columns())
        if self._choosing == "cell":
            return min(self._room() / max(count, 1), 2.2 * self._side())
        return (self._room() - self._side()) / max(count - 1, 1)

    def _inset(self) -> float:
        """From the names to the first picture: cells stand in the middle of their columns."""
        return (self._pitch() - self._side()) / 2 if self._choosing == "cell" else 0.0

    def _top(self) -> float:
        """The headings of single cells stand above them, and what is left of the room is shared."""
        if self._choosing == "cell":
            return float(self._foot())
        rows = len(self._rows)
        spare = self.height() - self._foot() - rows * (self._side() + _GAP + self._below())
        return max(spare / 2, 4.0)

    def _left(self) -> float:
        widest = max((self.fontMetrics().horizontalAdvance(name) for name in self._names), default=0)
        return float(min(widest + 2, _NAMES_WIDE) + 12) if widest else 4.0

    def _room(self) -> float:
        return max(self.width() - self._left() - 4.0, 60.0)

    def _below(self) -> int:
        return self.fontMetrics().height() + 4 if self._captions else 0

    def _foot(self) -> int:
        return self.fontMetrics().height() + 8 if self._headings else 4

    def _side(self) -> float:
        rows = max(len(self._rows), 1)
        high = (self.height() - self._foot() - 4) / rows - _GAP - self._below()
        wide = self._room() / max(self.columns(), 1) - _GAP
        high = min(high, wide if self._choosing == "cell" else max(wide, self._room() / _FILM - _GAP, _FILM_SIDE))
        return float(min(max(high, _SIDES[0]), _SIDES[1]))

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shown = self.shown_columns()
        self._paint_band(painter)
        for row in range(len(self._rows)):
            self._paint_name(painter, row)
            for column in shown:
                self._paint_cell(painter, row, column)
        for column in shown if self._headings else ():
            self._paint_heading(painter, column)

    def _paint_band(self, painter: QPainter) -> None:
        """What lies behind the chosen column."""
        if self._choosing == "cell" or self._column < 0 or not self._rows:
            return
        top, bottom = self.cell_rect(0, self._column), self.cell_rect(len(self._rows) - 1, self._column)
        band = top.united(bottom).adjusted(-3, -4, 3, self._foot())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.current().colour("accent_soft"))
        painter.drawRoundedRect(band, SIZES.radius, SIZES.radius)

    def _paint_name(self, painter: QPainter, row: int) -> None:
        if row >= len(self._names):
            return
        box = self.cell_rect(row, self.shown_columns()[0]) if self.columns() else QRectF(0, 0, 0, 0)
        area = QRectF(0, box.top(), self._left() - 12, box.height())
        painter.setPen(theme.current().colour("text_dim"))
        words = self.fontMetrics().elidedText(self._names[row], Qt.TextElideMode.ElideRight, int(area.width()))
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)

    def _paint_cell(self, painter: QPainter, row: int, column: int) -> None:
        box, pixmap = self.cell_rect(row, column), self._pixmap(row, column)
        radius = min(float(SIZES.radius_picture), box.width() / 8)
        place = box
        if pixmap is not None:
            place = draw_picture(painter, box, pixmap, radius=radius)
        elif column < len(self._rows[row]):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.current().colour("sunken"))
            painter.drawRoundedRect(box, radius, radius)
        if self._is_chosen(row, column) and pixmap is not None:
            draw_ring(painter, place, "accent" if self._choosing == "cell" else "text", radius=radius)
        if row < len(self._captions) and column < len(self._captions[row]):
            self._write_below(painter, box, self._captions[row][column], dim=True)

    def _is_chosen(self, row: int, column: int) -> bool:
        if self._choosing == "cell":
            return (row, column) == (self._row, self._column)
        return column == self._column and row == self._row and self.hasFocus()

    def _paint_heading(self, painter: QPainter, column: int) -> None:
        if column >= len(self._headings) or not self._rows:
            return
        if self._choosing == "cell":
            box = self.cell_rect(0, column)
            box.translate(0, -box.height() - self._foot())
        else:
            box = self.cell_rect(len(self._rows) - 1, column)
        self._write_below(painter, box, self._headings[column], dim=column != self._column)

    def _write_below(self, painter: QPainter, box: QRectF, words: str, *, dim: bool) -> None:
        wide = max(self._pitch() - 4, box.width()) if self._choosing == "cell" else box.width() + 28
        area = QRectF(box.center().x() - wide / 2, box.bottom() + 2, wide, self.fontMetrics().height() + 2)
        painter.setPen(theme.current().colour("text_dim" if dim else "text"))
        shown = self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(area.width()))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, shown)

    def _pixmap(self, row: int, column: int) -> QPixmap | None:
        """A picture as it is painted; made when it is first seen."""
        found = self._drawn.get((row, column))
        image = self.picture(row, column) if found is None else None
        if image is not None:
            ratio = self.devicePixelRatioF()
            largest = max(image.width(), image.height())
            side = friendly_size(largest, int(self._side() * ratio), spare=0.0) / ratio
            found = self._drawn[row, column] = scaled(image, QSize(round(side), round(side)), ratio)
        return found

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._drawn.clear()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_theme_change(event):
            self._drawn.clear()
            self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    # --- mouse and keys ----------------------------------------------------------------------------------------------

    def _at(self, point: QPointF) -> tuple[int, int] | None:
        for row in range(len(self._rows)):
            for column in self.shown_columns():
                if self.cell_rect(row, column).adjusted(-3, -3, 3, 3 + self._below()).contains(point):
                    return row, column
        return None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self._go(*found)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position())
        if found is not None and event.buttons() & Qt.MouseButton.LeftButton and found[1] != self._column:
            self._go(*found)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row, column, last = self._row, max(self._column, 0), self.columns() - 1
        page = max(2, self.columns() // 8)
        moves = {
            Qt.Key.Key_Left: (row, column - 1),
            Qt.Key.Key_Right: (row, column + 1),
            Qt.Key.Key_Up: (row - 1, column),
            Qt.Key.Key_Down: (row + 1, column),
            Qt.Key.Key_Home: (row, 0),
            Qt.Key.Key_End: (row, last),
            Qt.Key.Key_PageUp: (row, max(column - page, 0)),
            Qt.Key.Key_PageDown: (row, min(column + page, last)),
        }
        key = Qt.Key(event.key())
        if event.matches(QKeySequence.StandardKey.Copy):
            image = self.picture(row, column)
            if image is not None:
                copy_image(image)
        elif key in moves and last >= 0:
            to_row, to_column = moves[key]
            if 0 <= to_column <= last and 0 <= to_row < len(self._rows):
                self._go(to_row, to_column)
        else:
            super().keyPressEvent(event)

    def _go(self, row: int, column: int) -> None:
        if (row, column) != (self._row, self._column):
            self._row, self._column = row, column
            self.update()
            self.picked.emit(row, column)
