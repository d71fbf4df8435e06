"""What a bench is made of: ways to make new pictures of picked ones, each a part of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QWidget

from studio.config.requests import Recipe


@dataclass(frozen=True)
class Picked:
    """A picture picked on the sheet: its recipe with all labels filled in, and its picture."""

    recipe: Recipe
    picture: np.ndarray


class BenchPart(QWidget):
    """One way. `key` names it; `loops` says whether a film of it can be made."""

    result_changed = Signal()
    key = ""
    loops = False

    def title(self) -> str:
        """What stands on its tab."""
        raise NotImplementedError

    def hint(self, count: int) -> str:
        """What is still to be done, with so many pictures picked."""
        raise NotImplementedError

    def why_not(self) -> str:
        """Why there is no result yet."""
        return self.tr("Pick two or more pictures first.")

    def is_ready(self, count: int) -> bool:
        """Whether it has something to show, with so many pictures picked."""
        return count >= 2

    def set_picked(self, picked: Sequence[Picked]) -> None:
        """Work with these pictures, and ask for what comes of them."""

    def refresh(self) -> None:
        """Ask anew for what does not come of picked pictures: the model is another one, or it is shown again."""

    def asks_for(self) -> tuple[str, ...]:
        """The keys under which it asks the model."""
        return (self.key,)

    def results(self) -> tuple[Recipe, ...]:
        """The recipes that it has made; empty while there is nothing."""
        raise NotImplementedError

    def stops(self) -> tuple[Recipe, ...]:
        """The recipes that a loop would go through."""
        return ()

    def state(self) -> Any:
        """Plain JSON."""
        return None

    def restore(self, state: object) -> None:
        """Take up what `state` gave; anything odd is passed over."""


def pick_words(count: int, least: int = 2) -> str:
    """What is still to be picked where ``least`` pictures are needed."""
    if count == least - 1 and count > 0:
        return _tr("Pick one more picture (Ctrl with a click)")
    if least == 1:
        return _tr("Pick a picture")
    return _tr("Pick two or more pictures (Ctrl with a click)")


def _tr(words: str) -> str:
    return QCoreApplication.translate("Bench", words)


def filled(recipe: Recipe, labels: Mapping[str, str]) -> Recipe:
    """The recipe with the labels that were left to chance filled in as they fell."""
    missing = {name: value for name, value in labels.items() if not recipe.labels.get(name)}
    return recipe.model_copy(update={"labels": dict(recipe.labels) | missing}) if missing else recipe
