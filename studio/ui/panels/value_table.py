"""How well each value of a label is told: how many there are, precision and recall, as a table that sorts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from studio.ui import theme
from studio.ui.text import count_text, tooltip_text
from studio.ui.widgets.confusion_matrix import percent
from studio.ui.widgets.tables import LINE, dress

Index = QModelIndex | QPersistentModelIndex
VALUE, COUNT, PRECISION, RECALL = range(4)
_COUNT_WIDTH = 76
_SHARE = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One value of a label: how many pictures bear it, and its precision and recall, 0 .. 1 or NaN."""

    value: str
    count: int
    precision: float
    recall: float


class ValueModel(QAbstractTableModel):
    """Rows in the order of the chosen column."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[ValueRow] = []
        self._given: list[ValueRow] = []
        self._order = (-1, Qt.SortOrder.AscendingOrder)

    def set_rows(self, rows: Sequence[ValueRow]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self._given = list(rows)
        self._arrange()
        self.endResetModel()

    def rows(self) -> Sequence[ValueRow]:
        """What is shown, in order."""
        return tuple(self._rows)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order by a column; what is not known stands last."""
        self.beginResetModel()
        self._order = (column, order)
        self._arrange()
        self.endResetModel()

    def _arrange(self) -> None:
        column, order = self._order
        if column < 0:
            self._rows = list(self._given)
            return
        down = order == Qt.SortOrder.DescendingOrder
        known = [row for row in self._given if column == VALUE or not math.isnan(_number(row, column))]
        rest = [row for row in self._given if row not in known]
        known.sort(key=lambda row: row.value.casefold() if column == VALUE else _number(row, column), reverse=down)
        self._rows = known + rest

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else 4

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self._rows[index.row()], index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._words(row, column)
        if role == _SHARE and column in (PRECISION, RECALL):
            return _number(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip_text(self._tip(row, column))
        return None

    def _words(self, row: ValueRow, column: int) -> str:
        if column == VALUE:
            return row.value
        if column == COUNT:
            return count_text(row.count)
        share = _number(row, column)
        return "–" if math.isnan(share) else percent(share)

    def _tip(self, row: ValueRow, column: int) -> str:
        if column == PRECISION:
            if math.isnan(row.precision):
                return self.tr("Nothing was taken for {0}.").format(row.value)
            return self.tr("Of what it takes for {0}, {1} are.").format(row.value, percent(row.precision))
        if math.isnan(row.recall):
            return self.tr("There is no {0} among these pictures.").format(row.value)
        return self.tr("Of all {0}, {1} are recognised.").format(row.value, percent(row.recall))

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("Value"), self.tr("Pictures"), self.tr("Precision"), self.tr("Recall"))[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if section == VALUE else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        tips = {
            PRECISION: self.tr("Of those taken for the value, the share that is"),
            RECALL: self.tr("Of those that are the value, the share recognised"),
        }
        return tooltip_text(tips[section]) if role == Qt.ItemDataRole.ToolTipRole and section in tips else None


class _Cells(QStyledItemDelegate):
    """Text letter by letter; shares with a bar before their number."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(80, LINE)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        look, share = theme.current(), index.data(_SHARE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        state: Any = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, look.colour("accent_soft"))
        area = option.rect.adjusted(8, 0, -8, 0)
        if share is not None and not math.isnan(share):
            self._paint_bar(painter, QRectF(area.left(), area.center().y() - 3, area.width() - 58, 6), share)
        painter.setPen(look.colour("text"))
        side = Qt.AlignmentFlag.AlignLeft if index.column() == VALUE else Qt.AlignmentFlag.AlignRight
        shown = option.fontMetrics.elidedText(str(index.data()), Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, side | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()

    def _paint_bar(self, painter: QPainter, track: QRectF, share: float) -> None:
        look = theme.current()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("line"))
        painter.drawRoundedRect(track, 3, 3)
        track.setWidth(track.width() * share)
        painter.setBrush(look.colour("accent"))
        painter.drawRoundedRect(track, 3, 3)


class ValueTable(QTableView):
    """Reads only; a click on a head sorts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.values = ValueModel(self)
        self.setModel(self.values)
        self.setItemDelegate(_Cells(self))
        dress(self, select=QAbstractItemView.SelectionMode.SingleSelection)
        head = self.horizontalHeader()
        head.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        for column in (VALUE, PRECISION, RECALL):
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self.setColumnWidth(COUNT, _COUNT_WIDTH)


def _number(row: ValueRow, column: int) -> float:
    return {COUNT: float(row.count), PRECISION: row.precision, RECALL: row.recall}[column]
