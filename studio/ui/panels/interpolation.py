"""The way between picked pictures: a row of frames, a slider through it, a film of it that closes into a loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.config.requests import Recipe
from studio.ui.panels.bench_part import BenchPart, Picked, pick_words
from studio.ui.panels.latents import along, frames, in_one_call
from studio.ui.panels.maker import Maker
from studio.ui.panels.sheet import recipe_to_json
from studio.ui.panels.tiles import Tile, recipe_load
from studio.ui.text import Label
from studio.ui.widgets.frames import dense
from studio.ui.widgets.inputs import Slider
from studio.ui.widgets.pictures import DragLoad
from studio.ui.widgets.sample_grid import SampleGrid

_TICKS = 1000
_FRAMES = 9
_MOST_STOPS = 12


class Interpolation(BenchPart):
    """Frames between recipes. `result` is the one at the slider."""

    key = "between"
    loops = True

    def __init__(self, maker: Maker, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._maker = maker
        self._stops: tuple[Recipe, ...] = ()
        self._frames: list[Recipe] = []
        self.tile = Tile(128)
        self.tile.setObjectName("betweenPicture")
        self.tile.setAccessibleName(self.tr("The picture at the slider"))
        self.tile.set_drag_hook(self._drag)
        self.strip = SampleGrid(choosing="single", tray=False)
        self.strip.setObjectName("betweenFrames")
        self.strip.setAccessibleName(self.tr("Frames of the way"))
        self.strip.current_changed.connect(self._on_frame)
        self.slider = Slider(0, _TICKS)
        self.slider.setObjectName("betweenSlider")
        self.slider.setAccessibleName(self.tr("Place on the way"))
        self.slider.setSingleStep(10)
        self.slider.setPageStep(100)
        self.slider.setValue(_TICKS // 2)
        self.slider.valueChanged.connect(self._on_slider)
        self._words = Label(role="dim")
        self._words.setMinimumWidth(96)
        self._words.setObjectName("betweenWords")
        self._lay_out()

    def _lay_out(self) -> None:
        below = dense(QHBoxLayout(), gap=12)
        below.addWidget(self.slider, 1)
        below.addWidget(self._words)
        right = dense(QVBoxLayout(), gap=4)
        right.addWidget(self.strip, 1)
        right.addLayout(below)
        row = dense(QHBoxLayout(self), gap=16)
        row.addWidget(self.tile)
        row.addLayout(right, 1)

    # --- what it shows -----------------------------------------------------------------------------------------------

    def title(self) -> str:
        return self.tr("Between")

    def hint(self, count: int) -> str:
        return f"{pick_words(count)} {self.tr('to walk between them.')}"

    def set_picked(self, picked: Sequence[Picked]) -> None:
        self.set_stops([one.recipe for one in picked[:_MOST_STOPS]])

    def asks_for(self) -> tuple[str, ...]:
        return self.key, self._here_key

    def results(self) -> tuple[Recipe, ...]:
        here = self.result()
        return (here,) if here is not None else ()

    def state(self) -> Any:
        return {"place": self.place()}

    def restore(self, state: object) -> None:
        place = state.get("place") if isinstance(state, dict) else None
        self.set_place(place if isinstance(place, (int, float)) else 0.5)

    def set_stops(self, stops: Sequence[Recipe]) -> None:
        """Go through these recipes (two or more), and show it if they or the model are other ones."""
        self._stops = tuple(stops)
        self._ask()

    def _ask(self) -> None:
        if len(self._stops) < 2:
            self._maker.forget(self.key)
            self._maker.forget(self._here_key)
            self.strip.clear()
            self.tile.set_picture(None)
            return
        legs = len(self._stops) - 1
        count = legs * max(1, round((_FRAMES - 1) / legs)) + 1  # so that every stop is a frame
        self._frames = frames(self._stops, count)
        self._maker.ask(self.key, in_one_call(self._frames), self._on_frames)
        self._ask_here()

    def place(self) -> float:
        """Where the slider stands, 0..1."""
        return self.slider.value() / _TICKS

    def set_place(self, place: float) -> None:
        """Put the slider somewhere without asking for a picture."""
        self.slider.blockSignals(True)
        self.slider.setValue(round(min(max(place, 0.0), 1.0) * _TICKS))
        self.slider.blockSignals(False)

    def stops(self) -> tuple[Recipe, ...]:
        return self._stops

    def result(self) -> Recipe | None:
        """The recipe at the slider."""
        return along(self._stops, self.place()) if len(self._stops) >= 2 else None

    def _ask_here(self) -> None:
        here = self.result()
        if here is not None:
            self._maker.ask(self._here_key, in_one_call([here]), self._on_here)
        self._words.setText(self._place_words())
        self.result_changed.emit()

    @property
    def _here_key(self) -> str:
        return f"{self.key} at"

    def _place_words(self) -> str:
        legs = len(self._stops) - 1
        position = self.place() * legs
        leg = min(int(position), legs - 1)
        share = round(100 * (position - leg))
        if share in (0, 100):
            return self.tr("at picture {0}").format(leg + (1 if share == 0 else 2))
        return self.tr("{0} % from {1} to {2}").format(share, leg + 1, leg + 2)

    def _on_frames(self, pictures: np.ndarray, whole: int) -> None:
        if len(pictures) == len(self._frames):
            self.strip.set_pictures(pictures)

    def _on_here(self, pictures: np.ndarray, whole: int) -> None:
        self.tile.set_picture(pictures[0])

    def _on_slider(self) -> None:
        self._ask_here()

    def _on_frame(self, index: int) -> None:
        if index >= 0 and self.strip.count() > 1:
            self.slider.setValue(round(index / (self.strip.count() - 1) * _TICKS))

    def _drag(self) -> DragLoad:
        here = self.result()
        return recipe_load(recipe_to_json(here) if here is not None else {})
