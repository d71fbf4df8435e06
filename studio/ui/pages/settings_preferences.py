"""The preferences as forms, made from the rows of `config.preferences`; every change acts at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from studio.config.base import differences, get_value
from studio.config.preferences import Preferences
from studio.ui.form_fields import Choices
from studio.ui.forms import SettingsForm
from studio.ui.pages.settings_parts import Card
from studio.ui.persistence import default_projects_folder
from studio.ui.text import Label
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import dense

if TYPE_CHECKING:
    from studio.ui.session import Session

_GROUPS = {
    "general": ("theme", "device", "threads", "keep_awake", "notify"),
    "folders": ("projects_folder", "export_folder"),
}
_WIDTHS = {"general": 200, "folders": 330}


class PreferenceCards(QWidget):
    """A card for each group of preferences."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.forms: dict[str, SettingsForm] = {}
        self._device = Label(role="small", wrap=True)
        self._device.setObjectName("settingsDevice")
        titles = {
            "general": self.tr("General"),
            "folders": self.tr("Folders"),
        }
        column = dense(QVBoxLayout(self), gap=16)
        for name, paths in _GROUPS.items():
            column.addWidget(self._card(name, titles[name], paths))
        session.preferences_changed.connect(self.renew)
        session.device_changed.connect(self._show_device)
        self.renew()

    def _card(self, name: str, title: str, paths: Sequence[str]) -> Card:
        card = Card(f"settings_{name}", title)
        form = SettingsForm(name=f"{name}Form", only=paths, control_width=_WIDTHS[name])
        form.set_model(Preferences(), choices=_choices())
        form.advanced_open = True
        form.changed.connect(partial(self._on_changed, name))
        self.forms[name] = form
        card.add(form)
        if name == "general":
            card.add(self._device)
        if name == "folders":
            card.body.addLayout(self._browse_row(paths))
        return card

    def _browse_row(self, paths: Sequence[str]) -> QHBoxLayout:
        row = dense(QHBoxLayout(), gap=8)
        row.addStretch(1)
        words = (self.tr("Choose the projects folder…"), self.tr("Choose the exports folder…"))
        for path, text in zip(paths, words, strict=True):
            button = Button(text, kind="small", icon="folder")
            button.setObjectName(f"browse_{path}")
            button.clicked.connect(partial(self.browse, path))
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignRight)
        return row

    def renew(self) -> None:
        """Show the preferences as they are."""
        now = self._session.preferences
        changed = {path: mine for path, (mine, _) in differences(now, Preferences()).items()}
        for name, form in self.forms.items():
            kept = {path: value for path, value in changed.items() if path in _GROUPS[name]}
            if form.overrides() != kept:
                form.set_model(Preferences(), kept, choices=_choices())
        places = {"projects_folder": default_projects_folder(Preferences()), "export_folder": Path.home()}
        for path, place in places.items():
            field = self.forms["folders"].field(path)
            if field is not None:
                field.control.setPlaceholderText(str(place))  # type: ignore[attr-defined]
        cores = self.tr("all cores") if now.threads == 0 else self.tr("threads")
        self.forms["general"].set_derived({"threads": cores})
        self._show_device()

    def browse(self, path: str) -> None:
        """Ask for a folder."""
        start = get_value(self._session.preferences, path) or str(Path.home())
        chosen = self.ask_folder(self.tr("Choose a folder"), str(start))
        if chosen:
            self._session.set_preference(path, chosen)

    def ask_folder(self, title: str, start: str) -> str:
        """Which folder; empty if the user thinks better of it."""
        return QFileDialog.getExistingDirectory(self.window(), title, start)

    def _on_changed(self, name: str) -> None:
        value = self.forms[name].value()
        if value is None:
            return
        for path in _GROUPS[name]:
            wanted = get_value(value, path)
            if wanted != get_value(self._session.preferences, path):
                self._session.set_preference(path, wanted)

    def _show_device(self) -> None:
        facts = self._session.device_facts()
        loaded = self._session.engine.state == "ready"
        words = self.tr("New runs train on: {0}").format(facts.name or facts.kind.upper())
        self._device.setText(words if loaded else self.tr("Which devices there are is known once PyTorch is loaded."))


def _choices() -> dict[str, Choices]:
    from PySide6.QtCore import QCoreApplication

    def tr(words: str) -> str:
        return QCoreApplication.translate("Preferences", words)

    return {
        "theme": (("system", tr("As the system says")), ("light", tr("Light")), ("dark", tr("Dark"))),
        "device": (
            ("auto", tr("The fastest there is")),
            ("cpu", tr("CPU")),
            ("cuda", tr("GPU (CUDA)")),
            ("mps", tr("Apple GPU (MPS)")),
        ),
    }
