"""The table of runs: choose one to look at it, several to compare; the mark at the left is the run's colour."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from studio.ui import theme
from studio.ui.pages.runs_cells import PADDING, PlainCells, paint_back
from studio.ui.pages.runs_rows import STATE_COLOURS, RunRow, family_title, trained_words, when_words
from studio.ui.text import count_text, tooltip_text
from studio.ui.widgets.tables import dress

Index = QModelIndex | QPersistentModelIndex

MARK, RUN, STATE, MODEL, DATA, STEPS, TIME, STARTED, BEST = range(9)
_WIDTHS = {MARK: 36, STATE: 124, MODEL: 84, DATA: 136, STEPS: 156, TIME: 92, STARTED: 116, BEST: 84}
_RIGHT = {TIME, BEST}
_LINE = 34

_SORT: Mapping[int, Callable[[RunRow], Any]] = {
    RUN: lambda row: row.title.casefold(),
    STATE: lambda row: row.state_words(),
    MODEL: lambda row: family_title(row.family),
    DATA: lambda row: row.dataset.casefold(),
    STEPS: lambda row: row.step,
    TIME: lambda row: row.seconds,
    STARTED: lambda row: row.started or 0.0,
    BEST: lambda row: -1 if row.best is None else row.best,
}


class RunsModel(QAbstractTableModel):
    """Rows in the order of the chosen column; what stays keeps its place in the selection."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[RunRow] = []
        self.colours: dict[str, str] = {}
        self.order = (STARTED, Qt.SortOrder.DescendingOrder)

    def set_rows(self, rows: Sequence[RunRow]) -> None:
        """Show other rows; where only their values differ, nothing moves."""
        wanted = self._sorted(rows)
        if [row.name for row in wanted] == [row.name for row in self._rows]:
            for at, (old, new) in enumerate(zip(self._rows, wanted, strict=True)):
                if old != new:
                    self._rows[at] = new
                    self.dataChanged.emit(self.index(at, 0), self.index(at, BEST))
            return
        if sorted(row.name for row in wanted) == sorted(row.name for row in self._rows):
            self._reorder(wanted)
            return
        self.beginResetModel()
        self._rows = wanted
        self.endResetModel()

    def _reorder(self, wanted: list[RunRow]) -> None:
        """The same runs in another order: what is chosen moves along."""
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        names = [self._rows[index.row()].name for index in before]
        self._rows = wanted
        after = [self.index(self.place(name), index.column()) for name, index in zip(names, before, strict=True)]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def rows(self) -> Sequence[RunRow]:
        """What is shown, in order."""
        return tuple(self._rows)

    def row(self, at: int) -> RunRow:
        """One line."""
        return self._rows[at]

    def place(self, name: str) -> int:
        """The line of a run; -1 where it is not shown."""
        return next((at for at, row in enumerate(self._rows) if row.name == name), -1)

    def set_colours(self, colours: Mapping[str, str]) -> None:
        """The colours of the runs that are compared."""
        self.colours = dict(colours)
        if self._rows:
            self.dataChanged.emit(self.index(0, MARK), self.index(len(self._rows) - 1, MARK))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else BEST + 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._words(row, index.column())
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.title if index.column() == MARK else self._words(row, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip_text(row.tip())
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in _RIGHT:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._titles()[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section in _RIGHT else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order by a column."""
        if column in _SORT:
            self.order = (column, order)
            self.set_rows(self._rows)

    def _sorted(self, rows: Sequence[RunRow]) -> list[RunRow]:
        column, order = self.order
        ordered = sorted(rows, key=lambda row: row.name)
        return sorted(ordered, key=_SORT[column], reverse=order == Qt.SortOrder.DescendingOrder)

    def _titles(self) -> list[str]:
        words = (self.tr("Run"), self.tr("State"), self.tr("Model"), self.tr("Data set"), self.tr("Steps"))
        return ["", *words, self.tr("Trained"), self.tr("Started"), self.tr("Best at")]

    def _words(self, row: RunRow, column: int) -> str:
        words: Mapping[int, Callable[[], str]] = {
            RUN: lambda: row.title,
            STATE: row.state_words,
            MODEL: lambda: family_title(row.family),
            DATA: lambda: row.dataset or "–",
            STEPS: row.steps_words,
            TIME: lambda: trained_words(row),
            STARTED: lambda: when_words(row.started),
            BEST: lambda: "–" if row.best is None else count_text(row.best),
        }
        return words[column]() if column in words else ""


class _Cells(PlainCells):
    """Paints the mark, the dot of the state and the bar of the steps; the rest is plain text."""

    def __init__(self, table: RunsTable) -> None:
        super().__init__(table)
        self._table = table

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row, column = self._table.runs.row(index.row()), index.column()
        if column not in (MARK, STATE, STEPS) and not (column == RUN and row.note):
            super().paint(painter, option, index)
            return
        paint_back(painter, option, index)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRect(option.rect)
        own = {MARK: self._paint_mark, RUN: self._paint_run, STATE: self._paint_state, STEPS: self._paint_steps}
        own[column](painter, box, row)
        painter.restore()

    def _paint_run(self, painter: QPainter, box: QRect, row: RunRow) -> None:
        """The title, then the note as far as there is room."""
        look, metrics = theme.current(), painter.fontMetrics()
        area = box.adjusted(PADDING, 0, -PADDING, 0)
        title = metrics.elidedText(row.title, Qt.TextElideMode.ElideMiddle, area.width())
        painter.setPen(look.colour("text"))
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, title)
        area.setLeft(area.left() + metrics.horizontalAdvance(title) + 12)
        if area.width() > 40:
            painter.setPen(look.colour("text_dim"))
            note = metrics.elidedText(row.note, Qt.TextElideMode.ElideRight, area.width())
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, note)

    def _paint_mark(self, painter: QPainter, box: QRect, row: RunRow) -> None:
        look, colour = theme.current(), self._table.runs.colours.get(row.name, "")
        place = QRectF(box.left() + 13, box.center().y() - 6.5, 14, 14)
        painter.setPen(QPen(look.colour(colour or "line_strong"), 1.5))
        painter.setBrush(look.colour(colour) if colour else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(place, 4, 4)

    def _paint_state(self, painter: QPainter, box: QRect, row: RunRow) -> None:
        look = theme.current()
        name = "danger" if row.damage else STATE_COLOURS.get(row.state, "line_strong")
        painter.setPen(QPen(look.colour("line_strong"), 1) if name == "line" else Qt.PenStyle.NoPen)
        painter.setBrush(look.colour(name))
        painter.drawEllipse(QRectF(box.left() + 8, box.center().y() - 3.5, 8, 8))
        painter.setPen(look.colour("danger" if row.damage or row.state == "failed" else "text"))
        painter.drawText(box.adjusted(24, 0, -4, 0), Qt.AlignmentFlag.AlignVCenter, row.state_words())

    def _paint_steps(self, painter: QPainter, box: QRect, row: RunRow) -> None:
        look = theme.current()
        painter.setPen(look.colour("text"))
        area = box.adjusted(8, 0, -12, -5)
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, row.steps_words())
        track = QRectF(area.left(), box.bottom() - 7, area.width(), 3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("line"))
        painter.drawRoundedRect(track, 1.5, 1.5)
        if row.share:
            painter.setBrush(look.colour("good" if row.state == "running" else "accent"))
            painter.drawRoundedRect(QRectF(track.left(), track.top(), track.width() * row.share, 3), 1.5, 1.5)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(_WIDTHS.get(index.column(), 160), _LINE)


class RunsTable(QTableView):
    """Click chooses, Ctrl, Shift or a click on the mark choose several; Enter opens, Delete asks its owner to."""

    chosen = Signal(list)  # names in the order of the table
    opened = Signal(str)
    delete_requested = Signal()
    menu_requested = Signal(QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._told: list[str] = []
        self.runs = RunsModel(self)
        self.setModel(self.runs)
        self.setItemDelegate(_Cells(self))
        dress(self, line=_LINE, select=QAbstractItemView.SelectionMode.ExtendedSelection)
        self._dress_headers()
        self.doubleClicked.connect(self._on_double)

    def _dress_headers(self) -> None:
        head = self.horizontalHeader()
        head.setSectionsClickable(True)
        head.setMinimumSectionSize(36)
        for column, width in _WIDTHS.items():
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            self.setColumnWidth(column, width)
        head.setSectionResizeMode(MARK, QHeaderView.ResizeMode.Fixed)
        head.setSectionResizeMode(RUN, QHeaderView.ResizeMode.Stretch)
        head.setSortIndicator(*self.runs.order)
        self.setSortingEnabled(True)

    def set_rows(self, rows: Sequence[RunRow]) -> None:
        """Show runs; those chosen stay so as far as they are still there."""
        kept = self.names()
        self.blockSignals(True)
        self.runs.set_rows(rows)
        self.blockSignals(False)
        if self.names() != kept:
            self.choose([name for name in kept if self.runs.place(name) >= 0])
        self._tell()

    def names(self) -> list[str]:
        """The chosen runs in the order of the table."""
        return [self.runs.row(index.row()).name for index in sorted(self._chosen_lines(), key=lambda i: i.row())]

    def _chosen_lines(self) -> list[QModelIndex]:
        return self.selectionModel().selectedRows(RUN)

    def choose(self, names: Sequence[str]) -> None:
        """Choose runs and show the first of them."""
        wanted = QItemSelection()
        places = [place for name in names if (place := self.runs.place(name)) >= 0]
        for place in places:
            wanted.select(self.runs.index(place, 0), self.runs.index(place, BEST))
        self.selectionModel().select(wanted, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if places:
            first = self.runs.index(places[0], RUN)
            self.selectionModel().setCurrentIndex(first, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.scrollTo(first)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        self._tell()

    def _tell(self) -> None:
        names = self.names()
        if names != self._told and not self.signalsBlocked():
            self._told = names
            self.chosen.emit(names)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and index.column() == MARK and event.button() == Qt.MouseButton.LeftButton:
            both = QItemSelectionModel.SelectionFlag.Toggle | QItemSelectionModel.SelectionFlag.Rows
            self.selectionModel().setCurrentIndex(index, both)
            return
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.columnAt(round(event.position().x())) != MARK:
            super().mouseMoveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete and self.names():
            self.delete_requested.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit(self.runs.row(self.currentIndex().row()).name)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.names():
            self.menu_requested.emit(event.globalPos())

    def _on_double(self, index: QModelIndex) -> None:
        if index.column() != MARK:
            self.opened.emit(self.runs.row(index.row()).name)
