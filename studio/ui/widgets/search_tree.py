"""A beam search as a tree: what was looked at in each step, what was gone on with, what ended, what fell."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.generation.translations import SearchNode
from studio.ui import theme

_ROW, _GAP, _PAD = 24, 34, 7
_NARROWEST = 40
_WIDEST = 150
END = "■"
"""What stands for the end of a text, which has no letters."""
_BLANK = "␣"


class SearchTree(QWidget):
    """`set_nodes` shows a search, steps from left to right. `pointed` carries the node under the pointer, -1: none.

    The way to the best translation is drawn strongly; what fell is dim.
    """

    pointed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._nodes: tuple[SearchNode, ...] = ()
        self._boxes: list[QRectF] = []
        self._best: frozenset[int] = frozenset()
        self._at = -1
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_nodes(self, nodes: Sequence[SearchNode], best: int) -> None:
        """Show these; ``best`` is the end of the best translation, -1 where there is none."""
        self._nodes = tuple(nodes)
        way = set()
        while 0 <= best < len(self._nodes):
            way.add(best)
            best = self._nodes[best].parent
        self._best, self._at = frozenset(way), -1
        self._place()

    def way_to(self, node: int) -> list[int]:
        """The nodes from the beginning to one."""
        found = []
        while node >= 0:
            found.append(node)
            node = self._nodes[node].parent
        return found[::-1]

    def box(self, node: int) -> QRectF:
        """Where a node stands."""
        return self._boxes[node]

    def sizeHint(self) -> QSize:
        right = max((box.right() for box in self._boxes), default=0.0)
        bottom = max((box.bottom() for box in self._boxes), default=0.0)
        return QSize(round(right) + _PAD, round(bottom) + _PAD)

    def _place(self) -> None:
        """Columns are steps; in each, what was gone on with stands first, the likeliest above."""
        metrics = QFontMetricsF(self.font())
        columns: dict[int, list[int]] = {}
        for number, node in enumerate(self._nodes):
            columns.setdefault(node.step, []).append(number)
        self._boxes = [QRectF() for _ in self._nodes]
        x = float(_PAD)
        for step in sorted(columns):
            inside = sorted(columns[step], key=lambda n: (self._nodes[n].fate == "fell", -self._nodes[n].score))
            widths = [metrics.horizontalAdvance(shown(self._nodes[n].text)) + 2 * _PAD for n in inside]
            wide = min(max([_NARROWEST, *widths]), _WIDEST)
            for row, number in enumerate(inside):
                self._boxes[number] = QRectF(x, _PAD + row * (_ROW + 6), wide, _ROW)
            x += wide + _GAP
        self.setFixedSize(self.sizeHint())
        self.update()

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._nodes:
            return
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.current().colour("surface"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        lit = self._best if self._at < 0 else frozenset(self.way_to(self._at))
        for number, node in enumerate(self._nodes):
            if node.parent >= 0 and event.rect().intersects(self._strip(number).toAlignedRect()):
                self._paint_line(painter, number, node, strong=number in lit)
        for number, node in enumerate(self._nodes):
            if event.rect().intersects(self._boxes[number].toAlignedRect()):
                self._paint_box(painter, number, node, strong=number in lit)
        painter.end()

    def _strip(self, number: int) -> QRectF:
        return self._boxes[number].united(self._boxes[self._nodes[number].parent])

    def _paint_line(self, painter: QPainter, number: int, node: SearchNode, *, strong: bool) -> None:
        begin, end = self._boxes[node.parent], self._boxes[number]
        a, b = QPointF(begin.right(), begin.center().y()), QPointF(end.left(), end.center().y())
        path = QPainterPath(a)
        middle = (a.x() + b.x()) / 2
        path.cubicTo(QPointF(middle, a.y()), QPointF(middle, b.y()), b)
        pen = QPen(theme.current().colour("accent" if strong else "line_strong" if node.fate != "fell" else "line"))
        pen.setWidthF(2.0 if strong else 1.0)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)

    def _paint_box(self, painter: QPainter, number: int, node: SearchNode, *, strong: bool) -> None:
        box = self._boxes[number]
        fell, ended = node.fate == "fell", node.fate == "ended"
        painter.setPen(QPen(theme.current().colour("accent" if strong else "good" if ended else "line"), 1.0))
        painter.setBrush(theme.current().colour("accent_soft" if strong else "canvas" if fell else "surface"))
        painter.drawRoundedRect(box, 5, 5)
        painter.setPen(theme.current().colour("accent_text" if strong else "text_dim" if fell else "text"))
        words = QFontMetricsF(self.font()).elidedText(
            shown(node.text), Qt.TextElideMode.ElideRight, box.width() - 2 * _PAD + 2
        )
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), words)

    # --- the pointer -------------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        spot = event.position()
        self._point(next((n for n, box in enumerate(self._boxes) if box.contains(spot)), -1))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point(-1)

    def _point(self, at: int) -> None:
        if at != self._at:
            self._at = at
            self.pointed.emit(at)
            self.update()


def shown(text: str) -> str:
    """A token as it can be seen: blanks alone as a sign, an end that stands for no text as one too."""
    if not text:
        return END
    return text.strip() or _BLANK
