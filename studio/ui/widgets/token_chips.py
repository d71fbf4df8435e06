"""The tokens of a text as chips in lines: what each stands for, and its number below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui import theme
from studio.ui.widgets.choice_bars import visible

_PADDING, _GAP, _LINE_GAP = 6, 3, 5
_WIDEST = 220


@dataclass(frozen=True, slots=True)
class Chip:
    """A token: what stands on it, its number; ``mark``: it stands for no text; ``broken``: a part of a letter."""

    text: str
    number: int
    mark: bool = False
    broken: bool = False


class TokenChips(QWidget):
    """`pointed` carries the chip under the pointer or where the arrows have gone, -1 for none. A new line of the text
    begins a new line of chips."""

    pointed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chips: tuple[Chip, ...] = ()
        self._boxes: list[QRectF] = []
        self._current, self._hover = -1, -1
        self._placed_at = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_chips(self, chips: Sequence[Chip]) -> None:
        """Show these."""
        if tuple(chips) == self._chips:
            return
        self._chips = tuple(chips)
        self._current, self._hover, self._placed_at = -1, -1, -1
        self._place(self.width())
        self.updateGeometry()
        self.update()

    def chips(self) -> tuple[Chip, ...]:
        """What is shown."""
        return self._chips

    def at(self) -> int:
        """The chip that is pointed at, else the chosen one; -1 for none."""
        return self._hover if self._hover >= 0 else self._current

    # --- where things lie --------------------------------------------------------------------------------------------

    def _small(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(max(font.pointSizeF() * 0.78, 6.0))
        return font

    def _high(self) -> float:
        return self.fontMetrics().height() + QFontMetricsF(self._small()).height() + 6

    def _place(self, width: int) -> float:
        """Put the chips into lines of a width; the height that they take."""
        width = max(width, 60)
        if width != self._placed_at:
            self._placed_at = width
            metrics, small, high = QFontMetricsF(self.font()), QFontMetricsF(self._small()), self._high()
            self._boxes, x, y = [], 0.0, 0.0
            for at, chip in enumerate(self._chips):
                wide = max(metrics.horizontalAdvance(visible(chip.text)), small.horizontalAdvance(str(chip.number)))
                wide = min(wide + 2 * _PADDING, _WIDEST, width)
                ends_line = at > 0 and "\n" in self._chips[at - 1].text
                if x and (x + wide > width or ends_line):
                    x, y = 0.0, y + high + _LINE_GAP
                self._boxes.append(QRectF(x, y, wide, high))
                x += wide + _GAP
        return self._boxes[-1].bottom() + 2 if self._boxes else self._high()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return int(self._place(width)) + 1

    def sizeHint(self) -> QSize:
        width = self.width() if self.width() > 60 else 400
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, int(self._high()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place(self.width())

    def chip_rect(self, at: int) -> QRectF:
        """Where a chip lies."""
        return self._boxes[at]

    def chip_at(self, point: QPoint) -> int:
        """The chip under a point; -1 for none."""
        return next((at for at, box in enumerate(self._boxes) if box.contains(point)), -1)

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for at, box in enumerate(self._boxes):
            if box.intersects(QRectF(event.rect())):
                self._paint_chip(painter, at, box)

    def _paint_chip(self, painter: QPainter, at: int, box: QRectF) -> None:
        look, chip = theme.current(), self._chips[at]
        colour = "fake" if chip.broken else "accent" if at % 2 else "good"
        lit = at == self.at()
        edge = "text" if at == self._current and self.hasFocus() else "line_strong" if lit else "line"
        painter.setPen(QPen(look.colour(edge), 1.5 if lit else 1))
        painter.setBrush(look.colour("sunken") if chip.mark else look.colour(colour, 0.16))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        upper = QRectF(box.left() + 3, box.top() + 1, box.width() - 6, self.fontMetrics().height() + 2)
        painter.setFont(self.font())
        painter.setPen(look.colour("text_dim" if chip.mark else "text"))
        shown = self.fontMetrics().elidedText(visible(chip.text), Qt.TextElideMode.ElideRight, int(upper.width()))
        painter.drawText(upper, Qt.AlignmentFlag.AlignCenter, shown)
        painter.setFont(self._small())
        painter.setPen(look.colour("text_dim"))
        lower = QRectF(box.left(), upper.bottom(), box.width(), box.bottom() - upper.bottom())
        painter.drawText(lower, Qt.AlignmentFlag.AlignCenter, str(chip.number))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_theme_change(event):
            self._placed_at = -1
            self._place(self.width())
            self.updateGeometry()
            self.update()

    # --- pointer and keys --------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(self.chip_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        self._point(-1)
        super().leaveEvent(event)

    def _point(self, at: int) -> None:
        if at != self._hover:
            self._hover = at
            self.update()
            self.pointed.emit(self.at())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(self.chip_at(event.position().toPoint()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last = len(self._chips) - 1
        moves = {
            Qt.Key.Key_Left: self._current - 1,
            Qt.Key.Key_Right: self._current + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        wanted = moves.get(Qt.Key(event.key()))
        if wanted is None or last < 0:
            super().keyPressEvent(event)
            return
        self._choose(min(max(wanted, 0), last))

    def _choose(self, at: int) -> None:
        self._current, self._hover = at, -1
        self.update()
        self.pointed.emit(self.at())
