"""The Translate tab: a text at hand in two panes, or a file in the background, by the same model and settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QWidget

from studio.config.decoding import Decoding
from studio.ground.errors import text
from studio.ui.forms import SettingsForm
from studio.ui.panels.one_many_tab import MANY, ONE, OneManyTab
from studio.ui.panels.tab import TabIntention
from studio.ui.panels.translation_files import SUFFIXES, FilesDesk
from studio.ui.panels.translation_glossary import GlossaryBlock
from studio.ui.panels.translation_history import TranslationHistory
from studio.ui.panels.translation_text import TextDesk
from studio.ui.view_state import HeaderIntention
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import rule


class TranslationTab(OneManyTab):
    """Two ways to use the same model with the same settings."""

    key = "translate"
    one: TextDesk
    many: FilesDesk

    def mode_words(self) -> tuple[str, str]:
        return self.tr("Text"), self.tr("File")

    def make_desks(self) -> tuple[TextDesk, FilesDesk]:
        self.maker.doing = self.tr("Translating")
        self.maker.tells_refusals = False
        self.form = SettingsForm(name="decodingForm")
        self.form.set_model(Decoding())
        self.glossary = GlossaryBlock()
        self.history = TranslationHistory()
        self.swap = Button(self.tr("The other way"), kind="small", icon="swap")
        self.swap.setObjectName("translateSwap")
        one = TextDesk(self.session, self.maker, self.decoding, self.glossary.terms, self)
        many = FilesDesk(self.session, self.maker, self.decoding, self.glossary.terms, self)
        self._rule = rule()
        self.form.changed.connect(self._on_settings)
        self.glossary.changed.connect(self._on_settings)
        self.swap.clicked.connect(self._on_swap)
        self.history.chosen.connect(one.write)
        self.history.changed.connect(self.state_changed)
        one.settled.connect(self.history.add)
        one.changed.connect(self.intention_changed)
        return one, many

    def column_parts(self) -> Sequence[QWidget]:
        return self.swap, self.history, self.many.tools, self._rule, self.form, rule(), self.glossary

    def of_one(self) -> Sequence[QWidget]:
        return self.swap, self.history

    def decoding(self) -> Decoding | None:
        """How translations are sought; None while a setting is refused."""
        found = self.form.value()
        return found if isinstance(found, Decoding) else None

    # --- the tab -----------------------------------------------------------------------------------------------------

    def activate(self) -> None:
        super().activate()
        self.maker.refresh()
        self._on_model()

    def project_changed(self) -> None:
        self.maker.forget_all()
        self.one.forget()
        self.many.forget()

    def state(self) -> dict[str, Any]:
        return {
            "mode": self.mode(), "changed": self.form.overrides(), "advanced": self.form.advanced_open,
            "glossary": self.glossary.state(), "history": self.history.state(), "text": self.one.state(),
        }  # fmt: skip

    def restore(self, state: Mapping[str, Any]) -> None:
        changed = state.get("changed")
        self.form.set_model(Decoding(), changed if isinstance(changed, Mapping) else {})
        self.form.advanced_open = state.get("advanced") is True
        self.glossary.restore(state.get("glossary"))
        self.history.restore(state.get("history"))
        self.one.restore(state.get("text"))
        self.show_mode(str(state.get("mode", ONE)))

    def intention_part(self) -> TabIntention:
        header = HeaderIntention(run=True, checkpoint=True, primary="")
        nothing = text("There is no translation yet: write something at the left.")
        return TabIntention(header, blocks={} if self.one.shown_text() else {"copy": nothing})

    def actions(self) -> Mapping[str, Callable[[], None]]:
        return {"copy": self.one.copy} if self.mode() == ONE else {}

    def arrive(self, **what: Any) -> None:
        given = what.get("text")
        if isinstance(given, str):
            self.show_mode(ONE)
            self.one.write(given)

    def take_drop(self, paths: list[Path], certificate: Mapping[str, Any] | None) -> bool:
        """A text or subtitles are translated as a file."""
        if self.maker.model is None or len(paths) != 1 or paths[0].suffix.lower() not in SUFFIXES:
            return False
        self.show_mode(MANY)
        self.many.take(paths[0])
        return True

    # --- what is shown -----------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """The project, its runs or the machine have changed."""
        if self.active:
            before = self.maker.model
            self.maker.refresh()
            if self.maker.model == before:
                self.show_canvas()
                self.many.show_model()
                self._show_swap()
                if self.one.translation is None:
                    self.one.ask()
                self.intention_changed.emit()

    def model_shown(self) -> None:
        self._show_swap()
        self.one.show_model()

    def show_canvas(self) -> None:
        super().show_canvas()
        for part in (self.form, self.glossary, self.many.tools):
            part.setEnabled(self.maker.model is not None)

    def show_empty(self) -> None:
        sentence = self.tr("Train a translation model first; then write here and see it translated as you write.")
        self.fill_empty(
            self.empty,
            which=self.tr("Which run shall translate?"),
            nothing=self.tr("Nothing to translate with yet"),
            why=self.why_no_model(sentence),
        )

    # --- what the user does ------------------------------------------------------------------------------------------

    def _show_swap(self) -> None:
        why = self.tr("No run has learned the other way yet: train one with “The other way” switched on.")
        self.swap.set_available("" if self.one.other_way() else why)

    def _on_settings(self) -> None:
        self.one.show_model()
        self.many.show_model()
        self.state_changed.emit()

    def _on_swap(self) -> None:
        """The run that learned the other way takes the translation as its text."""
        other, words = self.one.other_way(), self.one.shown_text()
        if other:
            self.session.select(self.family, run=other, checkpoint="best")
            if words.strip():
                self.one.write(words)
