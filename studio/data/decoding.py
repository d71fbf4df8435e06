"""Pictures from bytes that nobody vouches for: an allow-list of formats, a bound checked before decoding, every mode.

Whatever the file, :func:`plain` leaves one of four modes: L, LA, RGB, RGBA, upright and with 8 bits a channel.
"""

from __future__ import annotations

import io
import threading
import warnings
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
from PIL import Image, UnidentifiedImageError

from studio.ground.errors import StudioError

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
SUFFIXES = frozenset(
    (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".pnm", ".ppm", ".pgm", ".pbm")
)
MAX_PIXELS = 89_478_485
"""Where Pillow itself begins to warn: 256 MB of RGB. Cameras stay below; picture bombs do not."""
MAX_BYTES = 1 << 30
THUMB = (8, 9)
"""Rows and columns of the tiny picture kept of each picture, from which duplicates are told."""

_LARGE_PIXELS = 12_000_000
_large = threading.Lock()
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# The bound is checked below, with a sentence of our own; Pillow's warning would only add a line to the terminal.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
# Remarks about damaged notes inside files ("Corrupt EXIF data"); the pictures are fine, and nobody reads the terminal.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


class BrokenPicture(StudioError):
    """A file that cannot become a picture; the text says why, as the end of 'This file …'."""


@dataclass(frozen=True, slots=True)
class Look:
    """What importing learns of one picture: upright size in pixels, mode as found, format, thumb (8, 9, 3) as bytes."""

    width: int
    height: int
    mode: str
    format: str
    transparent: bool
    animated: bool
    thumb: bytes


def open_picture(data: bytes) -> Image.Image:
    """Open (not yet decode) a picture of an allowed format.

    Raises:
        BrokenPicture: no such format, damaged at its head, or more than ``MAX_PIXELS``.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise BrokenPicture("is empty" if not data else "is not a picture that can be read") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except Exception as error:  # damaged bytes may raise anything in a decoder
        raise _damaged(error) from error
    if image.width * image.height > MAX_PIXELS:
        raise _too_large()
    return image


def load(image: Image.Image, *, near: int = 0) -> None:
    """Decode in place, to the last byte; a JPEG at a half, quarter or eighth where that leaves ``near`` pixels a side.

    Raises:
        BrokenPicture: the data is cut short or damaged.
    """
    try:
        if near and image.format == "JPEG":
            image.draft(image.mode, (near, near))
        with _turn(image):
            image.load()
    except Exception as error:  # damaged bytes may raise anything in a decoder
        raise _damaged(error) from error


def look(data: bytes) -> Look:
    """Decode a picture and say what it is. Raises BrokenPicture."""
    image = open_picture(data)
    width, height = image.size
    mode, kind = image.mode, image.format or ""
    load(image, near=64)
    turn = orientation(image)
    if turn >= 5:
        width, height = height, width
    flat = plain(image, turn)
    return Look(width, height, mode, kind, flat.mode in ("LA", "RGBA"), _is_animated(image), thumb(flat))


def plain(image: Image.Image, turn: int | None = None) -> Image.Image:
    """The loaded picture as L, LA, RGB or RGBA, upright. Deep greys are scaled to 8 bits, not clipped."""
    turn = orientation(image) if turn is None else turn
    upright = image.transpose(_TURNS[turn]) if turn in _TURNS else image
    mode = upright.mode
    if mode in ("LA", "RGBA"):
        return upright
    if mode.startswith("I") or mode == "F":
        return _eight_bits(upright, image.format or "")
    if mode in ("PA", "La", "RGBa"):
        return upright.convert("LA" if mode == "La" else "RGBA")
    if "transparency" in image.info and mode in ("1", "L", "P", "RGB"):
        upright.info["transparency"] = image.info["transparency"]
        return upright.convert("RGBA")
    if mode in ("L", "RGB"):
        return upright
    return upright.convert("L" if mode == "1" else "RGB")


def flatten(image: Image.Image, background: str) -> Image.Image:
    """A picture of :func:`plain` without transparency (L or RGB): ``background`` (#rrggbb) shows through."""
    if image.mode in ("L", "RGB"):
        return image
    whole = image.convert("RGBA")
    ground = Image.new("RGB", image.size, background)
    ground.paste(whole, mask=whole.getchannel("A"))
    return ground


def thumb(image: Image.Image) -> bytes:
    """The tiny picture (8, 9, 3) of a plain one; transparency lies on middle grey, where both black and white show."""
    rows, columns = THUMB
    small = image.resize((columns, rows), Image.Resampling.BOX)
    flat = flatten(small, "#808080")
    return (flat if flat.mode == "RGB" else flat.convert("RGB")).tobytes()


def orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none or it cannot be read."""
    if image.format == "TIFF":
        return 1  # Pillow turns these itself
    if "exif" not in image.info and image.format not in ("PNG", "WEBP"):
        return 1
    try:
        found = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001  a damaged note about the picture does not make the picture unreadable
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _eight_bits(image: Image.Image, kind: str) -> Image.Image:
    """Scale 16- and 32-bit greys and floats to 0…255: by their type's range where it is known, else by their own."""
    values = np.asarray(image)
    if image.mode.startswith("I;16") or (image.mode == "I" and kind in ("PNG", "PPM")):
        return Image.fromarray(((values.astype(np.uint32) * 255 + 32767) // 65535).clip(0, 255).astype(np.uint8))
    values = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if low >= 0 and high <= 1 and image.mode == "F":
        low, high = 0.0, 1.0
    elif low >= 0 and high <= 255:
        low, high = 0.0, 255.0
    scaled = (values - low) * (255.0 / (high - low)) if high > low else np.zeros_like(values)
    return Image.fromarray(np.rint(scaled).astype(np.uint8))


def _is_animated(image: Image.Image) -> bool:
    if image.format not in ("GIF", "PNG", "WEBP"):
        return False
    try:
        return bool(getattr(image, "is_animated", False))
    except Exception:  # noqa: BLE001  later frames are not used, so their damage does not matter
        return False


def _turn(image: Image.Image) -> AbstractContextManager[object]:
    """Very large pictures are decoded one at a time, so that memory stays bounded on many cores."""
    return _large if image.width * image.height > _LARGE_PIXELS else nullcontext()


def _too_large() -> BrokenPicture:
    return BrokenPicture("has more than {limit} million pixels", limit=MAX_PIXELS // 1_000_000)


def _damaged(error: Exception) -> BrokenPicture:
    return BrokenPicture("is damaged ({reason})", reason=str(error).strip().rstrip(".") or type(error).__name__)
