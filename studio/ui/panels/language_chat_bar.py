"""What can be done with a message: other versions of it, copy, edit, write it again or on, go on from here."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.ui import theme
from studio.ui.text import Label
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.frames import dense


@dataclass(frozen=True, slots=True)
class Doable:
    """What the bar offers for a message; a reason disables."""

    position: int = 1
    count: int = 1
    reply: bool = False
    last: bool = False
    why_not_write: str = ""
    why_not_change: str = ""
    why_not_edit: str = ""


class MessageBar(QWidget):
    """`asked` carries ``back``, ``on``, ``copy``, ``edit``, ``again``, ``further`` or ``branch``."""

    asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chatBar")
        self._state: Doable | None = None
        self.back = self._button("back", "chevron-left", self.tr("The version before (left arrow)"))
        self.place = Label(role="small")
        self.place.setObjectName("chatBarVersions")
        self.on = self._button("on", "chevron-right", self.tr("The next version (right arrow)"))
        self.copy = self._button("copy", "copy", self.tr("Copy the whole message"))
        self.edit = self._button("edit", "pencil", self.tr("Edit: the old version stays (Enter)"))
        self.again = self._button("again", "refresh", self.tr("Write another version (Ctrl+Shift+G)"))
        self.further = self._button("further", "play", self.tr("Let the model write on from the end of this reply"))
        self.branch = self._button("branch", "interpolate", self.tr("Go on from here; what followed stays"))
        row = dense(QHBoxLayout(self), gap=1)
        for widget in (self.back, self.place, self.on, self.copy, self.edit, self.again, self.further, self.branch):
            row.addWidget(widget)
        theme.set_look(self, surface="")

    def _button(self, key: str, icon: str, tip: str) -> Button:
        button = icon_button(icon, tip)
        button.setObjectName(f"chatBar_{key}")
        button.clicked.connect(lambda: self.asked.emit(key))
        return button

    def show_for(self, state: Doable) -> None:
        """Offer what a message allows."""
        if state == self._state:
            return
        self._state = state
        several = state.count > 1
        for widget in (self.back, self.place, self.on):
            widget.setVisible(several)
        self.place.setText(f"{state.position}/{state.count}")
        self.back.set_available(state.why_not_change or ("" if state.position > 1 else self.tr("This is the first.")))
        newest = self.tr("This is the newest; write another one with the arrow that goes round.")
        self.on.set_available(state.why_not_change or ("" if state.position < state.count else newest))
        self.edit.set_available(state.why_not_change or state.why_not_edit)
        self.again.set_available(state.why_not_write)
        self.further.setVisible(state.reply)
        self.further.set_available(state.why_not_write)
        self.branch.set_available(self.tr("It is the last message: just write below.") if state.last else "")
        self.adjustSize()
