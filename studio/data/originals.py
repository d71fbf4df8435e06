"""Pictures that are changed and given back as they came: size, orientation, transparency, format.

Shapes: H x W upright, C channels.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from studio.data.decoding import flatten, load, open_picture, orientation, plain

_ORIENTATION = 0x0112
_BACK = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How an upright picture lies in a file of each orientation: the inverse of what makes it upright."""
SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "BMP": ".bmp", "TIFF": ".tif", "PPM": ".ppm"}
"""Formats that are given back as they came, with the suffix of a new file; everything else becomes PNG."""
_FORMATS = {
    ".jpg": "JPEG", ".jpeg": "JPEG", ".jpe": "JPEG", ".jfif": "JPEG", ".png": "PNG", ".webp": "WEBP", ".bmp": "BMP",
    ".tif": "TIFF", ".tiff": "TIFF", ".ppm": "PPM", ".pnm": "PPM",
}  # fmt: skip
_OPAQUE = frozenset(("JPEG", "BMP", "PPM"))
_WITH_EXIF = frozenset(("JPEG", "PNG", "WEBP"))
_JPEG_QUALITY = 95


@dataclass(frozen=True, slots=True)
class Original:
    """A picture as it was read.

    Attributes:
        image: upright, as L, LA, RGB or RGBA. turn: the orientation in its file (1 to 8). format: of the file.
        background: what shows through where it is transparent, as #rrggbb.
    """

    image: Image.Image
    turn: int
    format: str
    background: str
    exif: bytes
    profile: bytes

    @property
    def alpha(self) -> np.ndarray | None:
        """How opaque each place is, (H, W) uint8; None where all are."""
        return np.asarray(self.image.getchannel("A")) if self.image.mode in ("LA", "RGBA") else None

    def pixels(self, channels: int) -> np.ndarray:
        """What is seen, on the background: (H, W, C) uint8."""
        seen = flatten(self.image, self.background).convert("L" if channels == 1 else "RGB")
        return np.asarray(seen).reshape(seen.height, seen.width, channels)

    def suffix(self) -> str:
        """The suffix of a file of the same kind; of a kind that is not given back, PNG's."""
        keeps = self.format in SUFFIXES and not (self.alpha is not None and self.format in _OPAQUE)
        return SUFFIXES[self.format] if keeps else SUFFIXES["PNG"]

    def changed(self, y_HWC: np.ndarray, suffix: str) -> bytes:
        """A file with other pixels (H, W, C) uint8 on the background, otherwise as this one.

        Args:
            suffix: the kind of file. One that cannot be transparent shows the background.
        """
        kind = _FORMATS.get(suffix.lower(), "PNG")
        image = Image.fromarray(y_HWC[..., 0] if y_HWC.shape[2] == 1 else y_HWC)
        if self.alpha is not None and kind not in _OPAQUE:
            image = self._transparent(image)
        if self.turn in _BACK and kind in _WITH_EXIF:
            image = image.transpose(_BACK[self.turn])
        file = io.BytesIO()
        image.save(file, kind, **self._about(image, kind))
        return file.getvalue()

    def _transparent(self, image: Image.Image) -> Image.Image:
        """The colours which, as transparent as before, give these pixels on the background."""
        alpha = np.asarray(self.alpha, np.float32)[..., None] / 255
        behind = np.asarray(Image.new("RGB", (1, 1), self.background), np.float32)
        shown = np.asarray(image.convert("RGB"), np.float32)
        own = (shown - (1 - alpha) * behind) / np.maximum(alpha, 1 / 255)
        before = np.asarray(self.image.convert("RGBA"))[..., :3]
        colours = np.where(alpha > 0, own.round().clip(0, 255), before).astype(np.uint8)
        return Image.fromarray(np.dstack([colours, np.asarray(self.alpha)]))

    def _about(self, image: Image.Image, kind: str) -> dict[str, Any]:
        """What the file says besides its pixels."""
        about: dict[str, Any] = {}
        if kind in _WITH_EXIF and self.exif:
            about["exif"] = self.exif
        grey = image.mode in ("L", "LA")
        if self.profile and grey == (self.image.mode in ("L", "LA")):
            about["icc_profile"] = self.profile
        if kind == "JPEG":
            about |= {"quality": _JPEG_QUALITY, "subsampling": 0}
        if kind == "WEBP":
            about |= {"lossless": True}
        return about


def read_original(data: bytes, background: str) -> Original:
    """A picture of any readable format, decoded and upright.

    Raises:
        BrokenPicture: it cannot be read.
    """
    image = open_picture(data)
    load(image)
    turn, kind, mode = orientation(image), image.format or "", image.mode
    profile = image.info.get("icc_profile") if mode not in ("CMYK", "LAB", "YCbCr") else None
    return Original(plain(image, turn), turn, kind, background, _exif_of(image, turn), profile or b"")


def _exif_of(image: Image.Image, turn: int) -> bytes:
    """The notes of the camera, with the orientation in any case."""
    if image.format == "TIFF":  # there they are one with how the pixels are stored
        return b""
    found = image.info.get("exif")
    if isinstance(found, bytes) and found:
        return found
    exif = Image.Exif()
    exif[_ORIENTATION] = turn
    return exif.tobytes() if turn in _BACK else b""
