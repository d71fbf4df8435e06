"""Look inside of the diffusion panel in the real window: what all views share, empty and failed states."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.config.denoising import Denoising
from studio.config.requests import Drawn, GenerateRequest, Recipe
from studio.ground.errors import StudioError
from studio.ui.panels.diffusion_look import DiffusionLookTab
from studio.ui.panels.diffusion_look_forward import ForwardView
from studio.ui.panels.sheet import recipe_to_json
from studio.ui.text import Label
from studio.ui.widgets.pictures import to_image
from tests.ui.panels.denoised import DenoisingServer, add_denoiser
from tests.ui.panels.looking import (
    LEFT,
    MakeWindow,
    choose,
    film_of,
    forward_of,
    opened,
    settle,
    text_of,
    window_of,
    write,
)
from tests.ui.panels.trained import painted


@pytest.fixture
def look(
    make_window: MakeWindow, project_path: Path, denoising_server: type[DenoisingServer], denoiser: str, qtbot: Any
) -> DiffusionLookTab:
    """The tab with a chosen run, at its first view."""
    return opened(make_window(project_path), qtbot, denoiser)


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
