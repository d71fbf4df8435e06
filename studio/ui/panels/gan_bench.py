"""What is made of picked pictures of a GAN: the way between them, their average, A − B + C."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.config.requests import Recipe
from studio.ui.panels.bench import Bench
from studio.ui.panels.bench_part import BenchPart, Picked, pick_words
from studio.ui.panels.interpolation import Interpolation
from studio.ui.panels.latents import mean
from studio.ui.panels.maker import Maker
from studio.ui.panels.sheet import recipe_to_json
from studio.ui.panels.slots import ArithmeticSlots
from studio.ui.panels.tiles import Tile, recipe_load
from studio.ui.text import Label
from studio.ui.widgets.frames import dense
from studio.ui.widgets.pictures import DragLoad
from studio.ui.widgets.sample_grid import SampleGrid


class Average(BenchPart):
    """The picked pictures in a row, and their average."""

    key = "average"

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

    def title(self) -> str:
        return self.tr("Average")

    def hint(self, count: int) -> str:
        return f"{pick_words(count)} {self.tr('to average them.')}"

    def set_picked(self, picked: Sequence[Picked]) -> None:
        self._recipes = tuple(one.recipe for one in picked) if len(picked) >= 2 else ()
        self.parts.set_pictures(np.stack([one.picture for one in picked]) if self._recipes else [])
        self._ask()

    def _ask(self) -> None:
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

    def results(self) -> tuple[Recipe, ...]:
        result = self.result()
        return (result,) if result is not None else ()

    def _on_picture(self, pictures: np.ndarray, whole: int) -> None:
        self.tile.set_picture(pictures[0])

    def _drag(self) -> DragLoad:
        result = self.result()
        return recipe_load(recipe_to_json(result)) if result is not None else DragLoad()


class GanBench(Bench):
    """The three ways of a GAN."""

    def __init__(self, maker: Maker, parent: QWidget | None = None) -> None:
        self.between = Interpolation(maker)
        self.average = Average(maker)
        self.slots = ArithmeticSlots(maker, self._one_picked)
        super().__init__(maker, (self.between, self.average, self.slots), parent)

    def _one_picked(self) -> Recipe | None:
        return self.picked[0].recipe if self.picked else None
