"""What all places that show pictures share: arrays to images, how to scale, how to paint one, how to drag them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QMimeData, QPointF, QRectF, QSize, Qt, QUrl
from PySide6.QtGui import QBrush, QDrag, QGuiApplication, QImage, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from studio.ui import theme
from studio.ui.palette import SIZES

Pictures = NDArray[np.uint8] | Sequence[QImage]

_FORMATS = {1: QImage.Format.Format_Grayscale8, 3: QImage.Format.Format_RGB888, 4: QImage.Format.Format_RGBA8888}
_DRAG_SIZE = 96


def to_image(picture_HWC: NDArray[np.uint8]) -> QImage:
    """A uint8 array HWC (or HW) with 1, 3 or 4 channels as a QImage that owns its bytes."""
    picture = np.atleast_3d(picture_HWC)
    height, width, channels = picture.shape
    if picture.dtype != np.uint8 or channels not in _FORMATS:
        raise ValueError(f"A picture is uint8 with 1, 3 or 4 channels, not {picture.dtype} with {channels}.")
    packed = np.ascontiguousarray(picture)
    return QImage(packed.data, width, height, width * channels, _FORMATS[channels]).copy()


def to_pixels(image: QImage, *, most: int) -> NDArray[np.uint8]:
    """(H, W, 3) uint8: the inverse, of a picture made at most ``most`` pixels wide and high, over white."""
    if max(image.width(), image.height()) > most:
        how = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        image = image.scaled(most, most, *how)
    flat = QImage(image.size(), QImage.Format.Format_RGB888)
    flat.fill(Qt.GlobalColor.white)
    painter = QPainter(flat)
    painter.drawImage(0, 0, image)
    painter.end()
    rows = np.frombuffer(flat.constBits(), np.uint8).reshape(flat.height(), flat.bytesPerLine())
    return rows[:, : 3 * flat.width()].reshape(flat.height(), flat.width(), 3).copy()


def to_images(pictures: Pictures) -> list[QImage]:
    """Pictures as QImages: a uint8 array NHWC (or NHW), or a sequence of QImages, which is only listed."""
    if isinstance(pictures, np.ndarray):
        return [to_image(picture) for picture in pictures]
    return list(pictures)


def is_smooth(source: int, target: float) -> bool:
    """Whether to interpolate when `source` pixels become `target` device pixels.

    Shrinking always does; a whole factor shows the pixels as they are; a broken factor would make them uneven.
    """
    factor = target / max(source, 1)
    return factor < 1 or abs(factor - round(factor)) > 0.01


def friendly_size(source: int, room: int, *, spare: float = 0.15) -> int:
    """The side, at most `room`, at which `source` pixels look best: a whole multiple where that loses little room."""
    if source <= 0 or room < source:
        return room
    whole = room // source * source
    return whole if whole >= room * (1 - spare) else room


def scaled(image: QImage, size: QSize, ratio: float = 1.0) -> QPixmap:
    """An image fitted into `size` (device-independent) at a screen's pixel ratio, proportions kept."""
    room = QSize(max(1, round(size.width() * ratio)), max(1, round(size.height() * ratio)))
    fitted = image.size().scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
    how = (
        Qt.TransformationMode.SmoothTransformation
        if is_smooth(image.width(), fitted.width())
        else Qt.TransformationMode.FastTransformation
    )
    pixmap = QPixmap.fromImage(image.scaled(fitted, Qt.AspectRatioMode.IgnoreAspectRatio, how))
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def centred(pixmap: QPixmap, box: QRectF) -> QRectF:
    """Where a pixmap lies when it stands in the middle of a box."""
    size = pixmap.deviceIndependentSize()
    corner = box.center() - QPointF(size.width() / 2, size.height() / 2)
    return QRectF(QPointF(round(corner.x()), round(corner.y())), size)


def draw_picture(painter: QPainter, box: QRectF, pixmap: QPixmap | None, *, radius: float) -> QRectF:
    """Paint a scaled picture with round corners in the middle of a box (a blank where there is none yet)."""
    painter.setPen(Qt.PenStyle.NoPen)
    if pixmap is None or pixmap.isNull():
        painter.setBrush(theme.current().colour("line"))
        painter.drawRoundedRect(box, radius, radius)
        return box
    place = _on_pixels(painter, centred(pixmap, box))
    painter.translate(place.topLeft())  # Qt divides the shift of a brush by the pixel ratio, that of a painter not
    painter.setBrush(QBrush(pixmap))
    painter.drawRoundedRect(QRectF(QPointF(0, 0), place.size()), radius, radius)
    painter.translate(-place.topLeft())
    return place


def _on_pixels(painter: QPainter, place: QRectF) -> QRectF:
    """The same rectangle with its corner on a whole device pixel, so that the texture neither blurs nor wraps."""
    to_device = painter.deviceTransform()
    from_device, invertible = to_device.inverted()
    if not invertible:
        return place
    corner = to_device.map(place.topLeft())
    return QRectF(from_device.map(QPointF(round(corner.x()), round(corner.y()))), place.size())


def draw_star(painter: QPainter, place: QRectF) -> None:
    """Paint the mark of a kept picture into its upper right corner."""
    back = QRectF(place.right() - 22, place.top() + 2, 20, 20)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.current().colour("surface", 0.85))
    painter.drawEllipse(back)
    ratio = painter.device().devicePixelRatio()
    painter.drawPixmap(back.topLeft() + QPointF(3, 3), theme.pixmap("star-full", "accent_text", 14, ratio))


def draw_mark(painter: QPainter, place: QRectF) -> None:
    """Paint the mark of a picture that was told wrong into its upper right corner, with an edge all around."""
    side = min(16.0, place.width() / 2)
    back = QRectF(place.right() - side + 3, place.top() - 3, side, side)
    painter.setPen(QPen(theme.current().colour("surface"), 1.5))
    painter.setBrush(theme.current().colour("danger"))
    painter.drawEllipse(back)
    arm = side * 0.2
    painter.setPen(QPen(theme.current().colour("surface"), 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    for sign in (-1, 1):
        shift = QPointF(arm, sign * arm)
        painter.drawLine(back.center() - shift, back.center() + shift)


def draw_ring(painter: QPainter, place: QRectF, colour: str, *, radius: float) -> None:
    """Paint the ring around what is chosen, two pixels outside the picture."""
    painter.setPen(QPen(theme.current().colour(colour), SIZES.focus))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    grown = place.adjusted(-2.5, -2.5, 2.5, 2.5)
    painter.drawRoundedRect(grown, radius + 2.5, radius + 2.5)


@dataclass(frozen=True)
class DragLoad:
    """What travels when pictures are dragged out: files for other programs, formats of our own for our slots."""

    paths: Sequence[Path] = ()
    formats: Mapping[str, bytes] = field(default_factory=dict)


def mime_of(images: Sequence[QImage], load: DragLoad) -> QMimeData:
    """The first image, the files' addresses and our own formats, as one bundle for drag or clipboard."""
    data = QMimeData()
    if images:
        data.setImageData(images[0])
    if load.paths:
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in load.paths])
    for name, content in load.formats.items():
        data.setData(name, content)
    return data


def start_drag(source: QWidget, images: Sequence[QImage], load: DragLoad) -> None:
    """Drag pictures out of a widget; returns when they are dropped or let go."""
    if not images:
        return
    drag = QDrag(source)
    drag.setMimeData(mime_of(images, load))
    drag.setPixmap(scaled(images[0], QSize(_DRAG_SIZE, _DRAG_SIZE), source.devicePixelRatioF()))
    drag.exec(Qt.DropAction.CopyAction)


def copy_image(image: QImage) -> None:
    """Put one picture on the clipboard."""
    QGuiApplication.clipboard().setImage(image)
