"""A picture to begin with instead of noise: dropped, opened or picked; how much of it goes, and where."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.config.denoising import Beginning
from studio.ground.errors import StudioError
from studio.ui.panels.diffusion_given import LARGEST, GivenPicture, given, given_mask, mask_file
from studio.ui.panels.picture_slot import PictureSlot
from studio.ui.text import Label, plain_tooltip
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.frames import dense
from studio.ui.widgets.inputs import Switch, ValueSlider
from studio.ui.widgets.pictures import to_pixels

STRENGTH, MASKED_STRENGTH = 0.6, 1.0
_SLOT = 84


class BeginBlock(QWidget):
    """`pick_asked`, `open_asked`: put one in. `paint_asked`: show the brush. `mask_asked`: open a mask.
    `file_given` carries a path to be read."""

    changed = Signal()
    picture_changed = Signal()
    pick_asked = Signal()
    open_asked = Signal()
    paint_asked = Signal()
    mask_asked = Signal()
    file_given = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._given: GivenPicture | None = None
        self._shown: Beginning | None = None  # as it was recalled
        self._mask: np.ndarray | None = None
        self._make_slot()
        self._make_ways()
        row = dense(QHBoxLayout(), gap=8)
        row.addWidget(self.slot)
        beside = dense(QVBoxLayout(), gap=4)
        beside.addWidget(self._words)
        beside.addStretch(1)
        beside.addLayout(self._buttons)
        row.addLayout(beside, 1)
        column = dense(QVBoxLayout(self), gap=6)
        column.addWidget(Label(self.tr("Begin with a picture"), role="dim"))
        column.addLayout(row)
        column.addWidget(self._ways)
        self._show()

    def _make_slot(self) -> None:
        tip = self.tr("Drop a picture here, or pick one on the sheet and click. Delete takes it out.")
        self.slot = PictureSlot(_SLOT - 8, hint=self.tr("noise"), tip=tip)
        self.slot.setObjectName("beginSlot")
        self.slot.setAccessibleName(self.tr("Picture to begin with"))
        self.slot.clicked.connect(self.pick_asked)
        self.slot.dropped.connect(self._on_dropped)
        self.slot.file_dropped.connect(self.file_given)
        self.slot.cleared.connect(self._on_clear)
        self._words = Label(role="small", wrap=True)
        self._words.setObjectName("beginWords")
        self.open = Button(self.tr("Open…"), kind="small", icon="folder", tip=self.tr("Open a picture file"))
        self.open.setObjectName("beginOpen")
        self.open.clicked.connect(self.open_asked)
        self.clear = icon_button("close", self.tr("Begin with noise again"))
        self.clear.setObjectName("beginClear")
        self.clear.clicked.connect(self._on_clear)
        self._buttons = dense(QHBoxLayout(), gap=4)
        self._buttons.addWidget(self.open)
        self._buttons.addWidget(self.clear)
        self._buttons.addStretch(1)

    def _make_ways(self) -> None:
        self.strength = ValueSlider(0.0, 1.0, STRENGTH, step=0.05)
        self.strength.setObjectName("beginStrength")
        self.strength.setAccessibleName(self.tr("Strength"))
        self.strength.value_changed.connect(self._on_value)
        words = Label(self.tr("Strength"))
        words.set_tip(self.tr("How much of the picture goes: 0 leaves it as it is, 1 begins with noise."))
        self.paint = Button(self.tr("Change only a part…"), kind="small", icon="pencil")
        self.paint.setObjectName("beginPaint")
        self.paint.set_tip(self.tr("Paint what is to be made anew; all else stays as it is, to the bit."))
        self.paint.clicked.connect(self.paint_asked)
        self.mask_file = Button(self.tr("Open a mask…"), kind="small", icon="folder")
        self.mask_file.setObjectName("beginMask")
        self.mask_file.set_tip(
            self.tr("A picture as large as this one, white where it is to be made anew. The brush goes on from it.")
        )
        self.mask_file.clicked.connect(self.mask_asked)
        self.inversion = Switch(self.tr("Find its own noise"))
        self.inversion.setObjectName("beginInversion")
        plain_tooltip(
            self.inversion,
            self.tr("Ask the model which noise leads to the picture, instead of covering it with fresh noise. Slower."),
        )
        self.inversion.value_changed.connect(self._on_value)
        self._ways = QWidget()
        column = dense(QVBoxLayout(self._ways), gap=4)
        column.addWidget(words)
        for widget in (self.strength, self.inversion, self.paint, self.mask_file):
            column.addWidget(widget)

    # --- what it holds -----------------------------------------------------------------------------------------------

    def picture(self) -> GivenPicture | None:
        """The picture to begin with; None: noise."""
        return self._given

    def set_picture(self, pixels_HWC: np.ndarray | None) -> None:
        """Begin with another picture, or with noise again; what was painted is gone."""
        before = self._given
        self._given = GivenPicture(pixels_HWC) if pixels_HWC is not None else None
        self._shown, self._mask = None, None
        if before is None:
            self.strength.set_value(STRENGTH)
        self._announce()

    def set_mask(self, mask_HW: np.ndarray | None) -> None:
        """Make only this part anew. The first paint sets the strength to all of it, and none sets it back."""
        was = self._mask is not None
        if was != (mask_HW is not None):
            self.strength.set_value(STRENGTH if mask_HW is None else MASKED_STRENGTH)
        self._mask = mask_HW
        self._show()
        self.changed.emit()

    def painted(self) -> np.ndarray | None:
        """(H, W) bool, of the size for which it was painted."""
        return self._mask

    def beginning(self, size: tuple[int, int]) -> Beginning | None:
        """What a denoising begins with at a size; a mask that was painted for another size is left out."""
        if self._given is None:
            return None
        mask = b"" if self._mask is None or self._mask.shape != size else mask_file(self._mask)
        picture, shown = self._given.at(size), self._shown
        if shown is not None and self._mask is not None and mask and shown.picture == picture:
            before = given_mask(shown)
            mask = shown.mask if before is not None and np.array_equal(before, self._mask) else mask
        way = "inversion" if self.inversion.value() else "noise"
        found = {"picture": picture, "strength": float(self.strength.value()), "mask": mask, "way": way}
        if shown is not None and shown.picture == picture:
            found |= {"towards": shown.towards, "share": shown.share}
        return Beginning.model_validate(found)

    def show_beginning(self, begin: Beginning | None) -> None:
        """Set everything as a recipe has it. Raises UsageError where its picture cannot be read."""
        self._given, self._shown, self._mask = None, begin, None
        if begin is not None:
            self._given, self._mask = given(begin), given_mask(begin)
            self.strength.set_value(begin.strength)
            self.inversion.set_value(begin.way == "inversion")
        self._announce()

    def state(self) -> dict[str, Any] | None:
        """Plain JSON; None for noise."""
        given = self._given
        begin = self.beginning((given.pixels.shape[0], given.pixels.shape[1])) if given is not None else None
        return begin.model_dump(mode="json") if begin is not None else None

    def restore(self, state: object) -> None:
        """Take up what `state` gave; anything odd is noise."""
        try:
            self.show_beginning(Beginning.model_validate(state) if isinstance(state, dict) else None)
        except (StudioError, ValueError):
            self.show_beginning(None)

    # --- what happens ------------------------------------------------------------------------------------------------

    def _announce(self) -> None:
        self._show()
        self.picture_changed.emit()
        self.changed.emit()

    def _show(self) -> None:
        given = self._given
        self.slot.set_picture(given.pixels if given is not None else None)
        self._ways.setVisible(given is not None)
        self.clear.setVisible(given is not None)
        if given is None:
            words = self.tr("Drop one, or pick one on the sheet and click the box.")
        elif self._mask is None:
            words = self.tr("It is covered by noise, and made anew from there.")
        else:
            words = self.tr("{0} % of it is made anew.").format(max(1, round(100 * float(self._mask.mean()))))
        self._words.setText(words)

    def _on_dropped(self, image: QImage) -> None:
        self.set_picture(to_pixels(image, most=LARGEST))

    def _on_clear(self) -> None:
        self.set_picture(None)

    def _on_value(self) -> None:
        self.changed.emit()
