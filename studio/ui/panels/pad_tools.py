"""The left column of Ask for one picture: where it comes from, what to draw with, which heat lies over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.ui.palette import PAPERS, PIGMENTS
from studio.ui.text import Label
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.drawing_pad import DrawingPad
from studio.ui.widgets.frames import dense, rule
from studio.ui.widgets.inputs import Combo, ValueSlider
from studio.ui.widgets.segmented import Segment, Segmented
from studio.ui.widgets.swatches import Swatches

WIDTHS = (2, 48)
_WIDTH = 14
_WHITE, _BLACK = PAPERS


class PadTools(QWidget):
    """Works on a pad. `asked` carries ``open``, ``paste`` or ``chance``; `heat_chosen` a ``label=value`` or nothing."""

    asked = Signal(str)
    heat_chosen = Signal(object)
    state_changed = Signal()

    def __init__(self, pad: DrawingPad, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("padTools")
        self._pad = pad
        self._make_sources()
        self._make_pen()
        self._make_heat()
        self._lay_out()
        self._connect()

    def _make_sources(self) -> None:
        self.buttons = {
            "open": Button(self.tr("Open…"), kind="small", icon="folder", tip=self.tr("Open a picture file")),
            "paste": Button(self.tr("Paste"), kind="small", icon="paste", tip=self.tr("The picture on the clipboard")),
            "chance": Button(
                self.tr("Any picture of the data set"), kind="small", icon="random",
                tip=self.tr("One of the pictures that the run has its labels from, by chance"),
            ),
        }  # fmt: skip
        for name, button in self.buttons.items():
            button.setObjectName(f"pad_{name}")
            button.setProperty("asks", name)
            button.clicked.connect(self._on_source)

    def _make_pen(self) -> None:
        self.colours = Swatches([(colour, self._colour_words(colour)) for colour in PIGMENTS])
        self.colours.setObjectName("padColours")
        self.colours.set_value(PIGMENTS[0])
        self.width_slider = ValueSlider(*WIDTHS, _WIDTH, whole=True, unit="px")
        self.width_slider.setObjectName("padWidth")
        self.width_slider.setAccessibleName(self.tr("Width of the pen"))
        self.eraser = Button(self.tr("Eraser"), kind="small", icon="eraser", tip=self.tr("Take strokes away (E)"))
        self.eraser.setObjectName("padEraser")
        self.eraser.setCheckable(True)
        self.undo = icon_button("undo", self.tr("Take the newest stroke back (Ctrl+Z)"))
        self.undo.setObjectName("padUndo")
        self.clear = icon_button("trash", self.tr("Blank paper"))
        self.clear.setObjectName("padClear")
        self.papers = Segmented([Segment(_WHITE, self.tr("White")), Segment(_BLACK, self.tr("Black"))])
        self.papers.setObjectName("padPaper")
        self.papers.setAccessibleName(self.tr("Paper"))

    def _make_heat(self) -> None:
        self.heat = Combo([("", self.tr("nothing"))])
        self.heat.setObjectName("padHeat")
        self.heat.setAccessibleName(self.tr("Show what speaks for"))
        self._heat_help = Label(
            self.tr("Heat lies where the picture speaks for that value. A click on a bar chooses it too."),
            role="small",
            wrap=True,
        )

    def _lay_out(self) -> None:
        column = dense(QVBoxLayout(self), gap=8)
        column.addWidget(Label(self.tr("Picture"), role="dim"))
        pair = dense(QHBoxLayout(), gap=8)
        pair.addWidget(self.buttons["open"], 1)
        pair.addWidget(self.buttons["paste"], 1)
        column.addLayout(pair)
        column.addWidget(self.buttons["chance"])
        column.addSpacing(4)
        column.addWidget(rule())
        column.addWidget(Label(self.tr("Pen"), role="dim"))
        column.addWidget(self.colours)
        column.addWidget(self.width_slider)
        tools = dense(QHBoxLayout(), gap=6)
        tools.addWidget(self.eraser)
        tools.addStretch(1)
        tools.addWidget(self.undo)
        tools.addWidget(self.clear)
        column.addLayout(tools)
        paper = dense(QHBoxLayout(), gap=8)
        paper.addWidget(Label(self.tr("Paper")), 1)
        paper.addWidget(self.papers, 1)
        column.addLayout(paper)
        column.addSpacing(4)
        column.addWidget(rule())
        column.addWidget(Label(self.tr("Show what speaks for"), role="dim"))
        column.addWidget(self.heat)
        column.addWidget(self._heat_help)

    def _connect(self) -> None:
        pad = self._pad
        self.colours.chosen.connect(self._on_colour)
        self.width_slider.value_changed.connect(self._on_width)
        self.eraser.toggled.connect(self._on_eraser)
        self.undo.clicked.connect(pad.undo)
        self.clear.clicked.connect(pad.clear)
        self.papers.value_changed.connect(self._on_paper)
        self.heat.value_changed.connect(self.heat_chosen)
        pad.eraser_changed.connect(self.eraser.setChecked)
        pad.width_asked.connect(self._on_width_key)
        pad.undo_changed.connect(self._show_possible)
        pad.changed.connect(self._show_possible)
        self._show_possible()

    def _colour_words(self, colour: str) -> str:
        words = (
            self.tr("black"), self.tr("white"), self.tr("grey"), self.tr("brown"), self.tr("skin"), self.tr("red"),
            self.tr("orange"), self.tr("yellow"), self.tr("green"), self.tr("blue"), self.tr("violet"), self.tr("pink"),
        )  # fmt: skip
        return words[PIGMENTS.index(colour)]

    # --- what it shows -----------------------------------------------------------------------------------------------

    def set_labels(self, labels: Mapping[str, Sequence[str]]) -> None:
        """The values for which heat can be shown."""
        several = len(labels) > 1
        choices: list[tuple[Any, str]] = [("", self.tr("nothing"))]
        for label, values in labels.items():
            choices += [(f"{label}={value}", f"{label}: {value}" if several else value) for value in values]
        if [choice[0] for choice in choices] != [self.heat.itemData(row) for row in range(self.heat.count())]:
            self.heat.set_choices(choices)

    def set_paper(self, paper: str) -> None:
        """Take paper of a colour, and a pen that can be seen on it where it could not."""
        self.papers.set_value(paper)
        self._pad.set_paper(QColor(paper))
        if self.colours.value() in ("", QColor(paper).name()):
            self._use_colour(_BLACK if paper == _WHITE else _WHITE)

    def state(self) -> dict[str, Any]:
        """Pen, paper and heat; plain JSON."""
        return {
            "colour": self.colours.value(),
            "width": int(self.width_slider.value()),
            "paper": self.papers.value(),
            "heat": self.heat.value() or "",
        }

    def restore(self, state: object) -> None:
        """Take up `state`; what is odd is left as it is."""
        found = state if isinstance(state, dict) else {}
        colour, width, paper = found.get("colour"), found.get("width"), found.get("paper")
        if paper in PAPERS:
            self.set_paper(str(paper))
        if colour in PIGMENTS:
            self._use_colour(str(colour))
        if isinstance(width, int):
            self.width_slider.set_value(min(max(width, WIDTHS[0]), WIDTHS[1]))
            self._pad.set_pen_width(int(self.width_slider.value()))

    # --- what the user does ------------------------------------------------------------------------------------------

    def _use_colour(self, colour: str) -> None:
        self.colours.set_value(colour)
        self._pad.set_colour(QColor(colour))

    def _on_source(self) -> None:
        self.asked.emit(str(self.sender().property("asks")))

    def _on_colour(self, colour: QColor) -> None:
        self._pad.set_colour(colour)
        self.eraser.setChecked(False)
        self.state_changed.emit()

    def _on_width(self, width: float) -> None:
        self._pad.set_pen_width(round(width))
        self.state_changed.emit()

    def _on_width_key(self, by: int) -> None:
        self.width_slider.set_value(min(max(int(self.width_slider.value()) + by, WIDTHS[0]), WIDTHS[1]))
        self._on_width(float(self.width_slider.value()))

    def _on_eraser(self, on: bool) -> None:
        self._pad.set_eraser(on)

    def _on_paper(self, paper: str) -> None:
        self.set_paper(paper)
        self.state_changed.emit()

    def _show_possible(self) -> None:
        self.undo.set_available("" if self._pad.can_undo() else self.tr("There is nothing to take back."))
        self.clear.set_available(self.tr("The paper is blank.") if self._pad.is_blank() else "")
