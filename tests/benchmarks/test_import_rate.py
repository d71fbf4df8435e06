"""Import rate against bare Pillow decoding (issue: at least 0.8 for JPEGs of 512 pixels and more, 0.4 for small files).

The bare side opens and converts every file on a pool of as many threads; ours also hashes, describes, packs and writes.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.data.importing import import_pictures
from studio.data.work import cores
from studio.ground.events import Ended

ROUNDS = 5
SETS = {
    "jpeg 512": (300, 512, ".jpg"),
    "jpeg 1024": (90, 1024, ".jpg"),
    "small jpeg 96": (2000, 96, ".jpg"),
    "small png 32": (2500, 32, ".png"),
}


def write_pictures(folder: Path, count: int, size: int, suffix: str) -> None:
    """Pictures with large soft shapes and some grain, which pack about as well as photographs."""
    folder.mkdir()
    generator = np.random.default_rng(0)
    for number in range(count):
        coarse = generator.integers(0, 255, (max(2, size // 16), max(2, size // 16), 3), np.uint8)
        soft = np.asarray(Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC)).astype(np.int16)
        grain = generator.integers(-12, 13, (size, size, 1)) if size > 100 else 0
        Image.fromarray((soft + grain).clip(0, 255).astype(np.uint8)).save(folder / f"{number:05d}{suffix}", quality=88)


def decode(path: Path) -> None:
    """What a program does that only wants the pixels."""
    with Image.open(path) as image:
        image.convert("RGB")


def bare_rate(folder: Path) -> float:
    """Pictures a second of bare decoding."""
    files = sorted(folder.iterdir())
    began = time.perf_counter()
    with ThreadPoolExecutor(cores()) as pool:
        list(pool.map(decode, files))
    return len(files) / (time.perf_counter() - began)


def import_rate(folder: Path, target: Path) -> float:
    """Pictures a second of the whole import, on the disk at the end."""
    began = time.perf_counter()
    last = list(import_pictures(folder, target, "set"))[-1]
    took = time.perf_counter() - began
    assert isinstance(last, Ended) and last.status == "finished"
    assert last.result.count == len(list(folder.iterdir())) and not last.result.skipped
    return float(last.result.count / took)


@pytest.mark.parametrize("name", list(SETS))
def test_import_against_bare_decoding(
    name: str, tmp_path: Path, report: Callable[[list[dict[str, Any]]], None]
) -> None:
    """Alternating; the median of the pairs' ratios."""
    folder = tmp_path / "pictures"
    write_pictures(folder, *SETS[name])
    kilobytes = sum(p.stat().st_size for p in folder.iterdir()) / SETS[name][0] / 1000
    rounds = [(import_rate(folder, tmp_path / f"set{i}"), bare_rate(folder)) for i in range(ROUNDS)]
    row = {
        "pictures": name,
        "kB each": kilobytes,
        "import/s": statistics.median(r[0] for r in rounds),
        "bare/s": statistics.median(r[1] for r in rounds),
        "ratio": statistics.median(r[0] / r[1] for r in rounds),
    }
    report([row])
