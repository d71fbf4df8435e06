"""What a model can be told by labels: one list for each, in which a value can also be left open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from studio.ui.panels.attribute_sliders import form_row
from studio.ui.widgets.frames import dense
from studio.ui.widgets.inputs import Combo


class LabelChoices(QWidget):
    """Hidden where there are no labels. `chosen` carries the label and its value (empty: left open)."""

    chosen = Signal(str, str)

    def __init__(self, *, open_words: str, open_tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._open = ("", open_words, open_tip)
        self.combos: dict[str, Combo] = {}
        self._values: dict[str, tuple[str, ...]] = {}
        self._wanted: dict[str, str] = {}  # chosen for labels that another model knows, or that are yet to be listed
        self._grid = QGridLayout(self)
        dense(self._grid, gap=7)  # type: ignore[type-var]
        self.hide()

    def set_labels(self, labels: Mapping[str, Sequence[str]]) -> None:
        """The labels that the model can be told, with their values."""
        wanted = {name: tuple(values) for name, values in labels.items()}
        if wanted == self._values:
            return
        self._wanted |= self.labels()
        self._values = wanted
        self._clear()
        for name, values in wanted.items():
            combo = Combo([self._open, *((value, value) for value in values)])
            combo.setObjectName(f"label_{name}")
            combo.setProperty("label", name)
            combo.set_value(self._wanted.get(name, ""))
            combo.value_changed.connect(self._on_value)
            self.combos[name] = combo
            form_row(self._grid, name, combo)
        self.setVisible(bool(wanted))

    def labels(self) -> dict[str, str]:
        """The values chosen; what is left open is left out."""
        return {name: str(combo.value()) for name, combo in self.combos.items() if combo.value()}

    def show_labels(self, labels: Mapping[str, str]) -> None:
        """Choose values without announcing it; labels that are not named are left open."""
        for name, combo in self.combos.items():
            combo.set_value(labels.get(name, ""))

    def restore(self, labels: object) -> None:
        """The same, also for labels that are yet to be listed; anything odd is passed over."""
        self._wanted = {str(k): str(v) for k, v in labels.items()} if isinstance(labels, dict) else {}
        self.show_labels(self._wanted)

    def _clear(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.combos.clear()

    def _on_value(self, value: str) -> None:
        self.chosen.emit(str(self.sender().property("label")), value)
