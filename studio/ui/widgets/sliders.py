"""Sliders: one that jumps to where it is clicked, and one with its number beside it."""

from __future__ import annotations

import math

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSlider, QStyle, QStyleOptionSlider, QWidget

from studio.ui.text import plain_tooltip
from studio.ui.widgets.frames import dense
from studio.ui.widgets.number_field import Number, NumberField
from studio.ui.widgets.wheel import WheelGuard

_TICKS = 1000


class Slider(QSlider):
    """A horizontal slider whose handle comes to the pointer; the wheel works only after a click."""

    def __init__(self, minimum: int = 0, maximum: int = 100, *, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._guard = WheelGuard(self)
        self.setRange(minimum, maximum)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(48)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and not self._on_handle(event):
            self.setSliderPosition(self._value_at(event.position().x()))
        super().mousePressEvent(event)

    def _option(self) -> QStyleOptionSlider:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        return option

    def _on_handle(self, event: QMouseEvent) -> bool:
        handle = self._handle_rect()
        return bool(handle.contains(event.position().toPoint()))

    def _handle_rect(self) -> QRect:
        control, part = QStyle.ComplexControl.CC_Slider, QStyle.SubControl.SC_SliderHandle
        return self.style().subControlRect(control, self._option(), part, self)

    def _value_at(self, x: float) -> int:
        width = self._handle_rect().width()
        span = max(self.width() - width, 1)
        place = round(x - width / 2)
        return QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), place, span, self.invertedAppearance())


class ValueSlider(QWidget):
    """A number by slider and by field; `value_changed` while it moves, `value_committed` when it rests."""

    value_changed = Signal(float)
    value_committed = Signal(float)

    def __init__(
        self,
        minimum: Number,
        maximum: Number,
        value: Number,
        *,
        step: Number | None = None,
        whole: bool = False,
        log: bool = False,
        unit: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._minimum, self._maximum = float(minimum), float(maximum)
        self._whole, self._log = whole, log
        self._step = float(step) if step is not None else (1.0 if whole else (self._maximum - self._minimum) / 100)
        self._value = float(value)
        self.slider = Slider(0, _TICKS)
        self.slider.setObjectName("slider")
        self.slider.setPageStep(_TICKS // 10)
        self.slider.setSingleStep(max(1, round(_TICKS * self._step / max(self._maximum - self._minimum, 1e-12))))
        self.field = NumberField(
            value, minimum=minimum, maximum=maximum, whole=whole, step=self._step, log=log, unit=unit
        )
        self.field.setObjectName("field")
        self.field.setFixedWidth(max(64, self.fontMetrics().horizontalAdvance("0000.00" + unit) + 24))
        self.field.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusProxy(self.slider)
        row = dense(QHBoxLayout(self))
        row.addWidget(self.slider, 1)
        row.addWidget(self.field)
        self.slider.valueChanged.connect(self._on_slider)
        self.slider.sliderReleased.connect(self._on_rest)
        self.field.value_changed.connect(self._on_field)
        self.set_value(value)

    def value(self) -> Number:
        """The number, within its bounds."""
        return round(self._value) if self._whole else self._value

    def set_value(self, value: Number) -> None:
        """Show a number without announcing it."""
        self._value = min(max(float(value), self._minimum), self._maximum)
        self.slider.blockSignals(True)
        self.slider.setValue(self._place(self._value))
        self.slider.blockSignals(False)
        self.field.set_value(self.value())

    def setAccessibleName(self, name: str) -> None:
        """Name both parts, since each takes the focus."""
        super().setAccessibleName(name)
        self.slider.setAccessibleName(name)
        self.field.setAccessibleName(name)

    def set_available(self, why_not: str = "") -> None:
        """Enable, or disable with the reason as the tooltip."""
        self.setEnabled(not why_not)
        plain_tooltip(self, why_not)

    def _place(self, value: float) -> int:
        return round(_TICKS * self._share(value))

    def _share(self, value: float) -> float:
        if self._log:
            return math.log(value / self._minimum) / math.log(self._maximum / self._minimum)
        return (value - self._minimum) / max(self._maximum - self._minimum, 1e-12)

    def _at(self, place: int) -> float:
        share = place / _TICKS
        if self._log:
            return float(f"{self._minimum * (self._maximum / self._minimum) ** share:.3g}")
        exact = self._minimum + share * (self._maximum - self._minimum)
        stepped = self._minimum + round((exact - self._minimum) / self._step) * self._step
        return float(f"{min(max(stepped, self._minimum), self._maximum):.12g}")

    def _on_slider(self, place: int) -> None:
        value = self._at(place)
        if value == self._value:
            return
        self._value = value
        self.field.set_value(self.value())
        self.value_changed.emit(value)
        if not self.slider.isSliderDown():
            self.value_committed.emit(value)

    def _on_rest(self) -> None:
        self.value_committed.emit(self._value)

    def _on_field(self, value: Number) -> None:
        self.set_value(value)
        self.value_changed.emit(self._value)
        self.value_committed.emit(self._value)
