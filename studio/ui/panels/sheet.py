"""The sheet of a Create tab: recipes in order, the pictures made from them so far, and which are out of date.

A sheet is its recipes; pictures are only remembered. So it can be saved, brought back, and shown with another
checkpoint. Knows no Qt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pydantic import ValidationError

from studio.config.denoising import Denoising
from studio.config.requests import Drawn, GenerateRequest, Recipe
from studio.generation.prompts import all_texts

TOLD_MOST = 1.5
"""How far a slider goes towards a value that the generator knows: half as far again as the value itself."""

MOST = 2000
"""Pictures that a sheet holds at most."""


@dataclass(frozen=True, slots=True)
class Model:
    """Which generator made a picture: a run and the step of one of its checkpoints (or ``last``, ``best``)."""

    run: str
    checkpoint: str = "last"


@dataclass(slots=True, eq=False)
class Entry:
    """One place of the sheet. ``picture`` (H, W, C) uint8 was made of ``made`` by ``model``; None: not made yet."""

    number: int
    recipe: Recipe
    picture: np.ndarray | None = None
    made: Recipe | None = None
    model: Model | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    """The value of every label of the picture, also of those left to chance."""
    forming: np.ndarray | None = None
    """What a picture on its way is taken for; shown until it is there."""
    whole: Recipe | None = None
    """``made`` with all that it left open, so that it makes the same picture for ever."""
    again: bool = False
    """Whether it is to be made once more although its picture is what the recipe means."""

    def take(self, picture: np.ndarray, recipe: Recipe, model: Model) -> None:
        """The picture of a recipe has come."""
        self.picture, self.made, self.model = picture, recipe, model
        self.forming, self.whole, self.again = None, None, False

    def shows(self, recipe: Recipe, model: Model) -> bool:
        """Whether the picture is what this recipe means with this model."""
        return not self.again and self.picture is not None and self.model == model and self.made == recipe

    def request(self) -> GenerateRequest | None:
        """The request that makes this picture again; None where there is no picture yet."""
        if self.made is None or self.model is None:
            return None
        return self.requests()[-1]

    def requests(self) -> list[GenerateRequest]:
        """The request as it was asked, then with all that it left open; none where there is no picture yet."""
        model, recipes = self.model, [recipe for recipe in (self.made, self.whole) if recipe is not None]
        if model is None:
            return []
        return [GenerateRequest(run=model.run, checkpoint=model.checkpoint, recipes=(recipe,)) for recipe in recipes]


class Sheet:
    """Entries in their order. Numbers name them and are never used twice, so that late answers find nothing wrong."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.fit: Callable[[Recipe], Recipe] = _same
        """What the model of the moment can make of a recipe: what it does not know is left out, not forgotten."""
        self._next = 0
        self._written: dict[int, tuple[Recipe, dict[str, Any]]] = {}  # as plain data, which is asked for often

    def __len__(self) -> int:
        return len(self.entries)

    def append(self, recipes: Iterable[Recipe]) -> list[Entry]:
        """Add recipes at the end, as far as there is room; returns their entries."""
        added = []
        for recipe in recipes:
            if len(self.entries) >= MOST:
                break
            added.append(Entry(self._next, recipe))
            self._next += 1
            self.entries.append(added[-1])
        return added

    def clear(self) -> list[Entry]:
        """Empty the sheet; returns what was on it, for `put_back`."""
        gone, self.entries = self.entries, []
        return gone

    def put_back(self, entries: Sequence[Entry]) -> None:
        """Show these entries again instead of what is there."""
        self.entries = list(entries)

    def remove(self, numbers: Iterable[int]) -> None:
        """Take entries off the sheet."""
        gone = set(numbers)
        self.entries = [entry for entry in self.entries if entry.number not in gone]

    def change(self, change: Callable[[Recipe], Recipe], numbers: Iterable[int] | None = None) -> None:
        """Replace recipes by others made from them: of some entries, or of all."""
        wanted = None if numbers is None else set(numbers)
        for entry in self.entries:
            if wanted is None or entry.number in wanted:
                entry.recipe = change(entry.recipe)

    def outdated(self, model: Model) -> list[Entry]:
        """Entries whose picture is missing or is not what the recipe means."""
        return [entry for entry in self.entries if not entry.shows(self.fit(entry.recipe), model)]

    def settle(self) -> None:
        """Give up waiting: what has no picture goes, the rest means again what it shows."""
        self.entries = [entry for entry in self.entries if entry.picture is not None]
        for entry in self.entries:
            entry.forming, entry.again = None, False
            if entry.made is not None and entry.made != self.fit(entry.recipe):
                entry.recipe = entry.made

    def following(self, seed: int) -> int:
        """The first index that the sheet does not yet show of a seed."""
        used = [
            latent.index
            for entry in self.entries
            if isinstance(latent := entry.recipe.latent, Drawn) and latent.seed == seed
        ]
        return max(used, default=-1) + 1

    def find(self, number: int) -> Entry | None:
        """The entry of a number."""
        return next((entry for entry in self.entries if entry.number == number), None)

    def to_json(self) -> list[dict[str, Any]]:
        """The recipes as plain data."""
        known = self._written
        self._written = {
            entry.number: known[entry.number]
            if entry.number in known and known[entry.number][0] is entry.recipe
            else (entry.recipe, recipe_to_json(entry.recipe))
            for entry in self.entries
        }
        return [plain for _, plain in self._written.values()]

    def load(self, data: object) -> None:
        """Take up what `to_json` gave; what is no recipe is left out."""
        self.entries = []
        rows = data if isinstance(data, list) else []
        self.append(recipe for row in rows if (recipe := recipe_from_json(row)) is not None)


def _same(recipe: Recipe) -> Recipe:
    return recipe


def recipe_to_json(recipe: Recipe) -> dict[str, Any]:
    """A recipe as plain data, what is usual left out."""
    return recipe.model_dump(mode="json", exclude_defaults=True) | {"latent": recipe.latent.model_dump(mode="json")}


def recipe_from_json(data: object) -> Recipe | None:
    """The inverse of `recipe_to_json`; None for anything else."""
    try:
        return Recipe.model_validate(data)
    except (ValidationError, RecursionError):
        return None


def request_from_json(data: Mapping[str, Any] | None) -> GenerateRequest | None:
    """The request in a birth certificate; None where it holds none."""
    if data is None:
        return None
    inner = data.get("request", data)
    try:
        return GenerateRequest.model_validate(inner)
    except (ValidationError, RecursionError):
        return None


def with_label(recipe: Recipe, label: str, value: str) -> Recipe:
    """The recipe with another value of a label; an empty value leaves it to chance."""
    labels = {name: held for name, held in recipe.labels.items() if name != label}
    return recipe.model_copy(update={"labels": labels | ({label: value} if value else {})})


def with_direction(recipe: Recipe, direction: str, strength: float) -> Recipe:
    """The recipe moved along a direction by a strength; zero takes the direction away."""
    kept = {name: held for name, held in recipe.directions.items() if name != direction}
    return recipe.model_copy(update={"directions": kept | ({direction: strength} if strength else {})})


def with_truncation(recipe: Recipe, truncation: float) -> Recipe:
    """The recipe with another truncation."""
    return recipe.model_copy(update={"truncation": truncation})


def fitted(recipe: Recipe, labels: Mapping[str, Sequence[str]], directions: Iterable[str]) -> Recipe:
    """The recipe without labels and directions that a model does not know."""
    known = {name: value for name, value in recipe.labels.items() if value in labels.get(name, ())}
    steered = set(directions)
    moves = {name: _bounded(name, strength, labels) for name, strength in recipe.directions.items() if name in steered}
    if known == recipe.labels and moves == recipe.directions:
        return recipe
    return recipe.model_copy(update={"labels": known, "directions": moves})


def fitted_steps(recipe: Recipe, labels: Mapping[str, Sequence[str]], *, words: bool) -> Recipe:
    """The recipe as a model that makes pictures in steps can read it: without labels that it does not know, and
    without ``words`` where it reads none."""
    known = {name: value for name, value in recipe.labels.items() if value in labels.get(name, ())}
    denoising = recipe.denoising or Denoising()
    if not words and all_texts(denoising):
        unsaid = [restart.model_copy(update={"prompt": None, "negative": None}) for restart in denoising.restarts]
        texts = dict.fromkeys(("prompt", "negative", "other_prompt"), "")
        denoising = denoising.model_copy(update=texts | {"restarts": tuple(unsaid)})
    others = {name: value for name, value in denoising.other_labels.items() if value in labels.get(name, ())}
    if others != denoising.other_labels:
        denoising = denoising.model_copy(update={"other_labels": others})
    return recipe.model_copy(update={"labels": known, "truncation": 1.0, "directions": {}, "denoising": denoising})


def _bounded(direction: str, strength: float, labels: Mapping[str, Sequence[str]]) -> float:
    """Towards a known value a strength is a share of the way; found directions count in deviations and go both ways."""
    return min(max(strength, 0.0), TOLD_MOST) if direction.partition("=")[0] in labels else strength
