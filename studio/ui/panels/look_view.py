"""What the views of a Look inside tab share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.config.requests import LookRequest, Recipe
from studio.ui.panels.maker import Maker
from studio.ui.text import Label, Role
from studio.ui.widgets.frames import dense

What = Literal["opinion", "nearest", "steps", "words", "race"]
LooksAt = Literal["one", "start", "many", "none"]


class LookView(QWidget):
    """One thing to look at. `show_recipes` asks for what it needs; `said` carries the sentence of what it found.

    `key` names it in the tab's state; with `needs_run` it is shown only where a checkpoint is chosen. `looks_at`: one
    of the tab's pictures, only how one starts, many, or none of them. `controls`: what it adds to the column while it
    is shown.
    """

    said = Signal(str)
    changed = Signal()
    outdated = Signal()
    """What it `depends` on has become another: it wants to be asked to show anew."""
    key = ""
    needs_run = True
    looks_at: LooksAt = "many"

    def __init__(self, maker: Maker, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.maker = maker
        self.recipes: tuple[Recipe, ...] = ()
        self.controls: QWidget | None = None

    def words(self) -> tuple[str, str]:
        """Its title, and a sentence or two that explain it."""
        raise NotImplementedError

    def concerned(self, recipes: Sequence[Recipe]) -> tuple[Recipe, ...]:
        """Which of the tab's recipes it looks at."""
        return tuple(recipes)

    def depends(self) -> object:
        """What else decides what it shows; where it is another it is asked to show anew."""
        return None

    def show_recipes(self, recipes: Sequence[Recipe]) -> None:
        """Look at the pictures of these recipes, made by the model of the moment."""
        raise NotImplementedError

    def fails(self, key: str, why: str) -> bool:
        """What it asked for under a key could not be found: whether it tells that itself."""
        return False

    def state(self) -> dict[str, Any]:
        """Plain JSON of what is picked here."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what `state` gave."""

    def _request(self, what: What, count: int = 5, recipes: Sequence[Recipe] | None = None) -> LookRequest | None:
        model, wanted = self.maker.model, self.recipes if recipes is None else recipes
        if model is None or not wanted:
            return None
        device = self.maker.session.preferences.device
        return LookRequest(
            what=what, run=model.run, checkpoint=model.checkpoint, recipes=tuple(map(self.maker.fit, wanted)),
            count=count, device=device,
        )  # fmt: skip


def titled(words: str, content: QWidget, *, role: Role = "dim") -> tuple[QWidget, Label]:
    """A widget below a line of words, and that line."""
    block = QWidget()
    label = Label(words, role=role)
    column = dense(QVBoxLayout(block), gap=6)
    column.addWidget(label)
    column.addWidget(content, 1)
    return block, label
