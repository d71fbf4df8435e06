"""One picture in a box: shown, clicked, dragged out, and (as a slot) dropped in. Recipes travel in a format of ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, QMimeData, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from studio.ui import theme
from studio.ui.palette import SIZES
from studio.ui.text import plain_tooltip
from studio.ui.widgets.pictures import (
    DragLoad,
    copy_image,
    draw_picture,
    draw_ring,
    friendly_size,
    scaled,
    start_drag,
    to_image,
)

RECIPE_FORMAT = "application/x-studio-recipe"


def recipe_bytes(recipe: Mapping[str, Any]) -> bytes:
    """A recipe as it travels inside the program."""
    return json.dumps(recipe).encode()


def recipe_in(data: QMimeData) -> dict[str, Any] | None:
    """The recipe that a drag brings; None where it brings none of ours."""
    if not data.hasFormat(RECIPE_FORMAT):
        return None
    try:
        found = json.loads(bytes(data.data(RECIPE_FORMAT).data()))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


class Tile(QWidget):
    """A picture (H, W, C) uint8 with round corners, scaled to the box; an empty box shows `hint`."""

    clicked = Signal()

    def __init__(
        self, side: int = 96, *, hint: str = "", focusable: bool = True, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._side, self._hint = side, hint
        self._pressed: QPoint | None = None
        self._load: Callable[[], DragLoad] | None = None
        self.chosen = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if focusable else Qt.FocusPolicy.NoFocus)

    def set_picture(self, picture: NDArray[np.uint8] | QImage | None) -> None:
        """Show a picture, or nothing."""
        self._image = to_image(picture) if isinstance(picture, np.ndarray) else (picture or QImage())
        self.update()

    def picture(self) -> QImage:
        """What is shown; a null image for nothing."""
        return self._image

    def set_hint(self, hint: str) -> None:
        """The word in the empty box."""
        self._hint = hint
        self.update()

    def set_side(self, side: int) -> None:
        """The side of the box."""
        self._side = side
        self.updateGeometry()
        self.update()

    def set_chosen(self, chosen: bool) -> None:
        """Draw the ring of what is chosen."""
        self.chosen = chosen
        self.update()

    def set_drag_hook(self, hook: Callable[[], DragLoad]) -> None:
        """Who says what travels when the picture is dragged out."""
        self._load = hook

    def copy(self) -> None:
        """Put the picture on the clipboard."""
        if not self._image.isNull():
            copy_image(self._image)

    def sizeHint(self) -> QSize:
        return QSize(self._side + 8, self._side + 8)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _box(self) -> QRectF:
        return QRectF(4, 4, self.width() - 8, self.height() - 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = self._paint_content(painter, self._box())
        if self.chosen or self.hasFocus():
            draw_ring(painter, place, "accent" if self.chosen else "text", radius=SIZES.radius_picture)

    def _paint_content(self, painter: QPainter, box: QRectF) -> QRectF:
        if self._image.isNull():
            self._paint_empty(painter, box)
            return box
        ratio = self.devicePixelRatioF()
        side = int(friendly_size(self._image.width(), int(box.width() * ratio)) / ratio)
        return draw_picture(painter, box, scaled(self._image, QSize(side, side), ratio), radius=SIZES.radius_picture)

    def _paint_empty(self, painter: QPainter, box: QRectF) -> None:
        look = theme.current()
        painter.setPen(QPen(look.colour("line_strong"), 1, Qt.PenStyle.DashLine))
        painter.setBrush(look.colour("field"))
        painter.drawRoundedRect(box, SIZES.radius_picture, SIZES.radius_picture)
        painter.setPen(look.colour("text_dim"))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(box.adjusted(4, 4, -4, -4), int(flags), self._hint)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = event.position().toPoint() if event.button() == Qt.MouseButton.LeftButton else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None or self._image.isNull():
            return
        if (event.position().toPoint() - self._pressed).manhattanLength() >= QApplication.startDragDistance():
            self._pressed = None
            start_drag(self, [self._image], self._load() if self._load is not None else DragLoad())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pressed is not None and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()
        self._pressed = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()


class Slot(Tile):
    """A tile into which a picture is dropped. A click (or Enter) asks for the picked picture, Delete empties it.

    `recipe_dropped` carries plain data; what fills the slot is decided by its owner through `set_picture`.
    """

    recipe_dropped = Signal(object)
    cleared = Signal()

    def __init__(self, letter: str, *, side: int = 80, tip: str = "", parent: QWidget | None = None) -> None:
        super().__init__(side, hint=letter, parent=parent)
        self.letter = letter
        self._over = False
        self.setAcceptDrops(True)
        self.setAccessibleName(letter)
        plain_tooltip(self, tip)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(RECIPE_FORMAT):
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
        recipe = recipe_in(event.mimeData())
        if recipe is not None:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.recipe_dropped.emit(recipe)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and not self._image.isNull():
            self.cleared.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._over:
            draw_ring(painter, self._box(), "accent", radius=SIZES.radius_picture)
        if not self._image.isNull():
            self._paint_letter(painter)

    def _paint_letter(self, painter: QPainter) -> None:
        look = theme.current()
        badge = QRectF(self._box().left() + 4, self._box().top() + 4, 18, 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("surface", 0.88))
        painter.drawEllipse(badge)
        painter.setPen(look.colour("text"))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, self.letter)


def recipe_load(recipe: Mapping[str, Any]) -> DragLoad:
    """A drag that only our own slots understand."""
    return DragLoad(formats={RECIPE_FORMAT: bytes(QByteArray(recipe_bytes(recipe)).data())})
