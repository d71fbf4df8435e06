"""A field for a prompt: a few lines of plain words that are committed when the user rests, leaves or presses Enter."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QWidget

from studio.ui.text import plain_tooltip

_REST_MS = 900
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class PromptField(QPlainTextEdit):
    """Words. `value_changed` carries them once they are committed; Enter commits and is announced as `entered`, Shift
    with Enter begins a line."""

    value_changed = Signal(str)
    entered = Signal()

    def __init__(self, hint: str = "", *, lines: int = 3, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._said = ""
        self._lines = lines
        self._most = 0
        self.setPlaceholderText(hint)
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self.commit)
        self.textChanged.connect(self._on_text)

    def value(self) -> str:
        """The words, without the blanks around them."""
        return self.toPlainText().strip()

    def set_value(self, words: str) -> None:
        """Show words without announcing them."""
        if words.strip() != self.value():
            self.blockSignals(True)
            self.setPlainText(words)
            self.blockSignals(False)
        self._said = self.value()
        self._rest.stop()

    def set_most(self, most: int) -> None:
        """How many characters can be pasted in, so that an endless text does not stop the window; 0 is any number."""
        self._most = most

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Plain words alone, and no more of them than there is room for."""
        words = source.text()
        self.insertPlainText(words[: max(self._most - len(self.toPlainText()), 0)] if self._most else words)

    def commit(self) -> None:
        """Announce what was written since the last time."""
        self._rest.stop()
        if self.value() != self._said:
            self._said = self.value()
            self.value_changed.emit(self._said)

    def set_available(self, why_not: str = "") -> None:
        """Enable, or disable with the reason as the tooltip."""
        self.setEnabled(not why_not)
        plain_tooltip(self, why_not)

    def sizeHint(self) -> QSize:
        return QSize(160, self._lines * self.fontMetrics().lineSpacing() + 18)

    def minimumSizeHint(self) -> QSize:
        return QSize(64, self.sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ENTER and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.commit()
            self.entered.emit()
            return
        super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.commit()

    def _on_text(self) -> None:
        self._rest.start()
