"""CycleGAN on Portraits, black against blond hair: quality, time to it, speed, memory; and emoji.

Each has a command of its own (``python -m pytest tests/benchmarks/test_cyclegan.py -m benchmark -s -k NAME``), where
NAME is ``quality`` (the preset in the studio, judged by a classifier of other portraits and by the portraits
themselves, drawn with the other hair), ``time_to_quality`` (against the textbook's loop), ``step`` (the speed of a step
against it), ``memory`` (one large picture) or ``emoji``. ``STUDIO_CYCLEGAN_SIDE`` is the side of the portraits: 32 for
the preset ``quick``, 64 for ``balanced``. Run them one at a time on a quiet machine.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SIZE = int(os.environ.get("STUDIO_CYCLEGAN_SIDE", "32"))
SECONDS = int(os.environ.get("STUDIO_CYCLEGAN_SECONDS", "600"))  # of processor time that the textbook's loop gets
EMOJI = Path(__file__).resolve().parents[3] / "shared" / "data" / "emoji_noto2fluent.zip"
JUDGED, REPEATS = 500, int(os.environ.get("STUDIO_STEP_REPEATS", "5"))
KEPT = ("glasses", "smile", "skin", "background")
STEPS = {(32, 1): 30, (32, 4): 12, (64, 1): 12, (64, 4): 4}

Side = Callable[..., dict[str, Any]]
Report = Callable[[list[dict[str, Any]]], None]


@pytest.mark.timeout(4 * 3600)
def test_quality_of_the_preset(side: Side, tmp_path: Path, report: Report) -> None:
    """Every number that the issue asks for, of a run made as a user makes it."""
    found = side("cyclegan_quality.py", SIZE, JUDGED, tmp_path, environment={"OMP_WAIT_POLICY": "PASSIVE"})
    report(found["rows"])
    for row in found["rows"]:
        assert row["changed"] >= 0.95, row
        assert min(row[name] for name in KEPT) >= 0.95, row
        assert row["hair"] >= 0.9 and row["outside"] <= 0.03, row


@pytest.mark.timeout(4 * 3600)
def test_time_to_quality(side: Side, tmp_path: Path, report: Report) -> None:
    """When ours is good for the first time, and what the textbook's loop has come to by then and later."""
    ours = side("cyclegan_race.py", "studio", SIZE, 10_000, 200, tmp_path, environment={"OMP_WAIT_POLICY": "PASSIVE"})
    plain = side("cyclegan_race.py", "plain", SIZE, SECONDS, 200, tmp_path, environment={"OMP_WAIT_POLICY": None})
    reached = [next((m for m in found["marks"] if m["good"]), None) for found in (ours, plain)]
    last = {"side": f"plain at its end: {plain['memory']:.0f} MB, ours {ours['memory']:.0f} MB"}
    ends = plain["marks"][-1]
    shares = {
        "side": "ours takes at most this share",
        **{c: reached[0][c] / (reached[1] or ends)[c] for c in ("cpu", "wall") if reached[0]},
    }
    report([*ours["marks"], *plain["marks"], last, shares])
    assert reached[0] is not None, "ours never came to the quality of point 2"


@pytest.mark.parametrize(("size", "batch"), list(STEPS))
def test_step_against_the_plain_loop(
    size: int, batch: int, side: Side, portrait_file: Callable[[int, int], Path], report: Report
) -> None:
    """The same networks; alternating, each side in a process of its own; the median of the pairs' ratios."""
    pictures, steps = portrait_file(400, size), STEPS[size, batch]
    passive: dict[str, str | None] = {"OMP_WAIT_POLICY": "PASSIVE"}
    default: dict[str, str | None] = {"OMP_WAIT_POLICY": None}
    rounds = []
    for _ in range(REPEATS):
        ours = side("cyclegan_step.py", "studio", 32, size, batch, steps, pictures, environment=passive)
        same = side("cyclegan_step.py", "plain", 32, size, batch, steps, pictures, environment=passive)
        usual = side("cyclegan_step.py", "plain", 32, size, batch, steps, pictures, environment=default)
        rounds.append((ours, same, usual))
    rows = [
        {
            "size": size,
            "batch": batch,
            "studio steps/s": statistics.median(ours["rate"] for ours, _, _ in rounds),
            "plain steps/s": statistics.median(usual["rate"] for _, _, usual in rounds),
            "ratio": statistics.median(ours["rate"] / usual["rate"] for ours, _, usual in rounds),
            "ratio same policy": statistics.median(ours["rate"] / same["rate"] for ours, same, _ in rounds),
            "studio MB": max(ours["memory"] for ours, _, _ in rounds),
            "plain MB": max(usual["memory"] for _, _, usual in rounds),
        }
    ]
    report(rows)
    assert all(one["rate"] > 0 for found in rounds for one in found)


@pytest.mark.parametrize(("height", "width"), [(1024, 1024), (1536, 2048)])
def test_memory_of_one_large_picture(height: int, width: int, side: Side, report: Report) -> None:
    """The largest generator of the presets (nine blocks, width 64) on a CPU: whole, and in tiles."""
    rows = [side("cyclegan_memory.py", height, width, environment={"OMP_WAIT_POLICY": "PASSIVE"})]
    report(rows)
    assert rows[0]["shape"] == [height, width, 3]
    assert rows[0]["MB"] < 2000


@pytest.mark.timeout(4 * 3600)
@pytest.mark.skipif(not EMOJI.exists(), reason="the set of emoji lies in the shared data")
def test_emoji(side: Side, tmp_path: Path, report: Report) -> None:
    """Noto to Fluent: translated test emoji against their true partners, beside the untouched input."""
    found = side("cyclegan_emoji.py", EMOJI, tmp_path, environment={"OMP_WAIT_POLICY": "PASSIVE"})
    report(found["rows"])
    assert any(row["L1"] < row["L1 untouched"] or row["gradient"] < row["gradient untouched"] for row in found["rows"])
