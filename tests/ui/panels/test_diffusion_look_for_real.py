"""Look inside with a denoiser that was really trained, if only for two steps: film, words, race, own pictures."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.config.builtin import Portraits
from studio.config.diffusion import DiffusionConfig, UnetNetwork
from studio.config.requests import BuiltinRequest, TrainRequest
from studio.ground.events import Ended
from studio.jobs.registry import run_job
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project
from studio.ui.panels.diffusion_look import DiffusionLookTab
from studio.ui.window import StudioWindow

pytestmark = pytest.mark.slow


def work(request: Any, path: Path) -> Any:
    """Do a job here and now; its result."""
    ended = [event for event in run_job(request, path, CommandQueue()) if isinstance(event, Ended)][-1]
    assert ended.status == "finished", f"{ended.error} {ended.trace}"
    return ended.result


@pytest.fixture(scope="module")
def trained_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A project with forty portraits and a run of two steps that reads words."""
    path = tmp_path_factory.mktemp("real") / "project"
    with Project.create(path):
        pass
    record = work(BuiltinRequest(what=Portraits(count=40, size=32)), path)
    with Project.open(path) as project:
        project.datasets.add(record)
    config = DiffusionConfig(steps=2, batch=8, sample_count=4, text=True, network=UnetNetwork(width=4))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio.training.diffusion.MEASURED", 16)
        patch.setattr("studio.training.diffusion.SAMPLE_STEPS", 2)
        plain = config.model_dump(mode="json")
        asked = TrainRequest(family="diffusion", dataset="portraits", config=plain, device="cpu")
        yield path, work(asked, path)["run"]


def test_every_view_of_a_real_denoiser(
    make_window: Callable[..., StudioWindow], trained_project: tuple[Path, str], qtbot: Any
) -> None:
    path, run = trained_project
    window = make_window(path)
    window.session.select("diffusion", run=run)
    window.session.go("diffusion", tab="look")
    tab: Any = window.pages.current.current_tab()
    assert isinstance(tab, DiffusionLookTab)
    tab.denoised.steps.set_value(6)
    tab.denoised.prompt.set_value("a girl with red hair")
    tab.denoised._on_way()
    film, words, forward, race = (tab.views[name] for name in ("film", "words", "forward", "race"))
    race.racers["ddpm"].setChecked(False)
    for name in tab.views:
        tab.show_view(name)
        qtbot.waitUntil(lambda: not tab.maker.is_busy(), timeout=120_000)
        assert not tab._why, tab._why
    assert film.table.columns() == 6 and film.table.picture(2, 5) is not None
    film._go_to(3)
    film.seed.set_value(5)
    tab.show_view("film")
    qtbot.waitUntil(lambda: not tab.maker.is_busy(), timeout=60_000)
    film._on_go()
    qtbot.waitUntil(lambda: not tab.maker.is_busy(), timeout=60_000)
    assert np.array_equal(film._other[2].clean, film._steps[2].clean)
    assert not np.array_equal(film._other[4].clean, film._steps[4].clean)
    assert words._words == ["a", "girl", "with", "red", "hair"] and (words._mean.sum(axis=0) <= 1 + 1e-5).all()
    assert forward.table.picture(0, 0) is not None and forward._found.drowned.pictures.shape == (3, 61, 32, 32, 3)
    assert len(race._found) == 6 and race._reference.seconds > 0
    assert tab.views["nearest"].near.count() == 6 and tab.views["checkpoints"].strip.count() >= 2
