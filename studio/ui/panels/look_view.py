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

What = Literal["opinion", "nearest"]


class LookView(QWidget):
    """One thing to look at. `show_recipes` asks for what it needs; `said` carries the sentence of what it found."""

    said = Signal(str)
    changed = Signal()
    key = ""

    def __init__(self, maker: Maker, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.maker = maker
        self.recipes: tuple[Recipe, ...] = ()

    def show_recipes(self, recipes: Sequence[Recipe]) -> None:
        """Look at the pictures of these recipes, made by the model of the moment."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """Plain JSON of what is picked here."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what `state` gave."""

    def _request(self, what: What, count: int = 5) -> LookRequest | None:
        model = self.maker.model
        if model is None or not self.recipes:
            return None
        recipes = tuple(map(self.maker.fit, self.recipes))
        device = self.maker.session.preferences.device
        return LookRequest(
            what=what, run=model.run, checkpoint=model.checkpoint, recipes=recipes, count=count, device=device
        )


def titled(words: str, content: QWidget, *, role: Role = "dim") -> tuple[QWidget, Label]:
    """A widget below a line of words, and that line."""
    block = QWidget()
    label = Label(words, role=role)
    column = dense(QVBoxLayout(block), gap=6)
    column.addWidget(label)
    column.addWidget(content, 1)
    return block, label
