"""What was asked for before, newest first: one choice sets everything as it was."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from studio.config.requests import Recipe
from studio.ui.panels.recipe_words import recipe_words
from studio.ui.panels.sheet import recipe_from_json, recipe_to_json
from studio.ui.text import set_plain

_MOST = 20
_LONGEST = 72  # letters of a line


class RequestHistory(QObject):
    """`chosen` carries the recipe. The menu hangs below a button."""

    chosen = Signal(object)

    def __init__(self, button: QWidget, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._button = button
        self.recipes: list[Recipe] = []

    def add(self, recipe: Recipe) -> None:
        """Something was asked for; what was asked for before in the same way moves to the top."""
        self.recipes = [recipe, *(one for one in self.recipes if one != recipe)][:_MOST]

    def ask(self) -> None:
        """Show the menu."""
        menu = self.build_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self._button.mapToGlobal(QPoint(0, self._button.height() + 2)))

    def build_menu(self) -> QMenu:
        """A line for each."""
        menu = QMenu(self._button)
        menu.setObjectName("historyMenu")
        for recipe in self.recipes:
            action = QAction(menu)
            words = recipe_words(recipe)
            set_plain(action, words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…")
            action.triggered.connect(lambda checked=False, recipe=recipe: self.chosen.emit(recipe))
            menu.addAction(action)
        if not self.recipes:
            action = QAction(self.tr("Nothing was made yet"), menu)
            action.setEnabled(False)
            menu.addAction(action)
        return menu

    def state(self) -> list[dict[str, Any]]:
        """Plain JSON."""
        return [recipe_to_json(recipe) for recipe in self.recipes]

    def restore(self, state: object) -> None:
        """Take up what `state` gave; anything odd is left out."""
        rows = state if isinstance(state, list) else []
        self.recipes = [recipe for row in rows[:_MOST] if (recipe := recipe_from_json(row)) is not None]
