"""Translate a file in the background: a text or subtitles; what was interrupted is gone on with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QVBoxLayout, QWidget

from studio.config.decoding import Decoding
from studio.config.requests import Term, TranslateFileRequest
from studio.ground.events import Ended, Event, Progress
from studio.jobs.translations import TranslatedFile
from studio.ui.panels.maker import Maker
from studio.ui.text import Label, count_text
from studio.ui.widgets.busy import BusyRow
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.empty_state import EmptyState
from studio.ui.widgets.frames import dense
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.job_board import Job
    from studio.ui.session import Session

SUFFIXES = (".txt", ".md", ".srt")


class FilesTools(QWidget):
    """The left column: which file, where to. `asked` carries ``source``, ``out`` or ``translate``."""

    asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("translateFilesTools")
        self.choose = self._button("source", self.tr("Choose a file…"), "file")
        self.name = Label(role="small", elide=Qt.TextElideMode.ElideMiddle)
        self.name.setObjectName("translateFileName")
        self.place = self._button("out", self.tr("Choose another place…"), "folder")
        self.out = Label(role="small", elide=Qt.TextElideMode.ElideMiddle)
        self.out.setObjectName("translateFileOut")
        self.translate = self._button("translate", self.tr("Translate it"), "translate")
        words = self.tr("Paragraphs stay, subtitles keep their times. Your file stays untouched.")
        column = dense(QVBoxLayout(self), gap=8)
        column.addWidget(Label(self.tr("File"), role="dim"))
        column.addWidget(self.choose)
        column.addWidget(self.name)
        column.addSpacing(4)
        column.addWidget(Label(self.tr("The translation goes to"), role="dim"))
        column.addWidget(self.out)
        column.addWidget(self.place)
        column.addWidget(Label(words, role="small", wrap=True))
        column.addWidget(self.translate)

    def _button(self, name: str, words: str, icon: str) -> Button:
        button = Button(words, kind="small", icon=icon)
        button.setObjectName(f"translateFiles_{name}")
        button.setProperty("asks", name)
        button.clicked.connect(self._on_clicked)
        return button

    def _on_clicked(self) -> None:
        self.asked.emit(str(self.sender().property("asks")))


class FilesView(QWidget):
    """What to do, then how far it is, then what became of it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("translateFilesView")
        self.empty = EmptyState("translate", "", "", self.tr("Choose a file…"))
        self.empty.setObjectName("translateFilesEmpty")
        self.busy = BusyRow()
        self.busy.setObjectName("translateFilesBusy")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        column = dense(QVBoxLayout(self), gap=10)
        column.addWidget(self._stack, 1)
        column.addWidget(self.busy)

    def show_words(self, headline: str, sentence: str, button: str) -> None:
        """Say what to do next, or what became of it."""
        self.empty.set_words(headline, sentence, button)


class FilesDesk(QObject):
    """Starts the job and says how it ended."""

    def __init__(
        self,
        session: Session,
        maker: Maker,
        decoding: Callable[[], Decoding | None],
        terms: Callable[[], Sequence[Term]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._maker, self._decoding, self._terms = session, maker, decoding, terms
        self.view, self.tools = FilesView(), FilesTools()
        self.source: Path | None = None
        self.out: Path | None = None
        self.made: TranslatedFile | None = None
        self._job: Job | None = None
        self.ask_source, self.ask_out = self._ask_source, self._ask_out
        self.tools.asked.connect(self._on_asked)
        self.view.empty.triggered.connect(self._on_empty)
        self.view.busy.cancelled.connect(self.stop)
        self.show_model()

    # --- what is possible --------------------------------------------------------------------------------------------

    def take(self, path: Path) -> None:
        """This file is meant; nothing begins yet."""
        if self._job is None:
            self.source, self.made = path, None
            self.out = path.with_name(f"{path.stem} - {self.tr('translated')}{path.suffix or '.txt'}")
            self.show_model()

    def show_model(self) -> None:
        """The model, the settings, the file or the machine have changed."""
        tools = self.tools
        tools.name.setText(self.source.name if self.source is not None else self.tr("none chosen"))
        tools.out.setText(self.out.name if self.out is not None else "–")
        tools.out.set_tip(str(self.out) if self.out is not None else "")
        busy = self.tr("A file is being translated.") if self._job is not None else ""
        none = "" if self.source is not None else self.tr("Choose a file first.")
        tools.translate.set_available(busy or self._why_not() or none)
        tools.choose.set_available(busy)
        tools.place.set_available(busy or none)
        self._say()

    def _say(self) -> None:
        if self.made is not None:
            self._say_made(self.made)
        elif self.source is not None:
            words = self.tr("It becomes {0}. Your file stays untouched.").format(self.out.name if self.out else "")
            self.view.show_words(self.source.name, words, self.tr("Translate it"))
        else:
            words = self.tr("Drop a text or subtitles (.txt, .md, .srt) here, or choose one.")
            self.view.show_words(self.tr("Translate a file"), words, self.tr("Choose a file…"))

    def _say_made(self, made: TranslatedFile) -> None:
        parts = [self.tr("{0} of {1} sentences").format(count_text(made.done), count_text(made.sentences))]
        if made.reused:
            parts.append(self.tr("{0} of them had been done before").format(count_text(made.reused)))
        whole = made.out is not None
        head = self.tr("{0} is translated") if whole else self.tr("{0} is translated in part")
        button = self.tr("Show folder") if whole else self.tr("Go on")
        self.view.show_words(head.format(self.source.name if self.source else ""), ", ".join(parts), button)

    def _why_not(self) -> str:
        if self._session.engine.state != "ready":
            return self.tr("PyTorch is still being loaded; a few seconds more.")
        if self._decoding() is None:
            return self.tr("A setting is refused.")
        return "" if self._maker.model is not None else self.tr("Choose a trained run first.")

    # --- the work ----------------------------------------------------------------------------------------------------

    def translate(self) -> None:
        """Translate the file that was chosen, to where was chosen."""
        model, decoding = self._maker.model, self._decoding()
        if model is None or decoding is None or self.source is None or self.out is None or self._job is not None:
            return
        request = TranslateFileRequest(
            run=model.run, checkpoint=model.checkpoint, source=self.source, out=self.out, decoding=decoding,
            glossary=tuple(self._terms()), device=self._session.preferences.device,
        )  # fmt: skip
        words = self.tr("Translating {0}").format(self.source.name)
        with self._session.reporting(self.tr("Translating a file")):
            self._job = self._session.start(request, self._on_event, title=words, quiet=True)
            self.view.busy.set_progress(words)
        self.show_model()

    def stop(self) -> None:
        """Let the work go; what is done stays and is gone on from."""
        if self._job is not None:
            self._job.stop()

    def forget(self) -> None:
        """Another project."""
        self.stop()
        self.source, self.out, self.made = None, None, None
        self.show_model()

    def _on_event(self, event: Event) -> None:
        if isinstance(event, Progress):
            self.view.busy.set_progress(spoken(event.what), event.done, event.total, seconds_left=event.seconds_left)
        elif isinstance(event, Ended):
            self._job = None
            self.view.busy.finish()
            self.made = event.result if isinstance(event.result, TranslatedFile) else None
            self.show_model()
            if event.status == "failed":
                self.view.show_words(
                    self.tr("It was not translated"), spoken(event.error), self.tr("Try again")
                )  # fmt: skip

    # --- what the user does ------------------------------------------------------------------------------------------

    def _on_asked(self, what: str) -> None:
        if what == "translate":
            self.translate()
            return
        found = self.ask_source() if what == "source" else self.ask_out()
        if not found:
            return
        if what == "source":
            self.take(Path(found))
        else:
            self.out = Path(found)
            self.show_model()

    def _on_empty(self) -> None:
        """The button says what it does."""
        if self.made is not None and self.made.out is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.made.out.parent)))
        else:
            self._on_asked("translate" if self.source is not None else "source")

    def _ask_source(self) -> str:
        kinds = self.tr("Texts and subtitles ({0})").format(" ".join(f"*{suffix}" for suffix in SUFFIXES))
        return QFileDialog.getOpenFileName(self.view.window(), self.tr("Translate a file"), "", kinds)[0]

    def _ask_out(self) -> str:
        start = str(self.out) if self.out is not None else ""
        return QFileDialog.getSaveFileName(self.view.window(), self.tr("Where the translation goes"), start)[0]
