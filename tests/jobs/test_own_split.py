"""A data set with tests of its own: nothing trains on them, and runs from before they were kept out go on unchanged."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.config.classifier import ClassifierConfig, CnnNetwork
from studio.config.gan import GanConfig, ResidualNetwork
from studio.config.requests import ImportRequest, LookRequest, ResumeRequest, TrainRequest, grid
from studio.data.prepared import PreparedPictures
from studio.data.splitting import split
from studio.jobs.opening import known_fingerprint, open_project, pictures_of_run
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project
from studio.projects.run import Run
from tests.conftest import TINY_CLASSES, tiny_picture

from .conftest import ending, run_to_end

CONFIG = GanConfig(steps=6, batch=8, sample_count=4, latent_size=8, network=ResidualNetwork(width=4))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with 36 pictures to train on and 9 to test, one of them in both."""
    root, path = tmp_path / "set", tmp_path / "project"
    for part, numbers in (("train", range(12)), ("test", range(11, 14))):
        for kind in TINY_CLASSES:
            (root / part / kind).mkdir(parents=True)
            for number in numbers:
                tiny_picture(kind, size=32, seed=number).save(root / part / kind / f"{number}.png")
    with Project.create(path) as made:
        made.datasets.add(ending(run_to_end(ImportRequest(source=root, name="shapes"), path)).result)
    return path


def before(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The program as it was: the data set's own tests are trained on like the rest."""
    monkeypatch.setattr(PreparedPictures, "_divided", lambda self: (*split(self._hashes), self._content))
    return monkeypatch


def trained(path: Path, name: str, **changes: Any) -> Any:
    plain = CONFIG.model_dump(mode="json")
    request = TrainRequest(family="gan", dataset="shapes", config=plain, device="cpu", run=name, **changes)
    return ending(run_to_end(request, path))


def the_pictures(path: Path, name: str) -> PreparedPictures:
    run = Run(path / "runs" / name)
    with open_project(path) as opened:
        work = pictures_of_run(opened, run, CommandQueue())
        while True:
            try:
                next(work)
            except StopIteration as end:
                found: PreparedPictures = end.value
                return found


def test_a_run_from_before_goes_on_bit_for_bit(
    project: Path, quick_measure: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        before(patch)
        whole = trained(project, "whole")
        assert trained(project, "parts", stop_at=3).status == "stopped"
    ended = ending(run_to_end(ResumeRequest(run="parts", device="cpu"), project))
    assert ended.status == "finished", (ended.error, ended.trace)
    assert ended.result["digest"] == whole.result["digest"]
    with the_pictures(project, "parts") as data:
        assert len(data.training) + len(data.held_out) == data.count == 45
    look = LookRequest(what="nearest", run="parts", recipes=grid(0, 1), device="cpu")
    assert ending(run_to_end(look, project)).status == "finished"


def test_a_new_run_never_sees_the_tests(project: Path, quick_measure: None) -> None:
    assert trained(project, "new", stop_at=3).status == "stopped"
    assert ending(run_to_end(ResumeRequest(run="new", device="cpu"), project)).status == "finished"
    with the_pictures(project, "new") as data:
        tests = [name for row, name in enumerate(data.names) if row not in {*data.training, *data.held_out}]
        assert len(tests) == 12 and sum(name.startswith("test/") for name in tests) == 9
        assert known_fingerprint(Run(project / "runs" / "new")) == data.fingerprint


def test_a_classifier_keeps_the_split_of_the_data(project: Path, quick_measure: None) -> None:
    config = ClassifierConfig(steps=2, batch=8, picture_size=16, network=CnnNetwork(width=4), sample_count=4)
    plain = config.model_dump(mode="json")
    request = TrainRequest(family="classifier", dataset="shapes", config=plain, device="cpu")
    ended = ending(run_to_end(request, project))
    assert ended.status == "finished", (ended.error, ended.trace)
    run = Run(project / "runs" / ended.result["run"])
    with the_pictures(project, run.name) as data:
        shown = {picture.tobytes() for picture in run.samples.read(run.samples.steps()[-1])}
        rows = data.read(np.arange(data.count)).transpose(0, 2, 3, 1)
        places = {row for row in range(data.count) if rows[row].tobytes() in shown}
        assert places <= set(data.parts.validation.tolist()) and len(places) == 4
        assert all(data.names[row].startswith("train/") for row in places)
