"""The table of a classified folder: what each picture is taken for and how surely; sorted, filtered, opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
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
from studio.ui.text import tooltip_text
from studio.ui.widgets.confusion_matrix import percent
from studio.ui.widgets.tables import LINE, dress
from studio.ui.words import spoken

Index = QModelIndex | QPersistentModelIndex
ALL, UNREADABLE, UNSURE = "", "\0unreadable", "\0unsure"
_UNSURE_BELOW = 0.6
_SHARE = Qt.ItemDataRole.UserRole + 1


class VerdictModel(QAbstractTableModel):
    """Rows as the job tells them (name, probabilities, error); column 0 is the name, then a column for each label."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.labels: tuple[str, ...] = ()
        self._rows: Sequence[Any] = ()
        self._best: list[tuple[tuple[str, float], ...]] = []
        self._shown: list[int] = []
        self._words, self._filter = "", ALL
        self._order = (0, Qt.SortOrder.AscendingOrder)

    def set_table(self, labels: Mapping[str, Sequence[str]], rows: Sequence[Any]) -> None:
        """Show another table, in the order in which it came."""
        self.beginResetModel()
        self.labels, self._rows = tuple(labels), rows
        self._best = [tuple(_best(row.probabilities.get(label, {})) for label in self.labels) for row in rows]
        self._order = (-1, Qt.SortOrder.AscendingOrder)
        self._shown = self._found()
        self.endResetModel()

    def set_filter(self, words: str, kind: str) -> None:
        """Show rows whose names hold all of `words`, and of a kind: all, unreadable, unsure, or ``label=value``."""
        if (words, kind) != (self._words, self._filter):
            self.beginResetModel()
            self._words, self._filter = words, kind
            self._shown = self._found()
            self.endResetModel()

    def counts(self) -> dict[str, int]:
        """How many rows each kind of filter would show."""
        found = {ALL: len(self._rows), UNREADABLE: 0, UNSURE: 0}
        for at, row in enumerate(self._rows):
            found[UNREADABLE] += row.error is not None
            found[UNSURE] += self._is_unsure(at)
            if row.error is None:
                for label, (value, _) in zip(self.labels, self._best[at], strict=True):
                    key = f"{label}={value}"
                    found[key] = found.get(key, 0) + 1
        return found

    def broken_lines(self) -> list[int]:
        """The lines that show a picture which could not be read."""
        return [line for line, at in enumerate(self._shown) if self._rows[at].error is not None]

    def row(self, at: int) -> Any:
        """The row that a line shows."""
        return self._rows[self._shown[at]]

    # --- order and filter --------------------------------------------------------------------------------------------

    def _is_unsure(self, at: int) -> bool:
        return self._rows[at].error is None and any(share < _UNSURE_BELOW for _, share in self._best[at])

    def _found(self) -> list[int]:
        words = self._words.casefold().split()
        passed = [at for at in range(len(self._rows)) if self._passes(at, words)]
        column, order = self._order
        if column >= 0:
            passed.sort(key=lambda at: self._key(at, column), reverse=order == Qt.SortOrder.DescendingOrder)
        return passed

    def _passes(self, at: int, words: Sequence[str]) -> bool:
        row, kind = self._rows[at], self._filter
        if words and not all(word in row.name.casefold() for word in words):
            return False
        if kind in (ALL, UNREADABLE):
            return kind == ALL or row.error is not None
        if kind == UNSURE:
            return self._is_unsure(at)
        label, _, value = kind.partition("=")
        return row.error is None and label in self.labels and self._best[at][self.labels.index(label)][0] == value

    def _key(self, at: int, column: int) -> Any:
        """Names by letters; a label by its value, the surest first; the unreadable last."""
        row = self._rows[at]
        if column == 0:
            return row.name.casefold()
        value, share = self._best[at][column - 1]
        return (row.error is not None, value.casefold(), -share, row.name)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order by a column."""
        if (column, order) != self._order:
            self.beginResetModel()
            self._order = (column, order)
            self._shown = self._found()
            self.endResetModel()

    # --- what Qt asks ------------------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else 1 + len(self.labels)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        at, column = self._shown[index.row()], index.column()
        row = self._rows[at]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name if column == 0 else self._value(at, column)
        if role == _SHARE:
            return self._best[at][column - 1][1] if column and row.error is None else None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            share = self._best[at][column - 1][1] if column and row.error is None else None
            words = row.name if column == 0 else self._value(at, column)
            return words if share is None else f"{self.labels[column - 1]}: {words} {percent(share)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip_text(f"{row.name}\n{spoken(row.error)}" if row.error is not None else row.name)
        return None

    def _value(self, at: int, column: int) -> str:
        error = self._rows[at].error
        if error is not None:
            return spoken(error) if column == 1 else ""
        return self._best[at][column - 1][0]

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.tr("Picture") if section == 0 else self.labels[section - 1]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None


class _Cells(QStyledItemDelegate):
    """A value, and right of it how surely, with a bar below; text is painted letter by letter."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, LINE)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        look, share = theme.current(), index.data(_SHARE)
        model = index.model()
        broken = isinstance(model, VerdictModel) and model.row(index.row()).error is not None
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        state: Any = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, look.colour("accent_soft"))
        area = option.rect.adjusted(8, 0, -8, 0)
        if share is not None:
            area = self._paint_share(painter, area, float(share))
        painter.setPen(look.colour("danger" if broken and index.column() else "text"))
        where = Qt.TextElideMode.ElideMiddle if index.column() == 0 else Qt.TextElideMode.ElideRight
        shown = option.fontMetrics.elidedText(str(index.data()), where, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        painter.restore()

    def _paint_share(self, painter: QPainter, area: QRect, share: float) -> QRect:
        look = theme.current()
        number = QRect(area.right() - 48, area.top(), 48, area.height())
        painter.setPen(look.colour("text_dim"))
        painter.drawText(number, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, percent(share))
        track = QRectF(number.left() - 50, area.center().y() - 2, 44, 5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("line"))
        painter.drawRoundedRect(track, 2.5, 2.5)
        track.setWidth(track.width() * share)
        painter.setBrush(look.colour("accent"))
        painter.drawRoundedRect(track, 2.5, 2.5)
        return area.adjusted(0, 0, -108, 0)


class VerdictTable(QTableView):
    """`opened` carries the row of a picture that was double-clicked, or chosen with Enter."""

    opened = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.verdicts = VerdictModel(self)
        self.setModel(self.verdicts)
        self.setItemDelegate(_Cells(self))
        dress(self, select=QAbstractItemView.SelectionMode.SingleSelection)
        self.horizontalHeader().setSortIndicatorShown(True)
        self.verdicts.modelReset.connect(self._span_errors)
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)

    def set_table(self, labels: Mapping[str, Sequence[str]], rows: Sequence[Any]) -> None:
        """Show another table."""
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.verdicts.set_table(labels, rows)
        head = self.horizontalHeader()
        for column in range(self.verdicts.columnCount()):
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            self.setColumnWidth(column, 240 if column == 0 else 200)
        few = len(labels) <= 3
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch if few else QHeaderView.ResizeMode.Interactive)

    def _span_errors(self) -> None:
        """What is wrong with an unreadable picture takes the room of all labels."""
        self.clearSpans()
        columns = self.verdicts.columnCount()
        if columns > 2:
            for at in self.verdicts.broken_lines():
                self.setSpan(at, 1, 1, columns - 1)

    def current(self) -> Any | None:
        """The row chosen."""
        index = self.currentIndex()
        return self.verdicts.row(index.row()) if index.isValid() else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open()
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.indexAt(QPoint(round(event.position().x()), round(event.position().y()))).isValid():
            self._open()

    def _open(self) -> None:
        row = self.current()
        if row is not None:
            self.opened.emit(row)


def _best(shares: Mapping[str, float]) -> tuple[str, float]:
    """The likeliest value and its probability; nothing for a picture that could not be read."""
    if not shares:
        return "", 0.0
    value = max(shares, key=lambda name: shares[name])
    return value, float(shares[value])
