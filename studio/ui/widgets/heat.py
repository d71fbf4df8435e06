"""Heat over a picture: where a classifier looked, as a glow from clear over violet and orange to yellow."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.palette import SIZES
from studio.ui.widgets.pictures import is_smooth, to_image

# Stops of the glow as (heat, red, green, blue): perceived lightness rises evenly, so that it reads without its hues.
_STOPS = ((0.0, 30, 10, 70), (0.35, 110, 30, 140), (0.6, 205, 60, 100), (0.8, 245, 130, 40), (1.0, 252, 230, 90))
_CLEAREST, _DENSEST = 0.25, 0.72


def heat_image(heat_HW: np.ndarray) -> QImage:
    """Heat (H, W) in [0, 1] as a transparent QImage of the same size; what is cold darkens the picture a little."""
    heat = np.clip(np.nan_to_num(np.asarray(heat_HW, np.float64)), 0.0, 1.0)
    at = np.array([stop[0] for stop in _STOPS])
    channels = [np.interp(heat, at, np.array([stop[1 + i] for stop in _STOPS])) for i in range(3)]
    alpha = 255 * (_CLEAREST + (_DENSEST - _CLEAREST) * heat)
    return to_image(np.stack([*channels, alpha], axis=-1).round().astype(np.uint8))


class HeatPicture(QWidget):
    """A picture as large as the room allows, with or without heat over it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image, self._heat = QImage(), QImage()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 120)

    def set_picture(self, picture_HWC: np.ndarray | None) -> None:
        """Show a picture, or nothing; its heat is asked for anew."""
        self._image = to_image(picture_HWC) if picture_HWC is not None else QImage()
        self._heat = QImage()
        self.update()

    def set_heat(self, heat_HW: np.ndarray | None) -> None:
        """Lay heat (H, W) in [0, 1] over it, or take it away."""
        self._heat = heat_image(heat_HW) if heat_HW is not None and heat_HW.size else QImage()
        self.update()

    def has_heat(self) -> bool:
        """Whether heat lies over the picture."""
        return not self._heat.isNull()

    def picture(self) -> QImage:
        """The picture without its heat."""
        return self._image

    def sizeHint(self) -> QSize:
        return QSize(240, 240)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image.isNull():
            return
        painter = QPainter(self)
        fitted = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        corner = QPointF((self.width() - fitted.width()) // 2, (self.height() - fitted.height()) // 2)
        place = QRectF(corner, fitted)
        shape = QPainterPath()
        shape.addRoundedRect(place, SIZES.radius_picture, SIZES.radius_picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipPath(shape)
        smooth = is_smooth(self._image.width(), fitted.width() * self.devicePixelRatioF())
        shrunk = self._image.width() > fitted.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth and shrunk)
        painter.drawImage(place, self._image)
        if not self._heat.isNull():
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
            painter.drawImage(place, self._heat)
