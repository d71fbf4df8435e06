"""A few colours to choose from, side by side, and a way to any other."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QGridLayout, QWidget

from studio.ui import theme
from studio.ui.text import plain_tooltip
from studio.ui.widgets.frames import dense

_SIDE = 26


class Swatch(QAbstractButton):
    """One colour; checked, a ring is around it."""

    def __init__(self, colour: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.colour = QColor(colour)
        self.setCheckable(True)
        self.setObjectName(f"swatch_{colour.lstrip('#')}")
        self.setAccessibleName(name)
        plain_tooltip(self, name)
        self.setFixedSize(QSize(_SIDE, _SIDE))

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(4.5, 4.5, -4.5, -4.5)
        painter.setPen(QPen(look.colour("line_strong"), 1))
        painter.setBrush(self.colour)
        painter.drawEllipse(box)
        if self.isChecked() or self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(look.colour("accent" if self.isChecked() else "text"), 2))
            painter.drawEllipse(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5))


class Swatches(QWidget):
    """`chosen` carries the colour that the user has picked."""

    chosen = Signal(QColor)

    def __init__(
        self, colours: Sequence[tuple[str, str]], *, columns: int = 6, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        grid = QGridLayout(self)
        dense(grid, gap=2)  # type: ignore[type-var]
        for at, (colour, name) in enumerate(colours):
            swatch = Swatch(colour, name)
            self._group.addButton(swatch)
            grid.addWidget(swatch, at // columns, at % columns)
        grid.setColumnStretch(columns, 1)
        self._group.buttonClicked.connect(self._on_clicked)

    def value(self) -> str:
        """The colour chosen as ``#rrggbb``; empty where none is."""
        button = self._group.checkedButton()
        return button.colour.name() if isinstance(button, Swatch) else ""

    def set_value(self, colour: str) -> None:
        """Choose without announcing; an unknown colour chooses nothing else."""
        for button in self._group.buttons():
            if isinstance(button, Swatch) and button.colour.name() == QColor(colour).name():
                button.setChecked(True)

    def _on_clicked(self, button: QAbstractButton) -> None:
        if isinstance(button, Swatch):
            self.chosen.emit(button.colour)
