"""Two kinds of text that stand side by side: one that is written in, and one whose words can be pointed at.

Both show letters alone, whatever a text may hold. Places are counted as Python counts them; Qt's own count of letters
beyond the first 65,536 is two, so they are converted on the way.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QMimeData, QPoint, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QTextEdit, QWidget

from studio.ui import theme
from studio.ui.text import plain_tooltip

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


@dataclass(frozen=True, slots=True)
class Span:
    """From where to where in the text a piece stands; ``key`` is what it means to who set it."""

    start: int
    end: int
    key: tuple[int, int]


class TextPane(QPlainTextEdit):
    """Plain text in the size of reading, without a frame of its own."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        theme.set_look(self, kind="pane")
        self.document().setDocumentMargin(2)

    def mark(self, spans: Sequence[tuple[int, int]], form: QTextCharFormat) -> list[QTextEdit.ExtraSelection]:
        """Selections that give places of the text a look of their own."""
        text, found = self.toPlainText(), []
        for start, end in spans:
            selection = QTextEdit.ExtraSelection()
            selection.cursor = self._cursor(text, start, end)
            selection.format = form
            found.append(selection)
        return found

    def _cursor(self, text: str, start: int, end: int) -> QTextCursor:
        cursor = QTextCursor(self.document())
        first = _units(text[:start])
        cursor.setPosition(first)
        cursor.setPosition(first + _units(text[start:end]), QTextCursor.MoveMode.KeepAnchor)
        return cursor

    def place(self, position: int) -> int:
        """What Qt's count of letters is in Python's."""
        return _letters(self.toPlainText(), position)


class SourcePane(TextPane):
    """A text that is written in. `edited` whenever it is another, `moved` when the cursor stands elsewhere."""

    edited = Signal()
    moved = Signal()
    _unknown: tuple[tuple[int, int], ...] = ()  # Qt tells of changes before there is anything to be marked

    def __init__(self, most: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._most = most
        self.setAcceptDrops(True)
        self.textChanged.connect(self._on_text)
        self.cursorPositionChanged.connect(self.moved)

    def text(self) -> str:
        """What is written."""
        return self.toPlainText()

    def set_text(self, text: str) -> None:
        """Write another text, announced as if the user had; it can be undone."""
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text[: self._most])
        self.moveCursor(QTextCursor.MoveOperation.End)

    def cursor_place(self) -> int:
        """Where the cursor stands."""
        return self.place(self.textCursor().position())

    def set_unknown(self, spans: Sequence[tuple[int, int]]) -> None:
        """Underline what the model cannot read."""
        self._unknown = tuple(spans)
        form = QTextCharFormat()
        form.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        form.setUnderlineColor(QColor(theme.current().colour("danger")))
        self.setExtraSelections(self.mark(self._unknown, form))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_theme_change(event) and self._unknown:
            self.set_unknown(self._unknown)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Plain letters alone, and no more of them than there is room for."""
        self.insertPlainText(source.text()[: max(self._most - len(self.toPlainText()), 0)])

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files are the window's matter."""
        if event.mimeData().hasUrls():
            event.ignore()
        else:
            super().dragEnterEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        if event.mimeData().hasUrls():
            event.ignore()
        else:
            super().dropEvent(event)

    def _on_text(self) -> None:
        if self._unknown:
            self.set_unknown(())
        self.edited.emit()


class WordPane(TextPane):
    """A text that cannot be written in. `picked` carries the key of a word that was clicked, and where it stands.

    With the keyboard: arrows walk from word to word once there is the focus, Enter picks.
    """

    picked = Signal(object, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self._spans: list[Span] = []
        self._starts: list[int] = []
        self._lit: int | None = None
        self._hint = ""

    def show_text(self, text: str, spans: Sequence[Span]) -> None:
        """Show a text and which pieces of it can be pointed at; where one reads it stays where it is."""
        self._lit = None
        self._spans = sorted(spans, key=lambda span: span.start)
        self._starts = [span.start for span in self._spans]
        if text != self.toPlainText():
            bar = self.verticalScrollBar()
            before = bar.value()
            self.setPlainText(text)
            bar.setValue(min(before, bar.maximum()))
        self._show_lit()

    def set_hint(self, words: str) -> None:
        """What the pointer says over a word."""
        self._hint = words

    def set_dim(self, dim: bool) -> None:
        """Whether what stands here no longer is the answer to what is asked."""
        theme.set_look(self, state="dim" if dim else "")

    def span_at(self, place: int) -> int | None:
        """Which piece stands at a place."""
        at = bisect_right(self._starts, place) - 1
        return at if at >= 0 and place < self._spans[at].end else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._light(self._under(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._light(None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        at = self._under(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and at is not None and not self.textCursor().hasSelection():
            self._pick(at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()), 0)
        if self._spans and step and not event.modifiers():
            at = (self._lit + step) if self._lit is not None else (0 if step > 0 else len(self._spans) - 1)
            self._light(min(max(at, 0), len(self._spans) - 1))
        elif self._lit is not None and event.key() in _ENTER:
            self._pick(self._lit)
        else:
            super().keyPressEvent(event)

    def _under(self, spot: QPoint) -> int | None:
        cursor = self.cursorForPosition(spot)
        if not self.cursorRect(cursor).adjusted(-24, -4, 24, 4).contains(spot):
            return None
        return self.span_at(self.place(cursor.position()))

    def _pick(self, at: int) -> None:
        span = self._spans[at]
        cursor = self._cursor(self.toPlainText(), span.start, span.end)
        cursor.setPosition(cursor.selectionStart())
        self.picked.emit(span.key, self.viewport().mapToGlobal(self.cursorRect(cursor).bottomLeft()))

    def _light(self, at: int | None) -> None:
        if at == self._lit:
            return
        self._lit = at
        shape = Qt.CursorShape.IBeamCursor if at is None else Qt.CursorShape.PointingHandCursor
        self.viewport().setCursor(shape)
        plain_tooltip(self.viewport(), self._hint if at is not None else "")
        self._show_lit()

    def _show_lit(self) -> None:
        if self._lit is None:
            self.setExtraSelections([])
            return
        span, form = self._spans[self._lit], QTextCharFormat()
        form.setBackground(QColor(theme.current().colour("accent_soft")))
        self.setExtraSelections(self.mark([(span.start, span.end)], form))


def _units(text: str) -> int:
    """Length as Qt counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _letters(text: str, units: int) -> int:
    """Letters before so many of Qt's units."""
    if text.isascii():
        return units
    return len(text.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "replace"))
