"""The left column of a Create tab of a generator: seed, count, truncation, labels, attribute sliders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from studio.config.requests import Drawn, Recipe
from studio.ui.panels.attribute_sliders import Attribute, AttributeSliders, form_row
from studio.ui.panels.label_choices import LabelChoices
from studio.ui.text import Label
from studio.ui.widgets.busy import BusyRow
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import dense, rule
from studio.ui.widgets.inputs import NumberField, Switch, ValueSlider
from studio.ui.widgets.seed_field import SeedField


class CreateControls(QWidget):
    """What new pictures are made with. A change is announced with the name of what changed.

    `setting_changed` carries (what, name, value): ``truncation``, ``label`` with its name, ``direction`` with its name.
    """

    setting_changed = Signal(str, str, object)
    draft_changed = Signal()
    directions_asked = Signal()
    cancel_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._build_basics()
        self._build_attributes()
        column = dense(QVBoxLayout(self), gap=12)
        column.addLayout(self._basics)
        column.addWidget(self._truncation_block())
        column.addWidget(self.choices)
        column.addWidget(rule())
        column.addWidget(self._attribute_block)
        column.addWidget(self.live)
        column.addWidget(self._scope)

    # --- building ----------------------------------------------------------------------------------------------------

    def _build_basics(self) -> None:
        self.seed_field = SeedField("create")
        self.seed_field.changed.connect(self._on_draft)
        self.seed = self.seed_field.number
        self.count = NumberField(16, minimum=1, maximum=256, whole=True, unit=self.tr("pictures"))
        self.count.setObjectName("createCount")
        self.count.set_tip(self.tr("How many pictures are added each time."))
        self.count.value_changed.connect(self._on_draft)
        self._basics = QGridLayout()
        dense(self._basics, gap=7)  # type: ignore[type-var]
        form_row(self._basics, self.tr("Seed"), self.seed_field)
        form_row(self._basics, self.tr("Count"), self.count)

    def _truncation_block(self) -> QWidget:
        block = QWidget()
        self.truncation = ValueSlider(0.0, 2.0, 1.0, step=0.05)
        self.truncation.setObjectName("createTruncation")
        self.truncation.setAccessibleName(self.tr("Truncation"))
        self.truncation.value_changed.connect(self._on_truncation)
        words = Label(self.tr("Truncation"))
        words.set_tip(
            self.tr("Below 1 the pictures are safer and more alike; above 1 they are bolder and break sooner.")
        )
        column = dense(QVBoxLayout(block), gap=2)
        column.addWidget(words)
        column.addWidget(self.truncation)
        return block

    def _build_attributes(self) -> None:
        self.choices = LabelChoices(
            open_words=self.tr("by chance"), open_tip=self.tr("Each picture gets a value as often as the data has it.")
        )
        self.choices.chosen.connect(self._on_label)
        self.sliders = AttributeSliders()
        self.sliders.moved.connect(self._on_direction)
        self.sliders.reset_asked.connect(self._on_reset)
        self.find_button = Button(self.tr("Find directions"), kind="small", icon="search")
        self.find_button.setObjectName("findDirections")
        self.find_button.clicked.connect(self.directions_asked)
        self.busy = BusyRow()
        self.busy.setObjectName("directionsBusy")
        self.busy.cancelled.connect(self.cancel_asked)
        self._words = Label(role="small", wrap=True)
        self._words.setObjectName("attributeWords")
        self._attribute_block = QWidget()
        column = dense(QVBoxLayout(self._attribute_block), gap=7)
        column.addWidget(Label(self.tr("Attributes"), role="dim"))
        for widget in (self.sliders, self._words, self.find_button, self.busy):
            column.addWidget(widget)
        self.live = Switch(self.tr("Change what is shown"), checked=True)
        self.live.setObjectName("createLive")
        self.live.value_changed.connect(self._on_draft)
        self._scope = Label(role="small", wrap=True)
        self._scope.setObjectName("createScope")

    # --- what it shows -----------------------------------------------------------------------------------------------

    def set_labels(self, labels: Mapping[str, Sequence[str]]) -> None:
        """The labels that the model can be told, with their values."""
        self.choices.set_labels(labels)

    def set_attributes(
        self, attributes: Sequence[Attribute], *, words: str = "", can_find: str = "", why_not: str = ""
    ) -> None:
        """Sliders, a sentence about them, and the button that finds more (`can_find` names it; empty: none)."""
        self.sliders.set_attributes(attributes)
        self.sliders.setVisible(bool(attributes))
        self._words.setText(words)
        self._words.setVisible(bool(words))
        self.find_button.setVisible(bool(can_find))
        self.find_button.set_text(can_find)
        self.find_button.set_available(why_not)
        self._attribute_block.setVisible(bool(attributes or words))

    def set_scope(self, words: str) -> None:
        """Say which pictures a change reaches."""
        self._scope.setText(words)

    def labels(self) -> dict[str, str]:
        """The values chosen; what is left to chance is left out."""
        return self.choices.labels()

    def recipes(self, first: int) -> tuple[Recipe, ...]:
        """Recipes of the pictures that come next, from index ``first`` of the seed."""
        seed, count = self.seed_field.value(), int(self.count.value() or 1)
        shared: dict[str, Any] = {
            "labels": self.labels(),
            "truncation": self.truncation.value(),
            "directions": self.sliders.strengths(),
        }
        return tuple(Recipe(latent=Drawn(seed=seed, index=first + i), **shared) for i in range(count))

    def show_recipe(self, recipe: Recipe) -> None:
        """Set truncation, labels and sliders (not seed and count) as a recipe has them, silently."""
        self.truncation.set_value(recipe.truncation)
        self.choices.show_labels(recipe.labels)
        self.sliders.set_strengths(recipe.directions)

    def state(self) -> dict[str, Any]:
        """Plain JSON of what is set."""
        return {
            "seed": self.seed.value(),
            "count": self.count.value(),
            "truncation": self.truncation.value(),
            "labels": self.labels(),
            "directions": self.sliders.strengths(),
            "attribute": self.sliders.label(),
            "live": self.live.value(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what `state` gave; what is odd is passed over."""
        self.seed_field.set_value(state.get("seed"))
        self.count.set_value(_whole(state.get("count"), 1, 256, 16))
        truncation = state.get("truncation", 1.0)
        self.truncation.set_value(truncation if isinstance(truncation, (int, float)) else 1.0)
        self.live.set_value(state.get("live") is not False)
        moves = state.get("directions")
        self.choices.restore(state.get("labels"))
        strengths = moves if isinstance(moves, dict) else {}
        self.sliders.set_strengths({str(k): float(v) for k, v in strengths.items() if isinstance(v, (int, float))})
        if state.get("attribute"):
            self.sliders.set_label(str(state["attribute"]))

    # --- what the user does ------------------------------------------------------------------------------------------

    def _on_draft(self) -> None:
        self.draft_changed.emit()

    def _on_truncation(self, value: float) -> None:
        self.setting_changed.emit("truncation", "", value)

    def _on_label(self, name: str, value: str) -> None:
        self.setting_changed.emit("label", name, value)

    def _on_direction(self, direction: str, strength: float) -> None:
        self.setting_changed.emit("direction", direction, strength)

    def _on_reset(self) -> None:
        self.sliders.set_strengths({})
        self.setting_changed.emit("reset", "", None)


def _whole(value: object, low: int, high: int, default: int) -> int:
    return min(max(value, low), high) if isinstance(value, int) and not isinstance(value, bool) else default
