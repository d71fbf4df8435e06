"""When something is shown or kept: points spaced evenly in the logarithm of the items seen, and regular ones.

Pure functions of the horizon, so that a resumed run shows and keeps at the same steps.
"""

from __future__ import annotations

import math

MODEL_POINTS = 24
_REGULAR_SAMPLES = 240
_LEAST_GAP = 512  # items between two grids: drawing them stays under one or two per cent of the time
_RATIO, _DEAR_RATIO = 1.3, 2.0
_PART = 2000  # the first weights are kept after this part of a run at the earliest: each time they are measured
_SECONDS, _SHARE = 60.0, 0.02


def sample_steps(total: int, items_per_step: int, least_gap: int = _LEAST_GAP) -> frozenset[int]:
    """Steps (at most 300) at which samples are made: dense at first, then regular; the first and the last.

    Args:
        least_gap: items between two regular grids: more where drawing them is dear, and then fewer come at first.
    """
    gap = max(math.ceil(least_gap / items_per_step), math.ceil(total / _REGULAR_SAMPLES))
    ratio = _DEAR_RATIO if least_gap > _LEAST_GAP else _RATIO
    early, step = {0}, max(1, gap // 16) if least_gap > _LEAST_GAP else 1
    while step < min(gap, total):
        early.add(step)
        step = max(step + 1, round(step * ratio))
    return frozenset(early | set(range(gap, total, gap)) | {total})


def model_steps(total: int, items_per_step: int) -> frozenset[int]:
    """Steps (at most 22, which leaves room for two made by hand) at which averaged weights are kept."""
    first = max(1, total // _PART, min(math.ceil(_LEAST_GAP / items_per_step), total // 100))
    count = MODEL_POINTS - 4
    spaced = {round(first * (total / first) ** (i / count)) for i in range(count + 1)}
    return frozenset({0, *spaced, total})


def thinned(steps: list[int], kept: set[int], limit: int) -> list[int]:
    """Which of ``steps`` to drop so that ``limit`` remain, as evenly in the logarithm as can be; ``kept`` stay."""
    left, dropped = sorted(steps), []
    while len(left) > limit:
        gaps = {
            now: math.log((after + 1) / (before + 1))
            for before, now, after in zip(left, left[1:], left[2:], strict=False)
            if now not in kept
        }
        if not gaps:
            break
        closest = min(gaps, key=lambda step: (gaps[step], step))
        left.remove(closest)
        dropped.append(closest)
    return dropped


def resume_interval(seconds: float) -> float:
    """Seconds between resume points after ``seconds`` of training: a minute, or two per cent where that is longer."""
    return max(_SECONDS, _SHARE * seconds)
