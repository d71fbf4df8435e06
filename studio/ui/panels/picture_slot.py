"""A box that takes a picture from anywhere: from the sheet, from another program, from a file."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from studio.ui.drops import local_paths
from studio.ui.palette import SIZES
from studio.ui.panels.tiles import Tile
from studio.ui.text import plain_tooltip
from studio.ui.widgets.pictures import draw_ring


class PictureSlot(Tile):
    """`dropped` carries a QImage, `file_dropped` a path; a click asks for the picked picture, Delete empties it."""

    dropped = Signal(object)
    file_dropped = Signal(object)
    cleared = Signal()

    def __init__(self, side: int, *, hint: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(side, hint=hint, parent=parent)
        self._over = False
        self.setAcceptDrops(True)
        plain_tooltip(self, tip)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasImage() or local_paths(event.mimeData()):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self._over = True
            self.update()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._over = False
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:
        self._over = False
        self.update()
        image, paths = event.mimeData().imageData(), local_paths(event.mimeData())
        if isinstance(image, QImage) and not image.isNull():
            self.dropped.emit(image)
        elif paths:
            self.file_dropped.emit(paths[0])
        else:
            return
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and not self.picture().isNull():
            self.cleared.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._over:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            draw_ring(painter, self._box(), "accent", radius=SIZES.radius_picture)
