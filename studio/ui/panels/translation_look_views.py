"""What can be seen of one translation: what was looked at for each word, within the source, and how it was sought."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from studio.config.requests import TranslateRequest
from studio.generation.translations import SeenTranslation, Translation
from studio.ui import theme
from studio.ui.panels.look_training import ThroughTraining
from studio.ui.panels.look_view import LookView
from studio.ui.panels.maker import Maker
from studio.ui.panels.translation_look_sentence import LookedSentence
from studio.ui.text import Label, count_text, number_text
from studio.ui.widgets.alignment import Alignment
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.search_tree import END, SearchTree, shown

_HIGHEST_STEP = 99_999  # whose number sets the width of all


class SeenView(LookView):
    """A view of one sentence's translation; asked for once for all views, since the newest answer is kept."""

    looks_at = "one"

    def show_recipes(self, recipes: Sequence[Any]) -> None:
        model = self.maker.model
        looked: LookedSentence | None = recipes[0] if recipes else None
        self.show_seen(None, None)
        if model is not None and looked is not None:
            request = looked.request(model.run, model.checkpoint, self.maker.session.preferences.device)
            self.maker.look(self.key, request, self._on_found)

    def _on_found(self, found: Translation) -> None:
        self.show_seen(found, found.seen)

    def show_seen(self, found: Translation | None, seen: SeenTranslation | None) -> None:
        """Show what was seen of a translation; None: nothing yet."""
        raise NotImplementedError


class _AlignmentView(SeenView):
    """An `Alignment` in a card; a subclass says which weights."""

    def __init__(self, maker: Maker, parent: QWidget | None = None) -> None:
        super().__init__(maker, parent)
        self.alignment = Alignment()
        self.alignment.setObjectName(f"{self.key}Alignment")
        self.alignment.changed.connect(self.changed)
        card = Frame("card", padding=14)
        card.add(self.alignment, 1)
        dense(QVBoxLayout(self)).addWidget(card, 1)

    def weights(self, seen: SeenTranslation) -> tuple[np.ndarray, tuple[str, ...], tuple[str, ...]]:
        """Shares (layers, heads, below, above), and the words above and below."""
        raise NotImplementedError

    def show_seen(self, found: Translation | None, seen: SeenTranslation | None) -> None:
        if found is None or seen is None:
            self.alignment.clear()
            return
        shares, above, below = self.weights(seen)
        self.alignment.set_weights(shares, [word or END for word in above], [word or END for word in below])
        self.said.emit(found.text.strip())

    def state(self) -> dict[str, Any]:
        return {"alignment": self.alignment.state()}

    def restore(self, state: dict[str, Any]) -> None:
        self.alignment.restore(state.get("alignment"))


class CrossView(_AlignmentView):
    """Which words of the source were looked at for each word of the translation."""

    key = "cross"

    def words(self) -> tuple[str, str]:
        explained = self.tr(
            "For each word that it writes, the decoder looks at the source. The ribbons show where: often a dictionary "
            "that nobody wrote. Point at a word; pick a head at the right. ■ is the end."
        )
        return self.tr("What is looked at for each word"), explained

    def weights(self, seen: SeenTranslation) -> tuple[np.ndarray, tuple[str, ...], tuple[str, ...]]:
        return seen.cross, seen.source, seen.target


class EncoderView(_AlignmentView):
    """Which words of the source look at each other."""

    key = "encoder"

    def words(self) -> tuple[str, str]:
        explained = self.tr(
            "Before anything is written, the words of the source look at each other: an article at its noun, a verb at "
            "who does it. Above is what is looked at, below who looks."
        )
        return self.tr("Within the source"), explained

    def weights(self, seen: SeenTranslation) -> tuple[np.ndarray, tuple[str, ...], tuple[str, ...]]:
        return seen.encoder, seen.source, seen.source


class SearchView(SeenView):
    """The search as a tree."""

    key = "search"

    def __init__(self, maker: Maker, parent: QWidget | None = None) -> None:
        super().__init__(maker, parent)
        self._seen: SeenTranslation | None = None
        self.tree = SearchTree()
        self.tree.setObjectName("searchTree")
        self.tree.setAccessibleName(self.tr("Everything that the search looked at, step by step"))
        self.tree.pointed.connect(self._on_pointed)
        self._line = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self._line.setObjectName("searchLine")
        card = Frame("card", padding=14, gap=8)
        card.add(_scrolling(self.tree), 1)
        card.add(self._line)
        dense(QVBoxLayout(self)).addWidget(card, 1)

    def words(self) -> tuple[str, str]:
        explained = self.tr(
            "From left to right what could come next. Some ways are gone on with, the others (dim) are let fall; green "
            "ones are at an end. The best of these, in blue, is the translation."
        )
        return self.tr("How it was sought"), explained

    def show_seen(self, found: Translation | None, seen: SeenTranslation | None) -> None:
        self._seen = seen
        nodes = seen.search if seen is not None else ()
        self.tree.set_nodes(nodes, best_end(seen) if seen is not None else -1)
        self._line.setText("")
        if found is not None and seen is not None:
            words = self.tr("{0} ways looked at in {1} steps")
            steps = max((node.step for node in nodes), default=-1) + 1
            self.said.emit(words.format(count_text(len(nodes)), count_text(steps)))

    def _on_pointed(self, at: int) -> None:
        if at < 0 or self._seen is None:
            self._line.setText("")
            return
        nodes = self._seen.search
        text = "".join(nodes[one].text for one in self.tree.way_to(at)).strip() or shown(nodes[at].text)
        fates = {"kept": self.tr("gone on with"), "ended": self.tr("at an end"), "fell": self.tr("let fall")}
        score = number_text(nodes[at].score, 4)
        self._line.setText(self.tr("“{0}”: {1}, sum of logarithms {2}").format(text, fates[nodes[at].fate], score))


class _StepLine(QWidget):
    """A step and what it makes of the sentence, as far as there is room."""

    def __init__(self, step: int) -> None:
        super().__init__()
        number = Label(count_text(step), role="dim")
        number.setAlignment(Qt.AlignmentFlag.AlignRight)
        number.setMinimumWidth(number.fontMetrics().horizontalAdvance(count_text(_HIGHEST_STEP)))
        self.text = Label(elide=Qt.TextElideMode.ElideRight)
        row = dense(QHBoxLayout(self), gap=12)
        row.addWidget(number)
        row.addWidget(self.text, 1)


class SentenceTrainingView(ThroughTraining):
    """Above what the chosen checkpoint makes of the sentence, below what all of them do."""

    def __init__(self, maker: Maker, parent: QWidget | None = None) -> None:
        super().__init__(maker, parent)
        self.text = Label(role="headline", wrap=True)
        self.text.setObjectName("sentenceText")
        self._rows = dense(QVBoxLayout(), gap=6)
        self._lines: dict[int, _StepLine] = {}
        holder = QWidget()
        theme.set_look(holder, surface="surface")
        column = dense(QVBoxLayout(holder), gap=0)
        column.addLayout(self._rows)
        column.addStretch(1)
        upper = Frame("card", padding=14, gap=8)
        upper.add(self.text)
        upper.add(self.slider)
        lower = Frame("card", padding=14)
        lower.add(_scrolling(holder, resizable=True), 1)
        whole = dense(QVBoxLayout(self), gap=12)
        whole.addWidget(upper)
        whole.addWidget(lower, 1)

    def words(self) -> tuple[str, str]:
        explained = self.tr(
            "The same sentence given to every kept checkpoint: first the commonest words, then the right ones, then "
            "their right forms."
        )
        return self.tr("Through the training"), explained

    def request(self, run: str, checkpoint: str, looked: LookedSentence) -> TranslateRequest:
        return looked.request(run, checkpoint, self.maker.session.preferences.device, look=False)

    def taken(self, answer: Translation) -> str:
        return answer.text.strip()

    def show_found(self) -> None:
        for step in [step for step in self._lines if step not in self.found]:
            line = self._lines.pop(step)
            line.hide()
            line.deleteLater()
        for place, step in enumerate(self.steps()):
            if step not in self._lines:
                self._lines[step] = _StepLine(step)
                self._rows.insertWidget(place, self._lines[step])
            self._lines[step].text.setText(self.found[step])
            self._lines[step].text.set_role("strong" if step == self.step else "body")
        self.text.setText(self.found.get(self.step, "…"))


def best_end(seen: SeenTranslation) -> int:
    """The node where the best translation is at an end: that whose way spells it; -1 where none does."""
    wanted = "".join(seen.target[:-1]).strip()
    for number, node in enumerate(seen.search):
        if node.fate != "ended":
            continue
        way, at = [], number
        while at >= 0:
            way.append(seen.search[at].text)
            at = seen.search[at].parent
        if "".join(reversed(way)).strip() == wanted:
            return number
    return -1


def _scrolling(widget: QWidget, *, resizable: bool = False) -> QScrollArea:
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(resizable)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(widget)
    theme.set_look(area.viewport(), surface="surface")
    return area
