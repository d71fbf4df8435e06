"""The pill in a panel's header that shows and changes what the panel works on: its data set, run or checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionButton,
    QStyleOptionViewItem,
    QWidget,
)

from studio.ui import theme
from studio.ui.text import plain_tooltip, tooltip_text
from studio.ui.widgets.frames import Frame

_FILTER_FROM = 10  # items; fewer are seen at a glance
_DETAIL = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True)
class PickItem:
    """One thing to pick. `command` items (“Import…”) are announced but never become the value."""

    key: str
    text: str
    detail: str = ""
    icon: str = ""
    command: bool = False
    why_not: str = ""


class Picker(QPushButton):
    """Caption, value and a chevron; a click opens a list that can be filtered by typing."""

    picked = Signal(str)

    def __init__(self, caption: str, *, placeholder: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._caption = caption
        self._placeholder = placeholder or self.tr("none yet")
        self._items: list[PickItem] = []
        self._value = ""
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self.open)
        self._name()

    def set_items(self, items: Sequence[PickItem]) -> None:
        """Replace what can be picked; the value stays, also if it is no longer among them."""
        self._items = list(items)
        self._name()

    def items(self) -> list[PickItem]:
        """What can be picked."""
        return list(self._items)

    def value(self) -> str:
        """The key shown; empty if none."""
        return self._value

    def set_value(self, key: str) -> None:
        """Show an item without announcing it."""
        self._value = key
        self._name()

    def value_text(self) -> str:
        """The words shown for the value, or the placeholder."""
        return next((item.text for item in self._items if item.key == self._value), self._placeholder)

    def set_available(self, why_not: str = "") -> None:
        """Enable, or disable with the reason as the tooltip."""
        self.setEnabled(not why_not)
        plain_tooltip(self, why_not or self._tip())

    def open(self) -> None:
        """Show the list below the pill."""
        popup = _Popup(self, self._items, self._value)
        popup.chosen.connect(self._on_chosen)
        popup.open_below(self)

    def popup(self) -> QWidget | None:
        """The list while it is open."""
        return next((one for one in self.findChildren(_Popup) if one.isVisible()), None)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        words = metrics.horizontalAdvance(self._caption) + metrics.horizontalAdvance(self._shown())
        return QSize(words + 58, 34)

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self._caption) + 90, 34)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.open()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        self.style().drawControl(QStyle.ControlElement.CE_PushButtonBevel, option, painter, self)
        look = theme.current()
        area = self.rect().adjusted(11, 0, -11, 0)
        painter.setPen(look.colour("text_dim" if self.isEnabled() else "text_off"))
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self._caption)
        words = QRect(area)
        words.setLeft(area.left() + self.fontMetrics().horizontalAdvance(self._caption) + 8)
        words.setRight(area.right() - 20)
        known = any(item.key == self._value for item in self._items)
        painter.setPen(look.colour(("text" if known else "text_dim") if self.isEnabled() else "text_off"))
        shown = self.fontMetrics().elidedText(self._shown(), Qt.TextElideMode.ElideMiddle, words.width())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        chevron = theme.pixmap("chevron-down", "text" if self.isEnabled() else "text_off", 14, self.devicePixelRatioF())
        painter.drawPixmap(QPoint(area.right() - 13, (self.height() - 14) // 2), chevron)

    def _shown(self) -> str:
        text = self.value_text()
        return text if len(text) <= 40 else f"{text[:24]}…{text[-14:]}"

    def _tip(self) -> str:
        return self.value_text() if self._shown() != self.value_text() else ""

    def _name(self) -> None:
        self.setAccessibleName(f"{self._caption}: {self.value_text()}")
        plain_tooltip(self, self._tip())
        self.updateGeometry()
        self.update()

    def _on_chosen(self, key: str) -> None:
        item = next(item for item in self._items if item.key == key)
        if not item.command:
            if key == self._value:
                return
            self.set_value(key)
        self.picked.emit(key)


class _Rows(QStyledItemDelegate):
    """Paints the detail dim at the right of the text."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        metrics = option.fontMetrics
        detail = metrics.horizontalAdvance(str(index.data(_DETAIL) or ""))
        return QSize(metrics.horizontalAdvance(str(index.data())) + detail + 64, 30)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        detail = str(index.data(_DETAIL) or "")
        if detail:
            painter.save()
            painter.setPen(theme.current().colour("text_dim"))
            area = option.rect.adjusted(0, 0, -10, 0)
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, detail)
            painter.restore()


class _Popup(Frame):
    """The open list: filter field (where there are many), items, keyboard."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget, items: Sequence[PickItem], value: str) -> None:
        super().__init__("popup", padding=4, gap=4, parent=parent)
        self.setWindowFlags(Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("pickerPopup")
        self._filter = QLineEdit()
        self._filter.setObjectName("pickerFilter")
        self._filter.setPlaceholderText(self.tr("Type to find"))
        self._filter.setAccessibleName(self.tr("Type to find"))
        self._filter.textChanged.connect(self._on_filter)
        self._filter.installEventFilter(self)
        self._list = QListWidget()
        self._list.setObjectName("pickerList")
        self._list.setItemDelegate(_Rows(self._list))
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.itemClicked.connect(self._on_item)
        self._list.installEventFilter(self)
        self.add(self._filter)
        self.add(self._list)
        self._filter.setVisible(len(items) >= _FILTER_FROM)
        for item in items:
            self._add(item, current=item.key == value)

    def _add(self, item: PickItem, *, current: bool) -> None:
        row = QListWidgetItem(item.text)
        row.setData(Qt.ItemDataRole.UserRole, item.key)
        row.setData(_DETAIL, item.detail)
        row.setToolTip(tooltip_text(item.why_not))
        name = item.icon or ("check" if current else "")
        if name:
            row.setIcon(theme.icon(name, "accent_text" if current else "text_dim"))
        if item.why_not:
            row.setFlags(Qt.ItemFlag.NoItemFlags)
        self._list.addItem(row)
        if current:
            self._list.setCurrentItem(row)

    def open_below(self, anchor: QWidget) -> None:
        """Place the list under the pill, at least as wide, inside the screen."""
        rows = min(self._list.count(), 12)
        width = max(anchor.width(), min(self._list.sizeHintForColumn(0) + 28, 520))
        self._list.setFixedHeight(max(rows, 1) * 30 + 4)
        self.setFixedWidth(width)
        self.adjustSize()
        room = anchor.screen().availableGeometry()
        corner = anchor.mapToGlobal(QPoint(0, anchor.height() + 4))
        corner.setX(max(room.left(), min(corner.x(), room.right() - self.width())))
        if corner.y() + self.height() > room.bottom():
            corner.setY(anchor.mapToGlobal(QPoint(0, -self.height() - 4)).y())
        self.move(corner)
        (self._list if self._filter.isHidden() else self._filter).setFocus()
        self.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._on_key(watched, event)
        return super().eventFilter(watched, event)

    def _on_key(self, watched: QObject, event: QKeyEvent) -> bool:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            row = self._list.currentItem()
            if row is not None and not row.isHidden():
                self._on_item(row)
            return True
        if watched is self._filter and event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self._step(1 if event.key() == Qt.Key.Key_Down else -1)
            return True
        return False

    def _step(self, by: int) -> None:
        shown = [row for row in range(self._list.count()) if not self._list.item(row).isHidden()]
        if shown:
            now = self._list.currentRow()
            at = shown.index(now) + by if now in shown else 0
            self._list.setCurrentRow(shown[max(0, min(at, len(shown) - 1))])

    def _on_filter(self, text: str) -> None:
        needle = text.casefold()
        first: int | None = None
        for row in range(self._list.count()):
            item = self._list.item(row)
            words = f"{item.text()} {item.data(_DETAIL)}".casefold()
            item.setHidden(needle not in words)
            if first is None and not item.isHidden():
                first = row
        if first is not None:
            self._list.setCurrentRow(first)

    def _on_item(self, row: QListWidgetItem) -> None:
        if row.flags() & Qt.ItemFlag.ItemIsEnabled:
            key = str(row.data(Qt.ItemDataRole.UserRole))
            self.close()
            self.chosen.emit(key)
