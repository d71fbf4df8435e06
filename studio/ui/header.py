"""The header: what is open, what it works on, and the one coloured button that says what comes next."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.ui import theme
from studio.ui.actions import ActionSet, title_of
from studio.ui.text import Label
from studio.ui.view_state import ActionView, ViewState
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import clear
from studio.ui.widgets.picker import Picker, PickItem
from studio.ui.words import spoken

_ICONS = {"train": "play", "resume": "play", "pause": "pause", "generate": "random", "keep": "star"}
_SHORT = {"resume": "Continue"}


class Header(QWidget):
    """Title, pickers, buttons. `asked` carries the id of an action, `picked` a picker and the key chosen in it."""

    asked = Signal(str)
    picked = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("header")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        theme.set_look(self, surface="surface")
        self.setFixedHeight(56)
        self._title = Label(role="title")
        self._title.setObjectName("pageTitle")
        self.pickers = {
            "data": Picker(self.tr("Data"), placeholder=self.tr("none yet")),
            "run": Picker(self.tr("Run"), placeholder=self.tr("new run")),
            "checkpoint": Picker(self.tr("Checkpoint"), placeholder=self.tr("last")),
        }
        self._primary = Button(kind="primary")
        self._primary.setObjectName("primaryButton")
        self._primary.clicked.connect(self._on_clicked)
        self._secondary_row = QHBoxLayout()
        self._secondary_row.setSpacing(12)
        self._secondary: dict[str, Button] = {}
        self._shown: tuple[str, ...] | None = None
        self._lay_out()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 0, 20, 0)
        row.setSpacing(12)
        row.addWidget(self._title)
        row.addSpacing(8)
        for name, picker in self.pickers.items():
            picker.setObjectName(f"{name}Picker")
            picker.setProperty("picker", name)
            picker.picked.connect(self._on_picked)
            picker.hide()
            row.addWidget(picker)
        row.addStretch(1)
        row.addWidget(self._primary)
        row.addLayout(self._secondary_row)

    def set_items(self, name: str, items: Sequence[PickItem], value: str) -> None:
        """What a picker offers and shows."""
        picker = self.pickers[name]
        if list(items) != picker.items():
            picker.set_items(items)
        if picker.value() != value:
            picker.set_value(value)

    def apply(self, state: ViewState, actions: ActionSet) -> None:
        """Show a view state: only what differs is touched."""
        if self._title.text() != state.header.title:
            self._title.setText(state.header.title)
        for name, picker in self.pickers.items():
            wanted = bool(getattr(state.header, name))
            if picker.isHidden() == wanted:
                picker.setVisible(wanted)
        self._apply_primary(state)
        self._apply_secondary(state)

    def buttons(self) -> dict[str, Button]:
        """The buttons shown, by the id of their action."""
        main = {str(self._primary.property("action")): self._primary} if not self._primary.isHidden() else {}
        return main | self._secondary

    def _apply_primary(self, state: ViewState) -> None:
        self._primary.setVisible(bool(state.primary))
        if state.primary:
            self._primary.setProperty("action", state.primary)
            _dress(self._primary, state.primary, state.actions.get(state.primary, ActionView()))

    def _apply_secondary(self, state: ViewState) -> None:
        if state.secondary != self._shown:
            self._shown = state.secondary
            clear(self._secondary_row)
            self._secondary = {name: self._make(name) for name in state.secondary}
        for name, button in self._secondary.items():
            _dress(button, name, state.actions.get(name, ActionView()))

    def _make(self, name: str) -> Button:
        button = Button()
        button.setObjectName(f"headerButton_{name}")
        button.setProperty("action", name)
        button.clicked.connect(self._on_clicked)
        self._secondary_row.addWidget(button)
        return button

    def _on_clicked(self) -> None:
        self.asked.emit(str(self.sender().property("action")))

    def _on_picked(self, key: str) -> None:
        self.picked.emit(str(self.sender().property("picker")), key)


def _dress(button: Button, name: str, view: ActionView) -> None:
    """Words, drawing and availability of a header button."""
    words = spoken(view.title) if view.title is not None else header_words(name)
    if button.property("words") != words:
        button.setProperty("words", words)
        button.set_text(words)
        button.setAccessibleName(words)
    drawing = view.icon or _ICONS.get(name, "")
    if drawing and button.property("studioIcon") != drawing:
        button.set_icon(drawing)
    button.set_available(spoken(view.why_not))


def header_words(name: str) -> str:
    """An action's title as a button says it: without the dots, short."""
    if name in _SHORT:
        return QCoreApplication.translate("Header", _SHORT[name])
    return title_of(name).rstrip("…")
