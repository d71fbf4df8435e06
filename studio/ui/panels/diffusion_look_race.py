"""Samplers raced on the same seed: their pictures at several step counts, how long each took, how far off it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from studio.config.denoising import Denoising
from studio.config.requests import Recipe
from studio.ui.panels.diffusion_look_pictures import DenoisedAt
from studio.ui.panels.look_view import LookView, titled
from studio.ui.panels.maker import Maker
from studio.ui.panels.sampler_words import FRESH, sampler_words
from studio.ui.panels.tiles import Tile
from studio.ui.text import NO_BREAK, Label, number_text
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.inputs import CheckBox
from studio.ui.widgets.picture_table import PictureTable

_ORDER = ("ddim", "euler", "heun", "dpm++2m", "unipc", "ddpm", "euler-ancestral")  # those with fresh noise last
_COUNTS = (5, 10, 20, 50)
_REFERENCE = {"sampler": "dpm++2m", "sampler_steps": 200}
_LARGE = 132


class RaceView(LookView):
    """A table of samplers by steps; beside it the reference, the picked picture and where the two differ."""

    key = "race"
    looks_at = "start"

    def __init__(self, maker: Maker, pictures: DenoisedAt, parent: QWidget | None = None) -> None:
        super().__init__(maker, parent)
        self._pictures = pictures
        self._found: dict[str, tuple[Any, ...]] = {}  # sampler -> what was found at each count
        self._reference: Any = None
        self._waiting: list[str] = []
        self._asking = ""
        self._picked = (_ORDER.index("dpm++2m"), _COUNTS.index(20))
        self._build_controls()
        self._build()
        self._lay_out()

    # --- building ----------------------------------------------------------------------------------------------------

    def words(self) -> tuple[str, str]:
        explained = self.tr(
            "All begin with the same noise. A good one is near the end after few steps; fresh noise on the way leads "
            "elsewhere."
        )
        return self.tr("Samplers side by side"), explained

    def _build_controls(self) -> None:
        self.controls = QWidget()
        self.racers: dict[str, CheckBox] = {}
        grid = QGridLayout()
        dense(grid, gap=2)  # type: ignore[type-var]
        for at, name in enumerate(_ORDER):
            box = CheckBox(sampler_words(name), checked=True)
            box.setObjectName(f"race_{name}")
            box.value_changed.connect(self._on_racers)
            self.racers[name] = box
            grid.addWidget(box, at % 4, at // 4)
        column = dense(QVBoxLayout(self.controls), gap=4)
        column.addWidget(Label(self.tr("Who races"), role="dim"))
        column.addLayout(grid)

    def _build(self) -> None:
        self.table = PictureTable("cell")
        self.table.setObjectName("raceTable")
        self.table.setAccessibleName(self.tr("Pictures by sampler and steps; arrow keys walk through them"))
        self.table.picked.connect(self._on_picked)
        self.tiles = {name: Tile(_LARGE, focusable=False) for name in ("reference", "picked", "difference")}
        for name, tile in self.tiles.items():
            tile.setObjectName(f"race{name.capitalize()}")
            tile.setAccessibleName(self._tile_words()[name])
        self._headline = Label(role="strong", wrap=True)
        self._headline.setObjectName("raceHeadline")
        self._told = Label(role="dim", wrap=True)
        self._told.setObjectName("raceTold")

    def _tile_words(self) -> dict[str, str]:
        reference = self.tr("reference: {0}, {1} steps").format(sampler_words("dpm++2m"), _REFERENCE["sampler_steps"])
        return {"reference": reference, "picked": self.tr("picked"), "difference": self.tr("where they differ, ×4")}

    def _lay_out(self) -> None:
        table = Frame("card", padding=14, gap=8)
        table.add(self.table, 1)
        below = Frame("card", padding=14, horizontal=True, gap=16)
        for name, tile in self.tiles.items():
            block, _ = titled(self._tile_words()[name], tile)
            below.add(block)
        words = dense(QVBoxLayout(), gap=6)
        words.addStretch(1)
        words.addWidget(self._headline)
        words.addWidget(self._told)
        words.addStretch(1)
        holder = QWidget()
        holder.setLayout(words)
        below.add(holder, 1)
        column = dense(QVBoxLayout(self), gap=12)
        column.addWidget(table, 1)
        column.addWidget(below)

    # --- what is kept ------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        row, column = self._picked
        return {"sampler": _ORDER[row], "column": column, "out": [n for n, b in self.racers.items() if not b.value()]}

    def restore(self, state: dict[str, Any]) -> None:
        sampler, column, out = state.get("sampler"), state.get("column"), state.get("out")
        if sampler in _ORDER and isinstance(column, int) and 0 <= column < len(_COUNTS):
            self._picked = (_ORDER.index(sampler), column)
        if isinstance(out, list) and len(set(out) & set(_ORDER)) < len(_ORDER):
            for name, box in self.racers.items():
                box.set_value(name not in out)

    # --- asking ------------------------------------------------------------------------------------------------------

    def concerned(self, recipes: Sequence[Recipe]) -> tuple[Recipe, ...]:
        """The picture without its own sampler, steps and restarts: those are what races."""
        (recipe,) = self._pictures.picked()
        usual: dict[str, Any] = {"sampler": "dpm++2m", "sampler_steps": 20, "restarts": (), "eta": 0.0}
        way = (recipe.denoising or Denoising()).model_copy(update=usual)
        return (recipe.model_copy(update={"denoising": way}),)

    def show_recipes(self, recipes: Sequence[Recipe]) -> None:
        self.recipes = tuple(recipes)
        self._found, self._reference = {}, None
        self._waiting = ["", *self.running()]
        self._show()
        self._ask_next()

    def running(self) -> list[str]:
        """The samplers that race."""
        return [name for name, box in self.racers.items() if box.value()]

    def _ask_next(self) -> None:
        """First the reference, then one sampler at a time, so that each row is there as soon as it can be."""
        if not self._waiting:
            self._asking = "\0"
            return
        self._asking = self._waiting.pop(0)
        counts = _COUNTS if self._asking else ()
        ways = [{"sampler": self._asking, "sampler_steps": count} for count in counts] or [_REFERENCE]
        request = self._request("race", recipes=[self._with(way) for way in ways])
        if request is not None:
            self.maker.look("race", request, self._on_found)

    def _with(self, way: dict[str, Any]) -> Recipe:
        recipe = self.recipes[0]
        return recipe.model_copy(update={"denoising": (recipe.denoising or Denoising()).model_copy(update=way)})

    def _on_found(self, insight: Any) -> None:
        if insight is None:
            return
        if self._asking:
            self._found[self._asking] = tuple(insight.found)
        else:
            self._reference = insight.found[0]
        self._show()
        self._ask_next()

    # --- showing -----------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        names = self.running()
        found = [self._found.get(name, (None,) * len(_COUNTS)) for name in names]
        rows = [[one[at].picture if one[at] is not None else None for one in found] for at in range(len(_COUNTS))]
        captions = [[self._caption(one[at]) for one in found] for at in range(len(_COUNTS))]
        counts = [self.tr("{0} steps").format(count) for count in _COUNTS]
        self.table.set_rows(rows, names=counts, headings=[sampler_words(name) for name in names], captions=captions)
        self._show_picked()

    def _caption(self, one: Any) -> str:
        if one is None or self._reference is None:
            return ""
        return f"{seconds_text(one.seconds)} · {level_text(self.difference(one))}"

    def difference(self, one: Any) -> float:
        """How far a picture is from the reference: root mean square over pixel values, 0 to 255."""
        apart = one.picture.astype(np.float32) - self._reference.picture
        return float(np.sqrt(np.mean(apart * apart)))

    def _show_picked(self) -> None:
        reference, one = self._reference, self._one()
        names = self.running()
        if names:
            name = _ORDER[self._picked[0]]
            self.table.choose(names.index(name) if name in names else 0, self._picked[1])
        self.tiles["reference"].set_picture(reference.picture if reference is not None else None)
        self.tiles["picked"].set_picture(one.picture if one is not None else None)
        both = one is not None and reference is not None
        self.tiles["difference"].set_picture(_apart(one.picture, reference.picture) if both else None)
        self._headline.setText(self._headline_words())
        self._told.setText(self._told_words(one) if both else "")
        if self._found and not self._waiting and len(self._found) == len(names):
            self.said.emit(self._said_words())

    def _one(self) -> Any:
        """What was found of the picked sampler and count; None where it is not there."""
        found = self._found.get(_ORDER[self._picked[0]])
        return found[self._picked[1]] if found else None

    def _headline_words(self) -> str:
        row, column = self._picked
        return self.tr("{0}, {1} steps").format(sampler_words(_ORDER[row]), _COUNTS[column])

    def _told_words(self, one: Any) -> str:
        words = self.tr("It took {0} and is off by {1} of 255 levels; the reference took {2}.")
        told = words.format(
            seconds_text(one.seconds), level_text(self.difference(one)), seconds_text(self._reference.seconds)
        )
        if _ORDER[self._picked[0]] in FRESH:
            told += " " + self.tr("It adds fresh noise at every step, so it is another picture, not a worse one.")
        return told

    def _said_words(self) -> str:
        """Which sampler without fresh noise is nearest at twenty steps."""
        at = _COUNTS.index(20)
        steady = {name: self.difference(found[at]) for name, found in self._found.items() if name not in FRESH}
        if not steady:
            return ""
        best = min(steady, key=lambda name: steady[name])
        words = self.tr("At {0} steps {1} is nearest to the reference: off by {2} of 255 levels.")
        return words.format(_COUNTS[at], sampler_words(best), level_text(steady[best]))

    # --- what happens ------------------------------------------------------------------------------------------------

    def _on_picked(self, row: int, column: int) -> None:
        self._picked = (_ORDER.index(self.running()[column]), row)
        self._show_picked()
        self.changed.emit()

    def _on_racers(self) -> None:
        names = self.running()
        for name, box in self.racers.items():
            box.set_available(self.tr("One has to race.") if names == [name] else "")
        missing = [name for name in names if name not in self._found and name not in (self._asking, *self._waiting)]
        self._waiting += missing
        self._show()
        if missing and not self.maker.is_open("race") and self._reference is not None:
            self._ask_next()
        self.changed.emit()


def seconds_text(seconds: float) -> str:
    """A short time as people say it: 84 ms, 0.52 s, 12 s."""
    if seconds < 0.1:
        return f"{1000 * seconds:.0f}{NO_BREAK}ms"
    return f"{seconds:.2g}{NO_BREAK}s" if seconds < 9.5 else f"{seconds:.0f}{NO_BREAK}s"


def level_text(difference: float) -> str:
    """A difference in grey levels: 1.2, 38."""
    return f"{difference:.0f}" if difference >= 9.95 else number_text(difference, 2)


def _apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Where two pictures differ, four times as strong, on black."""
    found: np.ndarray = np.clip(np.abs(a.astype(np.int16) - b) * 4, 0, 255).astype(np.uint8)
    return found
