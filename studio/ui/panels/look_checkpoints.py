"""The same latents at other checkpoints: two side by side, and one latent through the whole training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.config.requests import Recipe
from studio.ui.panels.checkpoint_picker import CheckpointPicker, checkpoint_choices, key_of, model_of
from studio.ui.panels.look_view import LookView
from studio.ui.panels.maker import Maker
from studio.ui.panels.sheet import Model
from studio.ui.text import Label, count_text
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.history_slider import HistorySlider
from studio.ui.widgets.sample_grid import SampleGrid


class CheckpointsView(LookView):
    """Left any checkpoint, moved by the slider; right the one chosen above; below the picked latent at every step."""

    key = "checkpoints"

    def __init__(self, maker: Maker, parent: QWidget | None = None) -> None:
        super().__init__(maker, parent)
        self._pictures: dict[Model, np.ndarray] = {}
        self._waiting: list[Model] = []
        self._asking: Model | None = None
        self._left: Model | None = None
        self._place = 0
        self.left = self._grid("checkpointsLeft", self.tr("Pictures of the checkpoint at the left"))
        self.right = self._grid("checkpointsRight", self.tr("Pictures of the chosen checkpoint"))
        self.picker = CheckpointPicker(self.tr("Compare"))
        self.picker.setObjectName("comparePicker")
        self.picker.model_picked.connect(self._on_model_picked)
        self._right_words = Label(role="dim")
        self.strip = SampleGrid(choosing="single", tray=False)
        self.strip.setObjectName("checkpointsStrip")
        self.strip.setAccessibleName(self.tr("One latent at every kept checkpoint"))
        self.strip.current_changed.connect(self._on_frame)
        self.slider = HistorySlider()
        self.slider.setObjectName("checkpointsSlider")
        self.slider.set_speed(4)
        self.slider.step_selected.connect(self._on_step)
        self._lay_out()

    def _grid(self, name: str, words: str) -> SampleGrid:
        grid = SampleGrid(choosing="single")
        grid.setObjectName(name)
        grid.setAccessibleName(words)
        grid.current_changed.connect(self._on_picked)
        return grid

    def _lay_out(self) -> None:
        both = dense(QHBoxLayout(), gap=16)
        for head, grid in ((self.picker, self.left), (self._right_words, self.right)):
            column = dense(QVBoxLayout(), gap=6)
            head.setFixedHeight(34)
            column.addWidget(head)
            column.addWidget(grid, 1)
            both.addLayout(column, 1)
        card = Frame("card", padding=12, gap=6)
        card.add(Label(self.tr("The picked one through the training"), role="strong"))
        card.add(self.strip, 1)
        card.add(self.slider)
        card.setFixedHeight(190)
        column = dense(QVBoxLayout(self), gap=12)
        column.addLayout(both, 1)
        column.addWidget(card)

    def state(self) -> dict[str, Any]:
        return {"place": self._place, "left": key_of(self._left) if self._left is not None else ""}

    def restore(self, state: dict[str, Any]) -> None:
        place, left = state.get("place", 0), state.get("left", "")
        self._place = place if isinstance(place, int) else 0
        self._left = model_of(left) if isinstance(left, str) and left else None

    def words(self) -> tuple[str, str]:
        explained = self.tr(
            "How the pictures of the same latents grew in training: move the slider, or compare with any checkpoint of "
            "any run."
        )
        return self.tr("Same latents, other checkpoint"), explained

    def depends(self) -> object:
        return self.maker.trained.steps if self.maker.trained is not None else ()

    # --- asking ------------------------------------------------------------------------------------------------------

    def show_recipes(self, recipes: Sequence[Recipe]) -> None:
        model, trained = self.maker.model, self.maker.trained
        if model is None or trained is None:
            return
        if tuple(recipes) != self.recipes:
            self._pictures.clear()
        self.recipes = tuple(recipes)
        items = checkpoint_choices(self.maker.session, self.maker.family, first=model.run)
        if items != self.picker.items():
            self.picker.set_items(items)
        known = {item.key for item in items}
        if self._left is None or key_of(self._left) not in known:
            self._left = Model(model.run, str(trained.steps[len(trained.steps) // 3]))
        self.slider.set_steps(trained.steps)
        wanted = [self._left, model, *(Model(model.run, str(step)) for step in trained.steps)]
        self._waiting = [one for one in dict.fromkeys(wanted) if one not in self._pictures]
        self._show()
        self._ask_next()

    def _ask_next(self) -> None:
        """One checkpoint at a time, so that what is looked at comes first."""
        self._asking = self._waiting.pop(0) if self._waiting else None
        if self._asking is not None:
            self.maker.ask("checkpoints", self.recipes, self._on_pictures, model=self._asking)

    def _on_pictures(self, pictures: np.ndarray, whole: int) -> None:
        if whole < len(self.recipes) or self._asking is None:
            return
        self._pictures[self._asking] = pictures
        self._show()
        self._ask_next()

    # --- showing -----------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        model, trained = self.maker.model, self.maker.trained
        if model is None or trained is None or self._left is None:
            return
        self.picker.set_model(self._left)
        self._right_words.setText(self.tr("{0}, step {1}").format(model.run, count_text(int(model.checkpoint))))
        for grid, shown in ((self.left, self._left), (self.right, model)):
            if shown in self._pictures:
                grid.set_pictures(self._pictures[shown])
                grid.set_selection([min(self._place, grid.count() - 1)])
        self._show_strip()
        words = self.tr("Left step {0}, right step {1}: the same {2} latents.")
        self.said.emit(
            words.format(count_text(int(self._left.checkpoint)), count_text(int(model.checkpoint)), len(self.recipes))
        )
        if self._left.run == model.run and int(self._left.checkpoint) in trained.steps:
            self.slider.select_step(int(self._left.checkpoint))

    def strip_models(self) -> list[Model]:
        """The checkpoints of the strip that have pictures by now, in order."""
        model, trained = self.maker.model, self.maker.trained
        steps = trained.steps if trained is not None else ()
        return [one for step in steps if model is not None and (one := Model(model.run, str(step))) in self._pictures]

    def _show_strip(self) -> None:
        models = self.strip_models()
        frames = [self._pictures[one][min(self._place, len(self._pictures[one]) - 1)] for one in models]
        self.strip.set_captions([count_text(int(one.checkpoint)) for one in models])
        self.strip.set_pictures(np.stack(frames) if frames else [])
        if self._left in models:
            self.strip.set_selection([models.index(self._left)])

    def _choose_left(self, model: Model) -> None:
        self._left = model
        self._show()
        if model not in self._pictures:
            if self._asking is not None:
                self._waiting.insert(0, self._asking)
            self._waiting.insert(0, model)
            self._ask_next()
        self.changed.emit()

    def _on_model_picked(self, model: Model) -> None:
        self._choose_left(model)

    def _on_step(self, step: int) -> None:
        if self.maker.model is not None:
            self._choose_left(Model(self.maker.model.run, str(step)))

    def _on_frame(self, place: int) -> None:
        models = self.strip_models()
        if 0 <= place < len(models) and models[place] != self._left:
            self._choose_left(models[place])

    def _on_picked(self, place: int) -> None:
        if place >= 0 and place != self._place:
            self._place = place
            self._show()
            self.changed.emit()
