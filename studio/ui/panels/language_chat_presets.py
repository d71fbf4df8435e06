"""Named presets of how a text is continued: three of ours, and the user's own, which the project keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from studio.config.base import with_overrides
from studio.config.writing import Writing
from studio.ground.errors import UsageError
from studio.ui.text import Label
from studio.ui.widgets.buttons import icon_button
from studio.ui.widgets.frames import dense
from studio.ui.widgets.inputs import Combo

if TYPE_CHECKING:
    from studio.ui.session import Session

KEY = "chat.presets"
OURS: Mapping[str, Mapping[str, Any]] = {
    "balanced": {},
    "likeliest": {"temperature": 0.0},
    "bold": {"temperature": 1.2, "top_p": 1.0},
}
_LONGEST = 40


def _tr(words: str) -> str:
    return QCoreApplication.translate("ChatPresets", words)


def preset_title(key: str) -> str:
    """What a preset is called."""
    ours = {"balanced": _tr("Balanced"), "likeliest": _tr("Always the likeliest"), "bold": _tr("Bold")}
    return ours.get(key, key.removeprefix("own:"))


class NameField(QLineEdit):
    """A name: Enter takes it, Esc gives it up."""

    taken = Signal(str)
    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.taken.emit(self.text().strip())
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)


class PresetBlock(QWidget):
    """`chosen`: another preset is the base now. `save_asked` carries the name for what is set."""

    chosen = Signal()
    save_asked = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.combo = Combo()
        self.combo.setObjectName("chatPreset")
        self.combo.setAccessibleName(_tr("Preset of parameters"))
        self.combo.value_changed.connect(self._on_combo)
        self.save = icon_button("plus", _tr("Keep what is set as a preset…"))
        self.save.setObjectName("chatPresetSave")
        self.save.clicked.connect(self._on_save)
        self.remove = icon_button("trash", _tr("Delete this preset"))
        self.remove.setObjectName("chatPresetRemove")
        self.remove.clicked.connect(self._on_remove)
        self.name = NameField()
        self.name.setObjectName("chatPresetName")
        self.name.setMaxLength(_LONGEST)
        self.name.setPlaceholderText(_tr("Name of the preset, then Enter"))
        self.name.setAccessibleName(_tr("Name of the preset"))
        self.name.taken.connect(self._on_name)
        self.name.left.connect(self.name.hide)
        self.name.hide()
        row = dense(QHBoxLayout(), gap=2)
        row.addWidget(Label(_tr("Preset"), role="dim"))
        row.addSpacing(8)
        row.addWidget(self.combo, 1)
        row.addWidget(self.save)
        row.addWidget(self.remove)
        column = dense(QVBoxLayout(self), gap=6)
        column.addLayout(row)
        column.addWidget(self.name)
        self.refresh()

    def refresh(self) -> None:
        """Read the project's presets."""
        keys = [*OURS, *(f"own:{name}" for name in sorted(self._own()))]
        value = self.combo.value()
        self.combo.set_choices([(key, preset_title(key)) for key in keys])
        self.set_value(value if value in keys else keys[0])

    def value(self) -> str:
        """The key of the preset."""
        return str(self.combo.value() or "balanced")

    def set_value(self, key: str) -> None:
        """Choose one without announcing it; one that is gone is the first of ours."""
        keys = {*OURS, *(f"own:{name}" for name in self._own())}
        self.combo.set_value(key if key in keys else "balanced")
        own = self.value().startswith("own:")
        self.remove.set_available("" if own else _tr("The presets of the program cannot be deleted."))
        self.save.set_available(self._session.why_read_only())

    def base(self) -> Writing:
        """What the chosen preset stands for."""
        key = self.value()
        found = self._own().get(key.removeprefix("own:"), {}) if key.startswith("own:") else OURS[key]
        try:
            return with_overrides(Writing(), found)
        except UsageError:
            return Writing()

    def keep(self, name: str, overrides: Mapping[str, Any]) -> None:
        """Keep a preset of the user's and choose it."""
        self._session.remember(KEY, self._own() | {name: dict(overrides)})
        self.refresh()
        self.set_value(f"own:{name}")
        self.chosen.emit()

    def _own(self) -> dict[str, dict[str, Any]]:
        kept = self._session.recall(KEY, {})
        found = kept.items() if isinstance(kept, dict) else ()
        return {str(name): value for name, value in found if isinstance(value, dict)}

    def _on_combo(self) -> None:
        self.set_value(self.value())
        self.chosen.emit()

    def _on_save(self) -> None:
        self.name.clear()
        self.name.show()
        self.name.setFocus()

    def _on_name(self, name: str) -> None:
        if name:
            self.name.hide()
            self.save_asked.emit(name)

    def _on_remove(self) -> None:
        name = self.value().removeprefix("own:")
        self._session.remember(KEY, {key: value for key, value in self._own().items() if key != name})
        self.refresh()
        self.set_value("balanced")
        self.chosen.emit()
