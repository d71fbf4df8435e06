"""How the next token would be chosen, as sliders whose cut is drawn while they move."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.config.base import describe
from studio.config.writing import Writing
from studio.ui.text import Label, plain_tooltip
from studio.ui.widgets.frames import dense
from studio.ui.widgets.inputs import ValueSlider

_MOST_K = 200
_FIELDS = ("temperature", "top_k", "top_p", "min_p")


class WritingSliders(QWidget):
    """The four settings that decide what is left to choose from. `changed` while one moves."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        usual = Writing()
        make: Mapping[str, Callable[[], ValueSlider]] = {
            "temperature": lambda: ValueSlider(0, 2, usual.temperature, step=0.05),
            "top_k": lambda: ValueSlider(0, _MOST_K, usual.top_k, whole=True),
            "top_p": lambda: ValueSlider(0.01, 1, usual.top_p, step=0.01),
            "min_p": lambda: ValueSlider(0, 1, usual.min_p, step=0.01),
        }
        names = {"temperature": self.tr("Temperature"), "top_k": "Top-k", "top_p": "Top-p", "min_p": "Min-p"}
        help_of = {row.path: row.help for row in describe(usual)}
        self.sliders: dict[str, ValueSlider] = {}
        column = dense(QVBoxLayout(self), gap=4)
        column.addWidget(Label(self.tr("How the next token is chosen"), role="dim"))
        for name in _FIELDS:
            slider = make[name]()
            slider.setObjectName(f"look_{name}")
            slider.setAccessibleName(names[name])
            slider.value_changed.connect(self.changed)
            label = Label(names[name])
            for widget in (label, slider):
                plain_tooltip(widget, help_of[name])
            column.addWidget(label)
            column.addWidget(slider)
            self.sliders[name] = slider

    def writing(self) -> Writing:
        """The settings, the others as usual."""
        return Writing(**{name: slider.value() for name, slider in self.sliders.items()})

    def names(self) -> dict[str, str]:
        """Each rule with its value, for the lines on the bars."""
        writing = self.writing()
        return {
            "temperature": self.tr("temperature 0"),
            "top_k": f"top-k {writing.top_k}",
            "top_p": f"top-p {writing.top_p:g}",
            "min_p": f"min-p {writing.min_p:g}",
        }

    def state(self) -> dict[str, Any]:
        """Plain JSON."""
        return {name: slider.value() for name, slider in self.sliders.items()}

    def restore(self, state: object) -> None:
        """Take up what `state` gave; what is odd is as usual."""
        found, usual = state if isinstance(state, dict) else {}, Writing().model_dump()
        for name, slider in self.sliders.items():
            value = found.get(name)
            slider.set_value(value if isinstance(value, int | float) else usual[name])
