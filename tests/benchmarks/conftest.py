"""Benchmarks: they measure, print a table and write JSON; they fail only on wrong results, never on time.

Run all with ``python -m pytest tests/benchmarks -m benchmark -s``. Figures are ratios within one run on one machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from studio.data.portraits import draw_batch, portrait
from tests.conftest import THREADS_ASKED

# Before torch loads, here and in the processes that measure: two threads where nothing else was asked for.
os.environ["OMP_NUM_THREADS"] = THREADS_ASKED or str(min(2, os.cpu_count() or 1))

ROOT = Path(__file__).resolve().parents[2]
SIDES = Path(__file__).parent / "sides"
OUT = Path(os.environ.get("STUDIO_BENCHMARKS", ROOT / "build" / "benchmarks"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is a benchmark and may take long."""
    for item in items:
        item.add_marker(pytest.mark.benchmark)
        item.add_marker(pytest.mark.timeout(3600))


@pytest.fixture(autouse=True)
def _alone() -> None:
    """What is measured has the machine to itself."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        pytest.fail("Measurements need the machine to themselves: add -n0.", pytrace=False)


@pytest.fixture
def side() -> Callable[..., dict[str, Any]]:
    """Run a script of ``sides/`` in a process of its own; its last line of output is its result as JSON."""

    def run(script: str, *arguments: object, environment: Mapping[str, str | None] | None = None) -> dict[str, Any]:
        wanted = {**os.environ, **(environment or {})}
        clean = {key: value for key, value in wanted.items() if value is not None}
        command = [sys.executable, str(SIDES / script), *map(str, arguments)]
        done = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return result

    return run


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Callable[[list[dict[str, Any]]], None]:
    """Print rows as a table and keep them as JSON under ``build/benchmarks`` (or ``$STUDIO_BENCHMARKS``)."""

    def write(rows: list[dict[str, Any]]) -> None:
        OUT.mkdir(parents=True, exist_ok=True)
        (OUT / f"{request.node.name}.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
        columns = list(dict.fromkeys(key for row in rows for key in row))
        cells = [columns, *([_shown(row.get(column, "")) for column in columns] for row in rows)]
        widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
        print(f"\n{request.node.name}")
        for line in cells:
            print("  " + "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))

    return write


@pytest.fixture(scope="session")
def portrait_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, int], Path]:
    """A file of drawn portraits, uint8 (N, 3, size, size), made once."""
    import numpy as np

    made: dict[tuple[int, int], Path] = {}

    def make(count: int, size: int) -> Path:
        if (count, size) not in made:
            blocks = [[portrait(0, i) for i in range(s, min(s + 200, count))] for s in range(0, count, 200)]
            pictures = np.concatenate([draw_batch(block, size) for block in blocks]).transpose(0, 3, 1, 2)
            path = tmp_path_factory.mktemp("portraits") / f"{size}.npy"
            np.save(path, np.ascontiguousarray(pictures))
            made[count, size] = path
        return made[count, size]

    return make


def _shown(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
