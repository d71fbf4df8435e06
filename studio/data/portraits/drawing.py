"""From portraits to pictures: one, or very many on all cores."""

import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from studio.data.portraits.description import Portrait, portrait
from studio.data.portraits.face import paint_face
from studio.data.portraits.figure import Figure
from studio.data.portraits.hair import front_distance, paint_back_hair, paint_front_hair
from studio.data.portraits.scene import paint_background, paint_body
from studio.data.portraits.sheet import Pixels, Sheet
from studio.ground.errors import UsageError

SMALLEST, LARGEST = 8, 1024
"""Sizes in pixels that can be drawn."""
FINE = 64
"""Smaller pictures are drawn at least this large and averaged down."""
CHUNK_PIXELS = 1 << 19
"""Pixels drawn together: few enough for the caches, many enough for numpy."""

Pictures = NDArray[np.uint8]


def draw(portrait: Portrait, size: int) -> Pictures:
    """The portrait as a picture, uint8 (size, size, 3). UsageError if the size cannot be drawn."""
    return draw_batch([portrait], size)[0]


def draw_batch(portraits: Sequence[Portrait], size: int) -> Pictures:
    """Several portraits, uint8 (B, size, size, 3), each exactly as `draw` draws it."""
    _check_size(size)
    pictures = np.empty((len(portraits), size, size, 3), np.uint8)
    for chosen, sheet in _paint(portraits, size):
        rgb = _averaged(sheet.rgb_B3HW, size)
        pictures[chosen] = np.clip(rgb * 255.0 + 0.5, 0.0, 255.0).astype(np.uint8).transpose(0, 2, 3, 1)
    return pictures


def hair_mask(portrait: Portrait, size: int) -> NDArray[np.bool_]:
    """Which pixels show hair for at least half of their area, (size, size)."""
    return hair_masks([portrait], size)[0]


def hair_masks(portraits: Sequence[Portrait], size: int) -> NDArray[np.bool_]:
    """`hair_mask` of several portraits, (B, size, size)."""
    return hair_covers(portraits, size) >= 0.5


def hair_covers(portraits: Sequence[Portrait], size: int) -> NDArray[np.float32]:
    """How much of each pixel shows hair, 0 to 1, (B, size, size). Where it is 0, hair colour changes nothing."""
    _check_size(size)
    covers = np.empty((len(portraits), size, size), np.float32)
    for chosen, sheet in _paint(portraits, size):
        covers[chosen] = _averaged(sheet.hair_BHW[:, None], size)[:, 0]
    return covers


def draw_many(
    seed: int, indices: Iterable[int], size: int, *, workers: int | None = None
) -> Generator[tuple[list[Portrait], Pictures], None, None]:
    """Portraits `indices` of `seed`, drawn on all cores (or `workers` threads), in order, batch by batch.

    Yields the portraits of a batch and their pictures, uint8 (B, size, size, 3). Closing the
    iterator stops the work within one batch a thread. `indices` is read as the work goes on.
    """
    _check_size(size)
    if workers is not None and workers < 1:
        raise UsageError("Pictures are drawn by 1 worker or more, not by {workers}.", workers=workers)
    return _draw_many(seed, iter(indices), size, workers or os.cpu_count() or 1)


def _draw_many(
    seed: int, indices: Iterator[int], size: int, workers: int
) -> Generator[tuple[list[Portrait], Pictures], None, None]:
    def work(chunk: list[int]) -> tuple[list[Portrait], Pictures]:
        portraits = [portrait(seed, index) for index in chunk]
        return portraits, draw_batch(portraits, size)

    count = max(1, CHUNK_PIXELS // _drawn_size(size) ** 2)
    chunks = iter(lambda: list(islice(indices, count)), [])
    pool = ThreadPoolExecutor(workers, thread_name_prefix="portraits")
    waiting: deque[Future[tuple[list[Portrait], Pictures]]] = deque()
    try:
        waiting.extend(pool.submit(work, chunk) for chunk in islice(chunks, workers + 1))
        while waiting:
            done = waiting.popleft().result()
            waiting.extend(pool.submit(work, chunk) for chunk in islice(chunks, 1))
            yield done
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _paint(portraits: Sequence[Portrait], size: int) -> Iterator[tuple[list[int], Sheet]]:
    """Paint portraits of the same style together; which ones, and their sheet."""
    styles: dict[str, list[int]] = {}
    for position, one in enumerate(portraits):
        styles.setdefault(one.attributes["style"], []).append(position)
    for chosen in styles.values():
        figure = Figure.of([portraits[position] for position in chosen])
        yield chosen, _painted(figure, _drawn_size(size))


def _painted(figure: Figure, size: int) -> Sheet:
    sheet = _blank(len(figure.portraits), size)
    head = figure.head(sheet)
    front = front_distance(figure, head)
    paint_background(figure, sheet)
    paint_back_hair(figure, head)
    paint_body(figure, sheet)
    paint_face(figure, head, front)
    paint_front_hair(figure, head, front)
    return sheet


def _blank(count: int, size: int) -> Sheet:
    """An empty sheet whose coordinates go from -1 to 1, x to the right, y down."""
    line = (np.arange(size, dtype=np.float32) + 0.5) * np.float32(2.0 / size) - 1.0
    px = np.full((count, 1, 1), 2.0 / size, np.float32)
    return Sheet(
        np.empty((count, 3, size, size), np.float32), np.zeros((count, size, size), np.float32),
        line[None, None, :], line[None, :, None], px)


def _drawn_size(size: int) -> int:
    return size * -(-FINE // size)


def _averaged(planes: Pixels, size: int) -> Pixels:
    """Mean over squares of pixels, (B, C, size, size), summed in a fixed order."""
    times = planes.shape[-1] // size
    if times == 1:
        return planes
    total = np.zeros((*planes.shape[:-2], size, size), np.float32)
    for row in range(times):
        for column in range(times):
            total += planes[..., row::times, column::times]
    return total * np.float32(1.0 / (times * times))


def _check_size(size: int) -> None:
    if isinstance(size, bool) or not hasattr(size, "__index__") or not SMALLEST <= size <= LARGEST:
        raise UsageError("Portraits can be drawn from {smallest} to {largest} pixels, not at {size}.",
                          smallest=SMALLEST, largest=LARGEST, size=repr(size))
