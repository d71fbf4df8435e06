"""Cells of the tables of the Runs page: plain text with the distances of the house."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from studio.ui import theme

Index = QModelIndex | QPersistentModelIndex

PADDING = 8  # the same as in the header's sections


class PlainCells(QStyledItemDelegate):
    """Background, then the text letter by letter, shortened in the middle; a cell of its own never has a ring."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        paint_back(painter, option, index)
        words = str(index.data() or "")
        font, colour = index.data(Qt.ItemDataRole.FontRole), index.data(Qt.ItemDataRole.ForegroundRole)
        side = index.data(Qt.ItemDataRole.TextAlignmentRole) or Qt.AlignmentFlag.AlignLeft
        painter.save()
        if isinstance(font, QFont):
            own = QFont(option.font)
            own.setWeight(font.weight())
            painter.setFont(own)
        painter.setPen(colour if isinstance(colour, QColor) else theme.current().colour("text"))
        area = option.rect.adjusted(PADDING, 0, -PADDING, 0)
        shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, area.width())
        painter.drawText(area, side | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()


def paint_back(painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
    """What lies under the text: the colour of what is chosen, or the cell's own."""
    own = index.data(Qt.ItemDataRole.BackgroundRole)
    if option.state & QStyle.StateFlag.State_Selected:
        painter.fillRect(option.rect, theme.current().colour("accent_soft"))
    elif isinstance(own, QColor | QBrush):
        painter.fillRect(option.rect, own)
