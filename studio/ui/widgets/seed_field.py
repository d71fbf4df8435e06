"""A seed: a number field with one lower, one higher, and another one by chance."""

from __future__ import annotations

import random

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.ui.widgets.buttons import icon_button
from studio.ui.widgets.frames import dense
from studio.ui.widgets.number_field import NumberField

LARGEST_SEED = 2**31 - 1


class SeedField(QWidget):
    """`changed` tells that the user has set another seed. The names of its parts begin with ``name``."""

    changed = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.number = NumberField(0, minimum=0, maximum=LARGEST_SEED, whole=True)
        self.number.setObjectName(f"{name}Seed")
        self.number.setAccessibleName(self.tr("Seed"))
        self.number.set_tip(self.tr("The same seed always draws the same pictures. Arrow keys step it."))
        self.number.value_changed.connect(self._on_number)
        self.back = icon_button("minus", self.tr("Seed one lower"))
        self.back.setObjectName(f"{name}SeedBack")
        self.back.clicked.connect(lambda: self._step(-1))
        self.on = icon_button("plus", self.tr("Seed one higher"))
        self.on.setObjectName(f"{name}SeedOn")
        self.on.clicked.connect(lambda: self._step(1))
        self.dice = icon_button("random", self.tr("Another seed by chance"))
        self.dice.setObjectName(f"{name}Dice")
        self.dice.clicked.connect(self._on_dice)
        row = dense(QHBoxLayout(self), gap=2)
        row.addWidget(self.number, 1)
        for button in (self.back, self.on, self.dice):
            row.addWidget(button)

    def value(self) -> int:
        """The seed."""
        return int(self.number.value() or 0)

    def set_value(self, seed: object) -> None:
        """Show a seed without announcing it; what is none is shown as 0, what is too large as the largest."""
        whole = seed if isinstance(seed, int) and not isinstance(seed, bool) else 0
        self.number.set_value(min(max(whole, 0), LARGEST_SEED))

    def _step(self, by: int) -> None:
        self.set_value(self.value() + by)
        self.changed.emit()

    def _on_dice(self) -> None:
        self.set_value(random.SystemRandom().randrange(1_000_000))
        self.changed.emit()

    def _on_number(self) -> None:
        self.changed.emit()
