"""Which words belong to which: two rows of words, with ribbons between them as wide as what they share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui import theme
from studio.ui.text import plain_tooltip
from studio.ui.widgets.choice_bars import visible
from studio.ui.widgets.confusion_matrix import percent

_WIDEST = 10.0  # pixels of a ribbon that carries everything
_LEAST = 0.04  # below this share no ribbon is drawn
_GAP = 18  # between words, at least
_HEIGHT = 148


class Ribbons(QWidget):
    """`set_words` shows words above and below, and how much each one below (a row) takes from each above (a column).

    A word is pointed at with the mouse or the arrows (`pointed`: the word below, -1 for none) and chosen by a click or
    Enter (`picked`); its ribbons stand out. Words keep their width: put long sentences into an area that scrolls.
    """

    pointed = Signal(int)
    picked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._above: tuple[str, ...] = ()
        self._below: tuple[str, ...] = ()
        self._weights = np.zeros((0, 0), np.float32)
        self._at = ("", -1)  # which row of words, and which of them
        self._chosen = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def set_words(self, above: Sequence[str], below: Sequence[str], weights_BA: np.ndarray) -> None:
        """Show words and shares (below, above) 0 .. 1; what does not fit shows the words alone."""
        found = np.nan_to_num(np.asarray(weights_BA, np.float32))
        fits = found.shape == (len(below), len(above))
        self._above, self._below = tuple(map(_word, above)), tuple(map(_word, below))
        self._weights = found if fits else np.zeros((len(below), len(above)), np.float32)
        self._at = ("", -1)
        self._chosen = self._chosen if self._chosen < len(below) else -1
        self.updateGeometry()
        self.update()

    def set_chosen(self, below: int) -> None:
        """Let the ribbons of a word below stand out without announcing it; -1 none."""
        self._chosen = below if -1 <= below < len(self._below) else -1
        self.update()

    def at(self) -> tuple[str, int]:
        """The word pointed at: ``above`` or ``below``, and which; ("", -1) for none."""
        return self._at

    def sentence(self, row: str, at: int) -> str:
        """A word in words: what it takes most from, or who takes most from it."""
        if at < 0:
            return ""
        below = row == "below"
        shares = self._weights[at] if below else self._weights[:, at]
        others = self._above if below else self._below
        best = [int(one) for one in np.argsort(-shares)[:3] if shares[one] >= _LEAST]
        named = ", ".join(f"“{others[one]}” {percent(float(shares[one]))}" for one in best)
        words = self.tr("“{0}” looks at {1}") if below else self.tr("“{0}” is looked at by {1}")
        return words.format((self._below if below else self._above)[at], named or self.tr("nobody"))

    # --- where things lie --------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(self._least_width(), _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._least_width(), _HEIGHT)

    def _least_width(self) -> int:
        rows = [sum(self._wide(word) + _GAP for word in words) for words in (self._above, self._below)]
        return max(rows, default=0) + 8

    def _wide(self, word: str) -> int:
        return self.fontMetrics().horizontalAdvance(word)

    def _high(self) -> float:
        return float(self.fontMetrics().height() + 4)

    def word_rect(self, row: str, at: int) -> QRectF:
        """Where a word lies: spread evenly over the width, each with the room that it needs."""
        words = self._above if row == "above" else self._below
        needed = [self._wide(word) + _GAP for word in words]
        spare = max(self.width() - sum(needed), 0) / max(len(words), 1)
        left = sum(needed[:at]) + spare * at
        top = 0.0 if row == "above" else self.height() - self._high()
        return QRectF(left, top, needed[at] + spare, self._high())

    def word_at(self, point: QPoint) -> tuple[str, int]:
        """The word under a point, nearer to its row than to the other; ("", -1) for none."""
        row = "above" if point.y() < self.height() / 2 else "below"
        words = self._above if row == "above" else self._below
        for at in range(len(words)):
            box = self.word_rect(row, at)
            if box.left() <= point.x() < box.right():
                return row, at
        return "", -1

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rows, columns = np.nonzero(self._weights >= _LEAST)
        for lit in (False, True):
            for below, above in zip(rows.tolist(), columns.tolist(), strict=True):
                if self._is_lit(below, above) == lit:
                    self._paint_ribbon(painter, below, above, lit=lit)
        for row, words in (("above", self._above), ("below", self._below)):
            for at in range(len(words)):
                self._paint_word(painter, row, at, words[at])

    def _is_lit(self, below: int, above: int) -> bool:
        row, at = self._at
        if at >= 0:
            return (below if row == "below" else above) == at
        return below == self._chosen

    def _paint_ribbon(self, painter: QPainter, below: int, above: int, *, lit: bool) -> None:
        look, share = theme.current(), float(min(self._weights[below, above], 1.0))
        upper, lower = self.word_rect("above", above), self.word_rect("below", below)
        start = QPointF(upper.center().x(), upper.bottom() + 5)
        end = QPointF(lower.center().x(), lower.top() - 5)
        middle = (start.y() + end.y()) / 2
        path = QPainterPath(start)
        path.cubicTo(QPointF(start.x(), middle), QPointF(end.x(), middle), end)
        colour = look.colour("accent" if lit else "line_strong", (0.35 + 0.6 * share) if lit else 0.12 + 0.45 * share)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, max(1.0, _WIDEST * share), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawPath(path)

    def _paint_word(self, painter: QPainter, row: str, at: int, word: str) -> None:
        look = theme.current()
        pointed = self._at == (row, at) or (row == "below" and at == self._chosen)
        shares = self._weights[:, at] if row == "above" else self._weights[at]
        beside = any(self._is_lit(*pair) for pair in self._pairs(row, at, shares))
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold if pointed else QFont.Weight.Normal)
        painter.setFont(font)
        lit = pointed or beside or (self._at[1] < 0 and self._chosen < 0)
        painter.setPen(look.colour("text" if lit else "text_dim"))
        painter.drawText(self.word_rect(row, at), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip, word)

    def _pairs(self, row: str, at: int, shares: np.ndarray) -> list[tuple[int, int]]:
        """The ribbons of a word."""
        found = np.flatnonzero(shares >= _LEAST).tolist()
        return [(one, at) if row == "above" else (at, one) for one in found]

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_theme_change(event):
            self.updateGeometry()
            self.update()

    # --- pointer and keys --------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(self.word_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        self._point(("", -1))
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row, at = self.word_at(event.position().toPoint())
        if row == "below" and event.button() == Qt.MouseButton.LeftButton:
            self._choose(at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        move = moves.get(Qt.Key(event.key()))
        row, at = self._at
        if move is not None and self._below:
            words = self._above if row == "above" else self._below
            at = at if at >= 0 else self._chosen
            self._point((row or "below", min(max(at + move, 0), len(words) - 1)))
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self._above and self._below:
            other, words = ("above", self._above) if event.key() == Qt.Key.Key_Up else ("below", self._below)
            self._point((other, min(max(at, 0), len(words) - 1)))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row == "below":
            self._choose(at)
        else:
            super().keyPressEvent(event)

    def _point(self, at: tuple[str, int]) -> None:
        if at != self._at:
            self._at = at
            plain_tooltip(self, self.sentence(*at))
            self.update()
            self.pointed.emit(at[1] if at[0] == "below" else -1)

    def _choose(self, at: int) -> None:
        self._chosen = at
        self.update()
        self.picked.emit(at)


def _word(token: str) -> str:
    """A token without the blanks around it, which a word between words does not need."""
    return visible(token.strip(" ") or token)
