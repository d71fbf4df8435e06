"""The Create tab in the real window: generate, steer, look at pictures large."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from studio.config.gan import GanConfig
from studio.config.requests import Drawn
from studio.ground.errors import StudioError
from studio.ui.panels.gan_create import GanCreateTab
from studio.ui.window import StudioWindow
from tests.ui.panels.creating import click, generate, opened, press, same, settle, window_of
from tests.ui.panels.trained import PaintingServer, add_point, add_run, painted

MakeWindow = Callable[..., StudioWindow]


# --- empty places ------------------------------------------------------------------------------------------------


def test_without_a_run_it_says_what_to_do_and_does_it(
    make_window: MakeWindow, project_path: Path, server: type[PaintingServer], qtbot: Any
) -> None:
    window = make_window(project_path)
    tab = opened(window)
    assert tab.view.is_empty_shown()
    assert tab.view.empty.button.text() == "Train one"
    qtbot.waitUntil(lambda: "generate" in window.intention.blocks)
    assert "Train" in str(window.intention.blocks["generate"]) or "train" in str(window.intention.blocks["generate"])
    QTest.mouseClick(tab.view.empty.button, Qt.MouseButton.LeftButton)
    assert window.pages.current.tab() == "train"


def test_without_a_chosen_run_the_newest_is_one_click_away(
    make_window: MakeWindow, project_path: Path, server: type[PaintingServer], run: str, qtbot: Any
) -> None:
    tab = opened(make_window(project_path))
    assert run in tab.view.empty.button.text()
    QTest.mouseClick(tab.view.empty.button, Qt.MouseButton.LeftButton)
    assert tab.maker.model is not None and tab.maker.model.run == run
    assert tab.view.empty.button.text() == "Generate"
    QTest.mouseClick(tab.view.empty.button, Qt.MouseButton.LeftButton)
    settle(qtbot, tab)
    assert len(tab.sheet) == 16 and not tab.view.is_empty_shown()


def test_a_damaged_run_says_why_it_cannot_be_used(
    make_window: MakeWindow, project_path: Path, server: type[PaintingServer], run: str
) -> None:
    (project_path / "runs" / run / "run.json").write_text("{")
    window = make_window(project_path)
    window.session.select("gan", run=run)
    tab = opened(window)
    assert tab.view.is_empty_shown()
    assert "generate" in tab.intention_part().blocks


# --- generating --------------------------------------------------------------------------------------------------


def test_generating_makes_the_pictures_of_the_seed(create: GanCreateTab, qtbot: Any, run: str) -> None:
    create.form.seed.set_value(7)
    generate(qtbot, create, 4)
    assert [entry.recipe.latent for entry in create.sheet.entries] == [Drawn(seed=7, index=i) for i in range(4)]
    for entry in create.sheet.entries:
        assert same(entry.picture, painted(entry.recipe, "40", run))
    assert create.view.grid.count() == 4


def test_generating_again_grows_the_sheet_with_the_next_of_the_seed(create: GanCreateTab, qtbot: Any) -> None:
    generate(qtbot, create, 3)
    generate(qtbot, create, 2)
    create.form.seed.set_value(9)
    generate(qtbot, create, 1)
    latents = [entry.recipe.latent for entry in create.sheet.entries]
    assert latents == [*(Drawn(seed=0, index=i) for i in range(5)), Drawn(seed=9, index=0)]


def test_ctrl_g_generates(create: GanCreateTab, qtbot: Any) -> None:
    window = window_of(create)
    qtbot.waitUntil(lambda: window.actions_table["generate"].isEnabled())
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    QTest.keyClick(window, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: len(create.sheet) == 16)
    settle(qtbot, create)
    assert len(create.sheet) == 16


def test_dice_and_steps_change_the_seed(create: GanCreateTab) -> None:
    press(create.form, "createSeedOn")
    press(create.form, "createSeedOn")
    press(create.form, "createSeedBack")
    assert create.form.seed.value() == 1
    seen = {create.form.seed.value()}
    for _ in range(4):
        press(create.form, "createDice")
        seen.add(create.form.seed.value())
    assert len(seen) > 2


def test_another_checkpoint_makes_the_same_latents_anew(create: GanCreateTab, qtbot: Any, run: str) -> None:
    generate(qtbot, create, 3)
    window_of(create).session.select("gan", checkpoint="10")
    settle(qtbot, create)
    assert create.maker.model is not None and create.maker.model.checkpoint == "10"
    assert all(same(entry.picture, painted(entry.recipe, "10", run)) for entry in create.sheet.entries)
    window_of(create).session.select("gan", checkpoint="best")
    assert create.maker.model.checkpoint == "20"


def test_last_of_a_growing_run_stays_until_asked(
    create: GanCreateTab, qtbot: Any, project_path: Path, run: str
) -> None:
    generate(qtbot, create, 2)
    add_point(project_path / "runs" / run, 60, GanConfig(steps=40))
    create.refresh()
    assert create.maker.model is not None and create.maker.model.checkpoint == "40"
    assert create.view.newer.isVisibleTo(create.view)
    QTest.mouseClick(create.view.newer, Qt.MouseButton.LeftButton)
    settle(qtbot, create)
    assert create.maker.model.checkpoint == "60"
    assert not create.view.newer.isVisibleTo(create.view)
    assert same(create.sheet.entries[0].picture, painted(create.sheet.entries[0].recipe, "60", run))


def test_a_failure_is_told_once_and_leaves_what_is_shown(
    create: GanCreateTab, qtbot: Any, server: type[PaintingServer], errors: list[str]
) -> None:
    generate(qtbot, create, 2)
    server.fail = StudioError("The model has a cold.")
    generate(qtbot, create, 3)
    create.form.truncation.field.setText("0.5")
    create.form.truncation.field.commit()
    settle(qtbot, create)
    server.fail = None
    assert errors == ["The model has a cold."]
    assert len(create.sheet) == 2
    assert all(entry.recipe.truncation == 1.0 for entry in create.sheet.entries)


# --- steering ----------------------------------------------------------------------------------------------------


def test_a_moved_slider_changes_all_pictures_or_only_the_picked(create: GanCreateTab, qtbot: Any, run: str) -> None:
    generate(qtbot, create, 3)
    create.form.truncation.slider.setValue(250)
    settle(qtbot, create)
    assert [entry.recipe.truncation for entry in create.sheet.entries] == [0.5] * 3
    click(create, 1)
    create.form.truncation.slider.setValue(500)
    settle(qtbot, create)
    assert [entry.recipe.truncation for entry in create.sheet.entries] == [0.5, 1.0, 0.5]
    assert all(same(entry.picture, painted(entry.recipe, "40", run)) for entry in create.sheet.entries)


def test_with_the_switch_off_only_new_pictures_get_the_settings(create: GanCreateTab, qtbot: Any) -> None:
    generate(qtbot, create, 2)
    QTest.mouseClick(create.form.live, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    create.form.truncation.slider.setValue(250)
    generate(qtbot, create, 1)
    assert [entry.recipe.truncation for entry in create.sheet.entries] == [1.0, 1.0, 0.5]


def test_a_sliders_flood_ends_with_its_last_value(
    create: GanCreateTab, qtbot: Any, server: type[PaintingServer], run: str
) -> None:
    generate(qtbot, create, 3)
    for place in range(0, 1000, 20):
        create.form.truncation.slider.setValue(place)
    settle(qtbot, create)
    assert all(entry.recipe.truncation == 1.95 for entry in create.sheet.entries)
    assert all(same(entry.picture, painted(entry.recipe, "40", run)) for entry in create.sheet.entries)
    assert len(server.asked) < 50


def test_a_conditional_run_offers_its_labels_and_sliders(
    make_window: MakeWindow, project_path: Path, server: type[PaintingServer], qtbot: Any
) -> None:
    run = add_run(project_path, condition=True)
    window = make_window(project_path)
    window.session.select("gan", run=run)
    tab = opened(window)
    generate(qtbot, tab, 2)
    combo = tab.form.choices.combos["hair"]
    combo.setCurrentIndex(combo.findText("blue"))
    combo.activated.emit(combo.currentIndex())
    settle(qtbot, tab)
    assert [entry.recipe.labels for entry in tab.sheet.entries] == [{"hair": "blue"}] * 2
    row = tab.form.sliders._rows[0]
    assert (row.attribute.direction, row.attribute.low) == ("hair=red", 0.0)
    row.slider.setValue(100)
    settle(qtbot, tab)
    assert tab.sheet.entries[0].recipe.directions == {"hair=red": 1.0}
    press(tab.form, "resetDirections")
    settle(qtbot, tab)
    assert tab.sheet.entries[0].recipe.directions == {}


def test_directions_are_found_and_become_sliders(create: GanCreateTab, qtbot: Any, run: str) -> None:
    generate(qtbot, create, 2)
    assert not create.form.sliders.isVisibleTo(create.form)
    press(create.form, "findDirections")
    settle(qtbot, create)
    assert [row.attribute.direction for row in create.form.sliders._rows] == ["hair=red", "hair=blue"]
    assert [row.attribute.weak for row in create.form.sliders._rows] == [False, True]
    assert not create.form.find_button.isVisibleTo(create.form)
    create.form.sliders._rows[0].slider.setValue(-200)
    settle(qtbot, create)
    entry = create.sheet.entries[0]
    assert entry.recipe.directions == {"hair=red": -2.0}
    assert same(entry.picture, painted(entry.recipe, "40", run))


# --- large, menu, reading only -----------------------------------------------------------------------------------


def test_enter_shows_a_picture_large_and_escape_goes_back(create: GanCreateTab, qtbot: Any) -> None:
    generate(qtbot, create, 3)
    click(create, 1)
    create.view.grid.setFocus()
    QTest.keyClick(create.view.grid, Qt.Key.Key_Return)
    assert create.view.is_large()
    assert create.view.large.view.picture() == create.view.grid.picture(1)
    QTest.keyClick(create.view.large, Qt.Key.Key_Right)
    assert create.view.large.view.picture() == create.view.grid.picture(2)
    QTest.keyClick(create.view.large, Qt.Key.Key_Escape)
    assert not create.view.is_large()


def test_the_menu_offers_slots_and_looking_inside(create: GanCreateTab, qtbot: Any) -> None:
    generate(qtbot, create, 2)
    menu = create.build_menu(1)
    by_words = {action.text(): action for action in menu.actions()}
    by_words["Use as B"].trigger()
    assert create.bench.slots.recipes()["B"].latent == Drawn(seed=0, index=1)
    by_words["Nearest training pictures"].trigger()
    assert window_of(create).pages.current.tab() == "look"
    menu.deleteLater()


def test_reading_only_nothing_is_kept_and_the_button_says_why(
    make_window: MakeWindow, project_path: Path, server: type[PaintingServer], run: str, qtbot: Any
) -> None:
    from studio.projects.project import Project

    with Project.open(project_path):
        window = make_window(project_path)
        window.session.select("gan", run=run)
        tab = opened(window)
        generate(qtbot, tab, 2)
        assert not tab.view.buttons["keep"].isEnabled()
        assert tab.view.buttons["keep"].toolTip()
        assert "keep" in tab.intention_part().blocks
        assert window.close()


def test_every_control_has_a_name(create: GanCreateTab, qtbot: Any) -> None:
    from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QComboBox, QLineEdit, QScrollBar

    generate(qtbot, create, 1)
    for place in (create.controls, create.canvas):
        for kind in (QAbstractButton, QAbstractSlider, QComboBox, QLineEdit):
            for widget in place.findChildren(kind):
                if isinstance(widget, QScrollBar):
                    continue
                assert widget.objectName(), widget
                words = widget.accessibleName() or getattr(widget, "text", str)()
                assert words, widget.objectName()


def test_while_a_run_trains_the_note_says_that_both_share_the_cores(
    create: GanCreateTab, qtbot: Any, project_path: Path, run: str
) -> None:
    session = window_of(create).session
    assert session.project is not None
    assert "shares" not in create.note.text() and "share" not in create.note.text()
    live = session.project.runs.get(run)
    with live.lock():
        live.set_status(state="running")
        session.refresh()
        assert run in create.note.text() and "share the cores" in create.note.text()
        generate(qtbot, create, 2)
        assert len(create.sheet) == 2
