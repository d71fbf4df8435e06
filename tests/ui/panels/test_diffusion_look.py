"""Look inside of the diffusion panel in the real window: film, words, forward process, race, and what all share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from studio.config.denoising import Denoising, Restart
from studio.config.diffusion import DiffusionConfig, Gradual
from studio.config.requests import Drawn, ForwardRequest, GenerateRequest, LookRequest, Recipe
from studio.ground.errors import StudioError
from studio.ui.panels.diffusion_look import DiffusionLookTab
from studio.ui.panels.diffusion_look_film import FilmView, decided
from studio.ui.panels.diffusion_look_forward import ForwardView
from studio.ui.panels.diffusion_look_race import RaceView, level_text, seconds_text
from studio.ui.panels.diffusion_look_words import WordsView, glows
from studio.ui.panels.sheet import recipe_to_json
from studio.ui.text import NO_BREAK, Label
from studio.ui.widgets.pictures import to_image
from studio.ui.window import StudioWindow
from tests.ui.panels.denoised import EXAMPLE, DenoisingServer, add_denoiser, drowned, painted_steps
from tests.ui.panels.trained import painted

MakeWindow = Callable[..., StudioWindow]
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def look(
    make_window: MakeWindow, project_path: Path, denoising_server: type[DenoisingServer], denoiser: str, qtbot: Any
) -> DiffusionLookTab:
    """The tab with a chosen run, at its first view."""
    return opened(make_window(project_path), qtbot, denoiser)


def opened(window: StudioWindow, qtbot: Any, run: str = "") -> DiffusionLookTab:
    window.resize(1280, 800)
    if run:
        window.session.select("diffusion", run=run)
    window.session.go("diffusion", tab="look")
    tab = window.pages.current.current_tab()
    assert isinstance(tab, DiffusionLookTab)
    settle(qtbot, tab)
    return tab


def window_of(tab: DiffusionLookTab) -> StudioWindow:
    window = tab.canvas.window()
    assert isinstance(window, StudioWindow)
    return window


def settle(qtbot: Any, tab: DiffusionLookTab) -> None:
    qtbot.waitUntil(lambda: not tab.maker.is_busy(), timeout=5000)


def choose(qtbot: Any, tab: DiffusionLookTab, name: str) -> Any:
    """Click a line of the list; returns the view."""
    radio = tab.view_list.radios[name]
    QTest.mouseClick(radio, LEFT, pos=QPoint(8, radio.rect().center().y()))
    settle(qtbot, tab)
    return tab.views[name]


def film_of(tab: DiffusionLookTab) -> FilmView:
    view = tab.views["film"]
    assert isinstance(view, FilmView)
    return view


def text_of(tab: DiffusionLookTab, name: str) -> str:
    label = tab.canvas.findChild(Label, name)
    assert isinstance(label, Label)
    return label.text()


def write(field: Any, words: str) -> None:
    """Replace the words of a prompt by keys, and press Enter."""
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, words)
    QTest.keyClick(field, Qt.Key.Key_Return)


# --- empty and failed --------------------------------------------------------------------------------------------


def test_without_a_run_it_says_what_to_do_and_the_forward_process_works(
    make_window: MakeWindow, project_path: Path, denoising_server: type[DenoisingServer], qtbot: Any
) -> None:
    tab = opened(make_window(project_path), qtbot)
    assert tab.empty.isVisible() and tab.empty.button.text() == "Train one"
    view = choose(qtbot, tab, "forward")
    assert view.isVisible() and view.table.columns() == 61
    assert view.table.picture(0, 0) is not None


def test_words_that_it_does_not_know_are_named_and_told_in_the_view(
    look: DiffusionLookTab, qtbot: Any, errors: list[str], denoising_server: type[DenoisingServer]
) -> None:
    write(look.denoised.prompt, "a purple girl")
    settle(qtbot, look)
    assert "purple" in look.denoised._note.text() and "girl" not in look.denoised._note.text()
    assert not look.empty.isVisible()
    write(look.denoised.prompt, "zebra")
    settle(qtbot, look)
    assert look.empty.isVisible() and "zebra" in look.empty.findChild(Label, "emptySentence").text()
    assert errors == [], "what was written wrong is no dialog's business"
    write(look.denoised.prompt, "a girl")
    settle(qtbot, look)
    assert film_of(look).isVisible() and not look.empty.isVisible()


def test_a_failure_is_shown_and_can_be_tried_again(
    look: DiffusionLookTab, qtbot: Any, errors: list[str], denoising_server: type[DenoisingServer]
) -> None:
    denoising_server.fail = StudioError("The checkpoint is damaged.")
    look.denoised.seed.set_value(5)
    look.denoised.seed.value_changed.emit(5)
    settle(qtbot, look)
    assert look.empty.isVisible() and look.empty.button.text() == "Look again"
    assert len(errors) == 1 and "damaged" in errors[0]
    denoising_server.fail = None
    QTest.mouseClick(look.empty.button, LEFT)
    settle(qtbot, look)
    assert film_of(look).isVisible() and film_of(look).table.columns() == 20


# --- the film ----------------------------------------------------------------------------------------------------


def steps_of(tab: DiffusionLookTab, recipe: Recipe | None = None) -> tuple[Any, ...]:
    (own,) = film_of(tab).recipes
    return painted_steps(tab.maker.fit(recipe or own), "40", "faces")


def test_the_film_has_three_rows_over_all_steps(look: DiffusionLookTab) -> None:
    view, steps = film_of(look), steps_of(look)
    assert view.table.columns() == 20
    for row, track in enumerate(("seen", "clean", "noise")):
        assert [view.table.picture(row, at) for at in range(20)] == [to_image(getattr(s, track)) for s in steps]
    assert view.large.picture() == to_image(steps[-1].clean)
    assert text_of(look, "filmWhere") == "step 20 of 20 · σ 1"
    assert "Half of what the picture becomes is decided at step" in text_of(look, "lookSaid")
    assert view.recipes[0].denoising.prompt == EXAMPLE, "a prompt from its own captions stands there at first"


def test_slider_arrow_keys_and_clicks_walk_through_it(look: DiffusionLookTab, qtbot: Any) -> None:
    view, steps = film_of(look), steps_of(look)
    view.slider.setFocus()
    QTest.keyClick(view.slider, Qt.Key.Key_Home)
    assert view.large.picture() == to_image(steps[0].clean) and view.table.chosen()[1] == 0
    QTest.keyClick(view.slider, Qt.Key.Key_Right)
    assert text_of(look, "filmWhere") == "step 2 of 20 · σ 19"
    view.table.setFocus()
    for _ in range(3):
        QTest.keyClick(view.table, Qt.Key.Key_Right)
    assert view.slider.value() == 4 and 4 in view.table.shown_columns()
    QTest.keyClick(view.table, Qt.Key.Key_Up)
    assert view.large.picture() == to_image(steps[4].seen) and view.track.value() == "seen"
    QTest.keyClick(view.table, Qt.Key.Key_End)
    assert view.slider.value() == 19
    place = view.table.shown_columns()[2]
    QTest.mouseClick(view.table, LEFT, pos=view.table.cell_rect(2, place).center().toPoint())
    assert view.slider.value() == place and view.large.picture() == to_image(steps[place].noise)
    QTest.mouseClick(view.track.findChild(type(view.track._buttons()[0]), "choice_clean"), LEFT)
    assert view.large.picture() == to_image(steps[place].clean)


def test_another_ending_is_shown_beside_the_first(
    look: DiffusionLookTab, qtbot: Any, denoising_server: type[DenoisingServer]
) -> None:
    view, steps = film_of(look), steps_of(look)
    assert not view.go.isEnabled() and "with the same ones it ends the same" in view.go.accessibleDescription()
    view._go_to(7)
    write(view.prompt, "a girl with blue hair")
    view.seed.setFocus()
    QTest.keyClicks(view.seed, "99")
    QTest.keyClick(view.seed, Qt.Key.Key_Return)
    assert view.go.text() == "Go on from step 8"
    QTest.mouseClick(view.go, LEFT)
    settle(qtbot, look)
    asked = denoising_server.asked[-1]
    restart = Restart(step=7, seed=99, prompt="a girl with blue hair")
    assert isinstance(asked, LookRequest) and asked.recipes[0].denoising.restarts == (restart,)
    other = painted_steps(asked.recipes[0], "40", "faces")
    assert view.table.picture(3, 6) is None and view.table.picture(3, 7) == to_image(other[7].clean)
    assert view.large.picture() == to_image(steps[7].clean)
    assert view.beside.isVisible() and view.beside.picture() == to_image(other[7].clean)
    assert "From step 8 on: seed 99" in text_of(look, "filmRestartWords")
    view._go_to(3)
    assert view.beside.picture().isNull(), "before it they are the same"
    QTest.mouseClick(view.back, LEFT)
    assert not view.beside.isVisible() and len(view.table._rows) == 3


def test_the_other_ending_can_be_opened_in_create(
    look: DiffusionLookTab, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = film_of(look)
    view._go_to(7)
    QTest.mouseClick(view.dice, LEFT)
    QTest.mouseClick(view.go, LEFT)
    settle(qtbot, look)
    gone: list[Any] = []
    monkeypatch.setattr(look.session, "go", lambda page, **what: gone.append((page, what)))
    QTest.mouseClick(view.open, LEFT)
    ((page, what),) = gone
    request = GenerateRequest.model_validate(what["certificate"]["request"])
    assert (page, what["tab"], what["certificate"]["family"]) == ("diffusion", "create", "diffusion")
    assert request.recipes == (view.restarted(),) and request.checkpoint == "40"


def test_an_ending_in_unknown_words_is_refused_beside_the_film(look: DiffusionLookTab, qtbot: Any) -> None:
    view = film_of(look)
    view._go_to(4)
    write(view.prompt, "zebra")
    QTest.mouseClick(view.go, LEFT)
    settle(qtbot, look)
    assert view.isVisible() and "zebra" in text_of(look, "filmRestartWords")
    assert not view.beside.isVisible() and view.table.columns() == 20


def test_settings_of_the_column_make_another_film(
    look: DiffusionLookTab, qtbot: Any, denoising_server: type[DenoisingServer]
) -> None:
    look.denoised.steps.setFocus()
    QTest.keyClick(look.denoised.steps, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(look.denoised.steps, "12")
    QTest.keyClick(look.denoised.steps, Qt.Key.Key_Return)
    settle(qtbot, look)
    assert film_of(look).table.columns() == 12
    look.denoised.number.setFocus()
    QTest.keyClick(look.denoised.number, Qt.Key.Key_Up)
    settle(qtbot, look)
    assert denoising_server.asked[-1].recipes[0].latent == Drawn(seed=0, index=1)
    before = film_of(look).recipes
    QTest.mouseClick(look.denoised.dice, LEFT)
    settle(qtbot, look)
    assert film_of(look).recipes != before


def test_how_much_is_decided() -> None:
    pictures = [np.full((4, 4, 3), grey, np.uint8) for grey in (0, 50, 100, 200)]
    assert decided(pictures) == [0.0, 0.25, 0.5, 1.0]
    assert decided(pictures[:1] * 3) == [1.0, 1.0, 1.0]


# --- words -------------------------------------------------------------------------------------------------------


def test_words_can_be_clicked_and_heat_lies_over_the_picture(look: DiffusionLookTab, qtbot: Any) -> None:
    view = choose(qtbot, look, "words")
    assert isinstance(view, WordsView)
    assert [chip.word for chip in view.chips] == EXAMPLE.split()
    assert view.grid.count() == 5 and view.grid._captions == EXAMPLE.split()
    assert view.word() == "glasses" and view.chips[4].isChecked(), "the longest word is painted most clearly"
    assert "belongs most clearly to one place is “glasses”" in text_of(look, "lookSaid")
    assert view.heat.has_heat() and view.heat.picture() == to_image(view._steps[-1].clean)
    QTest.mouseClick(view.chips[3], LEFT)
    assert view.word() == "red" and view.grid.selection() == [3] and not view.chips[4].isChecked()
    QTest.mouseClick(view.grid, LEFT, pos=view.grid.cell_rect(2).center())
    assert view.word() == "with" and view.chips[2].isChecked()
    view.grid.setFocus()
    QTest.keyClick(view.grid, Qt.Key.Key_Right)
    assert view.word() == "red"


def test_heat_of_a_step_and_of_the_mean(look: DiffusionLookTab, qtbot: Any) -> None:
    view = choose(qtbot, look, "words")
    np.testing.assert_allclose(view.maps()[1][1], 0.1 + 0.2 + 0.001 * 9.5, rtol=1e-5)
    assert text_of(look, "wordsWhere") == "all 20 steps"
    view.slider.setFocus()
    QTest.keyClick(view.slider, Qt.Key.Key_Home)
    assert not view.mean.isChecked() and text_of(look, "wordsWhere").startswith("step 1 of 20")
    np.testing.assert_allclose(view.maps()[1][1], 0.3, rtol=1e-5)
    assert view.heat.picture() == to_image(view._steps[0].clean)
    QTest.mouseClick(view.mean, LEFT, pos=QPoint(10, view.mean.height() // 2))
    assert view.mean.isChecked() and text_of(look, "wordsWhere") == "all 20 steps"


def test_without_words_to_look_at_it_says_so(
    look: DiffusionLookTab, qtbot: Any, project_path: Path, denoising_server: type[DenoisingServer]
) -> None:
    view = choose(qtbot, look, "words")
    look.denoised.prompt.setFocus()
    look.denoised.prompt.selectAll()
    QTest.keyClick(look.denoised.prompt, Qt.Key.Key_Delete)
    QTest.keyClick(look.denoised.prompt, Qt.Key.Key_Return)
    settle(qtbot, look)
    assert view.empty.isVisible() and view.empty.button.text() == "Write one"
    view.slider.setFocus()
    QTest.mouseClick(view.empty.button, LEFT)
    assert window_of(look).focusWidget() is look.denoised.prompt
    run = add_denoiser(project_path, reads=False, name="silent")
    window_of(look).session.refresh()
    asked = len(denoising_server.asked)
    window_of(look).session.select("diffusion", run=run)
    settle(qtbot, look)
    assert view.empty.isVisible() and view.empty.button.text() == "Train one"
    assert not look.denoised.prompt.isVisible() and len(denoising_server.asked) == asked


def test_words_that_hardly_differ_glow_little() -> None:
    flat, clear = np.full((4, 4), 0.5), np.full((4, 4), 0.1)
    flat[0, 0], clear[1] = 0.55, 0.9
    found = glows(np.stack([flat, clear]))
    assert found[0].max() == pytest.approx(0.05 / (0.3 * 0.55)) and found[1].max() == 1 and found.min() == 0


# --- the forward process -----------------------------------------------------------------------------------------


def forward_of(tab: DiffusionLookTab, qtbot: Any) -> ForwardView:
    view = choose(qtbot, tab, "forward")
    assert isinstance(view, ForwardView)
    return view


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


# --- the race ----------------------------------------------------------------------------------------------------


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


# --- shared with the GAN -----------------------------------------------------------------------------------------


def test_nearest_pictures_and_every_checkpoint(
    look: DiffusionLookTab, qtbot: Any, denoising_server: type[DenoisingServer]
) -> None:
    near = choose(qtbot, look, "nearest")
    assert near.made.count() == 4 and "Of 4 pictures 4 are new" in text_of(look, "lookSaid")
    assert all(one.denoising.chunk == 4 for one in denoising_server.asked[-1].recipes)
    grown = choose(qtbot, look, "checkpoints")
    assert grown.strip.count() == 4
    recipe = grown.recipes[0]
    frames = [to_image(painted(look.maker.fit(recipe), str(step), "faces")) for step in (0, 10, 20, 40)]
    assert [grown.strip.picture(at) for at in range(4)] == frames


# --- the tab -----------------------------------------------------------------------------------------------------


def test_a_picture_from_create_is_looked_at_first_and_its_settings_show(
    look: DiffusionLookTab, qtbot: Any, denoising_server: type[DenoisingServer]
) -> None:
    way = Denoising(prompt="a girl and glasses", guidance=3.5, sampler="euler", sampler_steps=9, guidance_rescale=0.5)
    recipe = Recipe(latent=Drawn(seed=99, index=4), denoising=way)
    window_of(look).session.go("diffusion", tab="look", show="film", recipe=recipe_to_json(recipe))
    settle(qtbot, look)
    asked = denoising_server.asked[-1].recipes[0]
    assert asked.latent == recipe.latent
    assert asked.denoising == way.model_copy(update={"chunk": 1})
    assert look.denoised.prompt.value() == "a girl and glasses" and look.denoised.guidance.value() == 3.5
    assert look.denoised.sampler.value() == "euler" and film_of(look).table.columns() == 9
    write(look.denoised.prompt, "a girl with blue hair")
    settle(qtbot, look)
    changed = denoising_server.asked[-1].recipes[0]
    assert changed.latent == recipe.latent and changed.denoising.guidance_rescale == 0.5
    assert changed.denoising.prompt == "a girl with blue hair"
    QTest.mouseClick(look.denoised.single_off, LEFT)
    settle(qtbot, look)
    assert denoising_server.asked[-1].recipes[0].latent == Drawn(seed=99, index=0)


def test_a_picture_with_its_note_can_be_dropped_here(
    look: DiffusionLookTab, qtbot: Any, denoising_server: type[DenoisingServer]
) -> None:
    recipe = Recipe(latent=Drawn(seed=7, index=2), denoising=Denoising(prompt="a girl", sampler_steps=6))
    request = GenerateRequest(run="faces", checkpoint="20", recipes=(recipe,))
    page = window_of(look).pages.current
    note = {"request": request.model_dump(mode="json"), "family": "diffusion"}
    assert page.take_drop([], note)
    settle(qtbot, look)
    asked = denoising_server.asked[-1]
    assert (asked.checkpoint, asked.recipes[0].latent) == ("20", recipe.latent)
    assert film_of(look).table.columns() == 6 and "brought here" in look.denoised.single_words.text()
    assert not page.take_drop([], note | {"family": "gan"}) and not page.take_drop([], None)
    gone = note | {"request": request.model_copy(update={"run": "gone"}).model_dump(mode="json")}
    assert page.take_drop([], gone), "it is said that its run is gone"
    window_of(look).session.go("diffusion", tab="look", show="words", certificate=note)
    settle(qtbot, look)
    assert look.view_name() == "words"


def test_labels_that_it_knows_can_be_chosen(
    make_window: MakeWindow, project_path: Path, denoising_server: type[DenoisingServer], qtbot: Any
) -> None:
    run = add_denoiser(project_path, reads=False, labels={"hair": ("red", "blue")}, name="told")
    tab = opened(make_window(project_path), qtbot, run)
    combo = tab.denoised._labels["hair"]
    assert [combo.itemText(row) for row in range(combo.count())] == ["by chance", "red", "blue"]
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_End)
    settle(qtbot, tab)
    assert denoising_server.asked[-1].recipes[0].labels == {"hair": "blue"}
    assert "Choose another seed first" in film_of(tab).go.accessibleDescription()


def test_everything_is_there_after_reopening(
    look: DiffusionLookTab, make_window: MakeWindow, project_path: Path, qtbot: Any
) -> None:
    write(look.denoised.prompt, "a girl with glasses")
    settle(qtbot, look)
    film_of(look)._go_to(6)
    forward = forward_of(look, qtbot)
    for button in forward.schedule._buttons():
        if button.key == "linear":
            QTest.mouseClick(button, LEFT)
    settle(qtbot, look)
    forward.curve.setFocus()
    QTest.keyClick(forward.curve, Qt.Key.Key_End)
    assert window_of(look).close()
    again = make_window(project_path).pages.current.current_tab()
    assert isinstance(again, DiffusionLookTab)
    settle(qtbot, again)
    view = again.views["forward"]
    assert isinstance(view, ForwardView) and view.isVisible()
    assert view.schedule.value() == "linear" and view.slider.value() == 60
    choose(qtbot, again, "film")
    assert again.denoised.prompt.value() == "a girl with glasses" and film_of(again).slider.value() == 6


def test_odd_state_is_passed_over(look: DiffusionLookTab, qtbot: Any) -> None:
    odd: dict[str, Any] = {
        "show": "nothing", "seed": "x", "count": [], "single": 5, "number": "n", "labels": 3,
        "way": {"prompt": 1, "guidance": "a", "sampler": "b", "sampler_steps": 10**9},
        "views": {"film": {"step": "x", "track": 1, "restart": {"step": -4}}, "words": {"word": [], "mean": 3},
                  "forward": {"time": 999, "schedule": "x", "seed": -1}, "race": {"sampler": 1, "out": 4}},
    }  # fmt: skip
    look.restore(odd)
    settle(qtbot, look)
    assert look.view_name() == "film" and film_of(look).table.columns() == 20


def test_a_restart_beyond_fewer_steps_is_let_go(look: DiffusionLookTab, qtbot: Any) -> None:
    view = film_of(look)
    view._go_to(15)
    view.seed.set_value(3)
    QTest.mouseClick(view.dice, LEFT)
    QTest.mouseClick(view.go, LEFT)
    settle(qtbot, look)
    assert len(view.table._rows) == 4
    look.denoised.steps.set_value(8)
    look.denoised._on_way()
    settle(qtbot, look)
    assert view.table.columns() == 8 and len(view.table._rows) == 3


def test_every_control_has_a_name(look: DiffusionLookTab, qtbot: Any) -> None:
    from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QComboBox, QLineEdit, QPlainTextEdit, QScrollBar

    for name in look.views:
        choose(qtbot, look, name)
    for place in (look.controls, look.canvas):
        for kind in (QAbstractButton, QAbstractSlider, QComboBox, QLineEdit, QPlainTextEdit):
            for widget in place.findChildren(kind):
                if not isinstance(widget, QScrollBar):
                    assert widget.objectName(), widget
                    assert widget.accessibleName() or getattr(widget, "text", str)(), widget.objectName()
