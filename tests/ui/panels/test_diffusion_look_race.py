"""Look inside of the diffusion panel in the real window: the forward process and the race."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from studio.config.diffusion import DiffusionConfig, Gradual
from studio.config.requests import ForwardRequest
from studio.ui.panels.diffusion_look import DiffusionLookTab
from studio.ui.panels.diffusion_look_race import RaceView, level_text, seconds_text
from studio.ui.text import NO_BREAK, Label
from studio.ui.widgets.pictures import to_image
from tests.ui.panels.denoised import DenoisingServer, add_denoiser, drowned
from tests.ui.panels.looking import LEFT, MakeWindow, choose, forward_of, opened, settle, text_of, window_of
from tests.ui.panels.trained import painted


@pytest.fixture
def look(
    make_window: MakeWindow, project_path: Path, denoising_server: type[DenoisingServer], denoiser: str, qtbot: Any
) -> DiffusionLookTab:
    """The tab with a chosen run, at its first view."""
    return opened(make_window(project_path), qtbot, denoiser)


def test_slider_dot_and_rows_are_one_thing(look: DiffusionLookTab, qtbot: Any) -> None:
    view = forward_of(look, qtbot)
    found = drowned(ForwardRequest(dataset="cats", process={"kind": "flow"}, count=3)).drowned
    assert view.dataset.value() == "cats" and view.schedule.value() == "flow"
    assert view.table.picture(2, 60) == to_image(found.pictures[2, 60])
    view.slider.setFocus()
    QTest.keyClick(view.slider, Qt.Key.Key_Home)
    assert view.curve.place() == 0 and view.table.chosen()[1] == 0
    view.curve.setFocus()
    QTest.keyClick(view.curve, Qt.Key.Key_Right)
    assert view.slider.value() == 1 and view.large.picture() == to_image(found.pictures[0, 1])
    QTest.mouseClick(view.curve, LEFT, pos=view.curve.point_of(30, 0.9).toPoint())
    assert view.slider.value() == view.curve.place() == 30
    assert text_of(look, "forwardWhere") == "50 % · σ 1"
    column = view.table.shown_columns()[-1]
    QTest.mouseClick(view.table, LEFT, pos=view.table.cell_rect(1, column).center().toPoint())
    assert view.slider.value() == 60 and text_of(look, "forwardName") == "cat 1 <b>"
    assert text_of(look, "forwardWhere") == "100 % · σ ∞"


def test_another_schedule_is_seen_at_once(
    look: DiffusionLookTab, qtbot: Any, denoising_server: type[DenoisingServer]
) -> None:
    view = forward_of(look, qtbot)
    assert not view.pure.isEnabled()
    before, _ = view.curve.curves()
    for button in view.schedule._buttons():
        if button.key == "cosine":
            QTest.mouseClick(button, LEFT)
    settle(qtbot, look)
    wanted = {"kind": "gradual", "schedule": "cosine", "zero_terminal_snr": False}
    assert denoising_server.asked[-1].process == wanted
    after, noise = view.curve.curves()
    assert not np.allclose(before, after) and np.allclose(after + noise, 1)
    assert set(view.curve._others) == {"linear", "sigmoid", "flow"}
    QTest.mouseClick(view.pure, LEFT, pos=QPoint(10, view.pure.height() // 2))
    settle(qtbot, look)
    assert denoising_server.asked[-1].process == wanted | {"zero_terminal_snr": True}
    seed = denoising_server.asked[-1].seed
    QTest.mouseClick(view.others, LEFT)
    settle(qtbot, look)
    assert denoising_server.asked[-1].seed != seed
    asked = len(denoising_server.asked)
    look.refresh()
    settle(qtbot, look)
    assert len(denoising_server.asked) == asked, "nothing is asked twice"


def test_the_schedule_is_at_first_that_of_the_run(
    make_window: MakeWindow, project_path: Path, denoising_server: type[DenoisingServer], qtbot: Any
) -> None:
    config = DiffusionConfig(steps=40, process=Gradual(schedule="sigmoid"), picture_size=40, channels=1)
    run = add_denoiser(project_path, name="slow", config=config)
    tab = opened(make_window(project_path), qtbot, run)
    view = forward_of(tab, qtbot)
    assert (
        view.schedule.value() == "sigmoid" and text_of_controls(tab, "forwardOwn") == "slow was trained with: sigmoid."
    )
    asked = denoising_server.asked[-1]
    assert (asked.size, asked.channels) == (40, 1)


def text_of_controls(tab: DiffusionLookTab, name: str) -> str:
    label = tab.controls.findChild(Label, name)
    assert isinstance(label, Label)
    return label.text()


def test_without_pictures_it_leads_to_data(
    make_window: MakeWindow, tmp_path: Path, denoising_server: type[DenoisingServer], qtbot: Any
) -> None:
    from studio.projects.project import Project

    with Project.create(tmp_path / "empty"):
        pass
    tab = opened(make_window(tmp_path / "empty"), qtbot)
    view = forward_of(tab, qtbot)
    assert view.empty.isVisible()
    QTest.mouseClick(view.empty.button, LEFT)
    assert window_of(tab).pages.current.page_id == "data"


def race_of(tab: DiffusionLookTab, qtbot: Any) -> RaceView:
    view = choose(qtbot, tab, "race")
    assert isinstance(view, RaceView)
    qtbot.waitUntil(lambda: not view._waiting and not tab.maker.is_busy(), timeout=5000)
    return view


def test_samplers_stand_side_by_side_with_time_and_difference(
    look: DiffusionLookTab, qtbot: Any, denoising_server: type[DenoisingServer]
) -> None:
    view = race_of(look, qtbot)
    races = [one for one in denoising_server.asked if getattr(one, "what", "") == "race"]
    assert [len(one.recipes) for one in races] == [1] + [4] * 7
    reference = painted(races[0].recipes[0], "40", "faces")
    assert races[0].recipes[0].denoising.sampler_steps == 200
    first = painted(races[1].recipes[0], "40", "faces")
    assert view.table.columns() == 7 and view.table.picture(0, 0) == to_image(first)
    apart = float(np.sqrt(np.mean((first.astype(float) - reference) ** 2)))
    assert view.table._captions[0][0] == f"0.25{NO_BREAK}s · {level_text(apart)}"
    assert view.tiles["reference"].picture() == to_image(reference)
    assert "At 20 steps" in text_of(look, "lookSaid")
    assert {one.recipes[0].latent for one in races} == {races[0].recipes[0].latent}, "the same seed for all"


def test_a_picked_one_is_compared_and_racers_can_be_left_out(
    look: DiffusionLookTab, qtbot: Any, denoising_server: type[DenoisingServer]
) -> None:
    view = race_of(look, qtbot)
    assert text_of(look, "raceHeadline") == "DPM++ 2M, 20 steps"
    QTest.mouseClick(view.table, LEFT, pos=view.table.cell_rect(1, 0).center().toPoint())
    assert text_of(look, "raceHeadline") == "DDIM, 10 steps"
    view.table.setFocus()
    QTest.keyClick(view.table, Qt.Key.Key_End)
    assert text_of(look, "raceHeadline") == "Euler ancestral, 10 steps"
    assert "fresh noise" in text_of(look, "raceTold") and not view.tiles["difference"].picture().isNull()
    asked = len(denoising_server.asked)
    for name in ("ddpm", "euler-ancestral"):
        QTest.mouseClick(view.racers[name], LEFT, pos=QPoint(8, 10))
    assert view.table.columns() == 5
    QTest.mouseClick(view.racers["ddpm"], LEFT, pos=QPoint(8, 10))
    settle(qtbot, look)
    assert view.table.columns() == 6 and len(denoising_server.asked) == asked, "what has raced is remembered"


def test_the_last_racer_stays_in(look: DiffusionLookTab, qtbot: Any) -> None:
    view = race_of(look, qtbot)
    for name in list(view.racers)[:-1]:
        QTest.mouseClick(view.racers[name], LEFT, pos=QPoint(8, 10))
    last = list(view.racers.values())[-1]
    assert not last.isEnabled() and view.running() == ["euler-ancestral"]


def test_times_and_levels_in_words() -> None:
    words = [seconds_text(seconds).replace(NO_BREAK, " ") for seconds in (0.084, 0.52, 2.34, 12.2)]
    assert words == ["84 ms", "0.52 s", "2.3 s", "12 s"]
    assert [level_text(level) for level in (0.123, 1.24, 9.97, 38.4, 115)] == ["0.12", "1.2", "10", "38", "115"]
