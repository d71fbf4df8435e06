"""Measuring through the window with the real job: a generator and a judge that were really trained, for two steps."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt

from studio.config.builtin import Portraits
from studio.config.classifier import ClassifierConfig, CnnNetwork
from studio.config.gan import DcganNetwork, GanConfig
from studio.config.requests import BuiltinRequest, EvaluateRequest, TrainRequest
from studio.jobs.registry import run_job
from studio.projects.project import Project
from studio.ui.measure_dialog import MeasureDialog
from studio.ui.window import StudioWindow
from tests.ui.panels.test_gan_create_for_real import work

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trained_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with forty portraits, a run of a GAN and a classifier."""
    path = tmp_path_factory.mktemp("measured") / "project"
    with Project.create(path):
        pass
    record = work(BuiltinRequest(what=Portraits(count=40, size=32)), path)
    with Project.open(path) as project:
        project.datasets.add(record)
    network = DcganNetwork(width=4, discriminator_norm="none")
    gan = GanConfig(steps=2, batch=8, network=network, latent_size=8, sample_count=4, condition=("hair",))
    judge = ClassifierConfig(steps=2, batch=8, labels=("hair",), network=CnnNetwork(width=4))
    for config in (gan, judge):
        plain = config.model_dump(mode="json")
        work(TrainRequest(family=config.family, dataset="portraits", config=plain, device="cpu"), path)
    return path


def test_the_dialog_measures_and_the_numbers_are_shown(
    make_window: Callable[..., StudioWindow], trained_project: Path, jobs: dict[type, Any], qtbot: Any
) -> None:
    jobs[EvaluateRequest] = run_job
    window = make_window(trained_project)
    session = window.session
    (run,) = [info.name for info in session.runs() if info.family == "gan"]
    session.select("gan", run=run)
    session.go("gan", tab="train", run=run)
    window.does.run("measure")
    dialog: Any = window.findChild(MeasureDialog, "measureDialog")
    dialog.form.set_value("count", 40)
    told: list[str] = []
    session.toasted.connect(lambda toast: told.append(toast.text))
    qtbot.mouseClick(dialog.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: any(words.startswith(f"Measured {run}") for words in told), timeout=120_000)
    project = session.project
    assert project is not None
    names = set(project.runs.get(run).measures.names())
    assert {"sliced_wasserstein", "frechet_distance", "coverage"} <= {name.partition(".")[0] for name in names}
    session.go("runs", run=run, view="measures")
    qtbot.waitUntil(lambda: not len(session.board), timeout=60_000)
    page: Any = window.pages.current
    assert page.page_id == "runs"
