"""What a CycleGAN shows while it trains: test pictures of both sides, each translated, back again, and left alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout

from studio.ui import theme
from studio.ui.panels.stage import PictureStage
from studio.ui.text import Label
from studio.ui.widgets.frames import dense
from studio.ui.widgets.pictures import friendly_size
from studio.ui.widgets.sample_grid import Cells, SampleGrid

_GAP, _BETWEEN, _PADDING = 6, 28, 10
_MOST_ABREAST = 4


@dataclass(frozen=True)
class PlacedCells(Cells):
    """Cells whose places are given one by one."""

    places: tuple[tuple[int, int], ...] = ()

    def rect(self, index: int) -> QRect:
        """The place of one picture."""
        if not 0 <= index < len(self.places):
            return QRect()
        return QRect(*self.places[index], self.side, self.high)


@dataclass(frozen=True)
class Layout:
    """Rows of pictures as blocks beside one another: ``columns`` headings; ``sides`` has that of each row."""

    columns: tuple[str, ...] = ()
    sides: tuple[str, ...] = ()

    def blocks(self, abreast: int) -> list[list[int]]:
        """The rows of each block; those of one side fill ``abreast`` blocks."""
        found: list[list[int]] = []
        for side in dict.fromkeys(self.sides):
            rows = [at for at, one in enumerate(self.sides) if one == side]
            high = -(-len(rows) // abreast)
            found += [rows[at : at + high] for at in range(0, len(rows), high)]
        return found


class SideGrid(SampleGrid):
    """A grid whose rows belong to sides: each side is a block of its own, with headings above its columns."""

    def __init__(self) -> None:
        super().__init__(choosing="single")
        self._layout_of = Layout()
        self._headings: dict[str, tuple[str, ...]] = {}
        self._heads: tuple[tuple[str, ...], ...] = ()
        self._first: tuple[int, ...] = ()

    def set_sides(self, layout: Layout, heads: Mapping[str, tuple[str, ...]]) -> None:
        """How the pictures lie, and for each side the headings of its columns; an empty layout is a plain grid."""
        self._layout_of, self._headings = layout, dict(heads)
        self._arrange()
        self.update()

    def _fitted(self, caption: int) -> Cells:
        layout = self._layout_of
        if not layout.sides or len(layout.sides) * len(layout.columns) != self.count():
            self._heads = ()
            return super()._fitted(caption)
        tried = [self._tried(layout, abreast) for abreast in range(1, _MOST_ABREAST + 1)]
        room, fewest = max(tried)
        return self._placed(layout, layout.blocks(-fewest), self._friendly_side(room))

    def _friendly_side(self, room: int) -> int:
        ratio = self.devicePixelRatioF()
        return int(friendly_size(self._source(), int(room * ratio)) / ratio)

    def _head(self) -> int:
        return self.fontMetrics().height() + 6

    def _tried(self, layout: Layout, abreast: int) -> tuple[int, int]:
        """How large a picture may be with so many blocks for each side; and, for ties, minus their number."""
        blocks, columns = layout.blocks(abreast), len(layout.columns)
        high = max(map(len, blocks))
        gaps = (columns - 1) * _GAP * len(blocks) + (len(blocks) - 1) * _BETWEEN
        wide = (self.width() - 2 * _PADDING - gaps) // (columns * len(blocks))
        tall = int(((self.height() - 2 * _PADDING - self._head() + _GAP) // high - _GAP) / self._shape())
        return max(8, min(wide, tall)), -abreast

    def _placed(self, layout: Layout, blocks: list[list[int]], side: int) -> PlacedCells:
        columns, tall = len(layout.columns), max(1, round(side * self._shape()))
        block_wide = columns * (side + _GAP) - _GAP
        whole = len(blocks) * (block_wide + _BETWEEN) - _BETWEEN
        high = self._head() + max(map(len, blocks)) * (tall + _GAP) - _GAP
        left, top = (self.width() - whole) // 2, max(_PADDING, (self.height() - high) // 2) + self._head()
        places = [(0, 0)] * self.count()
        for at, rows in enumerate(blocks):
            for down, row in enumerate(rows):
                for column in range(columns):
                    across = left + at * (block_wide + _BETWEEN) + column * (side + _GAP)
                    places[row * columns + column] = (across, top + down * (tall + _GAP))
        self._heads = tuple(self._headings.get(layout.sides[rows[0]], layout.columns) for rows in blocks)
        self._first = tuple(rows[0] for rows in blocks)
        return PlacedCells(side, columns * len(blocks), _GAP, 0, left, top, tall, places=tuple(places))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._heads:
            return
        painter = QPainter(self)
        font = QFont(self.font())
        font.setPointSizeF(max(font.pointSizeF() * 0.92, 6.0))
        painter.setFont(font)
        painter.setPen(theme.current().colour("text_dim"))
        columns = len(self._layout_of.columns)
        for first, heads in zip(self._first, self._heads, strict=True):
            for column, words in enumerate(heads):
                box = self.cell_rect(first * columns + column)
                area = QRectF(box.left() - _GAP / 2, box.top() - self._head(), box.width() + _GAP, self._head() - 4)
                shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(area.width()))
                painter.drawText(area, Qt.AlignmentFlag.AlignCenter, shown)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 120)


class CycleganStage(PictureStage):
    """Rows of real → translated → back with the identity picture; below, what is pointed at."""

    def make_grid(self) -> SampleGrid:
        self.sides = SideGrid()
        return self.sides

    def build(self) -> None:
        """See the class."""
        self._notes: Mapping[str, Any] = {}
        self._line = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self._line.setObjectName("sidesLine")
        self._line.setFixedHeight(self._line.fontMetrics().height() + 2)
        self.grid.hovered.connect(self._say)
        self.grid.current_changed.connect(self._say)
        column = dense(QVBoxLayout(self), gap=4)
        column.addWidget(self.grid, 1)
        column.addWidget(self._line)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def show_data(self, items: Sequence[Any]) -> None:
        self._notes = {}
        self._line.hide()
        self.sides.set_sides(Layout(), {})
        super().show_data(items)

    def show_samples(self, pictures: np.ndarray | Sequence[Any], notes: Mapping[str, Any]) -> None:
        self._line.show()
        self._notes = notes
        layout = layout_of(notes, len(pictures))
        self.sides.set_sides(layout, {side: self._heads(side) for side in dict.fromkeys(layout.sides)})
        super().show_samples(pictures, notes)
        self._say(self.grid.current())

    def forget(self) -> None:
        super().forget()
        self._notes = {}
        self.sides.set_sides(Layout(), {})
        self._say(-1)

    def _values(self, side: str) -> tuple[str, str]:
        """What a side is called, and the other one."""
        values = _strings(self._notes.get("values"))
        a, b = (values[0], values[1]) if len(values) > 1 else ("A", "B")
        return (a, b) if side == "A" else (b, a)

    def _heads(self, side: str) -> tuple[str, ...]:
        own, other = self._values(side)
        words = {
            "real": own,
            "translated": f"→ {other}",
            "back": f"→ {own}",
            "identity": f"= {own}",
            "true": self.tr("true {0}").format(other),
        }
        return tuple(words.get(column, column) for column in layout_of(self._notes, -1).columns)

    def _say(self, at: int) -> None:
        """The picture pointed at, else the chosen one, else how to read the rows."""
        place = at if at >= 0 else self.grid.current()
        layout = layout_of(self._notes, self.grid.count())
        if not layout.sides:
            self._line.setText("")
            return
        if not 0 <= place < self.grid.count():
            self._line.setText(self._reading(layout))
            return
        row, column = divmod(place, len(layout.columns))
        own, other = self._values(layout.sides[row])
        words = {
            "real": self.tr("{0}: as it is"),
            "translated": self.tr("{0}, translated to {1}"),
            "back": self.tr("{0}, to {1} and back: it should be itself again"),
            "identity": self.tr("{0}, given to the translator that makes {0}: it should stay as it is"),
            "true": self.tr("{0}: how it truly looks as {1}"),
        }
        said = words.get(layout.columns[column], "{0}").format(own, other)
        names = _strings(self._notes.get("names"))
        self._line.setText(f"{said} · {names[row]}" if row < len(names) and names[row] else said)
        self.grid.setAccessibleDescription(said)

    def _reading(self, layout: Layout) -> str:
        words = {
            "real": self.tr("real"),
            "translated": self.tr("translated"),
            "back": self.tr("back again"),
            "identity": self.tr("one that should stay as it is"),
            "true": self.tr("the true partner"),
        }
        return self.tr("in each row: {0}").format(" · ".join(words.get(one, one) for one in layout.columns))


def layout_of(notes: Mapping[str, Any], count: int) -> Layout:
    """How the noted samples lie; an empty one where that was not noted or does not fit (a count of -1 always fits)."""
    columns, sides = _strings(notes.get("columns")), _strings(notes.get("sides"))
    fits = count < 0 or len(columns) * len(sides) == count
    return Layout(columns, sides) if columns and sides and fits else Layout()


def _strings(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else ()
