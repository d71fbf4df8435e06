"""Translate a text at hand: two panes, translating as one types; the newest text counts.

A word of the translation that is clicked tells what could stand there instead; what is taken is gone on from. What the
user has taken for a sentence stays with it, whatever is written around it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint, QTimer, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QMenu

from studio.config.decoding import Decoding
from studio.config.requests import Term, TranslateRequest
from studio.generation.translations import TranslatedSentence, Translation, Version
from studio.ui.panels.maker import Maker
from studio.ui.panels.trained_run import read_trained
from studio.ui.panels.translation_text_view import TextView, laid_out
from studio.ui.text import count_text, set_plain
from studio.ui.widgets.confusion_matrix import percent

if TYPE_CHECKING:
    from studio.ui.session import Session

Settings = Callable[[], Decoding | None]
Terms = Callable[[], Sequence[Term]]
MOST_LETTERS = 20_000
_ASK_MS = 160  # after the last key
_SETTLED_MS = 2500  # after which a translation is worth remembering
_WORDS = 9  # that could stand in a place


class TextDesk(QObject):
    """Joins the panes to the model. `settled` carries a source and its translation once nobody writes any more."""

    changed = Signal()
    state_changed = Signal()
    settled = Signal(str, str)

    def __init__(
        self, session: Session, maker: Maker, decoding: Settings, terms: Terms, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._maker, self._decoding, self._terms = session, maker, decoding, terms
        self.view = TextView(MOST_LETTERS)
        self.translation: Translation | None = None
        self._own: dict[str, Version] = {}  # by sentence: what the user has taken instead of the best
        self._model = ""
        self._late = self._timer(_ASK_MS, self.ask)
        self._rest = self._timer(_SETTLED_MS, self._on_settled)
        self.view.source.edited.connect(self._on_edited)
        self.view.source.moved.connect(self._show_versions)
        self.view.target.picked.connect(self._on_picked)
        self.view.versions.taken.connect(self._on_taken)
        self.view.copy.clicked.connect(self.copy)
        self.view.back.toggled.connect(self._on_back)
        maker.failed.connect(self._on_failed)

    def _timer(self, milliseconds: int, call: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(call)
        return timer

    # --- asking ------------------------------------------------------------------------------------------------------

    def show_model(self) -> None:
        """Another model, or other settings: the same text is translated again."""
        model = self._maker.model
        now = f"{model.run} {model.checkpoint}" if model is not None else ""
        if now != self._model:
            self._own.clear()
            self._model = now
        if model is not None:
            step = count_text(int(model.checkpoint))
            self.view.model.setText(self.tr("by {0}, step {1}").format(model.run, step))
        self.view.back.set_available(self._why_not_back())
        self.ask()

    def ask(self) -> None:
        """Translate what is written now."""
        self._late.stop()
        request = self._request(self.view.source.text())
        if request is None:
            return
        if not request.text.strip():
            self._maker.forget("translation")
            self.translation = None
            self._show()
            return
        self.view.set_waiting(True)
        self._maker.look("translation", request, self._on_translation)

    def _request(self, text: str, **more: Any) -> TranslateRequest | None:
        model, decoding = self._maker.model, self._decoding()
        if model is None or decoding is None or self._session.engine.state != "ready":
            return None
        return TranslateRequest(
            run=model.run, checkpoint=model.checkpoint, text=text, decoding=decoding, glossary=tuple(self._terms()),
            device=self._session.preferences.device, **more,
        )  # fmt: skip

    def _on_edited(self) -> None:
        self._rest.stop()
        self._late.start()
        self.view.show_count(len(self.view.source.text()), MOST_LETTERS)
        self.state_changed.emit()

    def _on_translation(self, found: Translation) -> None:
        self.translation = found
        self._show()
        self._rest.start()

    def _on_failed(self, key: str, why: str) -> None:
        if key == "translation":
            self.translation = None
            self._show()
            self.view.show_failure(why)

    def _on_settled(self) -> None:
        if self.translation is not None and self.shown_text().strip():
            self.settled.emit(self.view.source.text(), self.shown_text())

    def rest(self) -> None:
        """Nobody looks."""
        self._late.stop()
        for key in ("translation", "words", "again", "back"):
            self._maker.forget(key)

    def forget(self) -> None:
        """Another project."""
        self.rest()
        self.translation = None
        self._own.clear()
        self.view.source.set_text("")
        self._show()

    # --- what is shown -----------------------------------------------------------------------------------------------

    def version_of(self, sentence: TranslatedSentence) -> Version | None:
        """The translation of a sentence that stands in the text."""
        first = sentence.versions[0] if sentence.versions else None
        return self._own.get(sentence.source, first)

    def shown_text(self) -> str:
        """The translation as it is shown."""
        return laid_out(self.translation, self.version_of)[0] if self.translation is not None else ""

    def _show(self) -> None:
        text, spans = laid_out(self.translation, self.version_of) if self.translation is not None else ("", [])
        self.view.target.show_text(text, spans)
        self.view.set_waiting(False)
        self.view.source.set_unknown(self._unknown())
        self.view.show_done(self.translation.seconds if self.translation is not None else None)
        self.view.copy.set_available("" if text else self.tr("There is no translation yet."))
        self._show_versions()
        self._ask_back()
        self.changed.emit()

    def _unknown(self) -> list[tuple[int, int]]:
        """Where the source holds what the model cannot read; nothing while another text stands there."""
        found, place = [], 0
        text = self.view.source.text()
        for sentence in self.translation.sentences if self.translation is not None else ():
            place += len(sentence.before)
            if not text.startswith(sentence.source, place):
                return []
            found += [(place + start, place + end) for start, end in sentence.unknown]
            place += len(sentence.source)
        return found

    def _sentence_at_cursor(self) -> TranslatedSentence | None:
        sentences = self.translation.sentences if self.translation is not None else ()
        place, wanted = 0, self.view.source.cursor_place()
        for sentence in sentences:
            place += len(sentence.before) + len(sentence.source)
            if wanted <= place:
                return sentence
        return sentences[-1] if sentences else None

    def _show_versions(self) -> None:
        sentence = self._sentence_at_cursor()
        if sentence is None:
            self.view.versions.show_versions("", (), -1)
            return
        shown = self.version_of(sentence)
        chosen = next((n for n, version in enumerate(sentence.versions) if version is shown), -1)
        self.view.versions.show_versions(sentence.source, sentence.versions, chosen)

    # --- other words -------------------------------------------------------------------------------------------------

    def _on_taken(self, number: int) -> None:
        sentence = self._sentence_at_cursor()
        if sentence is not None and number < len(sentence.versions):
            self._take(sentence, sentence.versions[number])

    def _take(self, sentence: TranslatedSentence, version: Version) -> None:
        self._own[sentence.source] = version
        self._show()
        self._rest.start()

    def _on_picked(self, key: tuple[int, int], spot: QPoint) -> None:
        """A word was clicked: ask what could stand there."""
        if self.translation is None or key[0] >= len(self.translation.sentences):
            return
        sentence = self.translation.sentences[key[0]]
        version = self.version_of(sentence)
        if version is None:
            return
        begin = "".join(word.text for word in version.words[: key[1]])
        request = self._request(sentence.source, begin=begin, words=_WORDS)

        def on_words(found: Translation) -> None:
            self._offer(sentence, begin, version.words[key[1]].text, found, spot)

        if request is not None:
            self._maker.look("words", request, on_words)

    def _offer(self, sentence: TranslatedSentence, begin: str, now: str, found: Translation, spot: QPoint) -> None:
        menu = QMenu(self.view)
        menu.setObjectName("wordsMenu")
        menu.aboutToHide.connect(menu.deleteLater)
        for word in found.next_words:
            action = QAction(menu)
            set_plain(action, f"{word.text.strip() or self.tr('(nothing)')}\t{percent(word.probability)}")
            action.setCheckable(True)
            action.setChecked(word.text.strip() == now.strip())
            action.triggered.connect(lambda checked=False, text=word.text: self.go_on_with(sentence, begin + text))
            menu.addAction(action)
        if not found.next_words:
            action = menu.addAction(self.tr("Nothing else could stand here."))
            action.setEnabled(False)
        menu.popup(spot)

    def go_on_with(self, sentence: TranslatedSentence, begin: str) -> None:
        """Translate a sentence anew so that it begins with some words, and show that."""
        request = self._request(sentence.source, begin=begin)

        def on_version(found: Translation) -> None:
            versions = found.sentences[0].versions if found.sentences else ()
            if versions:
                self._take(sentence, versions[0])

        if request is not None:
            self._maker.look("again", request, on_version)

    # --- and back ----------------------------------------------------------------------------------------------------

    def other_way(self) -> str:
        """The newest run that learned the other direction of the same data; empty where there is none."""
        trained = self._maker.trained
        if trained is None:
            return ""
        way = bool(trained.config.get("backwards"))
        names = [info.name for info in self._session.runs() if info.family == self._maker.family and not info.damage]
        for name in names:
            other = read_trained(self._session, name)
            if other is None or not other.usable or other.dataset != trained.dataset:
                continue
            if bool(other.config.get("backwards")) != way:
                return name
        return ""

    def _why_not_back(self) -> str:
        why = self.tr("No run has learned the other way yet: train one with “The other way” switched on.")
        return "" if self.other_way() else why

    def _on_back(self) -> None:
        self._ask_back()
        self.state_changed.emit()

    def _ask_back(self) -> None:
        text = self.shown_text()
        other = self.other_way() if self.view.back.isChecked() and text.strip() else ""  # asks files: not at every key
        if not other:
            self._maker.forget("back")
            self.view.show_back(None)
            return
        request = TranslateRequest(run=other, text=text, device=self._session.preferences.device)
        self._maker.look("back", request, lambda found: self.view.show_back(found.text))

    # --- what the user does ------------------------------------------------------------------------------------------

    def copy(self) -> None:
        """Put the translation on the clipboard."""
        QGuiApplication.clipboard().setText(self.shown_text())
        self._session.toast(self.tr("The translation is on the clipboard."))

    def write(self, text: str) -> None:
        """Translate another text."""
        self.view.source.set_text(text)
        self.view.source.setFocus()

    def state(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"text": self.view.source.text(), "back": self.view.back.isChecked()}

    def restore(self, state: object) -> None:
        """Take up `state`; what is odd is left as it is."""
        found = state if isinstance(state, dict) else {}
        text = found.get("text")
        if isinstance(text, str) and text != self.view.source.text():
            self.view.source.set_text(text)
        self.view.back.setChecked(found.get("back") is True)
