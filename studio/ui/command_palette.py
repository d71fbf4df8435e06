"""The command palette: every action, page, run and data set, found by a few letters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from studio.ui import theme
from studio.ui.text import tooltip_text
from studio.ui.widgets.frames import Frame

_SHOWN = 60
_DETAIL = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True)
class Entry:
    """One thing that can be done or gone to. ``why_not`` says why it cannot now."""

    title: str
    detail: str
    icon: str
    run: Callable[[], None]
    why_not: str = ""


def score(needle: str, text: str) -> float | None:
    """How well letters in order match a text; None if they do not. Starts of words and runs of letters count more."""
    wanted, given = needle.casefold(), text.casefold()
    total, at, previous = 0.0, 0, -2
    for letter in wanted:
        if letter.isspace():
            continue
        found = _best_place(given, letter, at, previous)
        if found < 0:
            return None
        starts = found == 0 or not given[found - 1].isalnum()
        total += 3.0 if found == previous + 1 else 2.0 if starts else 0.5
        previous, at = found, found + 1
    return total - 0.01 * len(given) + (4.0 if wanted in given else 0.0)


def _best_place(text: str, letter: str, start: int, previous: int) -> int:
    """Where to take a letter: right after the last one, else at the start of a word, else anywhere."""
    if start < len(text) and start == previous + 1 and text[start] == letter:
        return start
    at = text.find(letter, start)
    first = at
    while at >= 0:
        if at == 0 or not text[at - 1].isalnum():
            return at
        at = text.find(letter, at + 1)
    return first


def matching(needle: str, entries: Iterable[Entry]) -> list[Entry]:
    """The entries that match, the best first; all of them, in their order, for an empty needle."""
    if not needle.strip():
        return list(entries)
    scored = [(score(needle, entry.title), score(needle, f"{entry.title} {entry.detail}"), entry) for entry in entries]
    found = [(max((title or -9.0) + 1.0, both or -9.0), entry) for title, both, entry in scored if both is not None]
    return [entry for _, entry in sorted(found, key=lambda pair: -pair[0])]


class _Rows(QStyledItemDelegate):
    """Title at the left, kind or shortcut dim at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(200, 32)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        off = not index.flags() & Qt.ItemFlag.ItemIsEnabled
        painter.save()
        painter.setPen(theme.current().colour("text_off" if off else "text_dim"))
        area: QRect = option.rect.adjusted(option.rect.width() // 2, 0, -12, 0)
        detail = painter.fontMetrics().elidedText(str(index.data(_DETAIL)), Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, detail)
        painter.restore()


class CommandPalette(Frame):
    """A field and the list of what matches; Enter does the chosen one, Escape closes."""

    closed = Signal()

    def __init__(self, entries: Sequence[Entry], parent: QWidget) -> None:
        super().__init__("popup", padding=8, gap=6, parent=parent)
        self.setWindowFlags(Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("commandPalette")
        self.setAccessibleName(self.tr("Command palette"))
        self._entries = list(entries)
        self._matches: list[Entry] = []
        self.field = QLineEdit()
        self.field.setObjectName("paletteField")
        self.field.setPlaceholderText(self.tr("What would you like to do? A few letters are enough"))
        self.field.setAccessibleName(self.tr("Find an action, page, run or data set"))
        self.field.textChanged.connect(self._on_text)
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setObjectName("paletteList")
        self.list.setAccessibleName(self.tr("What was found"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setItemDelegate(_Rows(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setIconSize(QSize(16, 16))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(self._on_item)
        self.add(self.field)
        self.add(self.list)
        self._on_text("")

    def open_over(self, window: QWidget) -> None:
        """Appear in the upper middle of a window."""
        width = min(640, window.width() - 80)
        self.setFixedSize(width, min(460, window.height() - 120))
        self.move(window.mapToGlobal(QPoint((window.width() - width) // 2, 72)))
        self.show()
        self.field.setFocus()

    def titles(self) -> list[str]:
        """What is listed now."""
        return [entry.title for entry in self._matches]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._on_key(event)
        return False

    def _on_key(self, event: QKeyEvent) -> bool:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -10, Qt.Key.Key_PageDown: 10}
        step = steps.get(Qt.Key(event.key()))
        if step is not None:
            self.list.setCurrentRow(max(0, min(self.list.currentRow() + step, self.list.count() - 1)))
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            item = self.list.currentItem()
            if item is not None:
                self._on_item(item)
            return True
        return False

    def _on_text(self, words: str) -> None:
        self._matches = matching(words, self._entries)[:_SHOWN]
        self.list.clear()
        for entry in self._matches:
            row = QListWidgetItem(theme.icon(entry.icon, "text_dim"), entry.title)
            row.setData(_DETAIL, entry.detail)
            if entry.why_not:
                row.setFlags(Qt.ItemFlag.NoItemFlags)
                row.setToolTip(tooltip_text(entry.why_not))
            self.list.addItem(row)
        self._choose_first()

    def _choose_first(self) -> None:
        able = [i for i, entry in enumerate(self._matches) if not entry.why_not]
        self.list.setCurrentRow(able[0] if able else -1)

    def _on_item(self, item: QListWidgetItem) -> None:
        entry = self._matches[self.list.row(item)]
        if entry.why_not:
            return
        self.close()
        entry.run()
