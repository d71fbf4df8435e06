"""kill -9 while the database is written: what was confirmed is there, the rest is not, and nothing is named as lost."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from studio.projects.project import Project

WORK = """
import sys
from pathlib import Path
import numpy as np
from studio.projects.project import Project
from studio.projects.database import Database
project = Project.open(Path(sys.argv[1]), write="required")
number = int(sys.argv[2])
print("ready", flush=True)
while True:
    number += 1
    note = f"n{number}"
    ids = project.gallery.keep(np.full((2, 4, 4, 3), number % 256, np.uint8), {"number": number}, note=note)
    print("kept", number, flush=True)
    project.state.set("last", number)
    project.flush()
    print("state", number, flush=True)
    if number % 3 == 0:
        project.gallery.delete(ids)
        print("deleted", number, flush=True)
"""


def work_until_killed(path: Path, number: int, after: float) -> list[tuple[str, int]]:
    """Let a process change the project, kill it after some seconds; what it had confirmed."""
    command = [sys.executable, "-c", WORK, str(path), str(number)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        killer = threading.Timer(after, child.kill)
        killer.start()
        lines = child.stdout.read().splitlines()
        killer.join()
    assert child.returncode != 0
    return [(word, int(count)) for word, count in (line.split() for line in lines if line.count(" ") == 1)]


def kill_and_look(path: Path, kills: int, seed: int) -> int:
    """Kill at random moments; after each the project must hold all that was confirmed. How much that was."""
    moments = random.Random(seed)
    confirmed: list[tuple[str, int]] = []
    for leg in range(1, kills + 1):  # numbers of its own each: what nobody heard confirmed may be there too
        confirmed += work_until_killed(path, leg * 1_000_000, moments.uniform(0.0, 0.4))
        with Project.open(path, write=False) as reader:
            assert reader.losses == ()
            look(reader, confirmed)
        with Project.open(path, write="required") as project:
            assert [str(loss) for loss in project.losses if "taken up again" not in str(loss)] == []
            look(project, confirmed)
            assert project.gallery.check() == ()
            assert not list(path.rglob("*.part-*"))
    return len(confirmed)


def look(project: Project, confirmed: list[tuple[str, int]]) -> None:
    kept = {int(creation.note[1:]) for creation in project.gallery.query(limit=-1)}
    deleted = {number for word, number in confirmed if word == "deleted"}
    expected = {number for word, number in confirmed if word == "kept"}
    assert expected - kept <= deleted | {number for number in expected if number % 3 == 0}
    assert not deleted & kept
    states = [number for word, number in confirmed if word == "state"]
    assert project.state.get("last", 0) >= (states[-1] if states else 0)


def test_readers_beside_a_writer_see_no_damage(tmp_path: Path) -> None:
    Project.create(tmp_path / "p").close()
    command = [sys.executable, "-c", WORK, str(tmp_path / "p"), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        counts = []
        for _ in range(25):
            assert child.stdout.readline()  # goes on only as long as the writer does
            with Project.open(tmp_path / "p", write=False) as reader:
                assert reader.losses == ()
                counts.append(reader.state.get("last", 0))
        child.kill()
    assert counts == sorted(counts) and counts[-1] > counts[0]


def test_three_kills(tmp_path: Path) -> None:
    Project.create(tmp_path / "p").close()
    assert kill_and_look(tmp_path / "p", 3, seed=1) > 0


@pytest.mark.faults
@pytest.mark.timeout(1800)
def test_fifty_kills(tmp_path: Path) -> None:
    Project.create(tmp_path / "p").close()
    assert kill_and_look(tmp_path / "p", 50, seed=2) > 50
