"""A text of any length as plain letters on a canvas: cut into pieces, of which only those in view are laid out.

A text widget lays out whole paragraphs at once; 300,000 words in one freeze it for more than a second.
"""

from __future__ import annotations

import math
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QTextCharFormat, QTextLayout, QTextOption

PIECE = 2000
"""Characters of a piece at most."""
_EARLIEST = 1500  # where a long paragraph is cut at a blank if there is one
_LEADING = 3.0  # pixels between lines
_LINE = "\u2028"  # what QTextLayout breaks a line at
_JOINERS = {"\u200d", "\ufe0e", "\ufe0f"}
Place = tuple[int, int]
"""Where in a text: piece, and UTF-16 unit in it."""


@dataclass(slots=True)
class Piece:
    """Some lines of a text. ``height`` is estimated until it is ``measured``; ``ends``: a line ends with it."""

    text: str
    ends: bool
    height: float = 0.0
    measured: bool = False
    layout: QTextLayout | None = None


def one_kind_of_line(text: str) -> str:
    """The text with every end of a line as a line feed."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")


def cut(text: str) -> Iterator[tuple[str, bool]]:
    """Pieces of a text, and whether each ends a line; paragraphs stay whole up to 2,000 characters.

    Several paragraphs come into one piece only where all are ASCII: the others have each a direction of their own.
    """
    begin, length = 0, len(text)
    while begin < length:
        end = text.find("\n", begin, begin + PIECE + 1)
        if end < 0 and length - begin > PIECE:
            end = _cut_inside(text, begin)
            yield text[begin:end], False
            begin = end
            continue
        end = length if end < 0 else end
        if text[begin:end].isascii():
            last = text.rfind("\n", end, begin + PIECE + 1)
            end = last if last > end and text[begin:last].isascii() else end
        yield text[begin:end], end < length
        begin = end + 1
    if not text or text.endswith("\n"):
        yield "", False


def _cut_inside(text: str, begin: int) -> int:
    """Where a long paragraph is cut: behind a blank, else not before what belongs to the character before."""
    blank = text.rfind(" ", begin + _EARLIEST, begin + PIECE)
    if blank > 0:
        return blank + 1
    end = begin + PIECE
    while end > begin + _EARLIEST and _belongs_to_the_one_before(text, end):
        end -= 1
    return end


def _belongs_to_the_one_before(text: str, at: int) -> bool:
    return unicodedata.combining(text[at]) != 0 or text[at] in _JOINERS or text[at - 1] in _JOINERS


class TextBlock:
    """A text at a width. Heights of pieces that were never in view are estimates; `settle` makes them true."""

    def __init__(self, text: str, font: QFont, width: float) -> None:
        self._font = font
        self._metrics = QFontMetricsF(font)
        self._width = max(width, 40.0)
        self._line = line_of(self._metrics, self._width)
        self.pieces: list[Piece] = []
        self._tops: list[float] | None = None
        self.set_text(text)

    # --- text --------------------------------------------------------------------------------------------------------

    def set_text(self, text: str) -> None:
        """Show another text; where it only grows, all but the last pieces stay as they are."""
        text = one_kind_of_line(text)
        kept = self._same_beginning(text)
        rest = text[sum(len(piece.text) + piece.ends for piece in self.pieces[:kept]) :]
        del self.pieces[kept:]
        self.pieces += [Piece(part, ends, self._estimate(part)) for part, ends in cut(rest)]
        self._tops = None

    def _same_beginning(self, text: str) -> int:
        """How many pieces, but for the last two, the new text begins with."""
        at = 0
        for number, piece in enumerate(self.pieces[:-2]):
            if not text.startswith(piece.text, at):
                return number
            at += len(piece.text) + piece.ends
        return max(len(self.pieces) - 2, 0)

    def set_width(self, width: float) -> None:
        """Lay out anew at another width."""
        width = max(width, 40.0)
        if width != self._width:
            self._width, self._line = width, line_of(self._metrics, width)
            for piece in self.pieces:
                piece.height, piece.measured, piece.layout = self._estimate(piece.text), False, None
            self._tops = None

    # --- heights -----------------------------------------------------------------------------------------------------

    def height(self) -> float:
        """In pixels, as far as known."""
        return self.tops()[-1]

    def tops(self) -> list[float]:
        """Where each piece begins, and at last where the text ends."""
        if self._tops is None:
            self._tops = list(accumulate((piece.height for piece in self.pieces), initial=0.0))
        return self._tops

    def settle(self, top: float, bottom: float) -> float:
        """Lay out what lies between two heights; by how much what begins above ``top`` has grown."""
        grown, number = 0.0, self.piece_at(top)
        while number < len(self.pieces) and self.tops()[number] <= bottom + grown:
            piece = self.pieces[number]
            if piece.layout is None:
                before, begins = piece.height, self.tops()[number]
                self._lay_out(piece)
                if piece.height != before:
                    self._tops = None
                    grown += piece.height - before if begins < top else 0.0
            number += 1
        return grown

    def let_go(self, top: float, bottom: float) -> None:
        """Forget the layouts of pieces that lie outside; their heights stay."""
        tops = self.tops()
        for number, piece in enumerate(self.pieces):
            if piece.layout is not None and (tops[number + 1] < top or tops[number] > bottom):
                piece.layout = None

    def piece_at(self, height: float) -> int:
        """The piece at a height; the first or last one outside."""
        return min(max(bisect_right(self.tops(), height) - 1, 0), max(len(self.pieces) - 1, 0))

    def _estimate(self, text: str) -> float:
        return estimated_height(len(text), text.count("\n"), self._line)

    def _lay_out(self, piece: Piece) -> None:
        layout = QTextLayout(piece.text.replace("\n", _LINE), self._font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)
        layout.setTextOption(option)
        layout.setCacheEnabled(True)
        y = 0.0
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(self._width)
            line.setPosition(QPointF(0.0, y))
            y += line.height() + _LEADING
        layout.endLayout()
        piece.layout, piece.measured, piece.height = layout, True, max(y, self._metrics.height() + _LEADING)

    # --- painting and picking ----------------------------------------------------------------------------------------

    def paint(
        self, painter: QPainter, at: QPointF, top: float, bottom: float, *, colour: QColor,
        selected: tuple[Place, Place] | None = None, marked: tuple[QColor, QColor] | None = None,
    ) -> None:  # fmt: skip
        """Paint what lies between two heights of the text, which begins at ``at``. ``marked``: the text and the ground
        of what is selected."""
        painter.setPen(colour)
        tops = self.tops()
        for number in range(self.piece_at(top), len(self.pieces)):
            if tops[number] > bottom:
                break
            layout = self.pieces[number].layout
            if layout is not None:
                ranges = self._ranges(number, selected, marked)
                layout.draw(painter, QPointF(at.x(), at.y() + tops[number]), ranges)

    def _ranges(
        self, number: int, selected: tuple[Place, Place] | None, marked: tuple[QColor, QColor] | None
    ) -> list[QTextLayout.FormatRange]:
        if selected is None or marked is None or not selected[0][0] <= number <= selected[1][0]:
            return []
        (first, begin), (last, end) = selected
        begin = begin if number == first else 0
        end = end if number == last else units(self.pieces[number].text)
        if end <= begin:
            return []
        found = QTextLayout.FormatRange()
        found.start, found.length = begin, end - begin
        form = QTextCharFormat()
        form.setForeground(marked[0])
        form.setBackground(marked[1])
        found.format = form
        return [found]

    def place_at(self, x: float, y: float) -> Place:
        """The place of the text nearest to a point of it, as far as it is laid out."""
        number = self.piece_at(y)
        layout = self.pieces[number].layout
        if layout is None:
            return number, 0
        inside = y - self.tops()[number]
        count = layout.lineCount()
        for at in range(count):
            line = layout.lineAt(at)
            if inside < line.y() + line.height() + _LEADING or at == count - 1:
                return number, int(line.xToCursor(x))
        return number, 0

    def end(self) -> Place:
        """The place behind the last character."""
        return len(self.pieces) - 1, units(self.pieces[-1].text)

    def word_at(self, place: Place) -> tuple[Place, Place]:
        """The word around a place."""
        number, at = place
        layout = self.pieces[number].layout
        if layout is None:
            return place, place
        begin = layout.previousCursorPosition(at + 1, QTextLayout.CursorMode.SkipWords)
        end = layout.nextCursorPosition(begin, QTextLayout.CursorMode.SkipWords)
        word = taken(self.pieces[number].text, begin, end).rstrip()
        return (number, begin), (number, begin + units(word))

    def text_between(self, first: Place, last: Place) -> str:
        """The text between two places."""
        found = []
        for number in range(first[0], last[0] + 1):
            piece = self.pieces[number]
            begin = first[1] if number == first[0] else 0
            end = last[1] if number == last[0] else units(piece.text)
            found.append(taken(piece.text, begin, end))
            if piece.ends and number < last[0]:
                found.append("\n")
        return "".join(found)


def line_of(metrics: QFontMetricsF, width: float) -> tuple[float, float]:
    """About how many characters a line of that width has, and how high it is."""
    return max(width / max(metrics.averageCharWidth(), 1.0), 1.0), metrics.height() + _LEADING


def estimated_height(length: int, lines: int, line: tuple[float, float]) -> float:
    """About how high a text of so many characters and ends of lines is; ``line`` as `line_of` gives it."""
    return (math.ceil(length / line[0]) + lines + (length == 0)) * line[1]


def units(text: str) -> int:
    """How many UTF-16 units a text has, in which Qt counts."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def taken(text: str, begin: int, end: int) -> str:
    """A part of a text between two UTF-16 units."""
    if text.isascii():
        return text[begin:end]
    return text.encode("utf-16-le", "surrogatepass")[2 * begin : 2 * end].decode("utf-16-le", "replace")
