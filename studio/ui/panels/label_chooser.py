"""Which of a model's labels is looked at."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.ui.widgets.frames import dense
from studio.ui.widgets.picker import Picker, PickItem
from studio.ui.widgets.segmented import Segment, Segmented

_TABS_UP_TO = 3  # labels that stand side by side; more are picked from a list


class LabelChooser(QWidget):
    """Which of a model's labels is looked at: side by side where there are few, else a list; hidden for one."""

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tabs = Segmented()
        self.tabs.setObjectName("labelTabs")
        self.tabs.setAccessibleName(self.tr("Label"))
        self.list = Picker(self.tr("Label"))
        self.list.setObjectName("labelPicker")
        self._names: tuple[str, ...] = ()
        row = dense(QHBoxLayout(self))
        row.addWidget(self.tabs)
        row.addWidget(self.list)
        self.tabs.hide()
        self.list.hide()
        self.tabs.value_changed.connect(self._on_picked)
        self.list.picked.connect(self._on_picked)

    def set_names(self, names: Sequence[str]) -> None:
        """The labels to choose from; the chosen one stays where it is among them."""
        if tuple(names) == self._names:
            return
        chosen = self.value()
        self._names = tuple(names)
        few = len(names) <= _TABS_UP_TO
        self.tabs.set_segments([Segment(name, name) for name in names] if few else [])
        self.list.set_items([PickItem(name, name) for name in names])
        self.tabs.setVisible(few and len(names) > 1)
        self.list.setVisible(not few)
        self.set_value(chosen if chosen in names else names[0] if names else "")

    def value(self) -> str:
        """The label chosen; empty where there is none."""
        return self.list.value()

    def set_value(self, name: str) -> None:
        """Choose without announcing; unknown names change nothing."""
        if name in self._names or not self._names:
            self.list.set_value(name)
            self.tabs.set_value(name)

    def _on_picked(self, name: str) -> None:
        self.set_value(name)
        self.picked.emit(name)
