"""What is made of picked pictures: the way between them, their average, A − B + C. One card below the sheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.config.requests import Recipe
from studio.ui.panels.interpolation import Interpolation
from studio.ui.panels.latents import mean
from studio.ui.panels.maker import Maker
from studio.ui.panels.sheet import Model, recipe_to_json
from studio.ui.panels.slots import ArithmeticSlots
from studio.ui.panels.tiles import Tile, recipe_load
from studio.ui.text import Label
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.pictures import DragLoad
from studio.ui.widgets.sample_grid import SampleGrid
from studio.ui.widgets.segmented import Segment, Segmented

MODES = ("between", "average", "arithmetic")
_MOST_STOPS = 12
_OPEN, _CLOSED = 208, 60  # heights


@dataclass(frozen=True)
class Picked:
    """A picture picked on the sheet: its recipe with all labels filled in, and its picture."""

    recipe: Recipe
    picture: np.ndarray


class Average(QWidget):
    """The picked pictures in a row, and their average."""

    result_changed = Signal()

    def __init__(self, maker: Maker, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._maker = maker
        self._recipes: tuple[Recipe, ...] = ()
        self.parts = SampleGrid(choosing="none", tray=False)
        self.parts.setObjectName("averageParts")
        self.parts.setAccessibleName(self.tr("What is averaged"))
        self.tile = Tile(128, hint=self.tr("average"))
        self.tile.setObjectName("averageResult")
        self.tile.setAccessibleName(self.tr("The average"))
        self.tile.set_drag_hook(self._drag)
        self._words = Label(role="dim")
        row = dense(QHBoxLayout(self), gap=16)
        row.addWidget(self.tile)
        column = dense(QVBoxLayout(), gap=4)
        column.addWidget(self.parts, 1)
        column.addWidget(self._words)
        row.addLayout(column, 1)

    def set_picked(self, picked: Sequence[Picked]) -> None:
        """Average these (two or more)."""
        self._recipes = tuple(one.recipe for one in picked) if len(picked) >= 2 else ()
        self.parts.set_pictures(np.stack([one.picture for one in picked]) if self._recipes else [])
        self.refresh()

    def refresh(self) -> None:
        """Ask for the average anew."""
        result = self.result()
        if result is None:
            self._maker.forget("average")
            self.tile.set_picture(None)
        else:
            self._maker.ask("average", [result], self._on_picture)
        self._words.setText(
            self.tr("The mean of {0} latents, brought back to the usual length").format(len(self._recipes))
        )
        self.result_changed.emit()

    def result(self) -> Recipe | None:
        """The recipe of the average."""
        return mean(self._recipes) if self._recipes else None

    def _on_picture(self, pictures: np.ndarray, whole: int) -> None:
        self.tile.set_picture(pictures[0])

    def _drag(self) -> DragLoad:
        result = self.result()
        return recipe_load(recipe_to_json(result)) if result is not None else DragLoad()


class Bench(Frame):
    """Three ways to make new pictures of picked ones. `add_asked` and `keep_asked` carry a recipe."""

    add_asked = Signal(object)
    keep_asked = Signal(object)
    film_asked = Signal()
    changed = Signal()

    def __init__(self, maker: Maker, parent: QWidget | None = None) -> None:
        super().__init__("card", padding=12, gap=8, parent=parent)
        self._maker = maker
        self._fed: Model | None = None
        self._open = False
        self._used = False
        self._picked: tuple[Picked, ...] = ()
        self.modes = Segmented(
            [
                Segment("between", self.tr("Between")),
                Segment("average", self.tr("Average")),
                Segment("arithmetic", self.tr("A − B + C")),
            ]
        )
        self.modes.setObjectName("benchModes")
        self.modes.setAccessibleName(self.tr("What to make of picked pictures"))
        self.modes.value_changed.connect(self._on_mode)
        self.between = Interpolation(maker)
        self.average = Average(maker)
        self.slots = ArithmeticSlots(maker, self._one_picked)
        self._stack = QStackedWidget()
        self._hint = Label(role="dim", wrap=True)
        self._hint.setObjectName("benchHint")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for part in (self.between, self.average, self.slots, self._hint):
            self._stack.addWidget(part)
        for source in (self.between, self.average, self.slots):
            source.result_changed.connect(self._on_result)
        self._build_buttons()
        self.add(self._head())
        self.add(self._stack)
        self._show()

    def _build_buttons(self) -> None:
        self.add_button = Button(self.tr("Add to the sheet"), kind="quiet", icon="grid-plus")
        self.add_button.setObjectName("benchAdd")
        self.add_button.clicked.connect(self._on_add)
        self.keep_button = Button(self.tr("Keep"), kind="quiet", icon="star")
        self.keep_button.setObjectName("benchKeep")
        self.keep_button.clicked.connect(self._on_keep)
        self.film_button = Button(self.tr("Export loop…"), kind="quiet", icon="film")
        self.film_button.setObjectName("benchFilm")
        self.film_button.clicked.connect(self.film_asked)
        self.fold = icon_button("chevron-up", self.tr("Open or close what is made of picked pictures"))
        self.fold.setObjectName("benchFold")
        self.fold.clicked.connect(self._on_fold)

    def _head(self) -> QWidget:
        head = QWidget()
        row = dense(QHBoxLayout(head), gap=4)
        self.modes.setFixedWidth(290)
        row.addWidget(self.modes)
        row.addStretch(1)
        self._short_hint = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        row.insertWidget(1, self._short_hint, 1)
        for button in (self.add_button, self.keep_button, self.film_button, self.fold):
            row.addWidget(button)
        return head

    # --- what it shows -----------------------------------------------------------------------------------------------

    def mode(self) -> str:
        """Which of the three is shown."""
        return self.modes.value()

    def set_picked(self, picked: Sequence[Picked]) -> None:
        """Work with these pictures."""
        before = [one.recipe for one in self._picked]
        self._picked = tuple(picked)
        if len(picked) >= 2 and not self._used:
            self._used = self._open = True
        if before != [one.recipe for one in picked]:
            self._feed()
        self._show()

    def show_mode(self, mode: str) -> None:
        """Open the card at one of its modes."""
        self._used = self._open = True
        self.modes.set_value(mode)
        self._on_mode(mode)

    def refresh(self) -> None:
        """Make everything anew if the model is another one."""
        if self._maker.model != self._fed:
            self._feed(again=True)
        self._show()

    def rest(self) -> None:
        """Nobody looks: what was asked for is void."""
        self._fed = None

    def stops(self) -> tuple[Recipe, ...]:
        """The recipes that a loop would go through."""
        return self.between.stops()

    def state(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"mode": self.mode(), "open": self._open, "place": self.between.place(), "slots": self.slots.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what `state` gave."""
        mode = str(state.get("mode", MODES[0]))
        self.modes.set_value(mode if mode in MODES else MODES[0])
        place = state.get("place", 0.5)
        self.between.set_place(place if isinstance(place, (int, float)) else 0.5)
        self.slots.restore(state.get("slots"))
        self._open = state.get("open") is True
        self._used = "open" in state
        self._fed = None
        self._show()

    def _feed(self, *, again: bool = False) -> None:
        """Hand the picked pictures to the part that is shown; the others wait until they are."""
        self._fed = self._maker.model
        if self.mode() == "between":
            self.between.set_stops([one.recipe for one in self._picked[:_MOST_STOPS]])
        elif self.mode() == "average":
            self.average.set_picked(self._picked)
        elif again:
            self.slots.refresh()

    def _show(self) -> None:
        enough = len(self._picked) >= 2
        parts = {"between": self.between, "average": self.average, "arithmetic": self.slots}
        mode = self.mode()
        self._stack.setCurrentWidget(parts[mode] if enough or mode == "arithmetic" else self._hint)
        self._hint.setText(self._hint_words())
        why = "" if self.result() is not None else self._why()
        for button in (self.add_button, self.keep_button):
            button.set_available(why)
            button.setVisible(self._open)
        self.film_button.setVisible(self._open and mode == "between")
        self._short_hint.setText("" if self._open else self._hint_words())
        self._stack.setVisible(self._open)
        self.fold.set_icon("chevron-down" if self._open else "chevron-up")
        self.setFixedHeight(_OPEN if self._open else _CLOSED)
        self.film_button.set_available("" if enough else self._why())

    def _hint_words(self) -> str:
        if self.mode() == "arithmetic":
            return self.tr("Drag pictures into three slots to calculate with them.")
        one = len(self._picked) == 1
        more = (
            self.tr("Pick one more picture (Ctrl with a click)")
            if one
            else self.tr("Pick two or more pictures (Ctrl with a click)")
        )
        goal = self.tr("to walk between them.") if self.mode() == "between" else self.tr("to average them.")
        return f"{more} {goal}"

    def _why(self) -> str:
        return (
            self.tr("Fill all three slots first.")
            if self.mode() == "arithmetic"
            else self.tr("Pick two or more pictures first.")
        )

    def result(self) -> Recipe | None:
        """The recipe that the shown part has made."""
        sources: dict[str, Callable[[], Recipe | None]] = {
            "between": self.between.result, "average": self.average.result, "arithmetic": self.slots.result,
        }  # fmt: skip
        return sources[self.mode()]()

    def _one_picked(self) -> Recipe | None:
        return self._picked[0].recipe if self._picked else None

    # --- what the user does ------------------------------------------------------------------------------------------

    def _on_fold(self) -> None:
        self._open, self._used = not self._open, True
        self._show()
        self.changed.emit()

    def _on_mode(self, mode: str) -> None:
        self._open = True
        self._feed(again=True)
        self._show()
        self.changed.emit()

    def _on_result(self) -> None:
        self._show()
        self.changed.emit()

    def _on_add(self) -> None:
        result = self.result()
        if result is not None:
            self.add_asked.emit(result)

    def _on_keep(self) -> None:
        result = self.result()
        if result is not None:
            self.keep_asked.emit(result)


def filled(recipe: Recipe, labels: Mapping[str, str]) -> Recipe:
    """The recipe with the labels that were left to chance filled in as they fell."""
    missing = {name: value for name, value in labels.items() if not recipe.labels.get(name)}
    return recipe.model_copy(update={"labels": dict(recipe.labels) | missing}) if missing else recipe
