"""Arithmetic with pictures: A − B + C, each dropped into its slot, and what comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.config.requests import Recipe
from studio.ui.panels.bench_part import BenchPart
from studio.ui.panels.latents import arithmetic
from studio.ui.panels.maker import Maker
from studio.ui.panels.sheet import recipe_from_json, recipe_to_json
from studio.ui.panels.tiles import Slot, Tile, recipe_load
from studio.ui.text import Label
from studio.ui.widgets.frames import dense
from studio.ui.widgets.pictures import DragLoad

LETTERS = ("A", "B", "C")


class ArithmeticSlots(BenchPart):
    """Three slots and the result. `picked` gives the recipe that a click on a slot puts into it (None: nothing)."""

    key = "arithmetic"

    def __init__(self, maker: Maker, picked: Callable[[], Recipe | None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._maker, self._picked = maker, picked
        self._recipes: dict[str, Recipe] = {}
        self.slots = {letter: self._make(letter) for letter in LETTERS}
        self.tile = Tile(128, hint=self.tr("A − B + C"))
        self.tile.setObjectName("arithmeticResult")
        self.tile.setAccessibleName(self.tr("The result of A − B + C"))
        self.tile.set_drag_hook(self._drag)
        self._words = Label(role="dim", wrap=True)
        self._words.setObjectName("arithmeticWords")
        self._lay_out()
        self._say()

    def _make(self, letter: str) -> Slot:
        tip = self.tr("Drop a picture here, or pick one above and click. Delete empties the slot.")
        slot = Slot(letter, side=96, tip=tip)
        slot.setObjectName(f"slot{letter}")
        slot.setProperty("letter", letter)
        slot.clicked.connect(self._on_clicked)
        slot.cleared.connect(self._on_cleared)
        slot.recipe_dropped.connect(self._on_dropped)
        return slot

    def _lay_out(self) -> None:
        row = dense(QHBoxLayout(self), gap=10)
        for letter, sign in zip(LETTERS, ("−", "+", "="), strict=True):
            row.addWidget(self.slots[letter])
            mark = Label(sign, role="headline")
            mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
            row.addWidget(mark)
        row.addWidget(self.tile)
        words = dense(QVBoxLayout(), gap=0)
        words.addStretch(1)
        words.addWidget(self._words)
        words.addStretch(1)
        row.addSpacing(6)
        row.addLayout(words, 1)

    # --- what it shows -----------------------------------------------------------------------------------------------

    def title(self) -> str:
        return self.tr("A − B + C")

    def hint(self, count: int) -> str:
        return self.tr("Drag pictures into three slots to calculate with them.")

    def why_not(self) -> str:
        return self.tr("Fill all three slots first.")

    def is_ready(self, count: int) -> bool:
        return True

    def asks_for(self) -> tuple[str, ...]:
        return ("slots",)

    def results(self) -> tuple[Recipe, ...]:
        result = self.result()
        return (result,) if result is not None else ()

    def fill(self, letter: str, recipe: Recipe | None) -> None:
        """Put a recipe into a slot, or empty it."""
        if recipe is None:
            self._recipes.pop(letter, None)
        else:
            self._recipes[letter] = recipe
        self.refresh()

    def recipes(self) -> Mapping[str, Recipe]:
        """What is in the slots."""
        return self._recipes

    def result(self) -> Recipe | None:
        """A − B + C; None while a slot is empty."""
        if len(self._recipes) < len(LETTERS):
            return None
        return arithmetic(*(self._recipes[letter] for letter in LETTERS))

    def refresh(self) -> None:
        filled = [letter for letter in LETTERS if letter in self._recipes]
        for letter in LETTERS:
            if letter not in self._recipes:
                self.slots[letter].set_picture(None)
        result = self.result()
        if result is None:
            self.tile.set_picture(None)
        wanted = [self._recipes[letter] for letter in filled] + ([result] if result is not None else [])
        tiles = [self.slots[letter] for letter in filled] + ([self.tile] if result is not None else [])

        def on_pictures(pictures: np.ndarray, whole: int) -> None:
            for tile, picture in zip(tiles, pictures, strict=False):
                tile.set_picture(picture)

        if wanted:
            self._maker.ask("slots", wanted, on_pictures)
        else:
            self._maker.forget("slots")
        self._say()
        self.result_changed.emit()

    def state(self) -> dict[str, object]:
        return {letter: recipe_to_json(recipe) for letter, recipe in self._recipes.items()}

    def restore(self, state: object) -> None:
        found = state if isinstance(state, dict) else {}
        read = {letter: recipe_from_json(found.get(letter)) for letter in LETTERS}
        self._recipes = {letter: recipe for letter, recipe in read.items() if recipe is not None}

    def _say(self) -> None:
        if self.result() is not None:
            words = self.tr("What A has and B has not, added to C: its latents are brought back to the usual length.")
        elif self._recipes:
            missing = ", ".join(letter for letter in LETTERS if letter not in self._recipes)
            words = self.tr("Still empty: {0}. Drag pictures into the slots, or pick one and click a slot.").format(
                missing
            )
        else:
            words = self.tr(
                "Drag three pictures into the slots. With glasses − without + another face = that face with glasses."
            )
        self._words.setText(words)

    def _letter(self) -> str:
        return str(self.sender().property("letter"))

    def _on_clicked(self) -> None:
        picked = self._picked()
        if picked is not None:
            self.fill(self._letter(), picked)

    def _on_cleared(self) -> None:
        self.fill(self._letter(), None)

    def _on_dropped(self, data: object) -> None:
        recipe = recipe_from_json(data)
        if recipe is not None:
            self.fill(self._letter(), recipe)

    def _drag(self) -> DragLoad:
        result = self.result()
        return recipe_load(recipe_to_json(result)) if result is not None else DragLoad()
