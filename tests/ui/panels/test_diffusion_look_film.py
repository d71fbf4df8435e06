"""Look inside of the diffusion panel in the real window: the film and the words."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from studio.config.denoising import Restart
from studio.config.requests import Drawn, GenerateRequest, LookRequest, Recipe
from studio.ui.panels.diffusion_look import DiffusionLookTab
from studio.ui.panels.diffusion_look_film import decided
from studio.ui.panels.diffusion_look_words import WordsView, glows
from studio.ui.widgets.pictures import to_image
from tests.ui.panels.denoised import EXAMPLE, DenoisingServer, add_denoiser, painted_steps
from tests.ui.panels.looking import LEFT, MakeWindow, choose, film_of, opened, settle, text_of, window_of, write


@pytest.fixture
def look(
    make_window: MakeWindow, project_path: Path, denoising_server: type[DenoisingServer], denoiser: str, qtbot: Any
) -> DiffusionLookTab:
    """The tab with a chosen run, at its first view."""
    return opened(make_window(project_path), qtbot, denoiser)


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
