"""A training step against the plain loop of the same DCGAN networks (issue: at least 1.15 times under one policy).

``in shares`` is how the presets train on a CPU: the same networks on the same batch, whose halves two threads take, so
that batch norm sees 32 pictures at a time where the plain loop's sees 64; with factors of 16 bits where the processor
has products of them. ``STUDIO_STEP_REPEATS`` says how many rounds there are.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

REPEATS = int(os.environ.get("STUDIO_STEP_REPEATS", "5"))
STEPS = {(32, 32): 45, (64, 32): 30, (32, 64): 25, (64, 64): 16}


@pytest.mark.parametrize(("width", "size"), list(STEPS))
def test_step_against_the_plain_loop(
    width: int,
    size: int,
    side: Callable[..., dict[str, Any]],
    portrait_file: Callable[[int, int], Path],
    report: Callable[[list[dict[str, Any]]], None],
) -> None:
    """Alternating, each side in a process of its own; the median of the pairs' ratios."""
    pictures, steps = portrait_file(800, size), STEPS[width, size]
    passive: dict[str, str | None] = {"OMP_WAIT_POLICY": "PASSIVE"}
    default: dict[str, str | None] = {"OMP_WAIT_POLICY": None}
    rounds = []
    for _ in range(REPEATS):
        ours = side("gan_step.py", "studio", width, size, steps, pictures, environment=passive)
        same = side("gan_step.py", "peer", width, size, steps, pictures, environment=passive)
        spinning = side("gan_step.py", "peer", width, size, steps, pictures, environment=default)
        halves = side("gan_step.py", "studio", width, size, steps, pictures, "dcgan", 2, environment=passive)
        rounds.append((ours["rate"], same["rate"], spinning["rate"], ours["share"], halves["rate"]))
    rows = [
        {
            "width": width,
            "size": size,
            "studio/s": statistics.median(r[0] for r in rounds),
            "peer passive/s": statistics.median(r[1] for r in rounds),
            "peer default/s": statistics.median(r[2] for r in rounds),
            "ratio same policy": statistics.median(r[0] / r[1] for r in rounds),
            "ratio default peer": statistics.median(r[0] / r[2] for r in rounds),
            "share of matrix rate": statistics.median(r[3] for r in rounds),
            "in shares/s": statistics.median(r[4] for r in rounds),
            "ratio in shares, same policy": statistics.median(r[4] / r[1] for r in rounds),
            "ratio in shares, default peer": statistics.median(r[4] / r[2] for r in rounds),
        }
    ]
    report(rows)
    assert all(rate > 0 for r in rounds for rate in (*r[:3], r[4]))
