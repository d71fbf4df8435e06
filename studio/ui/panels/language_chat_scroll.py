"""Rows of any number and height that scroll, of which only those in view are filled and laid out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate

from PySide6.QtCore import QEvent, QRect, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from studio.ui import theme
from studio.ui.panels.language_chat_rows import GAP, PAD, Entry, Measure, Row
from studio.ui.panels.language_chat_text import line_of

Fetch = Callable[[Sequence[int]], Mapping[int, str]]
Describe = Callable[[int], Entry]
_WIDEST = 760  # pixels of a line
_SIDE = 20
_HELD = 60  # rows whose texts are kept beyond those in view
STEP = 48
"""Pixels of a turn of the wheel or a key."""


class RowScroll(QAbstractScrollArea):
    """Base of the transcript: heights are estimates until a row was in view, and what is in view never jumps."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fetch: Fetch = lambda ids: {}
        self.describe: Describe | None = None
        """Says all of an entry that was given bare, once it comes into view."""
        self._rows: list[Row] = []
        self._heights: list[float] | None = None
        self._tops: list[float] | None = None
        self._measure: Measure | None = None
        self._settling = False
        self._filled: set[int] = set()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().setSingleStep(STEP)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)

    def placed(self) -> None:
        """Rows lie elsewhere now: move what stands on them."""

    def marked_rows(self) -> set[int]:
        """Rows whose texts must be kept."""
        return set()

    def at_end(self) -> bool:
        """Whether the last line is in view."""
        bar = self.verticalScrollBar()
        return bar.value() >= bar.maximum() - 4

    def to_end(self) -> None:
        """Show the last line."""
        self._changed(to_end=True)

    def top_of(self, id: int) -> QRect:
        """Where a message lies in the viewport; empty where there is none."""
        at = next((number for number, row in enumerate(self._rows) if row.entry.id == id), -1)
        return self._row_rect(at).toRect() if at >= 0 else QRect()

    def _left(self) -> float:
        return max((self.viewport().width() - self._column()) / 2, 0)

    def _column(self) -> float:
        return float(min(self.viewport().width() - 2 * _SIDE, _WIDEST))

    def _width(self) -> float:
        return self._column() - 2 * PAD - 4

    def _entry(self, row: Row) -> Entry:
        """All that is known of a message."""
        if row.entry.bare and self.describe is not None:
            row.renew(self.describe(row.entry.id))
        return row.entry

    def _row_of(self, id: int) -> Row | None:
        at = self._index_of(id)
        return self._rows[at] if at >= 0 else None

    def _index_of(self, id: int) -> int:
        """The place of a message; -1 where there is none. The last ones are found first."""
        return next((at for at in range(len(self._rows) - 1, -1, -1) if self._rows[at].entry.id == id), -1)

    def _by(self) -> Measure:
        if self._measure is None:
            font = self.font()
            self._measure = Measure(font, self._width(), line_of(QFontMetricsF(font), self._width()))
        return self._measure

    def _all_tops(self) -> list[float]:
        """Where each row begins, and at last where all end."""
        if self._heights is None:
            by = self._by()
            self._heights = [row.height(by) for row in self._rows]
            self._tops = None
        if self._tops is None:
            self._tops = list(accumulate(self._heights, initial=float(GAP)))
        return self._tops

    def _remeasure(self, at: int) -> float:
        """A row may have another height; by how much it has grown."""
        self._all_tops()
        assert self._heights is not None
        grown = self._rows[at].height(self._by()) - self._heights[at]
        if grown:
            self._heights[at] += grown
            self._tops = None
        return grown

    def _row_rect(self, at: int) -> QRectF:
        tops, y = self._all_tops(), self.verticalScrollBar().value()
        return QRectF(self._left(), tops[at] - y, self._column(), tops[at + 1] - tops[at])

    def _row_at(self, y: float) -> int:
        """The row at a height of the viewport; -1 where there is none."""
        tops = self._all_tops()
        at = bisect_right(tops, y + self.verticalScrollBar().value()) - 1
        return at if 0 <= at < len(self._rows) else -1

    def _changed(self, at: int = -1, *, to_end: bool = False) -> None:
        """Heights (that of one row, or all) may be others: settle what is in view, and stay at the end if told so."""
        if at >= 0:
            self._remeasure(at)
        else:
            self._heights = None
        for _ in range(6):
            before = self._range()
            if to_end:
                self._scroll_silently(self.verticalScrollBar().maximum())
            self._settle()
            if self._range() == before:
                break
        if to_end:
            self._scroll_silently(self.verticalScrollBar().maximum())
            self._settle()
        self.placed()
        self.viewport().update()

    def _range(self) -> int:
        """Tell the scroll bar how much there is."""
        total = self._all_tops()[-1] + GAP
        height = self.viewport().height()
        bar = self.verticalScrollBar()
        bar.blockSignals(True)
        bar.setPageStep(height)
        bar.setRange(0, max(round(total - height), 0))
        bar.blockSignals(False)
        return bar.maximum()

    def _scroll_silently(self, value: int) -> None:
        bar = self.verticalScrollBar()
        bar.blockSignals(True)
        bar.setValue(value)
        bar.blockSignals(False)

    def _settle(self) -> None:
        """Fetch and lay out what is in view. What grows above it moves nothing that is in view."""
        if self._settling or not self._rows:
            return
        self._settling = True
        try:
            y, height = float(self.verticalScrollBar().value()), self.viewport().height()
            at = max(self._row_at(0), 0)
            while at < len(self._rows) and self._all_tops()[at] < y + height:
                y += self._settle_row(at, y, height)
                at += 1
            self._range()
            self._scroll_silently(round(y))
            self._let_go()
        finally:
            self._settling = False

    def _settle_row(self, at: int, y: float, height: float) -> float:
        """Lay out what of a row is in view from ``y`` on; by how much what follows must be moved to stay in place."""
        row, top = self._rows[at], self._all_tops()[at]
        moved = self._fill_from(at, y + height) if row.block is None else 0.0
        y += moved if top < y else 0.0
        moved = moved if top < y else 0.0
        if row.block is not None and not row.editor:
            begin = y - top - row.text_top()
            moved += row.block.settle(begin, begin + height)
            row.block.let_go(begin - 2 * height, begin + 3 * height)
            if row.error is not None:
                row.error.settle(0, row.error.height())
            self._remeasure(at)
        return moved

    def _fill_from(self, at: int, bottom: float) -> float:
        """Fetch the texts of a row and of those below it in view; by how much the first has grown."""
        last = min(bisect_right(self._all_tops(), bottom), len(self._rows))
        wanted = [number for number in range(at, max(last, at + 1)) if self._rows[number].block is None]
        self._fill(wanted)
        grown = [self._remeasure(number) for number in wanted]
        return grown[0]

    def _fill(self, wanted: Sequence[int]) -> None:
        missing = [self._rows[number] for number in wanted if self._rows[number].block is None]
        if missing:
            texts = self.fetch([row.entry.id for row in missing])
            for row in missing:
                self._entry(row)
                row.fill(texts.get(row.entry.id, ""), self._by())
            self._filled |= set(wanted)

    def _let_go(self) -> None:
        """Texts far from what is in view are let go."""
        here, marked = max(self._row_at(0), 0), self.marked_rows()
        self._filled = {number for number in self._filled if number < len(self._rows)}
        for number in [one for one in self._filled if abs(one - here) > _HELD and one not in marked]:
            self._rows[number].forget()
            self._filled.discard(number)
            self._remeasure(number)

    def _bring(self, at: int) -> None:
        """Scroll so far that a row is in view, its beginning where it is higher than the view."""
        for _ in range(4):
            rect, height = self._row_rect(at), self.viewport().height()
            if rect.top() < 0 or rect.height() > height:
                by = rect.top()
            elif rect.bottom() > height:
                by = rect.bottom() - height
            else:
                break
            if abs(by) < 1:
                break
            self.verticalScrollBar().setValue(self.verticalScrollBar().value() + round(by))

    # --- events ------------------------------------------------------------------------------------------------------

    def _on_scrolled(self) -> None:
        self._settle()
        self.placed()
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        follow = self.at_end() or event.oldSize().height() <= 0
        first = max(self._row_at(0), 0)
        inside = self.verticalScrollBar().value() - self._all_tops()[first] if self._rows else 0.0
        if self._measure is None or self._measure.width != self._width():
            self._lay_out_anew()
            self._range()
            if not follow and self._rows:
                self._scroll_silently(round(self._all_tops()[first] + inside))
        self._changed(to_end=follow)

    def _lay_out_anew(self) -> None:
        self._measure = self._heights = None
        for row in self._rows:
            row.set_width(self._width())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            for row in self._rows:
                row.block = row.error = None
            self._lay_out_anew()
            self._changed()
        elif theme.is_theme_change(event):
            self.viewport().update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.pixelDelta().y() or event.angleDelta().y() * STEP // 60
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() - turned)
        event.accept()
