"""Create and Look inside with a network that was really trained, if only for two steps: the same pixels again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.config.builtin import Portraits
from studio.config.gan import DcganNetwork, GanConfig
from studio.config.requests import BuiltinRequest, TrainRequest
from studio.ground.events import Ended
from studio.jobs.registry import run_job
from studio.jobs.steering import CommandQueue
from studio.projects.gallery import read_birth_certificate
from studio.projects.project import Project
from studio.ui.panels.gan_create import GanCreateTab
from studio.ui.panels.gan_look import GanLookTab
from studio.ui.panels.look_nearest import NearestView
from studio.ui.panels.look_opinion import OpinionView
from studio.ui.window import StudioWindow

pytestmark = pytest.mark.slow


def work(request: Any, path: Path) -> Any:
    """Do a job here and now; its result."""
    ended = [event for event in run_job(request, path, CommandQueue()) if isinstance(event, Ended)][-1]
    assert ended.status == "finished", f"{ended.error} {ended.trace}"
    return ended.result


@pytest.fixture(scope="module")
def trained_project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A project with forty portraits and a run of two steps."""
    path = tmp_path_factory.mktemp("real") / "project"
    with Project.create(path):
        pass
    record = work(BuiltinRequest(what=Portraits(count=40, size=32)), path)
    with Project.open(path) as project:
        project.datasets.add(record)
    network = DcganNetwork(width=4, discriminator_norm="none")
    config = GanConfig(steps=2, batch=8, network=network, latent_size=8, sample_count=4, condition=("hair",))
    made = work(
        TrainRequest(family="gan", dataset="portraits", config=config.model_dump(mode="json"), device="cpu"), path
    )
    return path, made["run"]


def test_a_kept_picture_dropped_on_the_window_is_made_again_to_the_pixel(
    make_window: Callable[..., StudioWindow], trained_project: tuple[Path, str], qtbot: Any
) -> None:
    path, run = trained_project
    window = make_window(path)
    window.session.select("gan", run=run)
    window.session.go("gan", tab="create")
    tab = window.pages.current.current_tab()
    assert isinstance(tab, GanCreateTab)
    tab.form.seed.set_value(11)
    tab.form.count.set_value(5)
    tab.generate()
    qtbot.waitUntil(lambda: not tab.maker.is_busy(), timeout=60_000)
    assert all(set(entry.labels) == {"hair"} for entry in tab.sheet.entries)
    tab.view.pick([1, 3])
    tab.bench.between.slider.setValue(400)
    qtbot.waitUntil(lambda: not tab.maker.is_busy(), timeout=60_000)
    tab.bench._on_add()
    qtbot.waitUntil(lambda: not tab.maker.is_busy(), timeout=60_000)
    tab.view.pick([5])
    tab.keep()
    picture = tab.sheet.entries[5].picture
    project = window.session.project
    assert project is not None and picture is not None
    (creation,) = project.gallery.query()
    file = project.gallery.path(creation)
    tab.desk.clear()
    assert tab.take_drop([file], read_birth_certificate(file))
    qtbot.waitUntil(lambda: not tab.maker.is_busy(), timeout=60_000)
    assert len(tab.sheet) == 1
    again = tab.sheet.entries[0].picture
    assert again is not None and np.array_equal(again, picture)


def test_looking_inside_a_real_network(
    make_window: Callable[..., StudioWindow], trained_project: tuple[Path, str], qtbot: Any
) -> None:
    path, run = trained_project
    window = make_window(path)
    window.session.select("gan", run=run)
    window.session.go("gan", tab="look")
    tab = window.pages.current.current_tab()
    assert isinstance(tab, GanLookTab)
    for name in ("opinion", "nearest", "checkpoints"):
        tab.show_view(name)
        qtbot.waitUntil(lambda: not tab.maker.is_busy(), timeout=60_000)
    opinion, nearest = tab.views["opinion"], tab.views["nearest"]
    assert isinstance(opinion, OpinionView) and isinstance(nearest, NearestView)
    assert opinion.made.count() == 24 and opinion.real.count() > 0
    scores = [one.score for one in opinion._found.found]
    assert [scores[at] for at in opinion._orders[False]] == sorted(scores, reverse=True)
    assert nearest.near.count() == 6 and nearest._verdict.text()
