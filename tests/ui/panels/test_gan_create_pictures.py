"""The Create tab in the real window: new pictures of picked ones, keep, export, take back, recall, come back."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from studio.config.requests import Arithmetic, Drawn, FilmRequest, GenerateRequest, Mean, Slerp
from studio.ground.events import Ended, Event
from studio.jobs.steering import CommandQueue
from studio.projects.gallery import read_birth_certificate
from studio.ui.panels.gan_create import GanCreateTab
from studio.ui.panels.sheet import recipe_to_json
from studio.ui.panels.tiles import recipe_load
from studio.ui.widgets.pictures import mime_of, to_image
from studio.ui.window import StudioWindow
from tests.ui.panels.creating import click, generate, press, same, settle, window_of
from tests.ui.panels.trained import painted

MakeWindow = Callable[..., StudioWindow]


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
