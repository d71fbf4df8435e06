"""Which sentence a translation model is looked at with: the user's own, or one of the run's samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.config.decoding import Decoding
from studio.config.requests import TranslateRequest
from studio.ground.errors import StudioError
from studio.projects.samples import SampleFiles
from studio.ui.panels.looked_at import LookChoice
from studio.ui.text import Label
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import dense
from studio.ui.widgets.prompt_field import PromptField

if TYPE_CHECKING:
    from studio.ui.panels.trained_run import TrainedRun

_MOST = 600  # letters: more do not fit into a figure


@dataclass(frozen=True)
class LookedSentence:
    """What is looked at."""

    text: str

    def request(self, run: str, checkpoint: str, device: Any, *, look: bool = True) -> TranslateRequest:
        """What asks how it is translated."""
        return TranslateRequest(
            run=run, checkpoint=checkpoint, text=self.text, decoding=Decoding(count=1), look=look, device=device
        )


class SentenceChoice(LookChoice):
    """Until the user writes something it is the first sentence that the run shows while it trains."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._own = False  # the user has written
        self._trained: TrainedRun | None = None
        self._proposed_for = ""
        self.text = PromptField(lines=4)
        self.text.setObjectName("lookSentence")
        self.text.setAccessibleName(self.tr("The sentence that is translated"))
        self.text.set_most(_MOST)
        self.text.value_changed.connect(self._on_text)
        self.again = Button(self.tr("A sentence of the run instead"), kind="link")
        self.again.setObjectName("lookSentenceSample")
        self.again.clicked.connect(self._on_again)
        column = dense(QVBoxLayout(self), gap=6)
        column.addWidget(Label(self.tr("Sentence"), role="dim"))
        column.addWidget(self.text)
        column.addWidget(self.again)
        self.again.hide()

    def recipes(self) -> tuple[LookedSentence, ...]:
        line = next((line.strip() for line in self.text.value().splitlines() if line.strip()), "")
        return (LookedSentence(line),) if line else ()

    def missing(self) -> str:
        return "" if self.recipes() else self.tr("Write a sentence at the left; it is translated as you write.")

    def show_text(self, text: str) -> None:
        """Look at a sentence from elsewhere."""
        self._set_own(True)
        self.text.set_value(text[:_MOST])
        self.changed.emit()

    def set_trained(self, trained: TrainedRun | None) -> None:
        self._trained = trained
        name = trained.name if trained is not None else ""
        if not self._own and name and name != self._proposed_for:
            self._propose()

    def forget(self) -> None:
        self._set_own(False)
        self._proposed_for = ""
        self.text.set_value("")

    def state(self) -> dict[str, Any]:
        return {"text": self.text.value()} if self._own else {}

    def restore(self, state: Mapping[str, Any]) -> None:
        text = state.get("text")
        self._set_own(isinstance(text, str))
        self.text.set_value(text[:_MOST] if isinstance(text, str) else "")

    def _set_own(self, own: bool) -> None:
        self._own = own
        self.again.setVisible(own)

    def _propose(self) -> None:
        self._proposed_for = self._trained.name if self._trained is not None else ""
        self.text.set_value(first_source(self._trained)[:_MOST])

    def _on_text(self) -> None:
        self._set_own(True)
        self.changed.emit()

    def _on_again(self) -> None:
        self._set_own(False)
        self._propose()
        self.changed.emit()


def first_source(trained: TrainedRun | None) -> str:
    """The first sentence that a run shows while it trains; empty where there is none."""
    if trained is None or trained.folder is None:
        return ""
    samples = SampleFiles(trained.folder / "samples")
    try:
        steps = samples.steps()
        texts = samples.read_with_notes(steps[-1])[1].get("texts", []) if steps else []
        return str(texts[0].get("source", "")) if texts else ""
    except (OSError, StudioError, KeyError, AttributeError, TypeError):
        return ""
