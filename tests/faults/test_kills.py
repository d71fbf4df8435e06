"""kill -9 where a seed decides: nothing older than the last checkpoint is lost, and the run comes out the same.

Five kills in the suite; fifty with ``python -m pytest -m faults tests/faults/test_kills.py``.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from studio.config.builtin import Portraits
from studio.config.requests import BuiltinRequest
from studio.ground.events import Ended
from studio.jobs.registry import run_job
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project
from studio.projects.run import Run

from .dying import STEPS

TREE = Path(__file__).resolve().parents[2]
PLACES = {"step": 12, "step-after": 12, "flush": 260, "rename": 60, "rename-after": 60, "write": 30}
KILLED = -9


def dying(*arguments: object, stdin: int | None = None) -> subprocess.Popen[str]:
    command = [sys.executable, "-P", str(TREE / "tests/faults/dying.py"), *map(str, arguments)]
    env = os.environ | {"PYTHONPATH": str(TREE)}
    return subprocess.Popen(
        command, cwd=TREE, env=env, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


class Trainers:
    """Trains in processes that die: forked from one that has PyTorch loaded, where the system can fork."""

    def __init__(self, folder: Path) -> None:
        self._said = folder / "said.txt"
        self._server = dying("serve", stdin=subprocess.PIPE) if hasattr(os, "fork") else None

    def train(self, project: Path, *where: object) -> tuple[int, str]:
        """Exit code (-9 where it was killed), and what was said."""
        if self._server is None:
            process = dying("train", project, *where)
            said = "".join(process.communicate(timeout=240))
            return process.returncode, said
        assert self._server.stdin is not None and self._server.stdout is not None
        self._server.stdin.write(json.dumps([str(self._said), str(project), *map(str, where)]) + "\n")
        self._server.stdin.flush()
        code = int(self._server.stdout.readline())
        return code, self._said.read_text()

    def close(self) -> None:
        """End the one that waits."""
        if self._server is not None:
            self._server.communicate(timeout=20)


@pytest.fixture(scope="module")
def trainers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trainers]:
    """Processes that train and die."""
    made = Trainers(tmp_path_factory.mktemp("trainers"))
    yield made
    made.close()


def run_of(project: Path) -> Run:
    """The one run of a project whose folder bears the name of the family."""
    return Run(project / "runs" / f"portraits-{project.name}-1")


def numbers(run: Run, up_to: int) -> dict[tuple[int, str], float]:
    """Every recorded number up to a step; where a step was recorded twice the later counts."""
    table = run.metrics.read()
    assert table.losses == ()
    found = {}
    for name in table.values:
        steps, _, values = table.series(name)
        found |= {
            (step, name): value for step, value in zip(steps.tolist(), values.tolist(), strict=True) if step <= up_to
        }
    return found


def resume_points(run: Run) -> list[int]:
    return [point.step for point in run.checkpoints() if point.kind == "resume"]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with 32 portraits."""
    path = tmp_path_factory.mktemp("kills") / "fresh"
    with Project.create(path) as project:
        *_, end = run_job(BuiltinRequest(what=Portraits(count=32, size=32)), path, CommandQueue())
        assert isinstance(end, Ended)
        project.datasets.add(end.result)
    return path


@pytest.fixture(scope="module")
def uninterrupted(
    request: pytest.FixtureRequest, fresh: Path, trainers: Trainers, tmp_path_factory: pytest.TempPathFactory
) -> Run:
    """The same run of a family, never killed."""
    path = tmp_path_factory.mktemp("kills") / str(request.param)
    shutil.copytree(fresh, path)
    code, said = trainers.train(path)
    assert (code, "'finished'" in said) == (0, True), said
    return run_of(path)


def kill_once(trainers: Trainers, project: Path, generator: random.Random, whole: Run) -> bool:
    """One kill at a seeded place, and what must hold afterwards; False where the run came to its end before."""
    run = run_of(project)
    safe = max(resume_points(run), default=None) if run.folder.exists() else None
    place = generator.choice(list(PLACES))
    code, said = trainers.train(project, place, generator.randint(1, PLACES[place]))
    if code == 0:
        assert "'finished'" in said, said
        return False
    assert code == KILLED, said
    with Project.open(project, write="required") as opened:
        assert opened.losses == ()
        states = [info.status.state for info in opened.runs.all()]
    assert states in (["interrupted"], [])  # nothing there yet: killed before the run's folder had its name
    if states:
        _nothing_older_is_lost(run, safe, whole)
    return True


def _nothing_older_is_lost(run: Run, safe: int | None, whole: Run) -> None:
    points = resume_points(run)
    assert safe is None or max(points) >= safe
    reached = max(points, default=-1)
    expected = {key: value for key, value in numbers(whole, reached).items() if key[0] < reached}
    found = numbers(run, reached)
    assert {key: found.get(key) for key in expected} == expected
    for step in run.samples.steps():
        if step < reached:
            assert np.array_equal(run.samples.read(step), whole.samples.read(step))


def goes_on_to_the_same_bits(trainers: Trainers, project: Path, whole: Run) -> None:
    run = run_of(project)
    if not run.folder.exists() or run.status().state != "finished":
        code, said = trainers.train(project)
        assert (code, "'finished'" in said) == (0, True), said
    assert run.status().state == "finished"
    states = sorted((whole.checkpoints_folder / f"resume-{STEPS:09d}").glob("*.safetensors"))
    assert {file.name.partition(".")[0] for file in states} >= {"module", "average", "optimiser"}
    for file in states:
        assert (run.checkpoints_folder / file.parent.name / file.name).read_bytes() == file.read_bytes()
    assert numbers(run, STEPS) == numbers(whole, STEPS)
    assert run.samples.steps() == whole.samples.steps()
    for step in run.samples.steps():
        assert np.array_equal(run.samples.read(step), whole.samples.read(step))


def survive(trainers: Trainers, fresh: Path, project: Path, whole: Run, *, seed: int, kills: int) -> None:
    """Kill a run ``kills`` times, beginning another one where it came to its end before."""
    generator, made = random.Random(seed), 0
    shutil.copytree(fresh, project)
    for _ in range(4 * kills):
        if made == kills:
            break
        if kill_once(trainers, project, generator, whole):
            made += 1
        else:
            goes_on_to_the_same_bits(trainers, project, whole)
            shutil.rmtree(project)
            shutil.copytree(fresh, project)
    assert made == kills
    goes_on_to_the_same_bits(trainers, project, whole)


@pytest.mark.slow
@pytest.mark.parametrize(("uninterrupted", "kills"), [("gan", 4), ("diffusion", 2)], indirect=["uninterrupted"])
def test_a_run_killed_a_few_times_comes_out_the_same(
    trainers: Trainers, fresh: Path, tmp_path: Path, uninterrupted: Run, kills: int
):
    survive(trainers, fresh, tmp_path / uninterrupted.family, uninterrupted, seed=1, kills=kills)


@pytest.mark.faults
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(10, 18))
@pytest.mark.parametrize("uninterrupted", ["gan", "diffusion"], indirect=True)
def test_runs_killed_forty_times_come_out_the_same(
    trainers: Trainers, fresh: Path, tmp_path: Path, uninterrupted: Run, seed: int
):
    survive(trainers, fresh, tmp_path / uninterrupted.family, uninterrupted, seed=seed, kills=5)


# --- while the database is written -----------------------------------------------------------------------------


def killed_while_keeping(project: Path, generator: random.Random) -> Iterator[tuple[int, int]]:
    """Ids and numbers that a keeping process had called safe when it was killed."""
    process = dying("keep", project)
    assert process.stdout is not None
    for _ in range(generator.randint(2, 40)):
        kept, number = process.stdout.readline().split()
        yield int(kept), int(number)
    time.sleep(generator.random() * 0.02)
    process.kill()
    rest = process.stdout.read()  # not communicate(), which forgets what readline() has read ahead
    _, err = process.communicate(timeout=60)
    assert process.returncode == KILLED, err
    for line in rest.rpartition("\n")[0].splitlines():  # the last line may be cut
        kept, number = line.split()
        yield int(kept), int(number)


def nothing_kept_is_lost(project: Path, kept: dict[int, int]) -> None:
    with Project.open(project, write="required") as opened:
        # Pictures on the disk and not yet in the list when the process died are taken up again, and it is said.
        assert [loss for loss in map(str, opened.losses) if not loss.endswith("were taken up again.")] == []
        for number, value in kept.items():
            creation = opened.gallery.get(number)
            assert creation.request == {"number": value}
            assert int(opened.gallery.picture(creation).max()) == value % 256
        assert opened.gallery.check() == ()


def test_a_kill_while_pictures_are_kept_loses_none(fresh: Path, tmp_path: Path):
    project = tmp_path / "kept"
    shutil.copytree(fresh, project)
    nothing_kept_is_lost(project, dict(killed_while_keeping(project, random.Random(5))))


@pytest.mark.faults
def test_ten_kills_while_pictures_are_kept_lose_none(fresh: Path, tmp_path: Path):
    project, generator, kept = tmp_path / "kept", random.Random(7), {}
    shutil.copytree(fresh, project)
    for _ in range(10):
        kept |= dict(killed_while_keeping(project, generator))
        nothing_kept_is_lost(project, kept)
