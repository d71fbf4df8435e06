"""What was taken for what: truth downwards, predictions across, the cell's tint its share of the row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui import theme
from studio.ui.text import NO_BREAK, count_text

_LARGEST_CELL = 104
_WIDEST_CELL = 1.7  # times its height
_NUMBER_FROM = 22  # pixels of a cell from which its number can be read
_NAME_FROM = 12  # and from which the values' names stand beside it
_WIDEST_NAME = 96


class ConfusionMatrix(QWidget):
    """`set_counts` shows a matrix; the cell under the pointer, or where the arrows have gone, is told by `told`.

    `picked` carries the row (truth) and column (prediction) that was clicked, or chosen with Enter.
    """

    told = Signal(str)
    picked = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts = np.zeros((0, 0), np.int64)
        self._shares = np.zeros((0, 0))
        self._values: tuple[str, ...] = ()
        self._hover: tuple[int, int] | None = None
        self._current: tuple[int, int] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 96)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def set_counts(self, counts: np.ndarray, values: Sequence[str]) -> None:
        """Show counts (K, K), row = truth, column = prediction, of K values; what does not fit shows nothing."""
        found = np.asarray(counts, np.int64)
        fits = found.ndim == 2 and found.shape == (len(values), len(values))
        self._counts = found if fits else np.zeros((0, 0), np.int64)
        rows = self._counts.sum(axis=1, keepdims=True)
        self._shares = self._counts / np.maximum(rows, 1)
        if tuple(values) != self._values:
            self._hover = self._current = None
        self._values = tuple(values) if fits else ()
        self.setAccessibleDescription(self.summary())
        self.update()
        self._tell()

    def clear(self) -> None:
        """Show nothing."""
        self.set_counts(np.zeros((0, 0), np.int64), ())

    def counts(self) -> np.ndarray:
        """What is shown (K, K)."""
        return self._counts

    def accuracy(self) -> float | None:
        """The share on the diagonal, 0 .. 1; None without any picture."""
        total = int(self._counts.sum())
        return float(np.trace(self._counts)) / total if total else None

    def summary(self) -> str:
        """All of it in a sentence."""
        right = self.accuracy()
        if right is None:
            return ""
        words = self.tr("{0} of {1} right ({2}).")
        return words.format(
            count_text(int(np.trace(self._counts))), count_text(int(self._counts.sum())), percent(right)
        )

    def sentence(self, row: int, column: int) -> str:
        """A cell in words."""
        count, total = int(self._counts[row, column]), int(self._counts[row].sum())
        numbers = (count_text(count), count_text(total), self._values[row])
        if not total:
            return self.tr("There is no {0} here.").format(self._values[row])
        share = percent(count / total)
        if row == column:
            return self.tr("{0} of {1} {2} are recognised ({3}).").format(*numbers, share)
        return self.tr("{0} of {1} {2} are taken for {4} ({3}).").format(*numbers, share, self._values[column])

    # --- where things lie --------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(320, 280)

    def _cell(self) -> tuple[float, float]:
        """Width and height of a cell; wider than high where that gives the names more room."""
        count = max(len(self._values), 1)
        left, top = self._margins()
        wide, high = (self.width() - left - 2) / count, (self.height() - top - 2) / count
        high = max(2.0, min(high, wide, _LARGEST_CELL))
        return max(2.0, min(wide, _WIDEST_CELL * high, _LARGEST_CELL)), high

    def _margins(self) -> tuple[float, float]:
        """Room for the names at the left and at the top; none where cells are too small to name."""
        count = max(len(self._values), 1)
        names = max((self.fontMetrics().horizontalAdvance(value) for value in self._values), default=0)
        left = min(names, _WIDEST_NAME) + 10
        top = self.fontMetrics().height() * 2 + 8
        if min((self.width() - left) / count, (self.height() - top) / count) < _NAME_FROM:
            return 0.0, 0.0
        return float(left), float(top)

    def cell_rect(self, row: int, column: int) -> QRectF:
        """Where a cell lies in the widget."""
        wide, high = self._cell()
        left, top = self._margins()
        count = len(self._values)
        start = max(0.0, (self.width() - left - wide * count) / 2)
        return QRectF(start + left + column * wide, top + row * high, wide, high)

    def cell_at(self, point: QPoint) -> tuple[int, int] | None:
        """Row and column under a point."""
        if not self._values:
            return None
        origin, (wide, high) = self.cell_rect(0, 0).topLeft(), self._cell()
        column, row = int((point.x() - origin.x()) // wide), int((point.y() - origin.y()) // high)
        count = len(self._values)
        return (row, column) if 0 <= row < count and 0 <= column < count else None

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row in range(len(self._values)):
            for column in range(len(self._values)):
                self._paint_cell(painter, row, column)
        if self._values and self._margins()[0]:
            self._paint_names(painter)
        lit = self._hover or (self._current if self.hasFocus() else None)
        if lit is not None:
            painter.setPen(QPen(theme.current().colour("text"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.cell_rect(*lit).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)

    def _paint_cell(self, painter: QPainter, row: int, column: int) -> None:
        look, box, share = theme.current(), self.cell_rect(row, column), float(self._shares[row, column])
        gap = 1.0 if box.width() >= _NAME_FROM else 0.0
        inner = box.adjusted(gap, gap, -gap, -gap)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("sunken"))
        painter.drawRoundedRect(inner, 2 * gap, 2 * gap)
        tint = 0.10 + 0.80 * share**0.6 if share else 0.0
        if tint:
            painter.setBrush(look.colour("accent" if row == column else "fake", tint))
            painter.drawRoundedRect(inner, 2 * gap, 2 * gap)
        count = int(self._counts[row, column])
        if box.height() >= _NUMBER_FROM - 6 and box.width() >= _NUMBER_FROM and count:
            painter.setPen(look.colour("on_accent" if row == column and tint > 0.6 else "text"))
            self._write(painter, inner, count_text(count), Qt.AlignmentFlag.AlignCenter)

    def _write(self, painter: QPainter, box: QRectF, words: str, how: Qt.AlignmentFlag) -> None:
        shown = words
        if painter.fontMetrics().horizontalAdvance(words) > box.width():
            shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(box.width()))
        if shown in ("…", ""):
            return
        painter.drawText(box, how | Qt.AlignmentFlag.AlignVCenter, shown)

    def _paint_names(self, painter: QPainter) -> None:
        look, first, (wide, high) = theme.current(), self.cell_rect(0, 0), self._cell()
        left, top = self._margins()
        line = self.fontMetrics().height()
        lit = self._hover or self._current
        painter.setPen(look.colour("text_dim"))
        across = QRectF(first.left(), top - 2 * line - 6, wide * len(self._values), line)
        self._write(painter, across, self.tr("taken for"), Qt.AlignmentFlag.AlignHCenter)
        self._write(
            painter, QRectF(first.left() - left, top - line - 4, left - 8, line), self.tr("truth"),
            Qt.AlignmentFlag.AlignRight,
        )  # fmt: skip
        for at, value in enumerate(self._values):
            box = self.cell_rect(at, at)
            painter.setPen(look.colour("text" if lit is not None and lit[0] == at else "text_dim"))
            beside = QRectF(first.left() - left, box.top(), left - 8, high)
            if high >= line - 2:
                self._write(painter, beside, value, Qt.AlignmentFlag.AlignRight)
            painter.setPen(look.colour("text" if lit is not None and lit[1] == at else "text_dim"))
            above = QRectF(box.left() + 1, top - line - 4, wide - 2, line)
            self._write(painter, above, value, Qt.AlignmentFlag.AlignHCenter)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_theme_change(event):
            self.update()

    # --- pointer and keys --------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position().toPoint())
        if cell != self._hover:
            self._hover = cell
            self.update()
            self._tell()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = None
        self.update()
        self._tell()
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position().toPoint())
        if cell is not None and event.button() == Qt.MouseButton.LeftButton:
            self._current = cell
            self.update()
            self.picked.emit(*cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        move = moves.get(Qt.Key(event.key()))
        if move is not None and self._values:
            self._walk(*move)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._current is not None:
            self.picked.emit(*self._current)
        else:
            super().keyPressEvent(event)

    def _walk(self, down: int, across: int) -> None:
        last = len(self._values) - 1
        if self._current is None:
            self._current = (0, 0)
        else:
            row, column = self._current
            self._current = (max(0, min(row + down, last)), max(0, min(column + across, last)))
        self._hover = None
        self.update()
        self._tell()

    def focusOutEvent(self, event: object) -> None:
        super().focusOutEvent(event)  # type: ignore[arg-type]
        self.update()

    def _tell(self) -> None:
        """Say the cell that is pointed at, else all in one sentence."""
        cell = self._hover or (self._current if self.hasFocus() else None)
        words = self.sentence(*cell) if cell is not None and self._values else self.summary()
        self.setAccessibleDescription(words)
        self.told.emit(words)


def percent(share: float) -> str:
    """A share 0 .. 1 as a percentage: whole, but with a decimal where it is within one of the ends."""
    value = 100 * share
    near_end = 0.05 <= value < 1 or 99 < value < 99.95
    return f"{value:.1f}{NO_BREAK}%" if near_end else f"{value:.0f}{NO_BREAK}%"
