"""The catalogue: data sets that can be fetched, with size and licence before anything is; nothing happens unasked."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from studio.config.requests import DownloadRequest
from studio.data.catalogue import CATALOGUE, Entry
from studio.ui import theme
from studio.ui.pages.data_dialogs import CheckName
from studio.ui.text import Label, bytes_text, count_text
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import Frame, dense
from studio.ui.words import spoken

Suggest = Callable[[str], str]
"""A free name made from a title."""


class CatalogueDialog(QDialog):
    """`asked` carries a download request once the user has said yes to it."""

    asked = Signal(object)

    def __init__(self, parent: QWidget | None, suggest: Suggest, check: CheckName) -> None:
        super().__init__(parent)
        self.setObjectName("catalogueDialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Catalogue"))
        self.resize(640, 640)
        inner = QWidget()
        theme.set_look(inner, surface="canvas")
        column = dense(QVBoxLayout(inner), padding=2, gap=12)
        self.cards = [EntryCard(entry, suggest, check) for entry in CATALOGUE.values()]
        for card in self.cards:
            card.asked.connect(self._on_asked)
            column.addWidget(card)
        column.addStretch(1)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        close = Button(self.tr("Close"))
        close.setObjectName("catalogueClose")
        close.clicked.connect(self.reject)
        outer = dense(QVBoxLayout(self), padding=20, gap=14)
        outer.addWidget(Label(self.tr("Catalogue"), role="headline"))
        words = self.tr("Nothing is fetched, and no connection opened, before you say so.")
        outer.addWidget(Label(words, role="dim", wrap=True))
        outer.addWidget(area, 1)
        outer.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)

    def _on_asked(self, request: DownloadRequest) -> None:
        self.asked.emit(request)
        self.accept()


class EntryCard(Frame):
    """One entry: what it is, how large, under which licence; Download asks once more, or it says how by hand."""

    asked = Signal(object)

    def __init__(self, entry: Entry, suggest: Suggest, check: CheckName) -> None:
        super().__init__("card", padding=14, gap=6)
        self.entry = entry
        self._suggest, self._check = suggest, check
        self.setObjectName(f"entry_{entry.key}")
        self.setAccessibleName(entry.title)
        self.add(Label(entry.title, role="strong"))
        self.add(Label(spoken(entry.about), wrap=True))
        self.add(Label(self._facts(), role="dim", wrap=True))
        self.add(Label(f"{spoken(entry.licence)} {entry.citation}", role="small", wrap=True))
        self._question = Label(role="body", wrap=True)
        self._question.setObjectName("downloadQuestion")
        self._question.hide()
        self.add(self._question)
        if entry.by_hand is not None:
            self.add(Label(spoken(entry.by_hand), wrap=True))
        self.body.addLayout(self._buttons())

    def _facts(self) -> str:
        height, width = self.entry.size
        words = [self.tr("{0} pictures").format(count_text(self.entry.count)), f"{width} × {height}"]
        if self.entry.files:
            words.append(self.tr("{0} to fetch").format(bytes_text(self.entry.bytes)))
        return " · ".join(words)

    def _buttons(self) -> QHBoxLayout:
        row = dense(QHBoxLayout(), gap=8)
        self.download = Button(self.tr("Download…"), icon="download")
        self.download.setObjectName("download")
        self.download.clicked.connect(self._on_download)
        self.download.setVisible(bool(self.entry.files))
        self.yes = Button(self.tr("Fetch {0} now").format(bytes_text(self.entry.bytes)), kind="primary")
        self.yes.setObjectName("downloadYes")
        self.yes.clicked.connect(self._on_yes)
        self.no = Button(self.tr("Not now"))
        self.no.setObjectName("downloadNo")
        self.no.clicked.connect(self._on_no)
        page = Button(self.tr("Open its page"), kind="link")
        page.setObjectName("openPage")
        page.clicked.connect(self._on_page)
        for button in (self.download, self.yes, self.no):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(page)
        self.yes.hide()
        self.no.hide()
        for button in (self.download, page):
            button.setAccessibleName(f"{button.text()} {self.entry.title}")
        return row

    def _on_download(self) -> None:
        hosts = " / ".join(dict.fromkeys(str(urlsplit(a).hostname) for f in self.entry.files for a in f.addresses))
        words = self.tr("This connects to {0} and fetches {1}. What is fetched is checked before it is used.")
        self._question.setText(words.format(hosts, bytes_text(self.entry.bytes)))
        self._ask(asking=True)
        self.yes.setFocus()

    def _on_no(self) -> None:
        self._ask(asking=False)

    def _ask(self, *, asking: bool) -> None:
        self._question.setVisible(asking)
        self.yes.setVisible(asking)
        self.no.setVisible(asking)
        self.download.setVisible(not asking)

    def _on_yes(self) -> None:
        name = self._suggest(self.entry.title)
        why = self._check(name)
        if why:
            self._question.setText(why)
            return
        self.asked.emit(DownloadRequest(entry=self.entry.key, name=name))

    def _on_page(self) -> None:
        QDesktopServices.openUrl(QUrl(self.entry.page))
