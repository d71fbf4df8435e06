"""Pictures laid out on one sheet, and sheets made into a moving picture."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from studio.ground.errors import UsageError
from studio.ground.files import whole_file

FILM_FORMATS = {".gif": "GIF", ".webp": "WEBP"}
_GAP_COLOUR = 255


def sheet(pictures: np.ndarray, *, columns: int = 0, gap: int = 2, zoom: int = 1) -> np.ndarray:
    """Lay pictures out row by row.

    Args:
        pictures: (N, H, W, C) uint8, C 1 or 3, N at least 1.
        columns: how many stand in a row; 0 makes the sheet about square.
        gap: white pixels between two pictures.
        zoom: whole-number enlargement without smoothing.

    Returns:
        (rows * (H + gap) - gap, ..., 3) uint8.
    """
    if pictures.shape[-1] == 1:
        pictures = np.repeat(pictures, 3, axis=-1)
    count, height, width, _ = pictures.shape
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    laid = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), _GAP_COLOUR, np.uint8)
    for index, picture in enumerate(pictures):
        top, left = (index // columns) * (height + gap), (index % columns) * (width + gap)
        laid[top : top + height, left : left + width] = picture
    return laid.repeat(zoom, axis=0).repeat(zoom, axis=1)


def film_format(out: Path) -> str:
    """What Pillow calls the format of a film. Raises UsageError for a suffix that is neither .gif nor .webp."""
    found = FILM_FORMATS.get(out.suffix.lower())
    if found is None:
        raise UsageError("A film is written as .gif or .webp, not as {name}.", name=out.name)
    return found


def write_film(frames: Sequence[np.ndarray], out: Path, *, seconds: float, hold: float = 1.0) -> Iterator[int]:
    """Write frames (H, W, 3) uint8, all of one size, as an endless film; yields how many are made ready.

    Each is shown ``seconds`` long, the last ``hold`` seconds more. The file appears whole or not at all.
    """
    kind = film_format(out)
    pictures = []
    for number, frame in enumerate(frames):
        picture = Image.fromarray(frame)
        pictures.append(picture.quantize(256, dither=Image.Dither.NONE) if kind == "GIF" else picture)
        yield number + 1
    durations = [round(seconds * 1000)] * len(pictures)
    durations[-1] += round(hold * 1000)
    options = {"disposal": 1, "optimize": False} if kind == "GIF" else {"quality": 90, "method": 4}
    with whole_file(out) as handle:
        first, *others = pictures
        first.save(handle, kind, save_all=True, append_images=others, duration=durations, loop=0, **options)
