"""Time to quality at 32x32: when the preset ``quick`` is as good as the plain DCGAN recipe after ten minutes.

Good is what a judge says that no generator was trained with or chosen by: the Fréchet distance in the features of a
classifier of other portraits, whose ranking of these runs' samples agreed with the eye. ``STUDIO_RACE`` sets how long
the plain recipe goes on, ``600 seconds`` or ``8000 steps``; steps are for a busy machine, where the ratio of processor
seconds is what counts. ``STUDIO_RACE_WIDTH`` is the width of the plain networks (32; 64 is the textbook's).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

AMOUNT, UNIT = os.environ.get("STUDIO_RACE", "600 seconds").split()
WIDTH = int(os.environ.get("STUDIO_RACE_WIDTH", "32"))
SEED = int(os.environ.get("STUDIO_RACE_SEED", "0"))
TRAINED = 4000

Side = Callable[..., dict[str, Any]]
Rows = list[dict[str, Any]]


@pytest.mark.timeout(4 * 3600)
def test_time_to_quality(
    side: Side, portrait_file: Callable[[int, int], Path], tmp_path: Path, report: Callable[[Rows], None]
) -> None:
    pictures = portrait_file(TRAINED, 32)
    rows: Rows = []
    for name, environment in (("plain", {"OMP_WAIT_POLICY": None}), ("studio", {"OMP_WAIT_POLICY": "PASSIVE"})):
        arguments = (name, pictures, AMOUNT, UNIT, WIDTH, SEED, tmp_path)
        rows += side("race.py", *arguments, environment=environment)["marks"]
    judged = side("judge.py", tmp_path, pictures, *(row["file"] for row in rows))
    for row in rows:
        row |= judged["files"][row.pop("file")]
    floor = {"side": "real pictures"} | judged["files"][str(pictures)]
    report([floor, *rows, *verdict(rows, "frechet"), *verdict(rows, "kernel")])
    assert min(judged["right"].values()) > 0.9, judged["right"]
    assert rows[-1]["frechet"] > 0


def verdict(rows: Rows, measure: str) -> Rows:
    """What the plain side had at its end, the first mark of ours that is as good, and the ratios of both times."""
    plain = [row for row in rows if row["side"].startswith("plain")]
    target = min(row[measure] for row in plain)  # its best mark, if it was better before its end
    reached = next((row for row in rows if row["side"].startswith("studio") and row[measure] <= target), None)
    if reached is None:
        return [{"side": f"{measure}: not reached", measure: target}]
    times = {clock: reached[clock] / plain[-1][clock] for clock in ("wall", "cpu")}
    return [{"side": f"{measure}: reached after this share", "step": reached["step"], measure: target} | times]
