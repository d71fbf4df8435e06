"""What may come next as bars, the likeliest above, with the lines below which rules cut off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui import theme
from studio.ui.widgets.confusion_matrix import percent

_ROW = 26
_NUMBER = 58
_CUT = 17  # pixels that the words of a cut take


@dataclass(frozen=True, slots=True)
class ChoiceBar:
    """``learnt``: as likely as the model holds it, 0 .. 1; ``drawn``: as likely as it is drawn, None where that is not
    known. ``stands`` marks what stands in the text."""

    text: str
    learnt: float
    drawn: float | None = None
    stands: bool = False


class ChoiceBars(QWidget):
    """`set_bars` shows rows; `set_cuts` draws lines below so many of them, with words. A click or the arrows pick a row
    (`picked`), a double click or Enter takes it (`taken`)."""

    picked = Signal(int)
    taken = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars: tuple[ChoiceBar, ...] = ()
        self._cuts: dict[int, str] = {}
        self._current, self._hover = -1, -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def set_bars(self, bars: Sequence[ChoiceBar]) -> None:
        """Show these rows; the picked one stays where its text does."""
        held = self._bars[self._current].text if 0 <= self._current < len(self._bars) else None
        self._bars = tuple(bars)
        names = [bar.text for bar in self._bars]
        self._current = names.index(held) if held in names else -1
        self._changed()

    def set_cuts(self, cuts: Mapping[int, str]) -> None:
        """Lines below so many rows, with words; those below rows that are not shown are left out."""
        self._cuts = {rows: words for rows, words in sorted(cuts.items()) if 0 < rows < len(self._bars)}
        self._changed()

    def _changed(self) -> None:
        self.setAccessibleDescription(", ".join(self.sentence(at) for at in range(min(len(self._bars), 5))))
        self.updateGeometry()
        self.update()

    def bars(self) -> tuple[ChoiceBar, ...]:
        """The rows, from the top."""
        return self._bars

    def cuts(self) -> dict[int, str]:
        """The lines that are drawn: below how many rows, and their words."""
        return dict(self._cuts)

    def current(self) -> int:
        """The picked row; -1 for none."""
        return self._current

    def pick(self, at: int) -> None:
        """Pick a row without announcing it; -1 none."""
        self._current = at if -1 <= at < len(self._bars) else -1
        self.update()

    def is_left(self, at: int) -> bool:
        """Whether a row can still be drawn."""
        return self._bars[at].drawn != 0

    def sentence(self, at: int) -> str:
        """A row in words."""
        bar = self._bars[at]
        return f"{visible(bar.text)} {percent(bar.learnt if bar.drawn is None else bar.drawn)}"

    # --- where things lie --------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(280, self._top(len(self._bars)) + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def _top(self, at: int) -> int:
        """Where a row begins, below the cuts above it."""
        return _ROW * at + _CUT * sum(1 for rows in self._cuts if rows <= at)

    def row_rect(self, at: int) -> QRectF:
        """Where a row lies."""
        return QRectF(0, self._top(at), self.width(), _ROW)

    def row_at(self, point: QPoint) -> int:
        """The row under a point; -1 for none."""
        return next((at for at in range(len(self._bars)) if self.row_rect(at).contains(point)), -1)

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        longest = max((self.fontMetrics().horizontalAdvance(visible(bar.text)) for bar in self._bars), default=0)
        names = min(longest + 6, round(self.width() * 0.4))
        for at in range(len(self._bars)):
            self._paint_row(painter, at, names)
        for rows, words in self._cuts.items():
            self._paint_cut(painter, rows, words)

    def _paint_row(self, painter: QPainter, at: int, names: int) -> None:
        look, bar, area = theme.current(), self._bars[at], self.row_rect(at)
        if at in (self._current, self._hover):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("accent_soft" if at == self._current else "hover"))
            painter.drawRoundedRect(area, 4, 4)
        if at == self._current and self.hasFocus():
            painter.setPen(QPen(look.colour("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        left = self.is_left(at)
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold if bar.stands else QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(look.colour("text" if left else "text_dim"))
        shown = painter.fontMetrics().elidedText(visible(bar.text), Qt.TextElideMode.ElideRight, names)
        painter.drawText(area.adjusted(8, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, shown)
        painter.setFont(self.font())
        number = QRectF(area.right() - _NUMBER - 6, area.top(), _NUMBER, area.height())
        words = percent(bar.learnt if bar.drawn is None else bar.drawn) if left else "–"
        painter.drawText(number, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, words)
        self._paint_bar(painter, at, QRectF(names + 16, area.center().y() - 5, self.width() - names - 30 - _NUMBER, 10))

    def _paint_bar(self, painter: QPainter, at: int, track: QRectF) -> None:
        """Full: as likely as it is drawn; outlined: as likely as it was learnt."""
        look, bar = theme.current(), self._bars[at]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("line"))
        painter.drawRoundedRect(track, 3, 3)
        share = bar.learnt if bar.drawn is None else bar.drawn
        if share * track.width() >= 1:
            filled = QRectF(track.left(), track.top(), max(track.width() * share, 2.0), track.height())
            painter.setBrush(look.colour("accent" if not bar.stands else "fake"))
            painter.drawRoundedRect(filled, 3, 3)
        if bar.drawn is not None and bar.learnt * track.width() >= 1:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(look.colour("line_strong"), 1))
            learnt = QRectF(track.left(), track.top(), track.width() * bar.learnt, track.height())
            painter.drawRoundedRect(learnt.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)

    def _paint_cut(self, painter: QPainter, rows: int, words: str) -> None:
        look, middle = theme.current(), self._top(rows) - _CUT / 2
        font = QFont(self.font())
        font.setPointSizeF(max(font.pointSizeF() * 0.85, 6.0))
        painter.setFont(font)
        wide = painter.fontMetrics().horizontalAdvance(words)
        painter.setPen(QPen(look.colour("danger"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(8, round(middle), max(self.width() - wide - 18, 8), round(middle))
        painter.setPen(look.colour("danger"))
        box = QRectF(0, middle - _CUT / 2, self.width() - 8, _CUT)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_theme_change(event):
            self.update()

    # --- pointer and keys --------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(self.row_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        self._point(-1)
        super().leaveEvent(event)

    def _point(self, at: int) -> None:
        if at != self._hover:
            self._hover = at
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self.row_at(event.position().toPoint())
        if at >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._choose(at)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        at = self.row_at(event.position().toPoint())
        if at >= 0:
            self.taken.emit(at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last = len(self._bars) - 1
        moves = {
            Qt.Key.Key_Up: self._current - 1,
            Qt.Key.Key_Down: self._current + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        wanted = moves.get(Qt.Key(event.key()))
        if wanted is not None and last >= 0:
            self._choose(min(max(wanted, 0), last))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._current >= 0:
            self.taken.emit(self._current)
        else:
            super().keyPressEvent(event)

    def _choose(self, at: int) -> None:
        self._current = at
        self.update()
        self.picked.emit(at)


_SEEN = {ord("\n"): "↵", ord("\r"): "↵", ord("\t"): "⇥"} | {code: 0x2400 + code for code in (*range(9), *range(14, 32))}


def visible(text: str) -> str:
    """A token as one can see it: blanks at its ends and line ends have a sign."""
    core = text.strip(" ")
    if not core:
        return "␣" * len(text)
    start, end = len(text) - len(text.lstrip(" ")), len(text) - len(text.rstrip(" "))
    return ("␣" * start + core + "␣" * end).translate(_SEEN)
