"""How pictures are edited: which way, how strongly, at which size; in the words of the run's own sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.config.cyclegan import CycleganConfig, side_names
from studio.config.requests import BOTH_DIRECTIONS, Direction, Editing
from studio.ui.forms import SettingsForm
from studio.ui.text import Label
from studio.ui.widgets.frames import dense
from studio.ui.widgets.segmented import Segment, Segmented
from studio.ui.widgets.sliders import ValueSlider

if TYPE_CHECKING:
    from studio.ui.panels.trained_run import TrainedRun

_MOST = 1.5  # times the change that was learned


class DirectionChoice(QWidget):
    """Two ways, one above the other where their names are long. `chosen` carries the new direction."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sides = ("A", "B")
        self.ways = Segmented([Segment(way, "") for way in BOTH_DIRECTIONS])
        self.ways.setObjectName("editDirection")
        self.ways.setAccessibleName(self.tr("Direction"))
        self.ways.value_changed.connect(self.chosen)
        column = dense(QVBoxLayout(self), gap=6)
        column.addWidget(Label(self.tr("Direction"), role="dim"))
        column.addWidget(self.ways)
        self.set_sides(self._sides, BOTH_DIRECTIONS)

    def set_sides(self, sides: tuple[str, str], able: Sequence[str]) -> None:
        """What the sides are called, and which ways the model knows."""
        self._sides = sides
        why = self.tr("This run learned only the way from {0} to {1}.").format(*sides)
        for way in BOTH_DIRECTIONS:
            before, after = self.names(way)
            self.ways.set_text(way, f"{before} → {after}")
            self.ways.set_available(way, "" if way in able else why)
        if self.ways.value() not in able and able:
            self.ways.set_value(able[0])

    def names(self, way: str = "") -> tuple[str, str]:
        """From which side to which a way leads; the chosen one unless another is named."""
        a, b = self._sides
        return (b, a) if (way or self.ways.value()) == "b2a" else (a, b)

    def value(self) -> Direction:
        """The direction chosen."""
        return "b2a" if self.ways.value() == "b2a" else "a2b"

    def set_value(self, way: object) -> None:
        """Choose without announcing; an unknown way changes nothing."""
        if way in BOTH_DIRECTIONS:
            self.ways.set_value(str(way))


class EditSettings(QWidget):
    """`changed` whenever the `editing` is another; `committed` when a slider has come to rest, too."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("editSettings")
        self.direction = DirectionChoice()
        self.direction.chosen.connect(self._on_changed)
        self.strength = ValueSlider(0, round(100 * _MOST), 100, step=1, whole=True, unit="%")
        self.strength.setObjectName("editStrength")
        self.strength.setAccessibleName(self.tr("Strength"))
        self.strength.value_changed.connect(self._on_changed)
        self.form = SettingsForm(name="editForm", only=("side",))
        self._usual = Editing()  # a run works best at the size that it learned from
        self.form.set_model(self._usual)
        self.form.changed.connect(self._on_changed)
        column = dense(QVBoxLayout(self), gap=10)
        column.addWidget(self.direction)
        column.addWidget(Label(self.tr("Strength"), role="dim"))
        column.addWidget(self.strength)
        column.addWidget(self.form)

    def set_trained(self, trained: TrainedRun | None) -> None:
        """The words of the chosen run, and what it is able to."""
        config = config_of(trained)
        if trained is not None and config is not None:
            self.direction.set_sides(side_names(config, trained.dataset), config.directions)
            self._usual = Editing(side=config.picture_size)
            self.form.set_model(self._usual, self.form.overrides())

    def editing(self) -> Editing | None:
        """What is set; None while something is refused."""
        found = self.form.value()
        if not isinstance(found, Editing):
            return None
        strength = round(self.strength.value() / 100, 4)
        return found.model_copy(update={"direction": self.direction.value(), "strength": strength})

    def set_editing(self, editing: Editing) -> None:
        """Show what a request says."""
        self.direction.set_value(editing.direction)
        self.strength.set_value(round(100 * editing.strength))
        self.form.set_model(self._usual, {"side": editing.side} if editing.side != self._usual.side else {})

    def state(self) -> dict[str, Any]:
        """Plain JSON."""
        state = {"direction": self.direction.value(), "strength": self.strength.value() / 100}
        return state | {"advanced": self.form.advanced_open, "changed": self.form.overrides()}

    def restore(self, state: object) -> None:
        """Take up `state`; what is odd is left as it is."""
        if not isinstance(state, Mapping):
            return
        strength, changed = state.get("strength"), state.get("changed")
        self.direction.set_value(state.get("direction"))
        if isinstance(strength, int | float) and 0 <= strength <= _MOST:
            self.strength.set_value(round(100 * strength))
        self.form.advanced_open = state.get("advanced") is True
        self.form.set_model(self._usual, changed if isinstance(changed, Mapping) else {})

    def _on_changed(self) -> None:
        self.changed.emit()


def config_of(trained: TrainedRun | None) -> CycleganConfig | None:
    """The settings of a run as its newest checkpoint holds them; None where it has none that can be read."""
    if trained is None or not trained.config:
        return None
    try:
        return CycleganConfig.model_validate(trained.config)
    except ValidationError:
        return None
