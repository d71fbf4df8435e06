"""The views of a Look inside tab, chosen by a list, with one sentence about the one chosen."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QVBoxLayout, QWidget

from studio.ui.text import Label
from studio.ui.widgets.frames import dense
from studio.ui.widgets.inputs import RadioButton


class ViewList(QWidget):
    """`picked` carries the key of the view that the user chose.

    Args:
        views: key of a view -> its title, and the sentence that explains it; the first is shown at first.
    """

    picked = Signal(str)

    def __init__(self, views: Mapping[str, tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._views = views
        self.radios: dict[str, RadioButton] = {}
        group = QButtonGroup(self)
        rows = dense(QVBoxLayout(), gap=2)
        for name, (title, _) in views.items():
            radio = RadioButton(title)
            radio.setObjectName(f"look_{name}")
            radio.setProperty("view", name)
            radio.picked.connect(self._on_radio)
            group.addButton(radio)
            self.radios[name] = radio
            rows.addWidget(radio)
        self._explains = Label(role="small", wrap=True)
        self._explains.setObjectName("lookExplains")
        column = dense(QVBoxLayout(self), gap=12)
        column.addLayout(rows)
        column.addWidget(self._explains)
        self.choose(next(iter(views)))

    def value(self) -> str:
        """The key of the view chosen."""
        return next(name for name, radio in self.radios.items() if radio.isChecked())

    def title(self) -> str:
        """The title of the view chosen."""
        return self._views[self.value()][0]

    def choose(self, name: str) -> None:
        """Choose a view; an unknown key chooses the first."""
        wanted = name if name in self._views else next(iter(self._views))
        self.radios[wanted].setChecked(True)
        self._explains.setText(self._views[wanted][1])

    def _on_radio(self) -> None:
        name = str(self.sender().property("view"))
        self.choose(name)
        self.picked.emit(name)
