"""The dialog that imports: sources, each with a name and, of texts, what they are to be read as."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from studio.config.requests import ImportRequest
from studio.ui.drops import local_paths
from studio.ui.pages.data_dialogs import CheckName, DataDialog, NameField
from studio.ui.pages.data_model import Offer, offers_of
from studio.ui.pages.data_reading import LABEL_WIDTH, ReadingChoice
from studio.ui.session import Session
from studio.ui.text import Label
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.inputs import PathLabel

_FILES = "*.zip *.tar *.tgz *.tar.gz *.gz *.csv *.tsv *.txt *.md *.json *.jsonl *.yml *.tmx"
_TALLEST = 480
"""So much of the sources is shown at once; more are scrolled."""


def _tr(words: str) -> str:
    return QCoreApplication.translate("ImportDialog", words)


class ImportDialog(DataDialog):
    """Sources, each with a name that can be changed; more are added by the buttons or dropped on the dialog."""

    asked = Signal(list)
    """The import requests."""

    def __init__(
        self, parent: QWidget | None, session: Session, check: CheckName, sources: Sequence[Path] = ()
    ) -> None:
        super().__init__(parent, "importDialog", _tr("Import"), _tr("Import"))
        self._session = session
        self._check = check
        self._rows: list[SourceRow] = []
        self.setAcceptDrops(True)
        self._hint = Frame("tray", padding=20, gap=10)
        self._hint.add(Label(self.tr("Drop a folder or file of pictures or texts here, or choose one."), wrap=True))
        self._hint.add(
            Label(
                self.tr(
                    "Of pictures, sub-folders become classes, and a CSV with a column of file names brings labels. "
                    "Texts are plain ones, Markdown, JSON and JSONL of conversations, tables, and pairs of sentences "
                    "in one file or two. Your own files are never changed."
                ),
                role="dim",
                wrap=True,
            )
        )
        self.content.addWidget(self._scroll(), 1)
        self.content.addWidget(self._hint)
        self.content.addLayout(self._buttons())
        self.finished.connect(self._on_finished)
        self.add_sources(sources)

    def _scroll(self) -> QScrollArea:
        self._inner = QWidget()
        self._list = dense(QVBoxLayout(self._inner), gap=8)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(self._inner)
        return self._area

    def _buttons(self) -> QHBoxLayout:
        folder = Button(self.tr("Choose a folder…"), icon="folder")
        folder.setObjectName("chooseFolder")
        folder.clicked.connect(self._on_folder)
        file = Button(self.tr("Choose a file…"), icon="file")
        file.setObjectName("chooseFile")
        file.clicked.connect(self._on_file)
        row = dense(QHBoxLayout(), gap=8)
        row.addWidget(folder)
        row.addWidget(file)
        row.addStretch(1)
        return row

    def add_sources(self, paths: Sequence[Path]) -> None:
        """Add what was chosen or dropped; what is in the list already is not added again."""
        known = [row.offer for row in self._rows]
        for offer in offers_of(paths):
            if offer not in known:
                self._add(offer)
        self._refresh()

    def rows(self) -> list[SourceRow]:
        """The sources with their names."""
        return list(self._rows)

    def accept(self) -> None:
        """Ask for all imports if every name can be taken."""
        if self._rows and not any(row.error() for row in self._rows):
            self.asked.emit([row.request() for row in self._rows])
            super().accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if local_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.add_sources(local_paths(event.mimeData()))

    def _add(self, offer: Offer) -> None:
        taken = [row.field.name() for row in self._rows]
        base, name, number = offer.name, "", 1
        while not name or name in taken or (self._check(name) and number < 1000):
            name = base if number == 1 else f"{base} {number}"
            number += 1
        row = SourceRow(self._session, offer, name, self._why_not)
        row.changed.connect(self._refresh)
        row.removed.connect(self._on_removed)
        self._rows.append(row)
        self._list.addWidget(row)
        row.reading.ask()

    def _why_not(self, name: str) -> str:
        twice = sum(row.field.name() == name for row in self._rows) > 1
        return self.tr("Two sources cannot share one name.") if twice else self._check(name)

    def _refresh(self) -> None:
        errors = [row.error() for row in self._rows]
        why = next((error for error in errors if error), "")
        self.main.set_available(why if self._rows else self.tr("Choose a folder or a file first."))
        self._hint.setVisible(not self._rows)
        self._area.setVisible(bool(self._rows))
        self._list.activate()
        self._area.setMinimumHeight(min(self._inner.sizeHint().height(), _TALLEST))

    def _on_removed(self, row: SourceRow) -> None:
        self._rows.remove(row)
        row.reading.stop()
        self._list.removeWidget(row)
        row.hide()
        row.deleteLater()
        self._refresh()

    def _on_finished(self) -> None:
        for row in self._rows:
            row.reading.stop()

    def _on_folder(self) -> None:
        found = QFileDialog.getExistingDirectory(self, self.tr("A folder of pictures or texts"))
        if found:
            self.add_sources([Path(found)])

    def _on_file(self) -> None:
        words = self.tr("Archives, tables and texts")
        every = self.tr("All files")
        found, _ = QFileDialog.getOpenFileNames(
            self, self.tr("A file to import"), "", f"{words} ({_FILES});;{every} (*)"
        )
        if found:
            self.add_sources([Path(path) for path in found])


class SourceRow(Frame):
    """Where from, under which name, and what it is read as."""

    removed = Signal(object)
    changed = Signal()

    def __init__(self, session: Session, offer: Offer, name: str, check: CheckName) -> None:
        super().__init__("card", padding=10, gap=8)
        self.offer = offer
        self.field = NameField(check, name)
        self.field.label.setMinimumWidth(LABEL_WIDTH)
        self.field.changed.connect(self.changed)
        self.reading = ReadingChoice(session, offer)
        self.reading.changed.connect(self.changed)
        remove = icon_button("close", self.tr("Do not import this"))
        remove.setObjectName("removeSource")
        remove.clicked.connect(self._on_remove)
        head = dense(QHBoxLayout(), gap=8)
        paths = dense(QVBoxLayout(), gap=2)
        for path in filter(None, (offer.source, offer.target)):
            paths.addWidget(PathLabel(path))
        head.addLayout(paths, 1)
        head.addWidget(remove, 0, Qt.AlignmentFlag.AlignTop)
        self.body.addLayout(head)
        self.add(self.field)
        self.add(self.reading)

    @property
    def source(self) -> Path:
        """Where from."""
        return self.offer.source

    def error(self) -> str:
        """Why it cannot be imported so, or nothing."""
        return self.field.validate() or self.reading.error()

    def request(self) -> ImportRequest:
        """What is to be imported."""
        kind, columns, target = self.reading.choice()
        return ImportRequest(source=self.source, name=self.field.name(), kind=kind, columns=columns, target=target)

    def _on_remove(self) -> None:
        self.removed.emit(self)


__all__ = ["ImportDialog", "SourceRow"]
