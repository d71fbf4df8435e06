"""A picture with a brush over it: where is painted, it is made anew; everywhere else it stays equal to the bit."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.ui import theme
from studio.ui.drops import local_paths
from studio.ui.palette import SIZES
from studio.ui.text import Label
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.drawing_pad import DrawingPad
from studio.ui.widgets.frames import dense
from studio.ui.widgets.inputs import ValueSlider
from studio.ui.widgets.pictures import to_image

_WIDTHS = (4, 96)
_WIDTH = 32
_INK = 0.55
_FULL = 128  # of 255: a pixel that is covered by half is painted


class MaskPainter(QWidget):
    """`left`: the user is done. `changed`: the mask is another one. `file_dropped` carries the file of a mask."""

    left = Signal()
    changed = Signal()
    file_dropped = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("maskPainter")
        self.setAcceptDrops(True)
        self._size = (0, 0)
        self._mask: np.ndarray | None = None
        self.pad = DrawingPad()
        self.pad.setObjectName("maskPad")
        self.pad.setAccessibleName(self.tr("Paint what is to be made anew"))
        self.pad.setAcceptDrops(False)
        self.pad.set_ink(_INK)
        self.pad.set_pen_width(_WIDTH)
        self.words = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self.words.setObjectName("maskWords")
        self._make_tools()
        self._lay_out()
        self.pad.changed.connect(self._on_painted)
        self.pad.undo_changed.connect(self._show_possible)
        theme.watcher().changed.connect(self._on_theme)
        self._on_theme()

    def _make_tools(self) -> None:
        self.done = Button(self.tr("Done"), kind="small", icon="check", tip=self.tr("Back to the sheet (Escape)"))
        self.brush = ValueSlider(*_WIDTHS, _WIDTH, whole=True, unit="px")
        self.brush.setAccessibleName(self.tr("Width of the brush"))
        self.brush.setFixedWidth(210)
        self.eraser = Button(self.tr("Eraser"), kind="small", icon="eraser", tip=self.tr("Take paint away (E)"))
        self.eraser.setCheckable(True)
        self.invert = Button(
            self.tr("Swap"), kind="small", icon="compare", tip=self.tr("Paint all that is not painted")
        )
        self.undo = icon_button("undo", self.tr("Take the newest stroke back (Ctrl+Z)"))
        self.clear = icon_button("trash", self.tr("Take all paint away"))
        named = {"Done": self.done, "Brush": self.brush, "Eraser": self.eraser, "Swap": self.invert}
        for name, widget in (named | {"Undo": self.undo, "Clear": self.clear}).items():
            widget.setObjectName(f"mask{name}")
        self.done.clicked.connect(self.left)
        self.brush.value_changed.connect(self._on_width)
        self.eraser.toggled.connect(self.pad.set_eraser)
        self.invert.clicked.connect(self._on_invert)
        self.undo.clicked.connect(self.pad.undo)
        self.clear.clicked.connect(self._on_clear)
        self.pad.eraser_changed.connect(self.eraser.setChecked)
        self.pad.width_asked.connect(self._on_width_key)

    def _lay_out(self) -> None:
        head = dense(QHBoxLayout(), gap=8)
        head.addWidget(Label(self.tr("Paint what is to be made anew"), role="strong"))
        head.addWidget(self.words, 1)
        head.addWidget(self.done)
        tools = dense(QHBoxLayout(), gap=8)
        tools.addWidget(Label(self.tr("Brush"), role="dim"))
        tools.addWidget(self.brush)
        for widget in (self.eraser, self.invert):
            tools.addWidget(widget)
        tools.addStretch(1)
        tools.addWidget(self.undo)
        tools.addWidget(self.clear)
        column = QVBoxLayout(self)
        column.setContentsMargins(SIZES.margin, 16, SIZES.margin, 16)
        column.setSpacing(10)
        column.addLayout(head)
        column.addLayout(tools)
        column.addWidget(self.pad, 1)

    # --- the picture and its mask ------------------------------------------------------------------------------------

    def set_picture(self, picture_HWC: np.ndarray, mask_HW: np.ndarray | None = None) -> None:
        """Paint over another picture, with a mask of its size or none."""
        self._size = (picture_HWC.shape[0], picture_HWC.shape[1])
        self.pad.set_picture(to_image(_squared(picture_HWC)))
        if mask_HW is not None:
            self._put(mask_HW)

    def painted(self) -> np.ndarray | None:
        """(H, W) bool: what is painted; None where nothing is."""
        return self._mask

    def _put(self, mask_HW: np.ndarray) -> None:
        ink = self._ink()
        painted = np.zeros((*self._size, 4), np.uint8)
        painted[mask_HW] = (ink.red(), ink.green(), ink.blue(), 255)
        squared = to_image(_squared(painted)).convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
        self.pad.set_strokes(squared if mask_HW.any() else QImage())

    def _read(self) -> np.ndarray | None:
        strokes = self.pad.strokes()
        if strokes.isNull() or not all(self._size):
            return None
        side = max(self._size)
        small = strokes.scaled(
            side, side, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        ).convertToFormat(QImage.Format.Format_Alpha8)
        rows = np.frombuffer(small.constBits(), np.uint8).reshape(side, small.bytesPerLine())[:, :side]
        place = _place(self._size)
        found = rows[place.top() : place.bottom() + 1, place.left() : place.right() + 1] >= _FULL
        return found if found.any() else None

    def _ink(self) -> QColor:
        return theme.current().colour("accent")

    # --- what happens ------------------------------------------------------------------------------------------------

    def _on_painted(self) -> None:
        self._mask = self._read()
        share = 0.0 if self._mask is None else float(self._mask.mean())
        words = self.tr("{0} % of the picture; the rest stays as it is, to the bit").format(max(1, round(100 * share)))
        self.words.setText(words if share else self.tr("Nothing is painted yet; then the whole picture is made anew."))
        self._show_possible()
        self.changed.emit()

    def _show_possible(self) -> None:
        self.undo.set_available("" if self.pad.can_undo() else self.tr("There is nothing to take back."))
        self.clear.set_available("" if self._mask is not None else self.tr("Nothing is painted."))

    def _on_invert(self) -> None:
        mask = self._mask
        self._put(np.ones(self._size, bool) if mask is None else ~mask)

    def _on_clear(self) -> None:
        self.pad.set_strokes(QImage())

    def _on_width(self, width: float) -> None:
        self.pad.set_pen_width(round(width))

    def _on_width_key(self, by: int) -> None:
        self.brush.set_value(min(max(int(self.brush.value()) + by, _WIDTHS[0]), _WIDTHS[1]))
        self._on_width(float(self.brush.value()))

    def _on_theme(self) -> None:
        self.pad.set_colour(self._ink())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if local_paths(event.mimeData()):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = local_paths(event.mimeData())
        if paths:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.file_dropped.emit(paths[0])

    def keyPressEvent(self, event: object) -> None:
        if event.key() == Qt.Key.Key_Escape:  # type: ignore[attr-defined]
            self.left.emit()
        else:
            super().keyPressEvent(event)  # type: ignore[arg-type]


def _place(size: tuple[int, int]) -> QRect:
    """Where a picture lies in the square around it."""
    side = max(size)
    return QRect((side - size[1]) // 2, (side - size[0]) // 2, size[1], size[0])


def _squared(picture_HWC: np.ndarray) -> np.ndarray:
    """The picture in the middle of a square, grey (or clear) around it."""
    height, width, channels = picture_HWC.shape
    place = _place((height, width))
    laid = np.full((max(height, width), max(height, width), channels), 0 if channels == 4 else 128, np.uint8)
    laid[place.top() : place.top() + height, place.left() : place.left() + width] = picture_HWC
    return laid
