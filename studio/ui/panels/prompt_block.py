"""What the picture shall show, in words, and what not; words that the model never saw are named while one types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QSyntaxHighlighter, QTextCharFormat
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from studio.config.denoising import Denoising
from studio.config.requests import Drawn, Recipe
from studio.generation.prompts import LONGEST_PROMPT, check_prompt, unread_words
from studio.ground.errors import UsageError
from studio.models.vocabulary import Vocabulary, unknown_places
from studio.ui import theme
from studio.ui.text import Label
from studio.ui.widgets.frames import dense
from studio.ui.widgets.prompt_field import PromptField
from studio.ui.words import spoken

_LOOK_MS = 120  # after the last letter, before words are looked up
_MARKED = 64  # words at most


class PromptBlock(QWidget):
    """Hidden where the model reads no words. `entered`: Enter was pressed; `looked_up`: `problem` may be another."""

    entered = Signal()
    changed = Signal()
    looked_up = Signal()

    def __init__(self, head: QWidget | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._vocabulary: Vocabulary | None = None
        self._problem = ""
        self.prompt = self._make("createPrompt", self.tr("Prompt"), lines=3)
        self.negative = self._make("createNegative", self.tr("What it shall not show"), lines=1)
        self.negative.setPlaceholderText(self.tr("nothing"))
        self._marks = (UnknownWords(self.prompt), UnknownWords(self.negative))
        self.note = Label(role="small", wrap=True)
        self.note.setObjectName("promptNote")
        self.error = Label(role="error", wrap=True)
        self.error.setObjectName("promptError")
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(_LOOK_MS)
        self._late.timeout.connect(self.look_up)
        caption = dense(QHBoxLayout(), gap=4)
        caption.addWidget(Label(self.tr("Prompt"), role="dim"), 1)
        if head is not None:
            caption.addWidget(head)
        column = dense(QVBoxLayout(self), gap=4)
        column.addLayout(caption)
        for widget in (self.prompt, self.error, self.note):
            column.addWidget(widget)
        column.addWidget(Label(self.tr("Not"), role="dim"))
        column.addWidget(self.negative)
        theme.watcher().changed.connect(self._on_theme)
        self._say("", "")

    def _make(self, name: str, words: str, *, lines: int) -> PromptField:
        field = PromptField(lines=lines)
        field.setObjectName(name)
        field.setAccessibleName(words)
        field.set_most(2 * LONGEST_PROMPT)
        field.textChanged.connect(self._on_text)
        field.value_changed.connect(self._on_value)
        field.entered.connect(self.entered)
        return field

    # --- what it shows -----------------------------------------------------------------------------------------------

    def set_model(self, vocabulary: Vocabulary | None, examples: Sequence[str]) -> None:
        """The words that the model reads (None: none), and captions that it learned from."""
        self._vocabulary = vocabulary
        for marks in self._marks:
            marks.set_vocabulary(vocabulary)
        self.setVisible(vocabulary is not None)
        example = examples[0] if examples else ""
        self.prompt.setPlaceholderText(self.tr("for example: {0}").format(example) if example else "")
        self.look_up()

    def texts(self) -> dict[str, str]:
        """The fields of a denoising that are written here; empty where the model reads no words."""
        if self._vocabulary is None:
            return {"prompt": "", "negative": ""}
        return {"prompt": self.prompt.value(), "negative": self.negative.value()}

    def show_texts(self, prompt: str, negative: str) -> None:
        """Write without announcing it."""
        self.prompt.set_value(prompt)
        self.negative.set_value(negative)
        self.look_up()

    def problem(self) -> str:
        """Why the words cannot be used; empty where they can."""
        return self._problem

    def state(self) -> dict[str, str]:
        """Plain JSON."""
        return {"prompt": self.prompt.value(), "negative": self.negative.value()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what `state` gave."""
        texts = (state.get(name) for name in ("prompt", "negative"))
        self.show_texts(*(words[: 2 * LONGEST_PROMPT] if isinstance(words, str) else "" for words in texts))

    # --- looking up --------------------------------------------------------------------------------------------------

    def look_up(self) -> None:
        """Name the words that the model does not know, those that it does not read, and what is no prompt at all."""
        self._late.stop()
        vocabulary = self._vocabulary
        if vocabulary is None:
            self._say("", "")
            return
        try:
            for words in filter(None, self.texts().values()):
                check_prompt(vocabulary, words)
        except UsageError as error:
            self._say(spoken(error.text), "")
            return
        told = Recipe(latent=Drawn(seed=0), denoising=Denoising(**self.texts()))
        self._say("", "\n".join(spoken(notice.body) for notice in unread_words(vocabulary, [told])))

    def _say(self, problem: str, note: str) -> None:
        self._problem = problem
        for label, words in ((self.error, problem), (self.note, note)):
            label.setText(words)
            label.setVisible(bool(words))
        self.looked_up.emit()

    def _on_theme(self) -> None:
        for marks in self._marks:
            marks.rehighlight()

    def _on_text(self) -> None:
        self._late.start()

    def _on_value(self) -> None:
        self.look_up()
        self.changed.emit()


class UnknownWords(QSyntaxHighlighter):
    """Underlines words of a field that a vocabulary does not hold."""

    def __init__(self, field: QPlainTextEdit) -> None:
        super().__init__(field.document())
        self._vocabulary: Vocabulary | None = None

    def set_vocabulary(self, vocabulary: Vocabulary | None) -> None:
        """Look all words up in another one; None knows all."""
        self._vocabulary = vocabulary
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        if self._vocabulary is None:
            return
        form = QTextCharFormat()
        form.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        form.setUnderlineColor(theme.current().colour("danger"))
        for start, end in unknown_places(self._vocabulary, text)[:_MARKED]:
            first = _units(text[:start])
            self.setFormat(first, _units(text[:end]) - first, form)


def _units(text: str) -> int:
    """Length as Qt counts it: letters beyond the first 65,536 are two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
