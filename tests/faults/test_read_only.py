"""A project in a folder that may not be written to: everything that only reads works, the rest is a sentence."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio.config.builtin import Portraits
from studio.config.gan import GanConfig, ResidualNetwork
from studio.config.requests import BuiltinRequest, TrainRequest
from studio.ground.events import Ended
from studio.jobs.footprint import Footprint
from studio.jobs.registry import run_job
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project

TREE = Path(__file__).resolve().parents[2]
CONFIG = GanConfig(steps=4, batch=8, sample_count=4, latent_size=8, network=ResidualNetwork(width=4))
TRAIN = TrainRequest(
    family="gan", dataset="portraits", config=CONFIG.model_dump(mode="json"), device="cpu", stop_at=2
)  # fmt: skip
READING = {"check": "finished", "generate": "finished", "state": "None", "close": "None"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small measures, and no estimate of the memory."""
    monkeypatch.setattr("studio.training.gan.MEASURED", 16)
    monkeypatch.setattr("studio.jobs.trials.measure_footprint", lambda *_, **__: iter([Footprint(0, 0)]))


@pytest.fixture
def project() -> Iterator[Path]:
    """A project with a stopped run, where another user can find it."""
    place = Path(tempfile.mkdtemp(prefix="studio-read-only-"))
    path = place / "project"
    with Project.create(path) as made:
        *_, end = run_job(BuiltinRequest(what=Portraits(count=32, size=32)), path, CommandQueue())
        assert isinstance(end, Ended)
        made.datasets.add(end.result)
    *_, end = run_job(TRAIN, path, CommandQueue())
    assert isinstance(end, Ended) and end.status == "stopped"
    yield path
    rights(place, 0o755, 0o644)
    shutil.rmtree(place)


def rights(place: Path, folders: int, files: int) -> None:
    """Give everything these rights."""
    for path in (place, *place.rglob("*")):
        path.chmod(folders if path.is_dir() else files)


def fingerprints(place: Path) -> dict[str, str]:
    files = sorted(p for p in place.rglob("*") if p.is_file())
    return {str(p.relative_to(place)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.mark.skipif(os.name == "nt", reason="folders on Windows have no such rights")
def test_a_folder_of_another_user(project: Path, make_pictures: Callable[..., Path]) -> None:
    source, settings = project.parent / "source", project.parent / "settings"
    shutil.copytree(make_pictures(count=2), source)
    settings.mkdir()
    before = fingerprints(project.parent)
    rights(project.parent, 0o555, 0o444)
    words = [str(project), str(source), str(settings / "window.json")]
    command = [sys.executable, "-P", str(TREE / "tests/faults/unwritable.py"), *words]
    env = os.environ | {"PYTHONPATH": str(TREE)}
    done = subprocess.run(command, cwd=TREE, env=env, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert not [told for told in found.values() if "Traceback" in told], found
    assert {name: found[name] for name in READING} == READING
    assert "may not be written to" in found["open"]
    for name in found.keys() - READING.keys() - {"open"}:
        assert found[name].startswith(("refused: ", "failed: ")) and found[name].endswith("."), (name, found[name])
    assert fingerprints(project.parent) == before
