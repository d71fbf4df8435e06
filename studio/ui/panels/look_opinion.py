"""What the discriminator thinks of each picture: generated ones beside real ones it has never learned from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.config.requests import Recipe
from studio.ui.panels.legend import Legend
from studio.ui.panels.look_view import LookView, titled
from studio.ui.panels.maker import Maker
from studio.ui.panels.score_histogram import ScoreHistogram
from studio.ui.text import Label, number_text
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.sample_grid import SampleGrid

_COMPARED = ("wasserstein", "relativistic")  # losses whose scores mean something only beside others

_EASILY, _HARDLY = 0.9, 0.65  # of pairs of a real and a generated picture in which the real one scores higher


class OpinionView(LookView):
    """Two sheets, most believed first, and the scores of both as bars."""

    key = "opinion"

    def __init__(self, maker: Maker, parent: QWidget | None = None) -> None:
        super().__init__(maker, parent)
        self._pictures = np.zeros((0, 1, 1, 3), np.uint8)
        self._found: Any = None
        self._orders: dict[bool, list[int]] = {False: [], True: []}
        self.made = SampleGrid(choosing="single")
        self.made.setObjectName("opinionMade")
        self.made.setAccessibleName(self.tr("Generated pictures, most believed first"))
        self.real = SampleGrid(choosing="single")
        self.real.setObjectName("opinionReal")
        self.real.setAccessibleName(self.tr("Real pictures it has never learned from, most believed first"))
        self.made.current_changed.connect(self._on_made)
        self.real.current_changed.connect(self._on_real)
        self.histogram = ScoreHistogram()
        self.histogram.setObjectName("opinionHistogram")
        self._lay_out()

    def _lay_out(self) -> None:
        made, self._made_words = titled(self.tr("Generated, most believed first"), self.made)
        real, self._real_words = titled(self.tr("Real and never learned from, most believed first"), self.real)
        both = dense(QHBoxLayout(), gap=16)
        both.addWidget(made, 1)
        both.addWidget(real, 1)
        card = Frame("card", padding=12)
        head = dense(QHBoxLayout(), gap=12)
        head.addWidget(Label(self.tr("How real they seem"), role="strong"))
        head.addStretch(1)
        head.addWidget(Legend(self.tr("real"), "real"))
        head.addWidget(Legend(self.tr("generated"), "fake"))
        card.body.addLayout(head)
        card.add(self.histogram, 1)
        column = dense(QVBoxLayout(self), gap=12)
        column.addLayout(both, 5)
        column.addWidget(card, 3)

    def words(self) -> tuple[str, str]:
        explained = self.tr(
            "The discriminator scores every picture: the higher, the more real it seems. Beside are real pictures that "
            "it has never learned from."
        )
        return self.tr("What the discriminator thinks"), explained

    # --- asking ------------------------------------------------------------------------------------------------------

    def show_recipes(self, recipes: Sequence[Recipe]) -> None:
        self.recipes = tuple(recipes)
        self._found = None
        request = self._request("opinion")
        if request is None:
            return
        self.maker.ask("opinion pictures", self.recipes, self._on_pictures)
        self.maker.look("opinion", request, self._on_found)

    def _on_pictures(self, pictures: np.ndarray, whole: int) -> None:
        self._pictures = pictures
        if self._found is None:
            self.made.set_captions([])
            self.made.set_pictures(pictures)
        else:
            self._show()

    def _on_found(self, insight: Any) -> None:
        self._found = insight
        self._show()

    # --- showing -----------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        made, real = list(self._found.found), list(self._found.real)
        if len(self._pictures) < len(made):
            return
        self._orders = {False: _by_score(made), True: _by_score(real)}
        reals = list(self._found.pictures.values())
        _fill(self.made, [self._pictures[at] for at in self._orders[False]], [made[at] for at in self._orders[False]])
        _fill(self.real, [reals[at] for at in self._orders[True]], [real[at] for at in self._orders[True]])
        line = self.line()
        self.histogram.set_scores([o.score for o in real], [o.score for o in made], line=line)
        self.said.emit(self._sentence(made, real, line))

    def line(self) -> float | None:
        """The score at which it is undecided; for losses that only compare, half-way between the means."""
        if self._found is None:
            return None
        trained = self.maker.trained
        kind = str(trained.config.get("loss", {}).get("kind", "")) if trained is not None else ""
        if kind not in _COMPARED:
            return 0.5 if kind == "least_squares" else 0.0
        means = [np.mean([o.score for o in group]) for group in (self._found.found, self._found.real) if len(group)]
        return float(np.mean(means)) if means else None

    def _sentence(self, made: Sequence[Any], real: Sequence[Any], line: float | None) -> str:
        if line is None:
            return ""
        fooled = sum(o.score > line for o in made)
        right = sum(o.score > line for o in real)
        words = self.tr("It takes {0} of {1} generated pictures for real, and {2} of {3} real ones.")
        return (
            words.format(fooled, len(made), right, len(real))
            + " "
            + self._verdict(told_apart([o.score for o in made], [o.score for o in real]))
        )

    def _verdict(self, apart: float) -> str:
        """Follows the scores alone: none may be beyond the line, and both still be told apart."""
        if apart >= _EASILY:
            return self.tr("It tells them apart with ease: the generator has much to learn, or too strong an opponent.")
        if apart < 1 - _HARDLY:
            return self.tr("Generated ones seem more real to it than real ones: it has much to learn.")
        if apart <= _HARDLY:
            return self.tr("It can hardly tell them apart: the two are well matched.")
        return self.tr("Real ones mostly seem more real to it: both still learn from each other.")

    def _on_made(self, place: int) -> None:
        self._mark(place, real=False)

    def _on_real(self, place: int) -> None:
        self._mark(place, real=True)

    def _mark(self, place: int, *, real: bool) -> None:
        order = self._orders[real]
        if self._found is None or not 0 <= place < len(order):
            return
        group = self._found.real if real else self._found.found
        self.histogram.mark(group[order[place]].score, real=real)


def told_apart(made: Sequence[float], real: Sequence[float]) -> float:
    """How likely a real picture scores above a generated one, 0 to 1 (the area under the ROC curve); 0.5: by chance."""
    if not made or not real:
        return 0.5
    difference = np.subtract.outer(np.asarray(real, np.float64), np.asarray(made, np.float64))
    return float(np.mean((difference > 0) + 0.5 * (difference == 0)))


def caption(opinion: Any) -> str:
    """What stands under a picture: a probability where the loss has one, else the raw score."""
    if opinion.probability is None:
        return number_text(opinion.score, 3)
    percent = 100 * opinion.probability
    return f"{percent:.1f} %" if percent < 1 or percent > 99 else f"{percent:.0f} %"


def _by_score(opinions: Sequence[Any]) -> list[int]:
    return sorted(range(len(opinions)), key=lambda at: -opinions[at].score)


def _fill(grid: SampleGrid, pictures: Sequence[np.ndarray], opinions: Sequence[Any]) -> None:
    grid.set_captions([caption(opinion) for opinion in opinions])
    grid.set_pictures(np.stack(pictures) if pictures else [])
    grid.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
