"""The window beside training: its share of the processor, lateness, throughput, the first paint, memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

SECONDS, ROUNDS = map(int, os.environ.get("STUDIO_WINDOW", "60 3").split())
PAINTS = 5

Side = Callable[..., dict[str, Any]]
Report = Callable[[list[dict[str, Any]]], None]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with 2,000 portraits."""
    path = tmp_path_factory.mktemp("window") / "project"
    studio("new", path)
    studio("data", "builtin", path, "portraits", "--count", "2000", "--size", "32")
    return path


def studio(*arguments: object) -> None:
    subprocess.run([sys.executable, "-m", "studio", *map(str, arguments)], check=True, capture_output=True)


@pytest.fixture
def busy_neighbour() -> Iterator[Callable[[], None]]:
    """Start a foreign process that keeps one core busy until the test ends."""
    started: list[subprocess.Popen[bytes]] = []
    yield lambda: started.append(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
    for process in started:
        process.kill()
        process.wait()


def test_training_beside_the_window(
    side: Side, project: Path, report: Report, busy_neighbour: Callable[[], None]
) -> None:
    """Alternating stretches; the ratio of the medians, and the share of the window's thread."""
    beside, alone = [], []
    for _ in range(ROUNDS):
        alone.append(side("window_training.py", "headless", project, SECONDS / 2)["rate"])
        beside.append(side("window_training.py", "window", project, SECONDS))
    idle = side("window_training.py", "idle", project, SECONDS / 2)
    busy_neighbour()
    busy = side("window_training.py", "headless", project, SECONDS / 2)["rate"]
    row = {key: statistics.median(stretch[key] for stretch in beside) for key in beside[0]}
    ratio = {"headless rate": statistics.median(alone), "to headless": row["rate"] / statistics.median(alone)}
    neighbour = {"busy rate": busy, "busy to quiet": busy / statistics.median(alone)}
    report([{"what": "training"} | row | ratio | neighbour, {"what": "idle"} | idle])
    assert row["rate"] > 0
    assert idle["rate"] == 0


def test_first_paint_against_a_bare_window(side: Side, project: Path, report: Report) -> None:
    """Empty, and with a project; torch must not have loaded by then."""
    rows = []
    for name, arguments in (("no project", ()), ("a project", (project,))):
        pairs = []
        for _ in range(PAINTS):
            bare = side("first_paint.py", "bare")["seconds"]
            ours = side("first_paint.py", "studio", *arguments)
            assert not ours["torch"]
            pairs.append((bare, ours["seconds"]))
        ratio = statistics.median(ours / bare for bare, ours in pairs)
        rows.append(
            {
                "window": name,
                "bare s": statistics.median(p[0] for p in pairs),
                "studio s": statistics.median(p[1] for p in pairs),
                "ratio": ratio,
            }
        )
    report(rows)


def test_memory_stays_flat(side: Side, portrait_file: Callable[[int, int], Path], report: Report) -> None:
    """Resident memory after 2,000 steps against that after 200."""
    found = side("memory.py", portrait_file(800, 32))
    report([found | {"ratio": found["after 2000"] / found["after 200"]}])
    assert found["after 200"] > 0
