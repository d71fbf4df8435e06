"""A picture that somebody gives to begin with, and the mask over it: cut to the size that is wanted. Knows no Qt.

Shapes: H x W, C channels.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from studio.config.denoising import MOST_SIDE, Beginning
from studio.generation.diffusion_pictures import read_mask, read_picture, size_of
from studio.ground.errors import UsageError

LARGEST = MOST_SIDE
"""Pixels of a given picture's longer side that are kept: no model makes more."""
_ROUNDED = 1.5  # pixels by which proportions of smaller copies may differ


@dataclass(frozen=True, eq=False)
class GivenPicture:
    """``pixels`` (H, W, C) uint8 as it came; ``file``, where it came as a file in a request, so that it stays the same
    to the bit."""

    pixels: np.ndarray
    file: bytes = b""

    def at(self, size: tuple[int, int]) -> bytes:
        """A PNG file of its middle at ``size`` (height, width); the file that it came in where that is so large."""
        if self.file and self.pixels.shape[:2] == size:
            return self.file
        return png_of(self.pixels_at(size))

    def pixels_at(self, size: tuple[int, int]) -> np.ndarray:
        """The same as pixels (H, W, C)."""
        return read_picture(png_of(self.pixels), size, self.pixels.shape[2])


def given(begin: Beginning) -> GivenPicture:
    """The picture that a request begins with. Raises UsageError where it cannot be read."""
    return GivenPicture(read_picture(begin.picture, size_of(begin.picture), 3), begin.picture)


def given_mask(begin: Beginning) -> np.ndarray | None:
    """(H, W) bool: where that picture is made anew; None where it has no mask. Raises UsageError."""
    return read_mask(begin.mask, begin.picture, size_of(begin.picture)) if begin.mask else None


def mask_over(mask_HWC: np.ndarray, picture: GivenPicture, size: tuple[int, int]) -> np.ndarray:
    """(H, W) bool at ``size``: where a mask from a file is light. A mask of the picture's proportions is fitted to it,
    then both are cut and resized alike.

    Raises:
        UsageError: its proportions are others, or it is dark everywhere.
    """
    height, width = picture.pixels.shape[:2]
    high, wide = mask_HWC.shape[:2]
    if max(abs(high * width / wide - height), abs(wide * height / high - width)) > _ROUNDED:
        raise UsageError(
            "The mask is {mask} and the picture {picture}; make the mask as large as the picture.",
            mask=f"{wide} × {high}", picture=f"{width} × {height}",
        )  # fmt: skip
    if (high, wide) != (height, width):
        image = Image.fromarray(mask_HWC[..., 0] if mask_HWC.shape[2] == 1 else mask_HWC)
        mask_HWC = np.atleast_3d(np.asarray(image.resize((width, height), Image.Resampling.BILINEAR)))
    return read_mask(png_of(mask_HWC), png_of(picture.pixels), size)


def mask_file(mask_HW: np.ndarray) -> bytes:
    """A PNG file of a mask (H, W) bool: white where the picture is made anew."""
    return png_of(np.where(mask_HW, 255, 0).astype(np.uint8)[..., None])


def png_of(pixels_HWC: np.ndarray) -> bytes:
    """A PNG file of a picture with one or three channels."""
    file = io.BytesIO()
    Image.fromarray(pixels_HWC[..., 0] if pixels_HWC.shape[2] == 1 else pixels_HWC).save(file, "PNG")
    return file.getvalue()
