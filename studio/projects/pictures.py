"""Pictures on the disk: PNG files that carry a sealed note of where they come from, and are checked when read.

The note lies in an international text chunk under the key ``studio``. It holds the SHA-256 of the raw pixels, so that a
file that was changed is noticed even where every checksum of the format was made to fit.
"""

from __future__ import annotations

import hashlib
import io
import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from studio.ground.errors import DamagedError, UsageError

CHUNK = "studio"
_MOST_PIXELS = 1 << 28
_FASTEST = 1  # compression level of PNG: 6 takes five times as long and saves a tenth on noisy pictures
_BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_UNREADABLE = (OSError, SyntaxError, ValueError, KeyError, IndexError, EOFError, *_BOMB)


def encode_png(picture_HWC: np.ndarray, note: Mapping[str, Any]) -> bytes:
    """A PNG file of one picture (H, W, C) uint8, C 1 or 3, with ``note`` inside."""
    pixels = checked_pixels(picture_HWC[None])[0]
    sealed = dict(note) | {"shape": list(pixels.shape), "pixels": digest_of(pixels)}
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt(CHUNK, json.dumps(sealed | {"seal": _seal(sealed)}))
    file = io.BytesIO()
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    image.save(file, "PNG", pnginfo=chunks, compress_level=_FASTEST)
    return file.getvalue()


def decode_png(data: bytes, name: str) -> tuple[np.ndarray, dict[str, Any]]:
    """The picture (H, W, C) uint8 and the note of what :func:`encode_png` made.

    Raises:
        DamagedError: it is not what was written; names ``name``.
    """
    try:
        with _quiet(), Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            _check_size(image)
            note = _opened(image.info.get(CHUNK))
            pixels = np.asarray(image)
    except _UNREADABLE as error:
        raise _damaged(name) from error
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    same = list(pixels.shape) == note.pop("shape", None)
    if not same or digest_of(pixels) != note.pop("pixels", None):
        raise _damaged(name)
    return pixels, note


def digest_of(picture_HWC: np.ndarray) -> str:
    """What only a picture of the same pixels has; the note of its file holds it."""
    return hashlib.sha256(np.ascontiguousarray(picture_HWC).tobytes()).hexdigest()


def read_note(path: Path) -> dict[str, Any]:
    """The note inside a PNG file of ours, without decoding its pixels.

    Raises:
        UsageError: it is a picture, but none that the studio made.
        DamagedError: it cannot be read, or the note was changed.
    """
    try:
        with _quiet(), Image.open(path, formats=("PNG",)) as image:
            _check_size(image)
            chunk = image.info.get(CHUNK)
    except _UNREADABLE as error:
        if isinstance(error, FileNotFoundError):
            raise UsageError("There is no file {name}.", name=path.name) from error
        raise DamagedError("{name} is no PNG picture that can be read.", name=path.name) from error
    if chunk is None:
        raise UsageError("{name} does not say how it was made; only pictures that the studio saved do.", name=path.name)
    try:
        return _opened(chunk)
    except ValueError as error:
        raise _damaged(path.name) from error


def checked_pixels(pictures: np.ndarray) -> np.ndarray:
    """The pictures as a contiguous array. Raises UsageError where they are not (N, H, W, C) uint8 with C 1 or 3."""
    fits = pictures.ndim == 4 and pictures.dtype == np.uint8 and pictures.shape[3] in (1, 3) and pictures.size > 0
    if not fits:
        raise UsageError(
            "Pictures must be (N, H, W, C) uint8 with one or three channels, not {shape} {type}.",
            shape=pictures.shape,
            type=pictures.dtype,
        )
    return np.ascontiguousarray(pictures)


def stack(pictures_NHWC: np.ndarray) -> np.ndarray:
    """Pictures one below the other: (N·H, W, C)."""
    count, height, width, channels = pictures_NHWC.shape
    return pictures_NHWC.reshape(count * height, width, channels)


def unstack(strip: np.ndarray, count: int) -> np.ndarray:
    """The inverse of :func:`stack`: (N, H, W, C)."""
    return strip.reshape(count, strip.shape[0] // count, *strip.shape[1:])


def _opened(chunk: object) -> dict[str, Any]:
    """The note in a text chunk. Raises ValueError for anything but one of ours."""
    if not isinstance(chunk, str):
        raise ValueError("no note")
    note = json.loads(chunk)
    if not isinstance(note, dict) or note.pop("seal", None) != _seal(note):
        raise ValueError("another note")
    return note


def _seal(note: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(note, sort_keys=True).encode()).hexdigest()


def _check_size(image: Image.Image) -> None:
    if image.width * image.height > _MOST_PIXELS:
        raise ValueError("too many pixels")


def _quiet() -> warnings.catch_warnings[None]:
    return warnings.catch_warnings(action="error", category=Image.DecompressionBombWarning)


def _damaged(name: str) -> DamagedError:
    return DamagedError("The picture {name} is damaged: it is not what was saved.", name=name)
