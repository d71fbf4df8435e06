"""Small windows of each picture, so that an eye does not cost as much as a background."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from studio.data.portraits.sheet import Pixels, Sheet

REACH = 1.25
"""How much larger than its own half sizes a window is, for turned and enlarged heads."""


@contextmanager
def patch(
    sheet: Sheet, x: Pixels | float, y: Pixels | float, half: tuple[float, float],
    chosen: Sequence[int] | None = None,
) -> Iterator[Sheet]:
    """A window around (x, y) of the sheet, its coordinates starting there; painted back at the end.

    `half`: half width and half height in the sheet's units. `chosen`: only these portraits, to
    which x and y then belong.
    """
    batch = list(range(len(sheet.rgb_B3HW))) if chosen is None else list(chosen)
    x_B, y_B = (np.broadcast_to(np.asarray(v, np.float32), (len(batch), 1, 1))[:, 0, 0] for v in (x, y))
    windows = [_window(sheet, b, (x_B[i], y_B[i]), half) for i, b in enumerate(batch)]
    places = [(b, ..., *window) for b, window in zip(batch, windows, strict=True)]
    part = Sheet(
        np.stack([sheet.rgb_B3HW[place] for place in places]),
        np.stack([sheet.hair_BHW[place] for place in places]),
        np.stack([sheet.x[place] for place in places]) - x_B[:, None, None],
        np.stack([sheet.y[place] for place in places]) - y_B[:, None, None],
        sheet.px[batch])
    yield part
    for i, place in enumerate(places):
        sheet.rgb_B3HW[place] = part.rgb_B3HW[i]
        sheet.hair_BHW[place] = part.hair_BHW[i]


def _window(sheet: Sheet, b: int, place: tuple[float, float], half: tuple[float, float]) -> tuple[slice, slice]:
    """Rows and columns of portrait b around a place; always the same number of them."""
    x, y, px = sheet.x[b], sheet.y[b], sheet.px[b, 0, 0]
    size = x.shape[-1]
    # the coordinates are linear in the pixels and only turned: the transposed turn leads back
    dx, dy = (place[0] - x[0, 0]) / (px * px), (place[1] - y[0, 0]) / (px * px)
    column = dx * (x[0, 1] - x[0, 0]) + dy * (y[0, 1] - y[0, 0])
    row = dx * (x[1, 0] - x[0, 0]) + dy * (y[1, 0] - y[0, 0])
    return _span(row, half[1], size), _span(column, half[0], size)


def _span(middle: float, half: float, size: int) -> slice:
    """Pixels around `middle`; how many depends on `half` and `size` alone."""
    count = min(size, 2 * int(half * REACH * size / 2.0) + 3)
    start = min(max(int(np.floor(middle)) - count // 2, 0), size - count)
    return slice(start, start + count)
