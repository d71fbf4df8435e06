"""The Create tab in the real window: generate, steer, pick, make new pictures of picked ones, keep, export, recall."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget

from studio.config.gan import GanConfig
from studio.config.requests import Arithmetic, Drawn, FilmRequest, GenerateRequest, Mean, Slerp
from studio.ground.errors import StudioError
from studio.ground.events import Ended, Event
from studio.jobs.steering import CommandQueue
from studio.projects.gallery import read_birth_certificate
from studio.ui.panels.gan_create import GanCreateTab
from studio.ui.panels.sheet import recipe_to_json
from studio.ui.panels.tiles import recipe_load
from studio.ui.widgets.pictures import mime_of, to_image
from studio.ui.window import StudioWindow
from studio.workers.latest import LatestWins
from tests.ui.panels.trained import PaintingServer, add_point, add_run, painted

MakeWindow = Callable[..., StudioWindow]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[PaintingServer]]:
    """Models are painted by numbers, in the real thread of the real worker."""

    class Server(PaintingServer):
        asked: list[Any] = []

    monkeypatch.setattr("studio.workers.latest.LatestWins", lambda path, make=None: LatestWins(path, make=Server))
    return Server


@pytest.fixture
def run(project_path: Path) -> str:
    """A finished, unconditional run."""
    return add_run(project_path)


@pytest.fixture
def create(make_window: MakeWindow, project_path: Path, server: type[PaintingServer], run: str) -> GanCreateTab:
    """The Create tab with a chosen run."""
    window = make_window(project_path)
    window.session.select("gan", run=run)
    return opened(window)


def opened(window: StudioWindow) -> GanCreateTab:
    """The Create tab of a window."""
    window.session.go("gan", tab="create")
    tab = window.pages.current.current_tab()
    assert isinstance(tab, GanCreateTab)
    return tab


def window_of(tab: GanCreateTab) -> StudioWindow:
    window = tab.canvas.window()
    assert isinstance(window, StudioWindow)
    return window


def settle(qtbot: Any, tab: GanCreateTab) -> None:
    """Wait until nothing is asked for any more."""
    qtbot.waitUntil(lambda: not tab.maker.is_busy(), timeout=5000)


def generate(qtbot: Any, tab: GanCreateTab, count: int = 4) -> None:
    tab.form.count.set_value(count)
    window_of(tab).does.run("generate")
    settle(qtbot, tab)


def click(tab: GanCreateTab, place: int, *, add: bool = False) -> None:
    """Click a picture of the sheet."""
    modifier = Qt.KeyboardModifier.ControlModifier if add else Qt.KeyboardModifier.NoModifier
    grid = tab.view.grid
    QTest.mouseClick(grid, Qt.MouseButton.LeftButton, modifier, grid.cell_rect(place).center())


def press(parent: QWidget, name: str) -> None:
    button = parent.findChild(QPushButton, name)
    assert button is not None, name
    assert button.isEnabled(), button.toolTip()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def same(picture: np.ndarray | None, other: np.ndarray) -> bool:
    return picture is not None and bool(np.array_equal(picture, other))


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
    combo = tab.form._labels["hair"]
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


# --- new pictures of picked ones ---------------------------------------------------------------------------------


def test_two_picked_pictures_give_a_way_between_them(create: GanCreateTab, qtbot: Any) -> None:
    generate(qtbot, create, 4)
    assert not create.bench.add_button.isEnabled() and create.bench.add_button.toolTip()
    click(create, 0)
    click(create, 2, add=True)
    settle(qtbot, create)
    between = create.bench.between
    assert between.isVisible() and between.strip.count() == 9
    assert not between.tile.picture().isNull()
    before = between.tile.picture().copy()
    between.slider.setFocus()
    QTest.keyClick(between.slider, Qt.Key.Key_Home)
    settle(qtbot, create)
    assert between.tile.picture() != before
    assert between.tile.picture() == to_image(painted_of(create, 0))
    QTest.keyClick(between.slider, Qt.Key.Key_PageUp)
    settle(qtbot, create)
    press(create.bench, "benchAdd")
    settle(qtbot, create)
    latent = create.sheet.entries[-1].recipe.latent
    assert isinstance(latent, Slerp) and latent.t == pytest.approx(0.1)


def painted_of(tab: GanCreateTab, place: int) -> np.ndarray:
    """The picture of a place with its labels filled in, as the bench asks for it."""
    recipe = tab.maker.fit(tab.sheet.entries[place].recipe)
    assert tab.maker.model is not None
    return painted(recipe, tab.maker.model.checkpoint, tab.maker.model.run)


def test_the_average_of_picked_pictures(create: GanCreateTab, qtbot: Any) -> None:
    generate(qtbot, create, 3)
    window_of(create).does.run("select_all")
    create.bench.show_mode("average")
    settle(qtbot, create)
    assert create.bench.average.parts.count() == 3
    press(create.bench, "benchAdd")
    settle(qtbot, create)
    latent = create.sheet.entries[-1].recipe.latent
    assert isinstance(latent, Mean) and len(latent.of) == 3


def test_arithmetic_by_dropping_pictures_into_slots(create: GanCreateTab, qtbot: Any) -> None:
    generate(qtbot, create, 3)
    create.bench.show_mode("arithmetic")
    for place, letter in enumerate("ABC"):
        drop_on(create.bench.slots.slots[letter], create, place)
    settle(qtbot, create)
    assert not create.bench.slots.tile.picture().isNull()
    press(create.bench, "benchAdd")
    settle(qtbot, create)
    latent = create.sheet.entries[-1].recipe.latent
    assert latent == Arithmetic(a=Drawn(seed=0, index=0), b=Drawn(seed=0, index=1), c=Drawn(seed=0, index=2))


def drop_on(slot: QWidget, tab: GanCreateTab, place: int) -> None:
    """What a drag from the sheet does when it is let go over a slot."""
    data = mime_of([], recipe_load(recipe_to_json(tab.sheet.entries[place].recipe)))
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    slot.dropEvent(QDropEvent(QPointF(20, 20), Qt.DropAction.CopyAction, data, left, none))


def test_slots_are_filled_and_emptied_by_keys_and_clicks(create: GanCreateTab, qtbot: Any) -> None:
    generate(qtbot, create, 2)
    create.bench.show_mode("arithmetic")
    click(create, 1)
    slot = create.bench.slots.slots["B"]
    QTest.mouseClick(slot, Qt.MouseButton.LeftButton)
    settle(qtbot, create)
    assert not slot.picture().isNull()
    slot.setFocus()
    QTest.keyClick(slot, Qt.Key.Key_Delete)
    assert slot.picture().isNull()
    QTest.keyClick(slot, Qt.Key.Key_Return)
    settle(qtbot, create)
    assert create.bench.slots.recipes()["B"].latent == Drawn(seed=0, index=1)


def test_a_loop_is_exported_by_a_job(create: GanCreateTab, qtbot: Any, tmp_path: Path, jobs: dict[Any, Any]) -> None:
    asked: list[FilmRequest] = []

    def film(request: FilmRequest, path: Path, commands: CommandQueue) -> Iterator[Event]:
        asked.append(request)
        yield Ended("finished", result={})

    jobs[FilmRequest] = film
    create.export.ask_file = lambda title, name, kinds: str(tmp_path / "loop")
    generate(qtbot, create, 2)
    window_of(create).does.run("select_all")
    settle(qtbot, create)
    press(create.bench, "benchFilm")
    qtbot.waitUntil(lambda: bool(asked) and not len(window_of(create).session.board), timeout=5000)
    assert asked[0].out == tmp_path / "loop.gif"
    assert (asked[0].what, asked[0].checkpoint, asked[0].zoom) == ("loop", "40", 16)
    assert len(asked[0].recipes) == 32 and asked[0].frames == 1


# --- keeping, copying, exporting, dragging -----------------------------------------------------------------------


def test_keeping_stars_the_picture_and_the_gallery_can_make_it_again(
    create: GanCreateTab, qtbot: Any, run: str
) -> None:
    generate(qtbot, create, 3)
    click(create, 1)
    window_of(create).does.run("keep")
    project = window_of(create).session.project
    assert project is not None
    (creation,) = project.gallery.query()
    assert GenerateRequest.model_validate(creation.request) == create.sheet.entries[1].request()
    assert (creation.run, creation.family) == (run, "gan")
    assert same(project.gallery.picture(creation), painted(create.sheet.entries[1].recipe, "40", run))
    assert create.desk.kept.stars(create.sheet.entries) == [1]
    window_of(create).does.run("keep")
    assert project.gallery.count() == 1, "what is kept already is not kept twice"
    project.gallery.delete([creation.id])
    window_of(create).session.gallery_changed.emit()
    assert create.desk.kept.stars(create.sheet.entries) == []


def test_a_changed_picture_has_no_star(create: GanCreateTab, qtbot: Any) -> None:
    generate(qtbot, create, 1)
    create.keep()
    create.form.truncation.slider.setValue(250)
    settle(qtbot, create)
    assert create.desk.kept.stars(create.sheet.entries) == []
    create.form.truncation.slider.setValue(500)
    settle(qtbot, create)
    assert create.desk.kept.stars(create.sheet.entries) == [0]


def test_copying_one_and_several(create: GanCreateTab, qtbot: Any) -> None:
    generate(qtbot, create, 4)
    window_of(create).does.run("copy")
    assert QGuiApplication.clipboard().image().width() == 18  # two of 8 pixels and a gap of two
    click(create, 0)
    window_of(create).does.run("copy")
    assert QGuiApplication.clipboard().image().size() == create.view.grid.picture(0).size()
    QGuiApplication.clipboard().clear()


def test_exporting_a_png_each_with_its_certificate(create: GanCreateTab, qtbot: Any, tmp_path: Path) -> None:
    folder = tmp_path / "out é"
    create.export.ask_folder = lambda title: str(folder)
    generate(qtbot, create, 3)
    menu = create.export.build_menu()
    assert [action.objectName() for action in menu.actions()] == ["exportEach", "exportSheet"]
    menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: len(list(folder.glob("*.png"))) == 3, timeout=5000)
    qtbot.waitUntil(lambda: create.export._writer is None)
    for entry, path in zip(create.sheet.entries, sorted(folder.glob("*.png")), strict=True):
        with Image.open(path) as image:
            assert same(entry.picture, np.asarray(image))
        request = entry.request()
        assert request is not None
        assert read_birth_certificate(path)["request"] == request.model_dump(mode="json")
    menu.deleteLater()


def test_exporting_one_sheet_which_brings_all_back(create: GanCreateTab, qtbot: Any, tmp_path: Path) -> None:
    create.export.ask_file = lambda title, name, kinds: str(tmp_path / "all")
    generate(qtbot, create, 4)
    create.export.ask_sheet()
    with Image.open(tmp_path / "all.png") as image:
        assert image.size == (18, 18)
    create.desk.clear()
    assert create.recall(read_birth_certificate(tmp_path / "all.png"))
    settle(qtbot, create)
    assert len(create.sheet) == 4


def test_an_export_into_nothing_is_told(create: GanCreateTab, qtbot: Any, tmp_path: Path, errors: list[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    create.export.ask_folder = lambda title: str(tmp_path / "file")
    generate(qtbot, create, 2)
    create.export.ask_each()
    qtbot.waitUntil(lambda: bool(errors), timeout=5000)
    assert create.export._writer is None


def test_a_drag_carries_files_and_a_recipe(create: GanCreateTab, qtbot: Any) -> None:
    generate(qtbot, create, 2)
    load = create._drag([0, 1])
    assert [path.suffix for path in load.paths] == [".png", ".png"]
    assert read_birth_certificate(load.paths[1])["family"] == "gan"
    assert load.formats
    create.export.close()
    assert not load.paths[0].exists()


# --- taking back, recalling, coming back -------------------------------------------------------------------------


def test_delete_takes_picked_pictures_off_and_undo_brings_them_back(create: GanCreateTab, qtbot: Any) -> None:
    generate(qtbot, create, 4)
    click(create, 1)
    click(create, 2, add=True)
    create.view.grid.setFocus()
    QTest.keyClick(create.view.grid, Qt.Key.Key_Delete)
    assert [entry.recipe.latent.index for entry in create.sheet.entries] == [0, 3]  # type: ignore[union-attr]
    window_of(create).does.run("undo")
    assert len(create.sheet) == 4
    press(create.view, "create_clear")
    assert len(create.sheet) == 0 and create.view.is_empty_shown()
    window_of(create).does.run("undo")
    assert len(create.sheet) == 4 and not create.view.is_empty_shown()


def test_a_dropped_picture_sets_everything_as_it_was(
    create: GanCreateTab, qtbot: Any, tmp_path: Path, run: str
) -> None:
    window_of(create).session.select("gan", checkpoint="20")
    create.form.seed.set_value(5)
    create.form.truncation.set_value(0.7)
    generate(qtbot, create, 2)
    picture = create.sheet.entries[1].picture
    (path,) = create.export.drag_files([create.sheet.entries[1]])
    window_of(create).session.select("gan", checkpoint="last")
    create.form.seed.set_value(0)
    create.form.truncation.set_value(1.0)
    create.desk.clear()
    assert create.take_drop([path], read_birth_certificate(path))
    settle(qtbot, create)
    assert create.maker.model is not None and create.maker.model.checkpoint == "20"
    assert (create.form.seed.value(), create.form.truncation.value()) == (5, 0.7)
    assert create.view.grid.selection() == [0]
    assert same(create.sheet.entries[0].picture, picture)  # type: ignore[arg-type]


def test_recalling_sets_the_sheet_of_another_checkpoint_aside(create: GanCreateTab, qtbot: Any, run: str) -> None:
    generate(qtbot, create, 3)
    request = GenerateRequest(run=run, checkpoint="10", recipes=(create.sheet.entries[0].recipe,))
    assert create.recall({"request": request.model_dump(mode="json"), "family": "gan"})
    settle(qtbot, create)
    assert len(create.sheet) == 1
    window_of(create).does.run("undo")
    assert len(create.sheet) == 3


def test_a_lost_checkpoint_is_replaced_by_the_nearest_and_said(create: GanCreateTab, qtbot: Any, run: str) -> None:
    said: list[str] = []
    window_of(create).session.toasted.connect(lambda toast: said.append(toast.text))
    generate(qtbot, create, 1)
    request = GenerateRequest(run=run, checkpoint="23", recipes=(create.sheet.entries[0].recipe,))
    assert create.recall({"request": request.model_dump(mode="json")})
    settle(qtbot, create)
    assert create.maker.model is not None and create.maker.model.checkpoint == "20"
    assert any("23" in words and "20" in words for words in said)


def test_what_belongs_elsewhere_is_not_taken(create: GanCreateTab, run: str) -> None:
    request = GenerateRequest(run="gone", recipes=())
    assert not create.recall({"request": {"prompt": "a cat"}})
    assert not create.recall({"request": request.model_dump(mode="json")}), "no recipe in it"
    assert not create.take_drop([Path("x.jpg")], None)


def test_everything_is_there_again_after_reopening(
    create: GanCreateTab, make_window: MakeWindow, project_path: Path, qtbot: Any, run: str
) -> None:
    create.form.seed.set_value(3)
    generate(qtbot, create, 4)
    click(create, 1)
    click(create, 3, add=True)
    settle(qtbot, create)
    create.bench.between.slider.setValue(250)
    settle(qtbot, create)
    pictures = [entry.picture for entry in create.sheet.entries]
    assert window_of(create).close()
    window = make_window(project_path)
    tab = window.pages.current.current_tab()
    assert isinstance(tab, GanCreateTab)
    qtbot.waitUntil(lambda: tab.maker.model is not None and all(e.picture is not None for e in tab.sheet.entries))
    settle(qtbot, tab)
    assert all(same(e.picture, picture) for e, picture in zip(tab.sheet.entries, pictures, strict=True))  # type: ignore[arg-type]
    assert tab.view.grid.selection() == [1, 3]
    assert tab.bench.mode() == "between" and tab.bench.between.place() == 0.25
    assert tab.form.seed.value() == 3
    assert tab.bench.between.strip.count() == 9


def test_odd_state_is_passed_over(create: GanCreateTab, qtbot: Any) -> None:
    create.restore({"controls": 5, "sheet": {"x": 1}, "picked": "no", "bench": [], "cell": "wide"})
    create.restore({"controls": {"seed": "x", "count": -3, "labels": 5, "directions": {"a": "b"}}, "picked": [99, "x"]})
    generate(qtbot, create, 1)
    assert len(create.sheet) == 1


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
    assert "shares" not in create._note.text() and "share" not in create._note.text()
    live = session.project.runs.get(run)
    with live.lock():
        live.set_status(state="running")
        session.refresh()
        assert run in create._note.text() and "share the cores" in create._note.text()
        generate(qtbot, create, 2)
        assert len(create.sheet) == 2
