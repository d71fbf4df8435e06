"""The Train tab of diffusion: samples above their words, the loss by noise level, what the family says of itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from studio.config.denoising import Denoising
from studio.config.diffusion import DiffusionConfig
from studio.config.registry import best_by
from studio.config.requests import TrainRequest
from studio.projects.project import Project
from studio.projects.run import Run
from studio.training.diffusion import METRICS, watched_times
from studio.ui import theme
from studio.ui.panels.diffusion_stage import DiffusionStage, levels_of, words_of
from studio.ui.panels.diffusion_words import DIFFUSION
from studio.ui.panels.train_tab import TrainTab
from studio.ui.widgets.noise_plot import NoiseLevel, NoisePlot
from studio.ui.window import StudioWindow
from tests.ui.panels.conftest import DATA

MakeWindow = Callable[..., StudioWindow]
WORDS = ("a girl with red hair", "a boy, smiling", "", "an anime face with glasses")


def notes(step: int, *, losses: bool = True) -> dict[str, Any]:
    """What a run notes of its samples; the losses fall with the steps."""
    times = watched_times()
    found: dict[str, Any] = {"captions": list(WORDS), "denoising": {"guidance": 1.5, "sampler_steps": 10}}
    by_noise = {"times": times, "losses": [(1 - time) * 10 / step for time in times]}
    return found | ({"loss_by_noise": by_noise} if losses else {})


def add_run(project: Project, *, losses: bool = True) -> Run:
    """A finished run with samples at steps 10, 20 and 30, grey by their step."""
    config = DiffusionConfig(steps=30, seed=7, text=True)
    request = TrainRequest(family="diffusion", dataset=DATA, config=config.model_dump(mode="json"), dial="quick")
    run = project.runs.new("diffusion", DATA, config, request)
    for step in range(1, 31):
        run.metrics.append(step, 8 * step, {"loss": 1 / step, "loss_low_noise": 1.0, "validation_loss": 0.5})
        if step % 10 == 0:
            pictures = np.full((4, 8, 8, 3), step, np.uint8)
            run.samples.write(step, pictures, items=8 * step, notes=notes(step, losses=losses))
    run.set_status(state="finished", step=30, items=240, total=30, seconds_trained=4.0)
    run.metrics.close()
    return run


def shown(window: StudioWindow, run: str = "") -> TrainTab:
    """The Train tab of the panel."""
    window.resize(1280, 800)
    window.session.go("diffusion", tab="train", run=run)
    page: Any = window.pages.current
    tab = page.current_tab()
    assert isinstance(tab, TrainTab)
    return tab


@pytest.fixture
def tab(make_window: MakeWindow, painted_project: Path, errors: list[str]) -> TrainTab:
    """The tab over a finished run."""
    with Project.open(painted_project) as project:
        name = add_run(project).name
    return shown(make_window(painted_project), name)


def stage_of(tab: TrainTab) -> DiffusionStage:
    """The family's stage."""
    assert isinstance(tab.canvas.stage, DiffusionStage)
    return tab.canvas.stage


# --- the stage -------------------------------------------------------------------------------------------------------


def test_samples_stand_above_their_words(tab: TrainTab, qtbot: Any, errors: list[str]) -> None:
    stage = stage_of(tab)
    assert stage.grid.count() == 4 and stage.isVisible()
    stage.grid.current_changed.emit(-1)
    line = stage._line
    assert "words of a picture" in line.text()
    qtbot.mouseMove(stage.grid, stage.grid.cell_rect(1).center())
    qtbot.waitUntil(lambda: line.text() == WORDS[1])
    qtbot.mouseClick(stage.grid, Qt.MouseButton.LeftButton, pos=stage.grid.cell_rect(3).center())
    qtbot.mouseMove(stage.grid, QPoint(1, 1))
    qtbot.waitUntil(lambda: line.text() == WORDS[3])
    assert stage.grid.accessibleDescription() == WORDS[3]
    tab.canvas.grab()
    assert errors == []


def test_the_loss_by_noise_level_goes_with_the_slider(tab: TrainTab, qtbot: Any) -> None:
    stage = stage_of(tab)
    last = [level.loss for level in stage.plot.levels()]
    assert last == pytest.approx([(1 - time) / 3 for time in watched_times()])
    tab.canvas.slider.select_step(10)
    tab.canvas.step_chosen.emit(10)
    first = [level.loss for level in stage.plot.levels()]
    assert first == pytest.approx([3 * loss for loss in last])
    assert stage.plot.sentence(0).endswith(f"at the start {first[0]:.3g}")  # step 10 is the first that is kept


def test_pictures_drown_as_the_denoiser_sees_them(tab: TrainTab) -> None:
    drowned = stage_of(tab).plot.drowned()
    assert len(drowned) == len(watched_times())
    grey = [image.pixelColor(2, 2).red() for image in drowned]
    assert grey[0] == pytest.approx(30, abs=20) and len(set(grey)) > 3


def test_a_level_is_pointed_at_with_mouse_and_keys(tab: TrainTab, qtbot: Any) -> None:
    stage = stage_of(tab)
    assert "faint" in stage._level.text()
    plot = stage.plot
    plot.setFocus()
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert stage._level.text() == plot.sentence(0)
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert stage._level.text() == plot.sentence(1)
    spot = QPoint(round(plot.plot_rect().right()) - 4, 30)
    qtbot.mouseMove(plot, spot)
    qtbot.waitUntil(lambda: stage._level.text() == plot.sentence(7))


def test_before_a_run_there_is_only_the_data(make_window: MakeWindow, painted_project: Path, qtbot: Any) -> None:
    tab = shown(make_window(painted_project))
    stage = stage_of(tab)
    assert not stage._card.isVisible() and not stage._line.isVisible()
    qtbot.waitUntil(lambda: stage.grid.count() > 0)
    assert tab.column.config().text  # type: ignore[union-attr]  # Portraits are described in words
    request = tab.column.request()
    assert request is not None and request.family == "diffusion"


def test_notes_that_are_missing_or_odd_show_nothing(
    make_window: MakeWindow, painted_project: Path, errors: list[str]
) -> None:
    with Project.open(painted_project) as project:
        name = add_run(project, losses=False).name
    tab = shown(make_window(painted_project), name)
    assert stage_of(tab).plot.levels() == () and stage_of(tab)._level.text() == ""
    tab.canvas.grab()
    assert errors == []
    for odd in ({"loss_by_noise": 3}, {"loss_by_noise": {"times": [0.5], "losses": ["x"]}}, {"loss_by_noise": {}}):
        assert levels_of(odd) == []
    assert words_of({"captions": 3, "labels": ["x"]}, 2) == ["", ""]
    assert words_of({"labels": [{"hair": "red", "smile": "yes"}]}, 1) == ["hair: red · smile: yes"]


def test_a_kept_sample_carries_its_words(tab: TrainTab) -> None:
    stage_of(tab).grid.set_selection([1])
    tab.works.keep()
    project = tab.session.project
    assert project is not None
    ((number, _),) = project.gallery.listing()
    creation = project.gallery.get(number)
    (recipe,) = creation.request["recipes"]
    assert Denoising.model_validate(recipe["denoising"]).prompt == WORDS[1]
    assert recipe["denoising"]["sampler_steps"] == 10


# --- the plot --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("losses", [[], [0.5], [0.0, 0.0], [float("nan"), 1.0, 2.0], [1.0] * 40])
def test_the_plot_takes_any_losses(qtbot: Any, look: Any, losses: list[float]) -> None:
    theme.choose(look)
    plot = NoisePlot()
    qtbot.addWidget(plot)
    plot.resize(220, 140)
    plot.set_picture(np.zeros((8, 12, 3), np.uint8))
    plot.set_levels([NoiseLevel(loss, 0.5, 0.5) for loss in losses])
    plot.set_before([1.0] * 8)
    plot.show()
    plot.grab()
    assert len(plot.drowned()) == len(losses)
    plot.set_picture(None)
    assert plot.drowned() == []


# --- the words -------------------------------------------------------------------------------------------------------


def test_every_number_of_the_task_has_a_curve_and_no_curve_lacks_a_number() -> None:
    told = {name for group in DIFFUSION.groups for name in group.metrics}
    assert told == set(METRICS)
    assert set(DIFFUSION.shown) <= {group.key for group in DIFFUSION.groups}
    assert best_by("diffusion").metric in told and DIFFUSION.makes_pictures
