"""What works on this computer, and what the program is made of."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, Qt, QUrl, qVersion
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QWidget

import studio
from studio.config.requests import ExamineRequest
from studio.ground.events import Ended, Event
from studio.ui import theme
from studio.ui.pages.settings_parts import Card
from studio.ui.persistence import config_folder, log_folder
from studio.ui.text import Label
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import clear, dense

if TYPE_CHECKING:
    from studio.ui.session import Session

# What the program needs, with the licence where a package's own data do not name it in a word.
PACKAGES = {
    "PySide6-Essentials": "LGPL-3.0",
    "pyqtgraph": "MIT",
    "numpy": "BSD-3-Clause",
    "torch": "BSD-3-Clause",
    "torchvision": "BSD-3-Clause",
    "pillow": "MIT-CMU",
    "platformdirs": "MIT",
    "pydantic": "MIT",
    "safetensors": "Apache-2.0",
    "typer": "MIT",
    "rich": "MIT",
    "psutil": "BSD-3-Clause",
    "filelock": "MIT",
    "wakepy": "MIT",
}


class DoctorCard(Card):
    """The findings of ``studio doctor``, asked for when the page is first looked at."""

    def __init__(self, session: Session) -> None:
        self.again = Button(_tr("Look again"), kind="small", icon="refresh")
        self.again.setObjectName("doctorAgain")
        self.copy = Button(_tr("Copy"), kind="small", icon="copy")
        self.copy.setObjectName("doctorCopy")
        corner = QWidget()
        row = dense(QHBoxLayout(corner), gap=8)
        row.addWidget(self.copy)
        row.addWidget(self.again)
        super().__init__("settings_doctor", _tr("What works here"), corner=corner)
        self._session = session
        self._busy = False
        self.findings: Sequence[Mapping[str, Any]] = ()
        self._state = Label(role="dim", wrap=True)
        self._state.setObjectName("doctorState")
        self.add(self._state)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(2, 1)
        self.body.addLayout(self._grid)
        self.again.clicked.connect(self.look)
        self.copy.clicked.connect(self._on_copy)
        self._show()

    def look(self) -> None:
        """Examine the computer beside the window."""
        if self._busy:
            return

        def on_event(event: Event) -> None:
            if isinstance(event, Ended):
                self._busy = False
                self.findings = event.result if event.status == "finished" else ()
                self._show()

        self._busy = True
        with self._session.reporting(_tr("Looking at what works here")):
            self._session.start(ExamineRequest(), on_event, anywhere=True)
        self._show()

    def text(self) -> str:
        """The findings as lines, for a message to somebody who helps."""
        return "\n".join(
            f"{'ok' if one['ok'] else '!!'}  {one['name']}: {one['detail']} {one.get('advice', '')}".rstrip()
            for one in self.findings
        )

    def _show(self) -> None:
        clear(self._grid)
        for row, one in enumerate(self.findings):
            mark = QLabel()
            name, tint = ("check", "good") if one["ok"] else ("warning", "fake")
            mark.setPixmap(theme.pixmap(name, tint, 16, self.devicePixelRatioF()))
            mark.setAccessibleName(_tr("fine") if one["ok"] else _tr("not fine"))
            words = str(one["detail"]) + (f". {one['advice']}." if one.get("advice") and not one["ok"] else "")
            title = str(one["name"])
            self._grid.addWidget(mark, row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(Label(title[:1].upper() + title[1:]), row, 1, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(Label(words, role="dim", wrap=True), row, 2)
        self._state.setText(_tr("Looking…") if self._busy else self._words())
        self.again.set_available(_tr("It is looking now.") if self._busy else "")
        self.copy.set_available("" if self.findings else _tr("There is nothing to copy yet."))

    def _words(self) -> str:
        wrong = sum(not one["ok"] for one in self.findings)
        if not self.findings:
            return _tr("Versions, devices and folders, as the command studio doctor tells them.")
        if not wrong:
            return _tr("Everything is as it should be.")
        return _tr("One thing needs a look.") if wrong == 1 else _tr("{0} things need a look.").format(wrong)

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text())
        self._session.toast(_tr("Copied what works here"))


class AboutCard(Card):
    """Version, licences, and where the program keeps its own files."""

    def __init__(self) -> None:
        title = f"Generative Studio {studio.__version__}"
        words = f"Python {platform.python_version()} · Qt {qVersion()}"
        super().__init__("settings_about", title, words)
        self._licences = QWidget()
        self._licences.setObjectName("licences")
        self._licences.hide()
        self._toggle = Button(_tr("Licences"), kind="quiet", icon="chevron-right")
        self._toggle.setObjectName("licencesToggle")
        self._toggle.setCheckable(True)
        self._toggle.toggled.connect(self._on_toggled)
        sentence = _tr("Generative Studio is under the MIT licence. It stands on the work of others:")
        self.add(Label(sentence, wrap=True))
        row = dense(QHBoxLayout(), gap=8)
        row.addWidget(self._toggle)
        row.addStretch(1)
        for name, text, folder in (
            ("openSettingsFolder", _tr("Settings folder"), config_folder()),
            ("openLogFolder", _tr("Log folder"), log_folder()),
        ):
            button = Button(text, kind="small", icon="folder")
            button.setObjectName(name)
            button.setProperty("folder", str(folder))
            button.clicked.connect(self._on_folder)
            row.addWidget(button)
        self.body.addLayout(row)
        self.add(self._licences)

    def _on_toggled(self, on: bool) -> None:
        if on and self._licences.layout() is None:
            self._fill()
        self._licences.setVisible(on)
        self._toggle.set_icon("chevron-down" if on else "chevron-right")

    def _fill(self) -> None:
        grid = QGridLayout(self._licences)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(2, 1)
        for row, (name, licence) in enumerate(PACKAGES.items()):
            for column, words in enumerate((name, _version(name), licence)):
                grid.addWidget(Label(words, role="body" if column == 0 else "dim"), row, column)

    def _on_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.sender().property("folder"))))


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return _tr("not installed")


def _tr(words: str) -> str:
    return QCoreApplication.translate("About", words)
