"""Plain text of many looks: what was given, what was written, what is new, or each token tinted by a number.

The text is laid out and painted letter by letter; nothing in it means anything. Widths are those that the parent gives,
the height follows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFont,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTextCharFormat,
    QTextLayout,
    QTextLine,
    QTextOption,
)
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from studio.ui import theme
from studio.ui.widgets.frames import dense

Look = Literal["", "given", "dim", "new", "mark", "tint"]
"""Plain; what was given to begin with; said in passing; lightly marked; a sign that stands for no text; tinted."""
_BREAK = "\N{LINE SEPARATOR}"
_LEADING = 1.32  # of the font's height, from line to line


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text with one look; ``tint`` 0 .. 1 how strongly it is tinted, in a named ``colour``."""

    text: str
    look: Look = ""
    tint: float = 0.0
    colour: str = "accent"


class Passage(QWidget):
    """`set_pieces` shows text. With ``choosing`` a piece is chosen by click, arrows, Home and End: `picked` tells.

    `pointed` carries the piece under the pointer, -1 for none. Ctrl+C copies all of the text. ``most_lines`` folds it;
    `is_cut` says whether more is there.
    """

    picked = Signal(int)
    pointed = Signal(int)

    def __init__(self, *, choosing: bool = False, most_lines: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choosing = choosing
        self._most_lines = most_lines
        self._pieces: tuple[Piece, ...] = ()
        self._starts: list[int] = []
        self._current, self._hover = -1, -1
        self._lit: frozenset[int] = frozenset()
        self._layout_of = QTextLayout()
        self._width, self._high, self._lines = 0, 0.0, 0
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        if choosing:
            self.setMouseTracking(True)
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def set_pieces(self, pieces: Sequence[Piece]) -> None:
        """Show these one after the other; the same again change nothing."""
        if tuple(pieces) == self._pieces:
            return
        same = [piece.text for piece in pieces] == [piece.text for piece in self._pieces]
        self._pieces = tuple(pieces)
        if same:
            self._dress()
            return
        self._current, self._hover, self._lit = -1, -1, frozenset()
        self._lay_out()

    def pieces(self) -> tuple[Piece, ...]:
        """What is shown."""
        return self._pieces

    def text(self) -> str:
        """All of it, also what is folded away."""
        return "".join(piece.text for piece in self._pieces)

    def set_most_lines(self, most: int) -> None:
        """Fold to so many lines; 0 shows all."""
        if most != self._most_lines:
            self._most_lines = most
            self._lay_out()

    def is_cut(self) -> bool:
        """Whether lines are folded away."""
        return 0 < self._most_lines < self._layout_of.lineCount()

    def set_current(self, at: int) -> None:
        """Choose a piece without announcing it; -1 none."""
        self._current = at if -1 <= at < len(self._pieces) else -1
        self.update()

    def current(self) -> int:
        """The chosen piece; -1 for none."""
        return self._current

    def set_lit(self, pieces: Sequence[int]) -> None:
        """Underline pieces that something else speaks of."""
        self._lit = frozenset(pieces)
        self.update()

    # --- layout ------------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        shown = [_plain(piece.text) for piece in self._pieces]
        self._starts, place = [], 0
        for text in shown:
            self._starts.append(place)
            place += units(text)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self._layout_of = QTextLayout("".join(shown), self._larger())
        self._layout_of.setTextOption(option)
        self._layout_of.setCacheEnabled(True)
        self._layout_of.setFormats(self._formats())
        self._width = 0
        self._fit(self.width())
        self.updateGeometry()
        self.update()

    def _dress(self) -> None:
        """The same text with other formats: they void the lines, which are broken anew."""
        self._layout_of.setFormats(self._formats())
        self._width = 0
        self._fit(self.width())
        self.update()

    def _larger(self) -> QFont:
        """The font of texts that are read."""
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 1.08)
        return font

    def _fit(self, width: int) -> float:
        """Break lines at a width; the height that they take."""
        width = max(width, 24)
        if width != self._width:
            self._width = width
            self._layout_of.beginLayout()
            top = 0.0
            while (line := self._layout_of.createLine()).isValid():
                line.setLineWidth(width)
                line.setPosition(QPointF(0, top))
                top += line.height() * _LEADING
            self._layout_of.endLayout()
        count = self._layout_of.lineCount()
        self._lines = min(count, self._most_lines) if self._most_lines else count
        last = self._layout_of.lineAt(self._lines - 1) if self._lines else None
        self._high = last.y() + last.height() + 4 if last is not None else float(self.fontMetrics().height())
        return self._high

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return int(self._fit(width)) + 1

    def sizeHint(self) -> QSize:
        width = self.width() if self.width() > 24 else 320
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(64, self.fontMetrics().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit(self.width())
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._lay_out()
        elif theme.is_theme_change(event):
            self._dress()

    def _formats(self) -> list[QTextLayout.FormatRange]:
        found = []
        for at, piece in enumerate(self._pieces):
            if not piece.look:
                continue
            one = QTextLayout.FormatRange()
            one.start = self._starts[at] if at < len(self._starts) else 0
            one.length = units(_plain(piece.text))
            one.format = format_of(piece)
            found.append(one)
        return found

    # --- where things lie --------------------------------------------------------------------------------------------

    def piece_rects(self, at: int) -> list[QRectF]:
        """Where a piece lies: a box in each line that it reaches into."""
        self._fit(self.width())  # a layout may have asked for other widths meanwhile
        start, end = self._starts[at], self._starts[at] + units(_plain(self._pieces[at].text))
        boxes = []
        for number in range(self._lines):
            line = self._layout_of.lineAt(number)
            first, last = max(start, line.textStart()), min(end, line.textStart() + line.textLength())
            if first < last:
                left, right = _x(line, first), _x(line, last)
                boxes.append(QRectF(min(left, right), line.y(), max(abs(right - left), 3.0), line.height()))
        return boxes

    def piece_at(self, point: QPoint) -> int:
        """The piece under a point; -1 for none."""
        self._fit(self.width())
        for number in range(self._lines):
            line = self._layout_of.lineAt(number)
            if not line.y() <= point.y() < line.y() + line.height() * _LEADING:
                continue
            inside = -4 <= point.x() - line.naturalTextRect().left() <= line.naturalTextWidth() + 4
            place = line.xToCursor(point.x(), QTextLine.CursorPosition.CursorOnCharacter)
            found = bisect_right(self._starts, place) - 1
            return found if inside and line.textLength() else -1
        return -1

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        self._fit(self.width())
        painter, look = QPainter(self), theme.current()
        painter.setPen(look.colour("text"))
        for number in range(self._lines):
            line = self._layout_of.lineAt(number)
            if line.y() <= event.rect().bottom() and line.y() + line.height() * _LEADING >= event.rect().top():
                line.draw(painter, QPointF(0, 0))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for at in sorted(self._lit):
            painter.setPen(QPen(look.colour("text"), 2))
            for box in self.piece_rects(at):
                painter.drawLine(box.bottomLeft(), box.bottomRight())
        for at, colour in ((self._hover, "line_strong"), (self._current, "text")):
            if 0 <= at < len(self._pieces):
                painter.setPen(QPen(look.colour(colour), 1.5))
                for box in self.piece_rects(at):
                    painter.drawRoundedRect(box.adjusted(0.5, 0, -0.5, 0), 3, 3)
        if self.hasFocus() and self._current < 0:
            painter.setPen(QPen(look.colour("accent"), 1))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    # --- pointer and keys --------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(self.piece_at(event.position().toPoint()) if self._choosing else -1)
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._point(-1)
        super().leaveEvent(event)

    def _point(self, at: int) -> None:
        if at != self._hover:
            self._hover = at
            self.update()
            self.pointed.emit(at)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self.piece_at(event.position().toPoint()) if self._choosing else -1
        if at >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._choose(at)
        else:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.text())
            return
        last = len(self._pieces) - 1
        moves = {
            Qt.Key.Key_Left: self._current - 1,
            Qt.Key.Key_Right: self._current + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        wanted = moves.get(Qt.Key(event.key()))
        if self._choosing and wanted is not None and last >= 0:
            self._choose(min(max(wanted, 0), last))
        else:
            super().keyPressEvent(event)

    def _choose(self, at: int) -> None:
        self._current = at
        self.update()
        self.picked.emit(at)


def format_of(piece: Piece) -> QTextCharFormat:
    """How a piece is painted, in the colours of the theme in force."""
    look, found = theme.current(), QTextCharFormat()
    if piece.look == "given":
        found.setFontWeight(QFont.Weight.DemiBold)
        found.setForeground(look.colour("accent_text"))
    elif piece.look == "dim":
        found.setForeground(look.colour("text_dim"))
    elif piece.look == "new":
        found.setBackground(look.colour("warning_back"))
    elif piece.look == "mark":
        found.setForeground(look.colour("text_dim"))
        found.setBackground(look.colour("sunken"))
    elif piece.look == "tint":
        found.setBackground(look.colour(piece.colour, piece.tint))
    return found


def scrolling(inner: QWidget) -> QScrollArea:
    """A text in an area that scrolls only up and down."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    holder = QWidget()
    column = dense(QVBoxLayout(holder), gap=0)
    column.addWidget(inner)
    column.addStretch(1)
    theme.set_look(holder, surface="surface")
    area.viewport().setAutoFillBackground(False)
    area.setWidget(holder)
    return area


def units(text: str) -> int:
    """Length as Qt counts it: letters beyond the first 65,536 are two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _plain(text: str) -> str:
    """Text as it is painted: lines end, but no paragraph does, and letters that cannot be seen have a sign."""
    whole = text.replace("\r\n", "\n").translate(_SIGNS)
    return whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_SIGNS = {code: 0x2400 + code for code in range(32)} | {
    ord("\n"): ord(_BREAK), ord("\r"): ord(_BREAK), ord("\t"): ord("\t"), 0x2029: ord(_BREAK), 0x7F: 0x2421,
}  # fmt: skip


def _x(line: QTextLine, place: int) -> float:
    found: Any = line.cursorToX(place)
    return float(found[0] if isinstance(found, tuple) else found)
