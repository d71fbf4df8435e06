"""Which pictures a Look inside tab looks at: those that a seed draws, and before them one that was brought here."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.config.requests import Recipe, grid
from studio.ui.panels.attribute_sliders import form_row
from studio.ui.panels.look_view import LooksAt
from studio.ui.panels.recipe_words import recipe_words
from studio.ui.panels.sheet import recipe_from_json, recipe_to_json
from studio.ui.text import Label
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.frames import dense
from studio.ui.widgets.inputs import NumberField

if TYPE_CHECKING:
    from studio.ui.panels.trained_run import TrainedRun

LARGEST_SEED = 2**31 - 1


class LookChoice(QWidget):
    """What says which pictures a Look inside tab looks at. `changed` when the user wants others."""

    changed = Signal()

    def recipes(self) -> tuple[Any, ...]:
        """What is looked at; equal where nothing has changed."""
        raise NotImplementedError

    def missing(self) -> str:
        """What the user has to do before there is anything to look at; empty where there is something."""
        return ""

    def show_for(self, looks_at: LooksAt) -> None:
        """What there is to choose for a view that looks at one picture, at many, or at none."""

    def set_trained(self, trained: TrainedRun | None) -> None:
        """Offer what the model of the moment can be told."""

    def bring(self, recipe: Recipe) -> None:
        """Look first at this picture."""

    def forget(self) -> None:
        """Let go of what was brought here."""

    def show_single(self) -> None:
        """Say what was brought here."""

    def state(self) -> dict[str, Any]:
        """Plain JSON."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what `state` gave; odd things are passed over."""


class LookedAt(LookChoice):
    """Seed, count and the picture that was brought here. `changed` when the user wants others."""

    fewest, most, usual = 4, 64, 24

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.single: Recipe | None = None
        self.form = QGridLayout()
        dense(self.form, gap=7)  # type: ignore[type-var]
        self._build_seed()
        self.single_words = Label(role="small", wrap=True)
        self.single_words.setObjectName("lookSingle")
        self.single_off = Button(self.tr("Look at the seed's pictures only"), kind="link")
        self.single_off.setObjectName("lookSingleOff")
        self.single_off.clicked.connect(self._on_single_off)
        self._column = dense(QVBoxLayout(self), gap=12)
        self._column.addWidget(Label(self.tr("Pictures"), role="dim"))
        self._column.addLayout(self.form)
        self._column.addWidget(self.single_words)
        self._column.addWidget(self.single_off)
        self.show_single()

    def _build_seed(self) -> None:
        self.seed = NumberField(0, minimum=0, maximum=LARGEST_SEED, whole=True)
        self.seed.setObjectName("lookSeed")
        self.seed.set_tip(self.tr("The pictures that are looked at are drawn from this seed."))
        self.seed.value_changed.connect(self.changed)
        self.dice = icon_button("random", self.tr("Another seed by chance"))
        self.dice.setObjectName("lookDice")
        self.dice.clicked.connect(self._on_dice)
        self.count = NumberField(
            self.usual, minimum=self.fewest, maximum=self.most, whole=True, unit=self.tr("pictures")
        )
        self.count.setObjectName("lookCount")
        self.count.value_changed.connect(self.changed)
        box = QWidget()
        row = dense(QHBoxLayout(box), gap=2)
        row.addWidget(self.seed, 1)
        row.addWidget(self.dice)
        form_row(self.form, self.tr("Seed"), box)
        self.seed.setAccessibleName(self.tr("Seed"))
        self.count_label = form_row(self.form, self.tr("Count"), self.count)

    def recipes(self) -> tuple[Recipe, ...]:
        """What is looked at: the picture that was brought here, then those of the seed."""
        drawn = self._drawn(int(self.seed.value() or 0), int(self.count.value() or self.usual))
        return (self.single, *drawn[:-1]) if self.single is not None else drawn

    def _drawn(self, seed: int, count: int) -> tuple[Recipe, ...]:
        return grid(seed, count)

    def bring(self, recipe: Recipe) -> None:
        """Look first at this picture."""
        self.single = recipe
        self.show_single()

    def forget(self) -> None:
        """Let the picture that was brought here go."""
        self.single = None
        self.show_single()

    def show_single(self) -> None:
        """Say what was brought here."""
        single = self.single
        self.single_words.setVisible(single is not None)
        self.single_off.setVisible(single is not None)
        if single is not None:
            words = self.tr("First stands the picture that was brought here: {0}")
            self.single_words.setText(words.format(recipe_words(single)))

    def state(self) -> dict[str, Any]:
        """Plain JSON."""
        single = recipe_to_json(self.single) if self.single is not None else None
        return {"seed": self.seed.value(), "count": self.count.value(), "single": single}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what `state` gave; odd things are passed over."""
        seed, count = state.get("seed", 0), state.get("count", self.usual)
        self.seed.set_value(seed if isinstance(seed, int) and 0 <= seed <= LARGEST_SEED else 0)
        self.count.set_value(min(max(count, self.fewest), self.most) if isinstance(count, int) else self.usual)
        self.single = recipe_from_json(state.get("single"))
        self.show_single()

    def _on_dice(self) -> None:
        self.seed.set_value(random.SystemRandom().randrange(1_000_000))
        self.changed.emit()

    def _on_single_off(self) -> None:
        self.forget()
        self.changed.emit()
