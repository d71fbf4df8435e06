"""Weights of pretrained networks: which are here, and fetching one, adding a file of it, or removing it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFileDialog, QGridLayout

from studio.config.base import Settings
from studio.config.requests import AddWeightsRequest, DownloadWeightsRequest
from studio.data.pretrained import PUBLISHED, stored
from studio.ground.events import Ended, Event
from studio.ui.pages.settings_parts import Card
from studio.ui.text import Label, ask, bytes_text
from studio.ui.widgets.buttons import Button
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.session import Session


class WeightsCard(Card):
    """A row for each network. Nothing is fetched before the user has said yes to address, size and licence."""

    def __init__(self, session: Session) -> None:
        self.add_file = Button(_tr("Add a file…"), kind="small", icon="import")
        self.add_file.setObjectName("weightsAdd")
        words = _tr("Networks that have seen much already, to fine-tune or to measure with. All projects share them.")
        super().__init__("settings_weights", _tr("Pretrained networks"), words, corner=self.add_file)
        self._session = session
        self._busy = ""
        self.states: dict[str, Label] = {}
        self.buttons: dict[str, Button] = {}
        self.body.addLayout(self._grid())
        self.add_file.clicked.connect(self.ask_add)

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(0, 4, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for row, (name, entry) in enumerate(PUBLISHED.items()):
            state, button = Label(role="dim"), Button("", kind="small")
            state.setObjectName(f"weightsState_{name}")
            button.setObjectName(f"weights_{name}")
            button.clicked.connect(partial(self._on_button, name))
            self.states[name], self.buttons[name] = state, button
            grid.addWidget(Label(name), row, 0)
            grid.addWidget(Label(spoken(entry.about), role="small", elide=Qt.TextElideMode.ElideRight), row, 1)
            grid.addWidget(state, row, 2)
            grid.addWidget(button, row, 3)
        return grid

    def renew(self) -> None:
        """Look what is here."""
        for name, entry in PUBLISHED.items():
            here, button = stored(name), self.buttons[name]
            self.states[name].setText(bytes_text(here.bytes if here is not None else entry.bytes))
            button.setText(_tr("Remove…") if here is not None else _tr("Fetch…"))
            button.setAccessibleName(f"{button.text()} {name}")
            button.set_available(self._busy)
        self.add_file.set_available(self._busy)

    # --- work --------------------------------------------------------------------------------------------------------

    def _on_button(self, name: str) -> None:
        if stored(name) is not None:
            self.ask_remove(name)
        else:
            self.ask_fetch(name)

    def ask_fetch(self, name: str) -> None:
        """Say what fetching means, then fetch."""
        entry = PUBLISHED[name]
        host = entry.files[0].addresses[0].split("/")[2]
        words = _tr("This connects to {0} and fetches {1}. What is fetched is checked before it is used.")
        words = words.format(host, bytes_text(entry.bytes))
        more, yes = spoken(entry.licence), _tr("Fetch {0}").format(bytes_text(entry.bytes))
        if ask(self.window(), _tr("Fetch {0}").format(name), words, accept=yes, more=more):
            self._begin(_tr("Fetching {0}").format(name), DownloadWeightsRequest(architecture=name))

    def ask_add(self) -> None:
        """Choose a file, then take it over."""
        kinds = _tr("Weights of torchvision (*.pth)")
        path, _ = QFileDialog.getOpenFileName(self.window(), _tr("Add weights"), "", kinds)
        if path:
            self._begin(_tr("Adding weights"), AddWeightsRequest.model_validate({"source": path}))

    def ask_remove(self, name: str) -> None:
        """Remove, once the user is sure."""
        words = _tr("Runs that were trained with it keep working; a new one needs it again.")
        title, yes = _tr("Remove the weights of {0}?").format(name), _tr("Remove")
        if not ask(self.window(), title, words, accept=yes, danger=True):
            return
        from studio.jobs.weights import remove_weights

        with self._session.reporting(_tr("Removing weights")):
            freed = remove_weights(name)
            self._session.toast(_tr("Freed {0}").format(bytes_text(freed)))
        self.renew()

    def _begin(self, words: str, request: Settings) -> None:
        def on_event(event: Event) -> None:
            if isinstance(event, Ended):
                self._busy = ""
                self.renew()

        self._busy = words
        with self._session.reporting(words):
            self._session.start(request, on_event, title=words, anywhere=True)
        self.renew()


def _tr(words: str) -> str:
    return QCoreApplication.translate("SettingsWeights", words)
