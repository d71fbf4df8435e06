"""Which text a language model is looked at with: the user's own, or one of the data set; alone or as a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.config.requests import ReadRequest
from studio.config.texts import Message
from studio.ground.errors import StudioError
from studio.projects.samples import SampleFiles
from studio.ui.panels.looked_at import LookChoice
from studio.ui.panels.sample_texts import SampleText, sample_texts
from studio.ui.text import Label
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import dense
from studio.ui.widgets.prompt_field import PromptField
from studio.ui.widgets.segmented import Segment, Segmented

if TYPE_CHECKING:
    from studio.ui.panels.trained_run import TrainedRun
    from studio.ui.session import Session

_MOST = 20_000  # characters that can be pasted in
_FIRST = 300  # characters of a text that is shown unasked


@dataclass(frozen=True)
class Looked:
    """What is looked at: a text, or what was asked and what is replied."""

    text: str
    asked: str | None = None

    def request(self, run: str, checkpoint: str, device: Any, **more: Any) -> ReadRequest:
        """What asks how it is read."""
        given: dict[str, Any] = {"text": self.text}
        if self.asked is not None:
            given = {"messages": self.messages()}
        return ReadRequest(run=run, checkpoint=checkpoint, device=device, **given, **more)

    def messages(self) -> tuple[Message, ...]:
        """The conversation, without the sides that say nothing."""
        turns = (Message(role="user", content=self.asked or ""), Message(role="assistant", content=self.text))
        return tuple(turn for turn in turns if turn.content)

    def whole(self) -> str:
        """All of what was written."""
        return self.text if self.asked is None else "\n".join(turn.content for turn in self.messages())


class TextChoice(LookChoice):
    """Until the user writes something it is what the run has written last, with its prompt."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._trained: TrainedRun | None = None
        self._own = False  # the user has written
        self._proposed_for = ""
        self.kind = Segmented([Segment("text", self.tr("Text")), Segment("chat", self.tr("Conversation"))])
        self.kind.setObjectName("lookKind")
        self.kind.setAccessibleName(self.tr("Read as a text or as a conversation"))
        self.kind.value_changed.connect(self._on_kind)
        self.asked = self._field("lookAsked", self.tr("What is asked"), lines=3)
        self.text = self._field("lookText", self.tr("The text that is read"), lines=5)
        self._asked_label = Label(self.tr("Asked"), role="dim")
        self._text_label = Label(role="dim")
        self.again = Button(self.tr("A sample of the run instead"), kind="link")
        self.again.setObjectName("lookSample")
        self.again.clicked.connect(self._on_again)
        column = dense(QVBoxLayout(self), gap=6)
        for widget in (self.kind, self._asked_label, self.asked, self._text_label, self.text, self.again):
            column.addWidget(widget)
        self._show_kind()

    def _field(self, name: str, words: str, *, lines: int) -> PromptField:
        field = PromptField(lines=lines)
        field.setObjectName(name)
        field.setAccessibleName(words)
        field.set_most(_MOST)
        field.value_changed.connect(self._on_text)
        return field

    # --- what is looked at -------------------------------------------------------------------------------------------

    def recipes(self) -> tuple[Looked, ...]:
        text, asked = self.text.value(), self.asked.value()
        if self.is_chat():
            return (Looked(text, asked),) if text or asked else ()
        return (Looked(text),) if text else ()

    def missing(self) -> str:
        return "" if self.recipes() else self.tr("Write a text at the left; it is read as you write.")

    def is_chat(self) -> bool:
        """Whether it is read as a conversation."""
        return self.kind.value() == "chat"

    def show_text(self, text: str, asked: str | None = None) -> None:
        """Look at a text from elsewhere; with ``asked`` it is a reply."""
        self._own = True
        self.kind.set_value("text" if asked is None else "chat")
        self.text.set_value(text[:_MOST])
        self.asked.set_value((asked or "")[:_MOST])
        self._show_kind()
        self.changed.emit()

    def set_trained(self, trained: TrainedRun | None) -> None:
        self._trained = trained
        name = trained.name if trained is not None else ""
        if not self._own and name and name != self._proposed_for:
            self.propose()

    def propose(self) -> None:
        """Show what the run has written last."""
        trained = self._trained
        self._proposed_for = trained.name if trained is not None else ""
        sample = last_sample(trained)
        if sample is not None:
            asked = sample.turns[-1].text if sample.turns else None
            self.kind.set_value("text" if asked is None else "chat")
            self.asked.set_value(asked or "")
            self.text.set_value((sample.prompt + sample.text)[:_FIRST])
        self._show_kind()

    def forget(self) -> None:
        self._own, self._proposed_for = False, ""
        self.text.set_value("")
        self.asked.set_value("")

    def state(self) -> dict[str, Any]:
        if not self._own:
            return {}
        return {"kind": self.kind.value(), "text": self.text.value(), "asked": self.asked.value()}

    def restore(self, state: Mapping[str, Any]) -> None:
        text, asked, kind = state.get("text"), state.get("asked"), state.get("kind")
        self._own = isinstance(text, str)
        self.kind.set_value("chat" if kind == "chat" else "text")
        self.text.set_value(text[:_MOST] if isinstance(text, str) else "")
        self.asked.set_value(asked[:_MOST] if isinstance(asked, str) else "")
        self._show_kind()

    # --- what the user does ------------------------------------------------------------------------------------------

    def _show_kind(self) -> None:
        chat = self.is_chat()
        self._asked_label.setVisible(chat)
        self.asked.setVisible(chat)
        self._text_label.setText(self.tr("Reply") if chat else self.tr("Text"))
        self.again.setVisible(self._own)

    def _on_kind(self) -> None:
        self._own = True
        self._show_kind()
        self.changed.emit()

    def _on_text(self) -> None:
        self._own = True
        self._show_kind()
        self.changed.emit()

    def _on_again(self) -> None:
        self._own = False
        self.propose()
        self.changed.emit()


def last_sample(trained: TrainedRun | None) -> SampleText | None:
    """The first text that a run has written at its last kept step; None where there is none."""
    if trained is None or trained.folder is None:
        return None
    samples = SampleFiles(trained.folder / "samples")
    try:
        steps = samples.steps()
        found = sample_texts(samples.read_with_notes(steps[-1])[1]) if steps else []
    except (OSError, StudioError, KeyError):
        return None
    return found[0] if found else None
