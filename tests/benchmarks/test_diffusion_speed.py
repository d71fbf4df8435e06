"""The same U-Net as diffusers' UNet2DModel (6.5 million weights, 32x32), trained and sampled from, there and here.

The issue asks for at least 0.95 of its pace on a CPU and 1.5 on a GPU.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

REPEATS = int(os.environ.get("STUDIO_PACE_REPEATS", "5"))
WORK = {"train": (14, 16), "sample": (4, 16)}  # steps or chunks, pictures in each
PASSIVE: dict[str, str | None] = {"OMP_WAIT_POLICY": "PASSIVE"}
DEFAULT: dict[str, str | None] = {"OMP_WAIT_POLICY": None}


@pytest.mark.parametrize("what", list(WORK))
def test_pace_of_the_same_unet(
    what: str,
    side: Callable[..., dict[str, Any]],
    portrait_file: Callable[[int, int], Path],
    report: Callable[[list[dict[str, Any]]], None],
) -> None:
    """Alternating, each side in a process of its own; the median of the pairs' ratios."""
    pictures, rounds = portrait_file(800, 32), []
    for _ in range(REPEATS):
        ours = side("unet_pace.py", what, "studio", *WORK[what], pictures, environment=PASSIVE)
        same = side("unet_pace.py", what, "peer", *WORK[what], pictures, environment=PASSIVE)
        spinning = side("unet_pace.py", what, "peer", *WORK[what], pictures, environment=DEFAULT)
        rounds.append((ours["rate"], same["rate"], spinning["rate"], ours["cpu rate"] / same["cpu rate"]))
    row = {
        "what": what,
        "studio/s": statistics.median(r[0] for r in rounds),
        "diffusers passive/s": statistics.median(r[1] for r in rounds),
        "diffusers default/s": statistics.median(r[2] for r in rounds),
        "ratio same policy": statistics.median(r[0] / r[1] for r in rounds),
        "ratio default": statistics.median(r[0] / r[2] for r in rounds),
        "ratio of processor seconds": statistics.median(r[3] for r in rounds),
    }
    report([row])
    assert all(rate > 0 for r in rounds for rate in r)
