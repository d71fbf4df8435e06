"""The Look inside tab in the real window: the discriminator's opinion, nearest training pictures, other checkpoints."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.config.requests import Drawn, LookRequest, Recipe
from studio.projects.measures import MeasureRow
from studio.ui.panels.checkpoint_picker import checkpoint_choices
from studio.ui.panels.gan_look import GanLookTab
from studio.ui.panels.look_checkpoints import CheckpointsView
from studio.ui.panels.look_nearest import NearestView
from studio.ui.panels.look_opinion import OpinionView, caption, told_apart
from studio.ui.panels.sheet import Model, recipe_to_json
from studio.ui.text import Label
from studio.ui.widgets.pictures import to_image
from studio.ui.window import StudioWindow
from tests.ui.panels.trained import STEPS, PaintingServer, opinion, painted

MakeWindow = Callable[..., StudioWindow]


@pytest.fixture
def look(make_window: MakeWindow, project_path: Path, server: type[PaintingServer], run: str, qtbot: Any) -> GanLookTab:
    """The Look inside tab with a chosen run and six pictures."""
    window = make_window(project_path)
    window.session.select("gan", run=run)
    window.session.go("gan", tab="look")
    tab = window.pages.current.current_tab()
    assert isinstance(tab, GanLookTab)
    tab.pictures.count.set_value(6)
    tab.refresh()
    settle(qtbot, tab)
    return tab


def window_of(tab: GanLookTab) -> StudioWindow:
    window = tab.canvas.window()
    assert isinstance(window, StudioWindow)
    return window


def settle(qtbot: Any, tab: GanLookTab) -> None:
    qtbot.waitUntil(lambda: not tab.maker.is_busy(), timeout=5000)


def choose(qtbot: Any, tab: GanLookTab, name: str) -> Any:
    """Click a line of the list; returns the view."""
    radio = tab.view_list.radios[name]
    QTest.mouseClick(radio, Qt.MouseButton.LeftButton, pos=radio.rect().center())
    settle(qtbot, tab)
    return tab.views[name]


def said(tab: GanLookTab) -> str:
    label = tab.canvas.findChild(Label, "lookSaid")
    assert isinstance(label, Label)
    return label.text()


# --- empty -------------------------------------------------------------------------------------------------------


def test_without_a_run_it_says_what_to_do(
    make_window: MakeWindow, project_path: Path, server: type[PaintingServer], qtbot: Any
) -> None:
    window = make_window(project_path)
    window.session.go("gan", tab="look")
    tab = window.pages.current.current_tab()
    assert isinstance(tab, GanLookTab)
    assert tab.empty.isVisible() and tab.empty.button.text() == "Train one"
    run = add_run_while_open(window)
    assert run in tab.empty.button.text()
    QTest.mouseClick(tab.empty.button, Qt.MouseButton.LeftButton)
    settle(qtbot, tab)
    assert not tab.empty.isVisible()


def add_run_while_open(window: StudioWindow) -> str:
    """A run of another process appears."""
    from studio.config.gan import GanConfig
    from studio.config.requests import TrainRequest
    from tests.ui.panels.trained import add_point

    project = window.session.project
    assert project is not None
    config = GanConfig(steps=40)
    request = TrainRequest(family="gan", dataset="cats", config=config.model_dump(mode="json"))
    run = project.runs.new("gan", "cats", config, request)
    run.set_status(state="finished", step=10, total=40)
    add_point(run.folder, 10, config)
    window.session.refresh()
    return run.name


# --- what the discriminator thinks -------------------------------------------------------------------------------


def test_pictures_stand_sorted_by_belief_beside_real_ones(look: GanLookTab, run: str) -> None:
    view = look.views["opinion"]
    assert isinstance(view, OpinionView)
    recipes = look.recipes()
    best = painted(recipes[5], "40", run)  # the painter scores later pictures higher
    assert view.made.picture(0) == to_image(best)
    assert view.made.count() == view.real.count() == 6
    assert view.made._captions[0] == caption(opinion(3.0)) == "95 %"
    assert view.real.picture(0) == to_image(np.full((8, 8, 3), 100, np.uint8))
    assert "3 of 6 generated" in said(look) and "4 of 6 real" in said(look)


def test_a_click_marks_the_score_in_the_histogram(look: GanLookTab) -> None:
    view = look.views["opinion"]
    assert isinstance(view, OpinionView)
    QTest.mouseClick(view.made, Qt.MouseButton.LeftButton, pos=view.made.cell_rect(1).center())
    assert view.histogram._mark == (2.0, False)
    QTest.mouseClick(view.real, Qt.MouseButton.LeftButton, pos=view.real.cell_rect(0).center())
    assert view.histogram._mark == (4.0, True)


def test_where_the_loss_knows_no_probability_the_raw_score_is_shown() -> None:
    one = opinion(1.23456)
    one.probability = None
    assert caption(one) == "1.23"


@pytest.mark.parametrize(
    ("made", "real", "words"),
    [
        ([-3.0] * 24, [-1.0] * 24, "with ease"),  # none of both is beyond the line
        ([-2.0, -1.0, 0.0, 1.0], [-2.0, -1.0, 0.0, 1.0], "hardly"),
        ([-2.0, -1.0, 0.0, 1.0], [-1.0, 0.0, 1.0, 2.0], "both still learn"),
        ([5.0] * 4, [-1.0] * 4, "seem more real"),
        ([], [1.0], "hardly"),
    ],
)
def test_words_follow_the_scores_and_not_the_line(
    look: GanLookTab, made: list[float], real: list[float], words: str
) -> None:
    view = look.views["opinion"]
    assert isinstance(view, OpinionView)
    assert words in view._verdict(told_apart(made, real))


# --- nearest -----------------------------------------------------------------------------------------------------


def test_nearest_pictures_of_the_picked_one(look: GanLookTab, qtbot: Any, run: str) -> None:
    view = choose(qtbot, look, "nearest")
    assert isinstance(view, NearestView)
    assert "Of 6 pictures 2 are new, 2 come close" in said(look)
    QTest.mouseClick(view.made, Qt.MouseButton.LeftButton, pos=view.made.cell_rect(2).center())
    assert view.tile.picture() == to_image(painted(look.recipes()[2], "40", run))
    assert view.near.count() == 6
    assert view.near.picture(0) == to_image(np.full((8, 8, 3), 80, np.uint8))
    assert view.near._captions[:2] == ["3", "4"]
    assert "nearly a copy" in view._verdict.text() and "3 away; 10 is usual" in view._verdict.text()


def test_a_name_with_markup_is_shown_as_letters(look: GanLookTab, qtbot: Any) -> None:
    view = choose(qtbot, look, "nearest")
    QTest.mouseClick(view.near, Qt.MouseButton.LeftButton, pos=view.near.cell_rect(1).center())
    assert "<img" in view._names.text()
    assert view._names.textFormat() == Qt.TextFormat.PlainText


# --- other checkpoints -------------------------------------------------------------------------------------------


def test_two_checkpoints_and_the_strip_of_one_latent(look: GanLookTab, qtbot: Any, run: str) -> None:
    view = choose(qtbot, look, "checkpoints")
    assert isinstance(view, CheckpointsView)
    recipes = look.recipes()
    assert view.right.picture(0) == to_image(painted(recipes[0], "40", run))
    assert view.left.picture(0) == to_image(painted(recipes[0], "10", run))
    assert view.strip.count() == len(STEPS)
    QTest.mouseClick(view.right, Qt.MouseButton.LeftButton, pos=view.right.cell_rect(3).center())
    expected = [to_image(painted(recipes[3], str(step), run)) for step in STEPS]
    assert [view.strip.picture(at) for at in range(4)] == expected
    assert view.left.selection() == [3], "the same latent is picked on both sides"


def test_the_slider_and_the_strip_move_the_left_checkpoint(look: GanLookTab, qtbot: Any, run: str) -> None:
    view = choose(qtbot, look, "checkpoints")
    QTest.mouseClick(view.strip, Qt.MouseButton.LeftButton, pos=view.strip.cell_rect(2).center())
    assert view._left == Model(run, "20") and view.slider.step() == 20
    view.slider.step_selected.emit(0)
    assert view.left.picture(0) == to_image(painted(look.recipes()[0], "0", run))
    assert view.picker.value_text() == "step 0"


def test_the_picker_says_what_is_best_by_which_measure(look: GanLookTab, run: str) -> None:
    project = look.session.project
    assert project is not None
    row = MeasureRow(
        "sliced_wasserstein", 3.0, 0.1, count=20, seed=0, features="pixels", step=10, kind="model",
        lowest_is_best=True, at=1.0e9, data="cats",
    )  # fmt: skip
    project.runs.get(run).measures.add([row, replace(row, step=20, value=1.0)])
    marks = {item.text: item.detail for item in checkpoint_choices(look.session, "gan", first=run)}
    assert marks["step 40"].startswith("newest") and "best by" in marks["step 20"] and "best by" not in marks["step 10"]
    assert sum("best" in mark.split(" · ") for mark in marks.values()) == 1


def test_a_checkpoint_of_another_run_can_be_compared(
    look: GanLookTab, qtbot: Any, project_path: Path, run: str
) -> None:
    other = add_run_while_open(window_of(look))
    view = choose(qtbot, look, "checkpoints")
    keys = {item.text for item in view.picker.items()}
    assert f"{other}, step 10" in keys and "step 40" in keys
    view.picker.model_picked.emit(Model(other, "10"))
    settle(qtbot, look)
    assert view.left.picture(0) == to_image(painted(look.recipes()[0], "10", other))


# --- the tab -----------------------------------------------------------------------------------------------------


def test_a_picture_from_create_stands_first(look: GanLookTab, qtbot: Any, run: str) -> None:
    recipe = Recipe(latent=Drawn(seed=99, index=4), truncation=0.5)
    window_of(look).session.go("gan", tab="look", show="nearest", recipe=recipe_to_json(recipe))
    settle(qtbot, look)
    assert look.view_name() == "nearest" and look.recipes()[0] == recipe and len(look.recipes()) == 6
    view = look.views["nearest"]
    assert isinstance(view, NearestView)
    assert view.tile.picture() == to_image(painted(recipe, "40", run))
    QTest.mouseClick(look.pictures.single_off, Qt.MouseButton.LeftButton)
    settle(qtbot, look)
    assert look.recipes()[0].latent == Drawn(seed=0, index=0)


def test_nothing_is_asked_twice_and_nothing_while_hidden(
    look: GanLookTab, qtbot: Any, server: type[PaintingServer]
) -> None:
    before = len(server.asked)
    look.refresh()
    window_of(look).session.go("gan", tab="create")
    window_of(look).session.go("gan", tab="look")
    assert len(server.asked) == before
    window_of(look).session.go("gan", tab="create")
    look.pictures.seed.set_value(8)
    look._on_pictures()
    assert len([one for one in server.asked[before:] if isinstance(one, LookRequest)]) == 0
    window_of(look).session.go("gan", tab="look")
    settle(qtbot, look)
    assert server.asked[-1].recipes[0].latent == Drawn(seed=8, index=0)


def test_the_view_and_its_pick_are_there_after_reopening(
    look: GanLookTab, make_window: MakeWindow, project_path: Path, qtbot: Any, run: str
) -> None:
    view = choose(qtbot, look, "nearest")
    QTest.mouseClick(view.made, Qt.MouseButton.LeftButton, pos=view.made.cell_rect(4).center())
    assert window_of(look).close()
    window = make_window(project_path)
    tab = window.pages.current.current_tab()
    assert isinstance(tab, GanLookTab)
    settle(qtbot, tab)
    assert tab.view_name() == "nearest" and tab.pictures.count.value() == 6
    again = tab.views["nearest"]
    assert isinstance(again, NearestView)
    qtbot.waitUntil(lambda: not again.tile.picture().isNull())
    assert again.tile.picture() == to_image(painted(tab.recipes()[4], "40", run))


def test_odd_state_is_passed_over(look: GanLookTab, qtbot: Any) -> None:
    look.restore(
        {"show": "nothing", "seed": "x", "count": [], "single": 5, "views": {"nearest": 3, "checkpoints": {"left": 9}}}
    )
    settle(qtbot, look)
    assert look.view_name() == "opinion"


def test_every_control_has_a_name(look: GanLookTab, qtbot: Any) -> None:
    from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QComboBox, QLineEdit, QScrollBar

    for name in look.views:
        choose(qtbot, look, name)
    for place in (look.controls, look.canvas):
        for kind in (QAbstractButton, QAbstractSlider, QComboBox, QLineEdit):
            for widget in place.findChildren(kind):
                if not isinstance(widget, QScrollBar):
                    assert widget.objectName(), widget
                    assert widget.accessibleName() or getattr(widget, "text", str)(), widget.objectName()
