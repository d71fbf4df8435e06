"""Pictures and masks to begin with, from files of any readable format and size. Shapes: H x W, C channels."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image

from studio.data.decoding import BrokenPicture, flatten, load, open_picture, plain
from studio.ground.errors import UsageError

_BEHIND = "#ffffff"  # what shows through transparent pictures; behind a mask it is black
_LIGHT = 128


@lru_cache(maxsize=8)
def read_picture(data: bytes, size: tuple[int, int], channels: int) -> np.ndarray:
    """(H, W, C) uint8, read-only: the middle of the picture at ``size`` (height, width); unchanged where it fits.

    Raises:
        UsageError: it cannot be read.
    """
    image = flatten(_opened(data, "picture"), _BEHIND)
    fitted = _fitted(image.convert("L" if channels == 1 else "RGB"), size, Image.Resampling.LANCZOS)
    return _frozen(np.asarray(fitted).reshape(*size, channels))


def size_of(data: bytes) -> tuple[int, int]:
    """Height and width of a picture. Raises UsageError where it cannot be read."""
    image = _opened(data, "picture")
    return image.height, image.width


@lru_cache(maxsize=8)
def read_mask(mask: bytes, picture: bytes, size: tuple[int, int]) -> np.ndarray:
    """(H, W) bool, read-only: where the picture is made anew; the mask is cut and resized with its picture.

    Raises:
        UsageError: it cannot be read, is of another size than the picture, or light nowhere.
    """
    image, beside = _opened(mask, "mask"), _opened(picture, "picture")
    if image.size != beside.size:
        raise UsageError(
            "The mask has {mask} pixels and the picture {picture}; make the mask as large as the picture.",
            mask="{} × {}".format(*image.size), picture="{} × {}".format(*beside.size),
        )  # fmt: skip
    found = np.asarray(_fitted(flatten(image, "#000000").convert("L"), size, Image.Resampling.BOX)) >= _LIGHT
    if not found.any():
        raise UsageError("The mask is dark everywhere, so nothing would change; paint white what is to be made anew.")
    return _frozen(found)


def _opened(data: bytes, what: str) -> Image.Image:
    try:
        image = open_picture(data)
        load(image)
        return plain(image)
    except BrokenPicture as error:
        raise UsageError("The {what} to begin with {reason}.", what=what, reason=str(error)) from error


def _fitted(image: Image.Image, size: tuple[int, int], resampling: Image.Resampling) -> Image.Image:
    """The largest middle part of the wanted shape, resized; nothing from beyond its edges shines in."""
    height, width = size
    if image.size == (width, height):
        return image
    share = min(image.width / width, image.height / height)
    wide, high = max(1, round(width * share)), max(1, round(height * share))
    left, top = (image.width - wide) // 2, (image.height - high) // 2
    return image.crop((left, top, left + wide, top + high)).resize((width, height), resampling)


def _frozen(found: np.ndarray) -> np.ndarray:
    kept = np.array(found)
    kept.setflags(write=False)
    return kept
