"""Plain surfaces: cards, trays and rules, so that no panel styles a frame itself."""

from __future__ import annotations

from typing import Literal, TypeVar

from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from studio.ui import theme
from studio.ui.palette import SIZES

Box = TypeVar("Box", bound=QBoxLayout)
Surface = Literal["card", "chosen", "tray", "surface", "canvas", "sidebar", "popup"]


class Frame(QFrame):
    """A surface of the table with a vertical (or horizontal) layout that keeps the house's distances."""

    def __init__(
        self,
        surface: Surface = "card",
        *,
        horizontal: bool = False,
        padding: int = 12,
        gap: int = SIZES.gap,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        theme.set_look(self, surface=surface)
        self.body: QBoxLayout = QHBoxLayout(self) if horizontal else QVBoxLayout(self)
        dense(self.body, padding=padding, gap=gap)

    def add(self, widget: QWidget, stretch: int = 0) -> None:
        """Add a widget at the end of the layout."""
        self.body.addWidget(widget, stretch)


def dense(layout: Box, *, padding: int = 0, gap: int = SIZES.gap) -> Box:
    """Give a layout the distances of the house; returns it."""
    layout.setContentsMargins(padding, padding, padding, padding)
    layout.setSpacing(gap)
    return layout


def rule(parent: QWidget | None = None) -> QFrame:
    """A horizontal line of one pixel between groups."""
    line = QFrame(parent)
    theme.set_look(line, surface="rule")
    line.setFixedHeight(1)
    return line


def clear(layout: QLayout) -> None:
    """Take every widget out of a layout and delete it."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
