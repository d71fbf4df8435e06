"""All inputs of a form in one place, so that panels import from one module."""

from __future__ import annotations

from studio.ui.widgets.choices import CheckBox, Combo, MultiChoice, RadioButton, Switch
from studio.ui.widgets.number_field import Number, NumberField, format_number, parse_number
from studio.ui.widgets.path_field import PathField, PathLabel
from studio.ui.widgets.sliders import Slider, ValueSlider

__all__ = [
    "CheckBox",
    "Combo",
    "MultiChoice",
    "Number",
    "NumberField",
    "PathField",
    "PathLabel",
    "RadioButton",
    "Slider",
    "Switch",
    "ValueSlider",
    "format_number",
    "parse_number",
]
