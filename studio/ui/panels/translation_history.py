"""What was translated before, newest first: one choice brings it back."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from studio.ui.text import set_plain
from studio.ui.widgets.buttons import Button

_MOST = 100
_SHOWN = 25
_LONGEST = 72  # letters of a line
_KEPT = 4000  # letters of a text that is kept


class TranslationHistory(Button):
    """A button that opens the list. `chosen` carries the source text."""

    chosen = Signal(str)
    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("History"), kind="small", icon="clock", parent=parent)
        self.setObjectName("translateHistory")
        self.entries: list[tuple[str, str]] = []
        self.clicked.connect(self._on_clicked)
        self._renew()

    def add(self, source: str, target: str) -> None:
        """Something was translated. What only grew takes the place of its beginning."""
        source, target = source.strip()[:_KEPT], target.strip()[:_KEPT]
        if not source:
            return
        rest = [entry for entry in self.entries if entry[0] != source]
        if rest and source.startswith(rest[0][0]):
            rest = rest[1:]
        self.entries = [(source, target), *rest][:_MOST]
        self._renew()
        self.changed.emit()

    def build_menu(self) -> QMenu:
        """A line for each of the newest, and a way to forget all."""
        menu = QMenu(self)
        menu.setObjectName("translateHistoryMenu")
        for source, target in self.entries[:_SHOWN]:
            action = QAction(menu)
            set_plain(action, f"{_short(source)}  →  {_short(target)}")
            action.triggered.connect(lambda checked=False, text=source: self.chosen.emit(text))
            menu.addAction(action)
        menu.addSeparator()
        forget = menu.addAction(self.tr("Forget all of these"))
        forget.setObjectName("translateHistoryForget")
        forget.triggered.connect(self.forget)
        return menu

    def forget(self) -> None:
        """Let all go."""
        self.entries = []
        self._renew()
        self.changed.emit()

    def state(self) -> list[list[str]]:
        """Plain JSON."""
        return [list(entry) for entry in self.entries]

    def restore(self, state: object) -> None:
        """Take up `state`; what is odd is left out."""
        rows = state if isinstance(state, list) else []
        pairs = [row for row in rows if isinstance(row, list) and len(row) == 2]
        self.entries = [(a, b) for a, b in pairs if isinstance(a, str) and isinstance(b, str)][:_MOST]
        self._renew()

    def _renew(self) -> None:
        self.set_available("" if self.entries else self.tr("Nothing was translated yet."))

    def _on_clicked(self) -> None:
        menu = self.build_menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.mapToGlobal(QPoint(0, self.height() + 2)))


def _short(text: str) -> str:
    line = " ".join(text.split())
    half = _LONGEST // 2
    return line if len(line) <= half else f"{line[: half - 1]}…"
