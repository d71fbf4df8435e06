"""The messages of a conversation as a virtual list: any number of any length, of which only what is in view is held.

Everything is painted as plain letters, can be selected with the mouse and copied. One message is the current one: keys
move it, the bar with what can be done stands at its foot, and screen readers are told what it says.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QGuiApplication, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QWidget

from studio.ui import theme
from studio.ui.panels.language_chat_rows import FOOT, GAP, HEAD, LINK, PAD, Entry, Row
from studio.ui.panels.language_chat_scroll import STEP, RowScroll
from studio.ui.panels.language_chat_text import Place, TextBlock
from studio.ui.text import count_text

Mark = tuple[int, Place]
"""A place in the transcript: row, and place in its text."""
_TOLD = 400  # characters of the current message that a screen reader is told


class Transcript(RowScroll):
    """`set_entries` says what there is, `fetch` gives the texts of some ids; a text that grows comes by `set_text`."""

    current_changed = Signal(int)
    flipped = Signal(int, int)
    """Message, and by how many versions."""
    edit_asked = Signal(int)
    looked_at = Signal()
    """Another message is under the pointer or current: the bar belongs to `active`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hint = ""
        """What an empty transcript says."""
        self._current = -1
        self._hovered = -1
        self._anchor: Mark | None = None
        self._head: Mark | None = None
        self._dragging = False
        self._bar: QWidget | None = None
        self._editor: QWidget | None = None
        self._edited = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self.setAccessibleName(self.tr("Conversation"))
        self.viewport().setBackgroundRole(QPalette.ColorRole.Window)

    # --- what there is -----------------------------------------------------------------------------------------------

    def set_entries(self, entries: Sequence[Entry], *, to_end: bool = False) -> None:
        """Show these messages; those that were shown before keep their texts and stay unfolded."""
        known = {row.entry.id: row for row in self._rows}
        before = self.active()
        current = self.current()
        self._rows = []
        for entry in entries:
            row = known.get(entry.id) or Row(entry)
            row.renew(self.describe(entry.id) if row.block and entry.bare and self.describe is not None else entry)
            self._rows.append(row)
        ids = [entry.id for entry in entries]
        self._current = ids.index(current) if current in ids else -1
        self._hovered = -1
        self._anchor = self._head = None
        self._filled = {at for at, row in enumerate(self._rows) if row.block is not None}
        self._changed(to_end=to_end)
        if before != self.active():
            self.looked_at.emit()

    def renew(self, entry: Entry) -> None:
        """One message is in another state."""
        at = self._index_of(entry.id)
        if at >= 0:
            row = self._rows[at]
            row.renew(entry)
            if row.block is not None and self._entry(row).error:
                row.fill(self.text_of(entry.id), self._by())
            self._changed(at, to_end=self.at_end())

    def set_text(self, id: int, text: str) -> None:
        """A message says something else now; whoever is at the end stays there."""
        at = self._index_of(id)
        if at < 0:
            return
        follow, row = self.at_end(), self._rows[at]
        row.length = len(text)
        if row.block is not None:
            row.fill(text, self._by())
        self._changed(at, to_end=follow)

    def entries(self) -> list[Entry]:
        """What is shown."""
        return [self._entry(row) for row in self._rows]

    def text_of(self, id: int) -> str:
        """The whole text of a message."""
        return self.fetch([id]).get(id, "")

    def shown_text(self, id: int) -> str:
        """What of a message is laid out or ready to be; empty where it was never in view."""
        row = self._row_of(id)
        if row is None or row.block is None:
            return ""
        return row.block.text_between((0, 0), row.block.end())

    def is_empty(self) -> bool:
        """Whether there is no message."""
        return not self._rows

    # --- the current message -----------------------------------------------------------------------------------------

    def current(self) -> int:
        """The id of the current message; 0 where there is none."""
        return self._rows[self._current].entry.id if 0 <= self._current < len(self._rows) else 0

    def active(self) -> int:
        """The message that the bar belongs to: the one under the pointer, else the current one, else the last."""
        at = self._active_row()
        return self._rows[at].entry.id if at >= 0 else 0

    def _active_row(self) -> int:
        wanted = (self._hovered, self._current, len(self._rows) - 1)
        return next((at for at in wanted if 0 <= at < len(self._rows)), -1)

    def set_current(self, id: int, *, show: bool = True) -> None:
        """Make a message the current one, and bring it into view."""
        at = next((number for number, row in enumerate(self._rows) if row.entry.id == id), -1)
        if at < 0:
            return
        self._hovered = -1
        if at != self._current:
            self._current = at
            self._tell()
            self.current_changed.emit(id)
        if show:
            self._bring(at)
        self._place_bar()
        self.looked_at.emit()
        self.viewport().update()

    def leave_current(self) -> None:
        """No message is the current one: the bar stands at the last."""
        self._current = -1
        self._place_bar()
        self.looked_at.emit()

    def unfold(self, id: int) -> None:
        """Show more of a long message."""
        at = self._index_of(id)
        if at >= 0 and self._rows[at].hidden:
            row = self._rows[at]
            row.unfold()
            if row.block is not None:
                row.fill(self.text_of(id), self._by())
            self._changed(at)

    def set_bar(self, bar: QWidget) -> None:
        """A widget that stands at the foot of the active message."""
        self._bar = bar
        bar.setParent(self.viewport())
        bar.setCursor(Qt.CursorShape.ArrowCursor)
        self._place_bar()

    def set_editor(self, id: int, editor: QWidget | None) -> None:
        """A widget takes the place of a message's text; None ends that."""
        if self._editor is not None:
            self._editor.hide()
            self._editor.deleteLater()
        for row in self._rows:
            row.editor = 0
        self._editor, self._edited = editor, id if editor is not None else -1
        at = self._index_of(id) if editor is not None else -1
        if editor is not None and at >= 0:
            editor.setParent(self.viewport())
            editor.setCursor(Qt.CursorShape.ArrowCursor)
            self._rows[at].editor = editor.sizeHint().height()
            editor.show()
        self._changed()
        if at >= 0:
            self._bring(at)

    def resize_editor(self) -> None:
        """The widget wants another height."""
        row = self._row_of(self._edited)
        if row is not None and self._editor is not None:
            row.editor = self._editor.sizeHint().height()
            self._changed()

    # --- copying -----------------------------------------------------------------------------------------------------

    def has_selection(self) -> bool:
        """Whether text is selected with the mouse."""
        return self._anchor is not None and self._head is not None and self._anchor != self._head

    def selected_text(self) -> str:
        """The text selected; messages that it spans are apart by an empty line."""
        if not self.has_selection():
            return ""
        first, last = self._selection()
        parts = []
        for number in range(first[0], last[0] + 1):
            row = self._rows[number]
            self._fill([number])
            assert row.block is not None
            begin = first[1] if number == first[0] else (0, 0)
            end = last[1] if number == last[0] else row.block.end()
            parts.append(row.block.text_between(begin, end))
        return "\n\n".join(parts)

    def copy(self) -> None:
        """Copy what is selected, else the current message, whole."""
        text = self.selected_text() or (self.text_of(self.active()) if self.active() else "")
        if text:
            QGuiApplication.clipboard().setText(text)

    def copy_message(self, id: int) -> None:
        """Copy a message, whole."""
        QGuiApplication.clipboard().setText(self.text_of(id))

    def select_all(self) -> None:
        """Select the texts of all messages."""
        if self._rows:
            self._fill([0, len(self._rows) - 1])
            last = self._rows[-1].block
            assert last is not None
            self._anchor, self._head = (0, (0, 0)), (len(self._rows) - 1, last.end())
            self.viewport().update()

    def _selection(self) -> tuple[Mark, Mark]:
        assert self._anchor is not None and self._head is not None
        first, last = sorted((self._anchor, self._head))
        return first, last

    def marked_rows(self) -> set[int]:
        return {mark[0] for mark in (self._anchor, self._head) if mark is not None}

    # --- widgets on it -----------------------------------------------------------------------------------------------

    def placed(self) -> None:
        self._place_bar()
        at = self._index_of(self._edited) if self._editor is not None else -1
        if self._editor is not None and at >= 0:
            row, rect = self._rows[at], self._row_rect(at)
            self._editor.setGeometry(
                round(rect.left()), round(rect.top() + GAP + HEAD), round(rect.width()), row.editor
            )

    def _place_bar(self) -> None:
        if self._bar is None:
            return
        at = self._active_row()
        if at < 0 or self._rows[at].editor:
            self._bar.hide()
            return
        rect = self._row_rect(at)
        size = self._bar.sizeHint()
        if self._rows[at].entry.own:
            y = max(rect.top() + GAP, 2.0)  # in its heading
        else:  # at its foot; where that is out of view, at the edge, so that it can be reached
            edge = self.viewport().height() - size.height() - 2
            y = max(min(rect.bottom() - FOOT + 2, edge), rect.top() + GAP + HEAD)
        self._bar.setGeometry(round(rect.right() - size.width()), round(y), size.width(), size.height())
        self._bar.show()
        self._bar.raise_()

    def _tell(self) -> None:
        """Say to screen readers what the current message is."""
        if 0 <= self._current < len(self._rows):
            entry = self._entry(self._rows[self._current])
            text = self.text_of(entry.id)[:_TOLD]
            self.setAccessibleDescription(f"{entry.heading}: {text} {entry.note} {entry.error}".strip())

    # --- events ------------------------------------------------------------------------------------------------------

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if not self.current() and self._rows and event.reason() != Qt.FocusReason.MouseFocusReason:
            self.set_current(self._rows[-1].entry.id, show=False)
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, bar = Qt.Key(event.key()), self.verticalScrollBar()
        rows = len(self._rows)
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and rows:
            self._on_arrow(-1 if key == Qt.Key.Key_Up else 1)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self.active():
            self.flipped.emit(self.active(), -1 if key == Qt.Key.Key_Left else 1)
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            bar.setValue(bar.value() + (bar.pageStep() - STEP) * (-1 if key == Qt.Key.Key_PageUp else 1))
        elif key == Qt.Key.Key_Home and rows:
            self.set_current(self._rows[0].entry.id)
        elif key == Qt.Key.Key_End and rows:
            self.set_current(self._rows[-1].entry.id, show=False)
            self.to_end()
        elif key == Qt.Key.Key_Space and self.active():
            self.unfold(self.active())
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.active() and not event.modifiers():
            self.edit_asked.emit(self.active())
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def _on_arrow(self, by: int) -> None:
        """To the next message; inside one that is higher than the view, a piece on."""
        height, at = self.viewport().height(), self._current
        if 0 <= at < len(self._rows):
            rect = self._row_rect(at)
            if (by > 0 and rect.bottom() > height + 2) or (by < 0 and rect.top() < -2):
                self.verticalScrollBar().setValue(self.verticalScrollBar().value() + by * 2 * STEP)
                return
        at = len(self._rows) - 1 if at < 0 else min(max(at + by, 0), len(self._rows) - 1)
        self.set_current(self._rows[at].entry.id)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        place = event.position()
        at = self._row_at(place.y())
        if at >= 0 and self._link_rect(at).contains(place):
            self.unfold(self._rows[at].entry.id)
            return
        mark = self._mark_at(place)
        extend = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier) and self._anchor is not None
        self._head = mark
        if not extend:
            self._anchor = mark
        self._dragging = True
        if at >= 0:
            self._hovered = at
            self.set_current(self._rows[at].entry.id, show=False)
        self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position()
        if self._dragging:
            edge = self.viewport().height()
            if not 0 <= place.y() <= edge:
                past = place.y() if place.y() < 0 else place.y() - edge
                self.verticalScrollBar().setValue(self.verticalScrollBar().value() + round(past))
            self._head = self._mark_at(place)
            self.viewport().update()
            return
        at = self._row_at(place.y())
        link = at >= 0 and self._link_rect(at).contains(place)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if link else Qt.CursorShape.IBeamCursor)
        if at != self._hovered:
            self._hovered = at
            self._place_bar()
            self.looked_at.emit()
            self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragging = False

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        mark = self._mark_at(event.position())
        block = self._rows[mark[0]].block if mark is not None else None
        if mark is not None and block is not None:
            begin, end = block.word_at(mark[1])
            self._anchor, self._head = (mark[0], begin), (mark[0], end)
            self.viewport().update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if self._hovered >= 0 and not self._dragging:
            self._hovered = -1
            self._place_bar()
            self.looked_at.emit()
            self.viewport().update()

    def _mark_at(self, place: QPointF) -> Mark | None:
        at = self._row_at(min(max(place.y(), 0), self.viewport().height() - 1))
        if at < 0:
            at = len(self._rows) - 1 if self._rows and place.y() > 0 else -1
        block = self._rows[at].block if at >= 0 else None
        if block is None:
            return None
        rect = self._row_rect(at)
        x = place.x() - rect.left() - PAD - 2
        return at, block.place_at(x, place.y() - rect.top() - self._rows[at].text_top())

    def _link_rect(self, at: int) -> QRectF:
        row = self._rows[at]
        if not row.hidden or row.editor:
            return QRectF()
        rect = self._row_rect(at)
        return QRectF(rect.left() + PAD, rect.bottom() - row.foot - PAD - LINK + 4, rect.width() - 2 * PAD, LINK)

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._rows:
            painter.setPen(theme.current().colour("text_dim"))
            area = self.viewport().rect().adjusted(40, 40, -40, -40)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(area, int(flags), self.hint)
            return
        region = event.rect()
        at = max(self._row_at(region.top()), 0)
        while at < len(self._rows):
            rect = self._row_rect(at)
            if rect.top() > region.bottom():
                break
            self._paint_row(painter, at, rect)
            at += 1

    def _paint_row(self, painter: QPainter, at: int, rect: QRectF) -> None:
        row, look = self._rows[at], theme.current()
        entry = self._entry(row)
        head = QRectF(rect.left() + PAD + 2, rect.top() + GAP, rect.width() - 2 * PAD, HEAD)
        body = QRectF(rect.left(), head.bottom(), rect.width(), rect.height() - GAP - HEAD - row.foot)
        words = [entry.heading, *(_foot_words(entry) if entry.own else ())]
        self._paint_line(painter, head, " · ".join(words), entry, beside_bar=entry.own)
        if row.editor:
            return
        lit = at == self._current and self.hasFocus()
        if entry.own or lit:
            painter.setPen(QPen(look.colour("accent" if lit else "line"), 1))
            painter.setBrush(look.colour("surface") if entry.own else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(body.adjusted(0.5, 0.5, -0.5, -0.5), 10, 10)
        self._paint_text(painter, at, QPointF(head.left(), rect.top() + row.text_top()))
        if row.hidden:
            painter.setPen(look.colour("accent_text"))
            flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            painter.drawText(self._link_rect(at), flags, self._link_words(row))
        if not entry.own:
            foot = QRectF(head.left(), body.bottom(), head.width(), FOOT)
            self._paint_line(painter, foot, " · ".join(_foot_words(entry)), entry, beside_bar=True)

    def _paint_text(self, painter: QPainter, at: int, origin: QPointF) -> None:
        row, look = self._rows[at], theme.current()
        if row.block is None:
            return
        top, bottom = -origin.y(), self.viewport().height() - origin.y()
        marked = (look.colour("on_accent"), look.colour("accent"))
        row.block.paint(
            painter, origin, top, bottom, colour=look.colour("text"), selected=self._selected_in(at, row.block),
            marked=marked,
        )  # fmt: skip
        if row.entry.writing:
            self._paint_caret(painter, row.block, origin)
        if row.error is not None:
            below = QPointF(origin.x(), origin.y() + row.error_top())
            row.error.paint(painter, below, -below.y(), bottom, colour=look.colour("danger"))

    def _paint_caret(self, painter: QPainter, block: TextBlock, origin: QPointF) -> None:
        """A bar behind the last letter of what is being written."""
        layout = block.pieces[-1].layout
        if layout is None or not layout.lineCount():
            return
        line = layout.lineAt(layout.lineCount() - 1)
        x = origin.x() + line.naturalTextWidth() + 3
        y = origin.y() + block.tops()[-2] + line.y()
        painter.fillRect(QRectF(x, y + 1, 7, line.height() - 2), theme.current().colour("accent"))

    def _paint_line(self, painter: QPainter, area: QRectF, words: str, entry: Entry, *, beside_bar: bool) -> None:
        """A dim line of words, cut short where the bar stands."""
        room = area.width()
        if beside_bar and self._bar is not None and self._bar.isVisible() and entry.id == self.active():
            room -= self._bar.width() + 8
        painter.setPen(theme.current().colour("text_dim"))
        shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, round(max(room, 0)))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)

    def _link_words(self, row: Row) -> str:
        words = self.tr("Show more: {0} of {1} characters are folded away")
        return words.format(count_text(row.hidden), count_text(row.length))

    def _selected_in(self, at: int, block: TextBlock) -> tuple[Place, Place] | None:
        if not self.has_selection():
            return None
        first, last = self._selection()
        if not first[0] <= at <= last[0]:
            return None
        return first[1] if at == first[0] else (0, 0), last[1] if at == last[0] else block.end()

    def viewport_point(self, id: int) -> QPoint:
        """A point inside the text of a message, for tests and menus."""
        rect = self.top_of(id)
        return QPoint(rect.left() + 30, rect.top() + GAP + HEAD + PAD + 6)


def _foot_words(entry: Entry) -> list[str]:
    """Which version it is, and what is noted of it."""
    version = f"{entry.position}/{entry.count}" if entry.count > 1 else ""
    return [part for part in (version, entry.note) if part]
