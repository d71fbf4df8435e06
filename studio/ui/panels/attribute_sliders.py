"""Sliders that move pictures towards the values of a label: a few at a time, chosen by the label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.ui import theme
from studio.ui.text import Label, number_text
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import dense
from studio.ui.widgets.inputs import Combo, Slider

_TICKS = 100


@dataclass(frozen=True)
class Attribute:
    """One slider: towards ``value`` of ``label``, from ``low`` to ``high``; ``tip`` says how well it works."""

    label: str
    value: str
    low: float = -4.0
    high: float = 4.0
    tip: str = ""
    weak: bool = False

    @property
    def direction(self) -> str:
        """The name that recipes use."""
        return f"{self.label}={self.value}"


class _SliderRow(QWidget):
    """Value, slider, strength."""

    moved = Signal(str, float)

    def __init__(self, attribute: Attribute, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.attribute = attribute
        self.slider = Slider(round(attribute.low * _TICKS), round(attribute.high * _TICKS))
        self.slider.setObjectName(f"direction_{attribute.direction}")
        self.slider.setAccessibleName(f"{attribute.label} {attribute.value}")
        theme.set_look(self.slider, bipolar=attribute.low < 0)  # what lies left of its middle is no amount
        self.slider.setSingleStep(10)
        self.slider.setPageStep(50)
        self.slider.valueChanged.connect(self._on_moved)
        name = Label(attribute.value, role="dim" if attribute.weak else "body", elide=Qt.TextElideMode.ElideRight)
        name.setFixedWidth(66)
        name.set_tip(attribute.tip)
        self._number = Label("0", role="dim")
        self._number.setFixedWidth(30)
        self._number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = dense(QHBoxLayout(self), gap=6)
        row.addWidget(name)
        row.addWidget(self.slider, 1)
        row.addWidget(self._number)

    def set_strength(self, strength: float) -> None:
        """Show a strength without announcing it."""
        self.slider.blockSignals(True)
        self.slider.setValue(round(strength * _TICKS))
        self.slider.blockSignals(False)
        self._show()

    def _show(self) -> None:
        self._number.setText(number_text(self.slider.value() / _TICKS, 2))

    def _on_moved(self, ticks: int) -> None:
        if (
            abs(ticks) < 0.04 * (self.slider.maximum() - self.slider.minimum())
            and self.slider.isSliderDown()
            and self.slider.minimum() < 0
        ):
            ticks = 0  # the middle holds on a little
        self._show()
        self.moved.emit(self.attribute.direction, ticks / _TICKS)


class AttributeSliders(QWidget):
    """A combo of labels and below it a slider for each value of the chosen one. `moved`: direction, strength."""

    moved = Signal(str, float)
    reset_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._attributes: tuple[Attribute, ...] = ()
        self._strengths: dict[str, float] = {}
        self._rows: list[_SliderRow] = []
        self.combo = Combo()
        self.combo.setObjectName("attributeLabel")
        self.combo.setAccessibleName(self.tr("Attribute to steer"))
        self.combo.value_changed.connect(self._on_label)
        self.reset = Button(self.tr("Reset"), kind="quiet", tip=self.tr("Put every slider back to zero"))
        self.reset.setObjectName("resetDirections")
        self.reset.clicked.connect(self.reset_asked)
        head = dense(QHBoxLayout(), gap=6)
        head.addWidget(self.combo, 1)
        head.addWidget(self.reset)
        self._list = QVBoxLayout()
        dense(self._list, gap=2)
        column = dense(QVBoxLayout(self), gap=6)
        column.addLayout(head)
        column.addLayout(self._list)

    def set_attributes(self, attributes: Sequence[Attribute]) -> None:
        """Offer other sliders; the chosen label stays where it is still there."""
        if tuple(attributes) == self._attributes:
            return
        self._attributes = tuple(attributes)
        labels = dict.fromkeys(attribute.label for attribute in attributes)
        self.combo.set_choices([(label, label) for label in labels])
        self._build()

    def directions(self) -> tuple[str, ...]:
        """Every direction that is offered."""
        return tuple(attribute.direction for attribute in self._attributes)

    def set_strengths(self, strengths: Mapping[str, float]) -> None:
        """Show strengths without announcing them."""
        self._strengths = dict(strengths)
        for row in self._rows:
            row.set_strength(self._strengths.get(row.attribute.direction, 0.0))
        self._show_reset()

    def strengths(self) -> dict[str, float]:
        """What is not zero, of all labels."""
        return {name: strength for name, strength in self._strengths.items() if strength}

    def label(self) -> str:
        """The label whose sliders are shown."""
        return str(self.combo.value() or "")

    def set_label(self, label: str) -> None:
        """Show the sliders of another label."""
        self.combo.set_value(label)
        self._build()

    def _build(self) -> None:
        for row in self._rows:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = [_SliderRow(a) for a in self._attributes if a.label == self.label()]
        for row in self._rows:
            row.set_strength(self._strengths.get(row.attribute.direction, 0.0))
            row.moved.connect(self._on_moved)
            self._list.addWidget(row)
        self._show_reset()

    def _show_reset(self) -> None:
        moved = len(self.strengths())
        self.reset.set_text(self.tr("Reset {0}").format(moved) if moved else self.tr("Reset"))
        self.reset.set_available("" if moved else self.tr("Every slider stands at zero."))

    def _on_label(self, label: str) -> None:
        self._build()

    def _on_moved(self, direction: str, strength: float) -> None:
        self._strengths[direction] = strength
        self._show_reset()
        self.moved.emit(direction, strength)


_FIELD = 148


def form_row(grid: QGridLayout, words: str, field: QWidget, *, tip: str = "") -> Label:
    """Add a line of label and control to a form of two columns; returns the label."""
    grid.setColumnStretch(0, 1)
    field.setFixedWidth(_FIELD)
    label = Label(words, elide=Qt.TextElideMode.ElideRight)
    label.set_tip(tip)
    label.setBuddy(field)
    field.setAccessibleName(words)
    row = grid.rowCount()
    grid.addWidget(label, row, 0)
    grid.addWidget(field, row, 1)
    return label
