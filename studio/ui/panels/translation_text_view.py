"""The two panes with what belongs to them: the text at the left, its translation at the right, others below."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.generation.translations import TranslatedSentence, Translation, Version
from studio.ui.palette import SIZES
from studio.ui.panels.translation_versions import VersionsCard
from studio.ui.text import Label, count_text, number_text
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.text_pane import SourcePane, Span, WordPane


class TextView(QWidget):
    """What is shown; it decides nothing."""

    def __init__(self, most: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("translateText")
        self.source = SourcePane(most)
        self.source.setObjectName("translateSource")
        self.source.setAccessibleName(self.tr("Text to be translated"))
        self.source.setPlaceholderText(self.tr("Write or paste a text here; it is translated as you write."))
        self.target = WordPane()
        self.target.setObjectName("translateTarget")
        self.target.setAccessibleName(self.tr("Translation"))
        self.target.set_hint(self.tr("Click to see what could stand here"))
        self.versions = VersionsCard()
        self.count = self._small("translateCount")
        self.took = self._small("translateTook")
        self.model = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self.model.setObjectName("translateModel")
        self.problem = Label(role="error", wrap=True)
        self.problem.setObjectName("translateProblem")
        self.problem.hide()
        self.copy = Button(self.tr("Copy"), kind="small", icon="copy")
        self.copy.setObjectName("translateCopy")
        self.back = Button(self.tr("And back"), kind="small", tip=self.tr("Translate the translation back"))
        self.back.setObjectName("translateBack")
        self.back.setCheckable(True)
        self._lay_out()
        self.show_count(0, most)
        self.show_back(None)

    def _small(self, name: str) -> Label:
        label = Label(role="small")
        label.setObjectName(name)
        return label

    def _lay_out(self) -> None:
        head = dense(QHBoxLayout(), gap=10)
        head.addWidget(Label(self.tr("Translate"), role="strong"))
        head.addWidget(self.model, 1)
        panes = dense(QHBoxLayout(), gap=SIZES.space)
        panes.addWidget(self._card(self.source, self.count), 1)
        panes.addWidget(self._card(self.target, self.took, self.back, self.copy), 1)
        self._back_card = Frame("card", padding=12, gap=4)
        self._back_card.setObjectName("backCard")
        self._back_text = Label(role="body", wrap=True)
        self._back_text.setObjectName("backText")
        self._back_card.add(Label(self.tr("And back"), role="dim"))
        self._back_card.add(self._back_text)
        column = dense(QVBoxLayout(self), gap=12)
        column.addLayout(head)
        column.addLayout(panes, 1)
        column.addWidget(self.problem)
        column.addWidget(self._back_card)
        column.addWidget(self.versions)

    def _card(self, pane: QWidget, words: Label, *buttons: Button) -> Frame:
        card = Frame("card", padding=12, gap=8)
        card.add(pane, 1)
        foot = dense(QHBoxLayout(), gap=8)
        foot.addWidget(words, 1)
        for button in buttons:
            foot.addWidget(button)
        card.body.addLayout(foot)
        return card

    def show_count(self, letters: int, most: int) -> None:
        """How much is written, and how much fits."""
        words = self.tr("{0} letters").format(count_text(letters))
        if letters >= most:
            words = self.tr("{0} letters; no more fit here: translate longer texts as files").format(count_text(most))
        self.count.setText(words)

    def set_waiting(self, waiting: bool) -> None:
        """Whether what stands at the right no longer is the translation of what stands at the left."""
        self.target.set_dim(waiting)
        if waiting:
            self.problem.hide()

    def show_done(self, seconds: float | None) -> None:
        """How long it took."""
        self.took.setText("" if seconds is None else self.tr("{0} s").format(number_text(seconds, 2)))

    def show_failure(self, why: str) -> None:
        """Why there is no translation."""
        self.problem.setText(why)
        self.problem.show()

    def show_back(self, text: str | None) -> None:
        """The translation translated back; None where that is not asked for."""
        self._back_card.setVisible(text is not None)
        self._back_text.setText(text or "")


def laid_out(
    translation: Translation, version_of: Callable[[TranslatedSentence], Version | None]
) -> tuple[str, list[Span]]:
    """The text of the versions that are shown, and where each word of it stands, by (sentence, word)."""
    text, spans = "", []
    for number, sentence in enumerate(translation.sentences):
        text += sentence.before
        version = version_of(sentence)
        for at, word in enumerate(version.words if version is not None else ()):
            blank = len(word.text) - len(word.text.lstrip())
            spans.append(Span(len(text) + blank, len(text) + len(word.text), (number, at)))
            text += word.text
    return text + translation.after, [span for span in spans if span.end > span.start]
