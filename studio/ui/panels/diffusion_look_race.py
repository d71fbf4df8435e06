"""Samplers raced on the same seed: their pictures at several step counts, how long each took, how far off it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.config.denoising import Denoising
from studio.config.requests import Recipe
from studio.ui.panels.diffusion_look_pictures import DenoisedAt
from studio.ui.panels.look_view import LookView, titled
from studio.ui.panels.maker import Maker
from studio.ui.panels.sampler_words import FRESH, SAMPLERS, sampler_words
from studio.ui.panels.tiles import Tile
from studio.ui.text import Label, number_text
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.inputs import CheckBox
from studio.ui.widgets.picture_table import PictureTable

_COUNTS = (5, 10, 20, 50)
_REFERENCE = {"sampler": "heun", "sampler_steps": 100}
_LARGE = 132


class RaceView(LookView):
    """A table of samplers by steps; beside it the reference, the picked picture and where the two differ."""

    key = "race"
    looks_at = "one"

    def __init__(self, maker: Maker, pictures: DenoisedAt, parent: QWidget | None = None) -> None:
        super().__init__(maker, parent)
        self._pictures = pictures
        self._found: dict[str, tuple[Any, ...]] = {}  # sampler -> what was found at each count
        self._reference: Any = None
        self._waiting: list[str] = []
        self._asking = ""
        self._picked = (SAMPLERS.index("dpm++2m"), _COUNTS.index(20))
        self._build_controls()
        self._build()
        self._lay_out()

    # --- building ----------------------------------------------------------------------------------------------------

    def words(self) -> tuple[str, str]:
        explained = self.tr(
            "All of them walk the same way from the same noise. A good one is near its end after few steps; those that "
            "add fresh noise end elsewhere."
        )
        return self.tr("Samplers side by side"), explained

    def _build_controls(self) -> None:
        self.controls = QWidget()
        self.racers: dict[str, CheckBox] = {}
        column = dense(QVBoxLayout(self.controls), gap=4)
        column.addWidget(Label(self.tr("Who races"), role="dim"))
        for name in SAMPLERS:
            box = CheckBox(sampler_words(name), checked=True)
            box.setObjectName(f"race_{name}")
            box.value_changed.connect(self._on_racers)
            self.racers[name] = box
            column.addWidget(box)

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
        reference = self.tr("reference: {0}, {1} steps").format(sampler_words("heun"), _REFERENCE["sampler_steps"])
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
        return {"sampler": SAMPLERS[row], "column": column, "out": [n for n, b in self.racers.items() if not b.value()]}

    def restore(self, state: dict[str, Any]) -> None:
        sampler, column, out = state.get("sampler"), state.get("column"), state.get("out")
        if sampler in SAMPLERS and isinstance(column, int) and 0 <= column < len(_COUNTS):
            self._picked = (SAMPLERS.index(sampler), column)
        if isinstance(out, list) and len(set(out) & set(SAMPLERS)) < len(SAMPLERS):
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
        rows, captions = [], []
        for name in names:
            found = self._found.get(name, (None,) * len(_COUNTS))
            rows.append([one.picture if one is not None else None for one in found])
            captions.append([self._caption(one) for one in found])
        headings = [self.tr("{0} steps").format(count) for count in _COUNTS]
        self.table.set_rows(rows, names=[sampler_words(name) for name in names], headings=headings, captions=captions)
        self._show_picked()

    def _caption(self, one: Any) -> str:
        if one is None or self._reference is None:
            return ""
        return f"{seconds_text(one.seconds)} · {number_text(self.difference(one), 2)}"

    def difference(self, one: Any) -> float:
        """How far a picture is from the reference: root mean square over pixel values, 0 to 255."""
        apart = one.picture.astype(np.float32) - self._reference.picture
        return float(np.sqrt(np.mean(apart * apart)))

    def _show_picked(self) -> None:
        reference, one = self._reference, self._one()
        names = self.running()
        if names:
            name = SAMPLERS[self._picked[0]]
            self.table.choose(self._picked[1], names.index(name) if name in names else 0)
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
        found = self._found.get(SAMPLERS[self._picked[0]])
        return found[self._picked[1]] if found else None

    def _headline_words(self) -> str:
        row, column = self._picked
        return self.tr("{0}, {1} steps").format(sampler_words(SAMPLERS[row]), _COUNTS[column])

    def _told_words(self, one: Any) -> str:
        words = self.tr("{0}; off by {1} of 255 levels on average, where the reference took {2}.")
        told = words.format(
            seconds_text(one.seconds), number_text(self.difference(one), 2), seconds_text(self._reference.seconds)
        )
        if SAMPLERS[self._picked[0]] in FRESH:
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
        return words.format(_COUNTS[at], sampler_words(best), number_text(steady[best], 2))

    # --- what happens ------------------------------------------------------------------------------------------------

    def _on_picked(self, row: int, column: int) -> None:
        self._picked = (SAMPLERS.index(self.running()[row]), column)
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
        return f"{1000 * seconds:.0f} ms"
    return f"{seconds:.2g} s" if seconds < 9.5 else f"{seconds:.0f} s"


def _apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Where two pictures differ, four times as strong, on black."""
    found: np.ndarray = np.clip(np.abs(a.astype(np.int16) - b) * 4, 0, 255).astype(np.uint8)
    return found
