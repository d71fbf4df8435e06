"""The Create tab of the GAN panel: what it makes pictures with, and what it makes of picked ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtWidgets import QVBoxLayout

from studio.config.requests import Recipe
from studio.ui.panels.bench_part import filled
from studio.ui.panels.create_controls import CreateControls
from studio.ui.panels.create_tab import CreateTab, MenuGroup
from studio.ui.panels.direction_finder import DirectionFinder
from studio.ui.panels.gan_bench import GanBench
from studio.ui.panels.sheet import Entry, with_direction, with_label, with_truncation
from studio.ui.text import count_text
from studio.ui.widgets.frames import dense


class GanCreateTab(CreateTab):
    """Generate, keep, interpolate, average, calculate, steer. What is set reaches the pictures that are shown."""

    form: CreateControls
    bench: GanBench

    def build(self) -> None:
        self.form = CreateControls()
        self.bench = GanBench(self.maker)
        self.finder = DirectionFinder(self.session, self.maker, self.form, self)
        dense(QVBoxLayout(self.controls)).addWidget(self.form)
        self.lay_out_canvas(self.canvas)
        self.form.setting_changed.connect(self._on_setting)
        self.form.draft_changed.connect(self._on_draft)
        self.finder.found.connect(self.desk.fill)

    def deactivate(self) -> None:
        super().deactivate()
        self.finder.cancel()

    def model_shown(self) -> None:
        self.form.set_labels(self.maker.labels())
        self.finder.show()

    def picked_shown(self) -> None:
        self._show_scope()

    def menu_groups(self, place: int, entry: Entry) -> list[MenuGroup]:
        slots = [
            (self.tr("Use as {0}").format(letter), "tag", partial(self._use_as, letter, entry)) for letter in "ABC"
        ]
        looks = [
            (self.tr("Nearest training pictures"), "search", partial(self.look, "nearest", entry)),
            (self.tr("Its growth through the training"), "clock", partial(self.look, "checkpoints", entry)),
        ]
        return [slots, looks]

    def _on_setting(self, what: str, name: str, value: Any) -> None:
        """A control was moved: the pictures that it reaches follow."""
        changes: dict[str, Callable[[Recipe], Recipe]] = {
            "truncation": lambda recipe: with_truncation(recipe, float(value)),
            "label": lambda recipe: with_label(recipe, name, str(value)),
            "direction": lambda recipe: with_direction(recipe, name, float(value)),
            "reset": lambda recipe: recipe.model_copy(update={"directions": {}}),
        }
        if self.form.live.value():
            self.desk.change(changes[what])
        self.state_changed.emit()

    def _on_draft(self) -> None:
        self._show_scope()
        self.state_changed.emit()

    def _show_scope(self) -> None:
        picked, count = len(self.view.grid.selection()), len(self.sheet)
        if not self.form.live.value():
            words = self.tr("Only new pictures get what is set here.")
        elif picked:
            words = (
                self.tr("Changes the {0} picked.").format(picked)
                if picked > 1
                else self.tr("Changes the picked picture.")
            )
        else:
            words = self.tr("Changes all {0} pictures on the sheet.").format(count_text(count)) if count else ""
        self.form.set_scope(words)

    def _use_as(self, letter: str, entry: Entry) -> None:
        self.bench.show_mode("arithmetic")
        self.bench.slots.fill(letter, filled(entry.recipe, entry.labels))

    def _on_picked(self, places: list[int]) -> None:
        if places and places[0] < len(self.sheet):
            self.form.show_recipe(self.sheet.entries[places[0]].recipe)
        super()._on_picked(places)
