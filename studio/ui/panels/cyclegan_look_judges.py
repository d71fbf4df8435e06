"""What the judges see: each patch of the picture, and of its translation, taken for real or for a translation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.ui import theme
from studio.ui.panels.cyclegan_look_picture import PictureChoice
from studio.ui.panels.cyclegan_look_trip import RoundTripView, dense_in
from studio.ui.panels.maker import Maker
from studio.ui.text import Label
from studio.ui.widgets.confusion_matrix import percent
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.inputs import Switch
from studio.ui.widgets.pictures import is_smooth, to_image

if TYPE_CHECKING:
    from studio.generation.models import RoundTrip

_DENSEST = 0.72


class PatchPicture(QWidget):
    """A picture under a map of patches: in the colour of what is real, or of what is made, the surer the denser."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._patches: np.ndarray | None = None
        self._covered = True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(140, 140)

    def set_patches(self, picture_HWC: np.ndarray, sure_HW: np.ndarray | None) -> None:
        """`sure_HW` in [-1, 1]: surely made to surely real; None where no judge has looked."""
        self._image = to_image(picture_HWC)
        self._patches = sure_HW
        self.update()

    def patches(self) -> np.ndarray | None:
        """What `set_patches` was given."""
        return self._patches

    def set_covered(self, on: bool) -> None:
        """Whether the map lies over the picture."""
        self._covered = on
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, 320)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image.isNull():
            return
        painter = QPainter(self)
        fitted = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        corner = QPointF((self.width() - fitted.width()) // 2, (self.height() - fitted.height()) // 2)
        place = QRectF(corner, fitted)
        smooth = is_smooth(self._image.width(), fitted.width() * self.devicePixelRatioF())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(place, self._image)
        if self._covered and self._patches is not None and self._patches.size:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
            painter.drawImage(place, self._map(self._patches))

    def _map(self, sure: np.ndarray) -> QImage:
        look = theme.current()
        colours = [look.colour(name) for name in ("fake", "real")]
        table = np.array([[c.red(), c.green(), c.blue()] for c in colours], np.float64)
        pixels = np.empty((*sure.shape, 4), np.float64)
        pixels[..., :3] = table[(sure > 0).astype(int)]
        pixels[..., 3] = 255 * _DENSEST * np.abs(sure)
        return to_image(pixels.round().astype(np.uint8))


class JudgesView(RoundTripView):
    """Left the picture before the judge of its own side, right the translation before that of the other."""

    key = "judges"

    def __init__(self, maker: Maker, choice: PictureChoice, parent: QWidget | None = None) -> None:
        super().__init__(maker, choice, parent)
        self.left, self.right = PatchPicture(), PatchPicture()
        self.left.setObjectName("patchesReal")
        self.right.setObjectName("patchesTranslated")
        self.heads = (Label(role="strong"), Label(role="strong"))
        self.shares = (Label(role="dim"), Label(role="dim"))
        self.cover = Switch()
        self.cover.setObjectName("patchesCover")
        self.cover.setAccessibleName(self.tr("Show the map over the picture"))
        self.cover.set_value(True)
        self.cover.value_changed.connect(self._on_cover)
        self._lay_out()
        self._make_controls()

    def _lay_out(self) -> None:
        row = dense(QHBoxLayout(), gap=16)
        for head, picture, share in zip(self.heads, (self.left, self.right), self.shares, strict=True):
            card = Frame("card", padding=16, gap=8)
            card.add(head)
            card.add(picture, 1)
            card.add(share)
            row.addWidget(card, 1)
        holder = QWidget()
        holder.setLayout(row)
        dense_in(self, holder)

    def _make_controls(self) -> None:
        self.controls = QWidget()
        column = dense(QVBoxLayout(self.controls), gap=8)
        line = dense(QHBoxLayout(), gap=8)
        line.addWidget(Label(self.tr("Map over the picture")), 1)
        line.addWidget(self.cover)
        column.addLayout(line)
        words = self.tr("Blue patches are taken for real, orange ones for translated; dense means sure.")
        column.addWidget(Label(words, role="small", wrap=True))

    def words(self) -> tuple[str, str]:
        explained = self.tr(
            "A judge looks at patches, not at the whole. Where it still tells the translation from real pictures, the "
            "translator has something to learn."
        )
        return self.tr("What the judges see"), explained

    def show_trip(self, trip: RoundTrip) -> None:
        own, other = self.choice.names()
        scores = [found for found in (trip.patches_real, trip.patches_translated) if found is not None]
        reach = max(1e-6, *(float(np.abs(found - trip.threshold).max()) for found in scores))
        said = (
            (self.left, trip.real, trip.patches_real, self.tr("{0}, before the judge of {0}").format(own)),
            (self.right, trip.translated, trip.patches_translated,
             self.tr("translated, before the judge of {0}").format(other)),
        )  # fmt: skip
        for (view, picture, found, words), head, share in zip(said, self.heads, self.shares, strict=True):
            view.set_patches(picture, None if found is None else (found - trip.threshold) / reach)
            head.setText(words)
            share.setText(self._share_words(found, trip.threshold))

    def _share_words(self, scores: np.ndarray | None, threshold: float) -> str:
        if scores is None:
            return self.tr("This run has no judge of this side.")
        words = self.tr("{0} of its {1} patches taken for real")
        return words.format(percent(float((scores > threshold).mean())), scores.size)

    def sentence(self, trip: RoundTrip) -> str:
        return self.tr("At step {0}. Both maps are drawn to the same scale.").format(trip.step)

    def _on_cover(self, on: object) -> None:
        for picture in (self.left, self.right):
            picture.set_covered(bool(on))
