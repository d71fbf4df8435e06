"""What is made of picked pictures by a diffusion model: the way between them, the way to other words, variations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.config.denoising import Denoising
from studio.config.requests import Recipe
from studio.generation.prompts import check_prompt, unread_words
from studio.ground.errors import UsageError
from studio.ui.panels.bench import Bench
from studio.ui.panels.bench_part import BenchPart, Picked, pick_words
from studio.ui.panels.interpolation import Interpolation
from studio.ui.panels.latents import in_one_call, varied
from studio.ui.panels.maker import Maker
from studio.ui.panels.sheet import recipe_to_json
from studio.ui.panels.tiles import Tile, recipe_load
from studio.ui.text import Label
from studio.ui.widgets.buttons import icon_button
from studio.ui.widgets.frames import dense
from studio.ui.widgets.inputs import ValueSlider
from studio.ui.widgets.pictures import DragLoad
from studio.ui.widgets.prompt_field import PromptField
from studio.ui.widgets.sample_grid import SampleGrid
from studio.ui.words import spoken

_VARIATIONS = 8
_LARGEST_SEED = 2**31 - 1
Draft = Callable[[], Recipe]


class Between(Interpolation):
    """Pictures of different sizes cannot go over into one another; it says so."""

    def __init__(self, maker: Maker, parent: QWidget | None = None) -> None:
        super().__init__(maker, parent)
        self._differ = False

    def set_picked(self, picked: Sequence[Picked]) -> None:
        self._differ = len({one.picture.shape[:2] for one in picked}) > 1
        super().set_picked(() if self._differ else picked)

    def is_ready(self, count: int) -> bool:
        return count >= 2 and not self._differ

    def hint(self, count: int) -> str:
        if count >= 2 and self._differ:
            return self.tr("These pictures differ in size; pick pictures of one size to walk between them.")
        return super().hint(count)


class WordsWay(BenchPart):
    """From the words of a picture (or what is set at the left) to other words: the same noise, frames in between."""

    key = "words"
    loops = True

    def __init__(self, maker: Maker, draft: Draft, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._maker, self._draft = maker, draft
        self._from: Recipe | None = None
        self.other = PromptField(self.tr("and these words at the other end"), lines=2)
        self.other.setObjectName("otherWords")
        self.other.setAccessibleName(self.tr("Words at the other end"))
        self.other.value_changed.connect(self._on_words)
        self._says = Label(role="small", wrap=True)
        self._says.setObjectName("otherSays")
        self.way = _Inner(maker)
        self.way.result_changed.connect(self.result_changed)
        box = QWidget()
        box.setFixedWidth(210)
        column = dense(QVBoxLayout(box), gap=4)
        self._first = Label(role="dim", wrap=True)
        self._first.setMaximumHeight(40)
        for widget in (self._first, self.other, self._says):
            column.addWidget(widget)
        column.addStretch(1)
        row = dense(QHBoxLayout(self), gap=12)
        row.addWidget(box)
        row.addWidget(self.way, 1)

    def title(self) -> str:
        return self.tr("Words")

    def hint(self, count: int) -> str:
        if self._maker.trained is not None and self._maker.trained.vocabulary is None:
            return self.tr("This model reads no words, so there is no way between them.")
        return self.tr("From one prompt to another with the same noise.")

    def why_not(self) -> str:
        return self.tr("Write the words at the other end first.")

    def is_ready(self, count: int) -> bool:
        return self._maker.trained is not None and self._maker.trained.vocabulary is not None

    def set_picked(self, picked: Sequence[Picked]) -> None:
        self._from = picked[0].recipe if picked else None
        self._ask()

    def start(self) -> Recipe:
        """Where the way begins."""
        return self._from or self._draft()

    def _ask(self) -> None:
        if not self.is_ready(0):
            return
        start = self.start()
        way = start.denoising or Denoising()
        words = self.other.value()
        self._first.setText(self.tr("From: {0}").format(way.prompt or self.tr("no words")))
        problem, note = self._read(words)
        self._says.setText(problem or note)
        if not words or problem or words == way.prompt:
            self.way.set_stops(())
        else:
            self.way.set_stops(
                (start, start.model_copy(update={"denoising": way.model_copy(update={"prompt": words})}))
            )
        self.result_changed.emit()

    def _read(self, words: str) -> tuple[str, str]:
        """Why these are no words for the model, and what of them it does not know."""
        vocabulary = self._maker.trained.vocabulary if self._maker.trained is not None else None
        if not words:
            return "", ""
        try:
            check_prompt(vocabulary, words)
        except UsageError as error:
            return spoken(error.text), ""
        told = self.start().model_copy(update={"denoising": Denoising(prompt=words)})
        return "", "\n".join(spoken(notice.body) for notice in unread_words(vocabulary, [told]))

    def asks_for(self) -> tuple[str, ...]:
        return self.way.asks_for()

    def results(self) -> tuple[Recipe, ...]:
        return self.way.results()

    def stops(self) -> tuple[Recipe, ...]:
        return self.way.stops()

    def state(self) -> Any:
        return {"other": self.other.value(), "way": self.way.state()}

    def restore(self, state: object) -> None:
        found = state if isinstance(state, dict) else {}
        words = found.get("other")
        self.other.set_value(words if isinstance(words, str) else "")
        self.way.restore(found.get("way"))

    def _on_words(self) -> None:
        self._ask()


class _Inner(Interpolation):
    """The frames of a way between words, apart from those between pictures."""

    key = "words"


class Variations(BenchPart):
    """Pictures near a picked one."""

    key = "variations"

    def __init__(self, maker: Maker, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._maker = maker
        self._of: Recipe | None = None
        self._seed = 0
        self._recipes: list[Recipe] = []
        self.tile = Tile(128, hint=self.tr("picture"))
        self.tile.setObjectName("variationsOf")
        self.tile.setAccessibleName(self.tr("What is varied"))
        self.strip = SampleGrid(choosing="multi", tray=False)
        self.strip.setObjectName("variations")
        self.strip.setAccessibleName(self.tr("Variations"))
        self.strip.selection_changed.connect(self._on_chosen)
        self.strip.set_drag_hook(self._drag)
        self.share = ValueSlider(0.05, 1.0, 0.3, step=0.05)
        self.share.setObjectName("variationShare")
        self.share.setAccessibleName(self.tr("How far away"))
        self.share.value_committed.connect(self._on_share)
        self.more = icon_button("random", self.tr("Other variations"))
        self.more.setObjectName("variationMore")
        self.more.clicked.connect(self._on_more)
        below = dense(QHBoxLayout(), gap=12)
        below.addWidget(Label(self.tr("How far away"), role="dim"))
        below.addWidget(self.share, 1)
        below.addWidget(self.more)
        right = dense(QVBoxLayout(), gap=4)
        right.addWidget(self.strip, 1)
        right.addLayout(below)
        row = dense(QHBoxLayout(self), gap=16)
        row.addWidget(self.tile)
        row.addLayout(right, 1)

    def title(self) -> str:
        return self.tr("Variations")

    def hint(self, count: int) -> str:
        return f"{pick_words(0, least=1)} {self.tr('to see others near it.')}"

    def why_not(self) -> str:
        return self.tr("Pick a picture first.")

    def is_ready(self, count: int) -> bool:
        return count >= 1

    def set_picked(self, picked: Sequence[Picked]) -> None:
        self._of = picked[0].recipe if picked else None
        self.tile.set_picture(picked[0].picture if picked else None)
        self._ask()

    def _ask(self) -> None:
        if self._of is None:
            self._recipes = []
            self._maker.forget(self.key)
            self.strip.clear()
        else:
            self._recipes = in_one_call(varied(self._of, self._seed, _VARIATIONS, float(self.share.value())))
            self._maker.ask(self.key, self._recipes, self._on_pictures)
        self.result_changed.emit()

    def results(self) -> tuple[Recipe, ...]:
        chosen = [at for at in self.strip.selection() if at < len(self._recipes)]
        return tuple(self._recipes[at] for at in chosen or range(len(self._recipes)))

    def state(self) -> Any:
        return {"seed": self._seed, "share": self.share.value()}

    def restore(self, state: object) -> None:
        found = state if isinstance(state, dict) else {}
        seed, share = found.get("seed"), found.get("share")
        self._seed = seed if isinstance(seed, int) and 0 <= seed <= _LARGEST_SEED else 0
        self.share.set_value(share if isinstance(share, (int, float)) else 0.3)

    def _on_pictures(self, pictures: np.ndarray, whole: int) -> None:
        if len(pictures) == len(self._recipes):
            self.strip.set_pictures(pictures)

    def _on_share(self) -> None:
        self._ask()

    def _on_more(self) -> None:
        self._seed = (self._seed + 1) % _LARGEST_SEED
        self._ask()

    def _on_chosen(self) -> None:
        self.result_changed.emit()

    def _drag(self, places: list[int]) -> DragLoad:
        chosen = [self._recipes[at] for at in places if at < len(self._recipes)]
        return recipe_load(recipe_to_json(chosen[0])) if chosen else DragLoad()


class DiffusionBench(Bench):
    """The three ways of a diffusion model. `draft` gives the first recipe of what is set at the left."""

    def __init__(self, maker: Maker, draft: Draft, parent: QWidget | None = None) -> None:
        self.between = Between(maker)
        self.words = WordsWay(maker, partial(draft))
        self.variations = Variations(maker)
        super().__init__(maker, (self.between, self.variations, self.words), parent)
