"""The items of a data set of texts: how each begins, its name and its length, read as they come into view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from studio.jobs.text_contents import ReadSnippets, TextContents
from studio.ui import theme
from studio.ui.text import count_text

if TYPE_CHECKING:
    from studio.ui.session import Session

_ROW = 44
_PIECE, _KEPT = 64, 4096
_OUT = Qt.ItemDataRole.UserRole
_SNIPPET = Qt.ItemDataRole.UserRole + 1
_Index = QModelIndex | QPersistentModelIndex


class TextItems(QAbstractListModel):
    """Rows for positions in a data set; beginnings are asked for by `wanted` and come with `set_snippets`."""

    wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.contents: TextContents | None = None
        self.positions = np.zeros(0, np.int64)
        self._out = np.zeros(0, bool)
        self._snippets: dict[int, str] = {}
        self.missing: list[int] = []

    def show_items(self, contents: TextContents | None, positions: np.ndarray) -> None:
        """Show these positions (n,) of a data set."""
        self.beginResetModel()
        if contents is not self.contents:
            self._snippets.clear()
        self.contents, self.positions = contents, positions
        self.missing = []
        self.endResetModel()

    def set_out(self, out: np.ndarray) -> None:
        """Which items (N,) bool are left out."""
        self._out = out
        if len(self.positions):
            self.dataChanged.emit(self.index(0), self.index(len(self.positions) - 1))

    def set_snippets(self, found: Mapping[int, str]) -> None:
        """How items begin."""
        if len(self._snippets) > _KEPT:
            self._snippets.clear()
        self._snippets |= found
        self.missing = [at for at in self.missing if at not in found]
        if len(self.positions):
            self.dataChanged.emit(self.index(0), self.index(len(self.positions) - 1))

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self.positions)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self.contents is None or not index.isValid():
            return None
        position = int(self.positions[index.row()])
        if role == _OUT:
            return bool(self._out[position]) if position < len(self._out) else False
        if role == _SNIPPET:
            return self._snippet(position)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{self.contents.names[position]} · {count_text(int(self.contents.characters[position]))}"
        return None

    def _snippet(self, position: int) -> str:
        found = self._snippets.get(position)
        if found is None:
            if position not in self.missing:
                self.missing.append(position)
                self.wanted.emit()
            return ""
        return found


class TextList(QListView):
    """The list; `chosen` when another item is looked at, -1 for none."""

    chosen = Signal(int)
    selection_changed = Signal()
    delete_requested = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._asked = False
        self.active = False
        self.items = TextItems(self)
        self.setModel(self.items)
        self.setObjectName("textList")
        self.setAccessibleName(self.tr("Texts"))
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setItemDelegate(_Rows(self))
        self.items.wanted.connect(self._on_wanted)
        selection = self.selectionModel()
        selection.currentChanged.connect(self._on_current)
        selection.selectionChanged.connect(self._on_selection)
        session.browser.dropped.connect(self._on_dropped)

    def show_items(self, contents: TextContents | None, positions: np.ndarray) -> None:
        """Show these items; the one that was looked at stays if it is among them, else the first."""
        before = self.current()
        self.items.show_items(contents, positions)
        rows = np.flatnonzero(positions == before)
        row = int(rows[0]) if len(rows) else 0
        if len(positions):
            self.selectionModel().setCurrentIndex(
                self.items.index(row), QItemSelectionModel.SelectionFlag.ClearAndSelect
            )
        else:
            self.chosen.emit(-1)

    def set_active(self, active: bool) -> None:
        """Shown or hidden: beginnings are read only while somebody looks."""
        self.active = active
        if not active:
            self._session.browser.forget("snippets")
            self._asked = False
        elif self.items.missing:
            self._on_wanted()

    def current(self) -> int:
        """The position that is looked at; -1 for none."""
        row = self.currentIndex().row()
        return int(self.items.positions[row]) if 0 <= row < len(self.items.positions) else -1

    def selected(self) -> np.ndarray:
        """The chosen positions (n,) int64."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        return self.items.positions[np.array(rows, np.int64)]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.delete_requested.emit()
        else:
            super().keyPressEvent(event)

    def _on_current(self) -> None:
        self.chosen.emit(self.current())

    def _on_selection(self) -> None:
        self.selection_changed.emit()

    def _on_wanted(self) -> None:
        if not self._asked:
            self._asked = True
            QTimer.singleShot(0, self, self._ask)

    def _ask(self) -> None:
        contents, some = self.items.contents, self.items.missing[-_PIECE:]
        if contents is None or not some or not self.active:
            self._asked = False
            return
        request = ReadSnippets(folder=contents.folder, positions=tuple(some))
        self._session.browse("snippets", request, self._on_answer)

    def _on_answer(self, answer: Any) -> None:
        if not answer.done:
            return
        self._asked = False
        contents = self.items.contents
        if contents is None or answer.request.folder != contents.folder:
            return
        self.items.set_snippets(answer.result or dict.fromkeys(answer.request.positions, ""))
        if self.items.missing:
            self._on_wanted()

    def _on_dropped(self) -> None:
        self._asked = False
        if self.items.missing:
            QTimer.singleShot(0, self, self._on_wanted)


class _Rows(QStyledItemDelegate):
    """Two lines: how it begins, and name and length."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(160, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        look = theme.current()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(option.rect).adjusted(4, 1, -4, -1)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("accent_soft" if chosen else "hover"))
            painter.drawRoundedRect(box, 6, 6)
        out = bool(index.data(_OUT))
        small = QFont(option.font)
        small.setPointSizeF(max(6.0, option.font.pointSizeF() * 0.88))
        first = QFont(option.font)
        first.setStrikeOut(out)
        area = QRect(round(box.left()) + 8, round(box.top()) + 4, round(box.width()) - 16, 18)
        lines = (
            (index.data(_SNIPPET) or "…", first, "text_off" if out else "accent_text" if chosen else "text"),
            (index.data(Qt.ItemDataRole.DisplayRole), small, "text_dim"),
        )
        for words, font, tint in lines:
            painter.setFont(font)
            painter.setPen(look.colour(tint))
            shown = painter.fontMetrics().elidedText(str(words), Qt.TextElideMode.ElideRight, area.width())
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
            area.translate(0, 18)
        painter.restore()
