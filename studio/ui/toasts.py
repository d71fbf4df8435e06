"""Short messages over the canvas that go by themselves, perhaps with one word to click."""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from studio.ui import theme
from studio.ui.session import Toast
from studio.ui.text import Label
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.frames import Frame

_SECONDS = {"info": 8.0, "warning": 14.0, "error": 20.0}
_LIMIT = 4
_MARGIN = 20


class ToastCard(Frame):
    """One message."""

    def __init__(self, toast: Toast, parent: QWidget) -> None:
        super().__init__("popup", horizontal=True, padding=8, gap=12, parent=parent)
        self.toast = toast
        self.until = time.monotonic() + _SECONDS[toast.severity]
        self.setObjectName("toast")
        if toast.severity != "info":
            theme.set_look(self, notice=toast.severity)
        self.body.setContentsMargins(14, 6, 6, 6)
        words = Label(toast.text, wrap=len(toast.text) > 60)
        words.setObjectName("toastText")
        words.setMaximumWidth(420)
        self.add(words)
        if toast.action:
            button = Button(toast.action, kind="link")
            button.setObjectName("toastAction")
            button.clicked.connect(self._on_action)
            self.add(button)
        close = icon_button("close", self.tr("Dismiss"))
        close.setObjectName("toastClose")
        close.clicked.connect(self.dismiss)
        self.add(close)
        self.setAccessibleName(toast.text)

    def dismiss(self) -> None:
        """Go now."""
        self.hide()
        self.deleteLater()

    def _on_action(self) -> None:
        self.dismiss()
        if self.toast.callback is not None:
            self.toast.callback()


class Toaster(QWidget):
    """The pile of messages in the lower right corner of its parent. `expire` is called by the window's timer."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("toaster")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        parent.installEventFilter(self)
        self.hide()

    def put(self, toast: Toast) -> None:
        """Show a message; the oldest goes where there are too many."""
        cards = self.cards()
        for card in cards[: max(0, len(cards) - _LIMIT + 1)]:
            card.dismiss()
        card = ToastCard(toast, self)
        self._column.addWidget(card, 0, Qt.AlignmentFlag.AlignRight)
        card.show()
        self.show()
        self._place()

    def cards(self) -> list[ToastCard]:
        """What is shown, the oldest first."""
        found = self.findChildren(ToastCard, options=Qt.FindChildOption.FindDirectChildrenOnly)
        return [card for card in found if not card.isHidden()]

    def expire(self) -> None:
        """Let those go whose time is over, unless the pointer rests on them."""
        now = time.monotonic()
        for card in self.cards():
            if now > card.until and not card.underMouse():
                card.dismiss()
        if self.isVisible():
            self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        parent = self.parentWidget()
        if parent is None or not self.cards():
            self.hide()
            return
        self._column.activate()
        self.adjustSize()
        self.move(parent.width() - self.width() - _MARGIN, parent.height() - self.height() - _MARGIN)
        self.raise_()
