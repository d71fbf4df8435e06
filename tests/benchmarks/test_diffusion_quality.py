"""Time to quality of denoisers at 32x32: our default one by the preset ``quick``, diffusers' network by its own recipe.

Quality is the share of named attributes that a judge finds in 500 pictures of held-out captions. ``STUDIO_PAINTING`` is
for how many seconds of the processor the other side learns (1800: half an hour, hours on a busy machine); ours gets a
third of it. The three scripts of ``sides/`` can be run alone, and longer (``painting_*.py --help``).
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.config.denoising import Denoising

SECONDS = float(os.environ.get("STUDIO_PAINTING", "120"))
COUNT = int(os.environ.get("STUDIO_PAINTING_COUNT", "500"))
TOLD = os.environ.get("STUDIO_PAINTING_TOLD", "attributes")  # what steers the other side: the easier way to be told
SHARES = (0.125, 0.25, 0.5, 1.0)
FEWER = (6, 8, 10, 15, 20)

Side = Callable[..., dict[str, Any]]
Rows = list[dict[str, Any]]


@pytest.mark.timeout(6 * 3600)
def test_time_to_named_attributes(side: Side, tmp_path: Path, report: Callable[[Rows], None]) -> None:
    """Where ours finds as many as the other has in the end, and after which share of its time."""
    data, out = tmp_path / "data", tmp_path / "marks"
    side("painting.py", data)
    theirs, ours = (",".join(f"{share * end:g}" for share in SHARES) for end in (SECONDS, SECONDS / 3))
    side("painting_peer.py", out, "--data", data, "--marks", theirs, "--told", TOLD, "--threads", 1)
    side("painting_ours.py", out, "--data", data, "--marks", ours, "--threads", 1, "--steps", 100_000)
    folders = sorted(out.iterdir(), key=lambda folder: float(folder.name.rpartition("-")[2]))
    judged = side("painting_judge.py", tmp_path / "judge", *folders, "--count", COUNT)
    rows = [_row(mark) for mark in judged["marks"]]
    target = max(row["named"] for row in rows if row["side"] == "diffusers")
    reached = [row for row in rows if row["side"] == "studio" and row["named"] >= target]
    share = reached[0]["cpu"] / SECONDS if reached else float("nan")
    report([{"side": "real portraits", "named": judged["judge"]["named"]}, *rows,
            {"side": "ours is as good after this share", "cpu": share}])  # fmt: skip
    assert judged["judge"]["named"] > 0.97, judged["judge"]
    assert {row["side"] for row in rows} == {"studio", "diffusers"}


@pytest.mark.timeout(4 * 3600)
def test_steps_that_are_as_good_as_ddim_50(side: Side, tmp_path: Path, report: Callable[[Rows], None]) -> None:
    """The fewest steps of our default sampler at which named attributes and the distance from real portraits are those
    of DDIM with 50, within their errors. ``STUDIO_PAINTED``: a checkpoint to be asked; else one is trained."""
    painted = os.environ.get("STUDIO_PAINTED")
    if painted is None:
        side("painting.py", tmp_path / "data")
        marks = ("--marks", f"{SECONDS:g}", "--steps", 100_000, "--threads", 1)
        side("painting_ours.py", tmp_path / "out", "--data", tmp_path / "data", *marks)
        painted = str(next((tmp_path / "out").iterdir()))
    default = Denoising()
    ways = ",".join(["ddim:50", *(f"{default.sampler}:{count}" for count in FEWER)])
    judged = side("painting_judge.py", tmp_path / "judge", painted, "--count", COUNT, "--ways", ways)
    keys = ("sampler", "steps", "named", "error", "frechet", "frechet error", "cpu to draw")
    rows = [{key: mark[key] for key in keys} for mark in judged["marks"]]
    ddim, *ours = rows
    enough = [row for row in ours if _as_good(row, ddim)]
    report([*rows, {"sampler": "as good as DDIM 50", "steps": enough[0]["steps"] if enough else "none of these"}])
    assert default.sampler_steps in FEWER and len(rows) == 1 + len(FEWER)


def _as_good(row: dict[str, Any], other: dict[str, Any]) -> bool:
    """Within twice the error of the difference, in both measures."""
    named = other["named"] - row["named"] <= 2 * math.hypot(row["error"], other["error"])
    further = row["frechet"] - other["frechet"]
    return named and further <= 2 * math.hypot(row["frechet error"], other["frechet error"])


def _row(mark: dict[str, Any]) -> dict[str, Any]:
    trained = mark["trained"]
    facts = {key: trained[key] for key in ("side", "cpu", "wall", "step", "parameters")}
    return facts | {"named": mark["named"], "error": mark["error"]} | mark["each"]
