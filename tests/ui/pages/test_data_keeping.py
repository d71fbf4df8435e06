"""The Data page in the real window, with the real jobs: rename, delete, go on, tomorrow."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QMenu

from studio.config.facts import DataFacts
from studio.config.requests import BuiltinRequest, CheckRequest, DownloadRequest, ImportRequest
from studio.families import FAMILIES
from studio.ground.errors import StudioError
from studio.jobs.registry import run_job
from studio.projects.datasets import DataSetRecord
from studio.projects.project import Project
from studio.ui.pages.data import DataPage
from studio.ui.pages.data_families import family_menu, why_not
from studio.ui.panels.panel import ModelPanel
from tests.ui.pages.data_page import HOSTILE, LONG, click, dialog_of, fill, finding, press_wall, settled


@pytest.fixture
def jobs() -> dict[Any, Any]:
    """The real jobs: these tests are about what becomes of real pictures."""
    return dict.fromkeys((ImportRequest, BuiltinRequest, CheckRequest, DownloadRequest), run_job)


def test_a_data_set_is_renamed_and_named_back(qtbot: Any, shown: DataPage) -> None:
    click(qtbot, shown, "renameData")
    dialog = dialog_of(shown, "renameDialog")
    field = dialog.findChild(QLineEdit, "nameEdit")
    field.selectAll()
    qtbot.keyClicks(field, HOSTILE)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert shown.current().name == HOSTILE and shown.list.current() == HOSTILE
    assert shown.view.wall.count() == 17, "its pictures are not read again"
    assert shown.session.project.datasets.get("sprites").name == HOSTILE, "its runs still find it"
    shown.session.undo_now()
    assert shown.current().name == "sprites"


def test_a_data_set_is_deleted_with_a_key_and_comes_back(qtbot: Any, shown: DataPage) -> None:
    shown.list.setFocus()
    qtbot.keyClick(shown.list, Qt.Key.Key_Delete)
    assert not shown.session.datasets() and shown.empty.isVisible()
    card = shown.window().toaster.cards()[-1]
    click(qtbot, card, "toastAction")
    assert [d.name for d in shown.session.datasets()] == ["sprites"]
    settled(qtbot, shown)
    assert shown.view.isVisible() and shown.view.wall.count() == 17


def test_delete_in_the_search_field_deletes_nothing(qtbot: Any, shown: DataPage) -> None:
    press_wall(qtbot, shown, 1)
    shown.view.search.setFocus()
    for key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
        qtbot.keyClick(shown.view.search, key)
    assert shown.session.datasets() and shown.current().choices.leave_out == ()


def test_training_with_it_leads_to_the_panel(qtbot: Any, shown: DataPage) -> None:
    click(qtbot, shown, "trainWithIt")
    menu = shown.findChild(QMenu, "familyMenu")
    offered = {action.objectName(): action for action in menu.actions()}
    assert set(offered) == {f"train_{family}" for family in FAMILIES}
    offered["train_diffusion"].trigger()
    menu.close()
    window = shown.window()
    assert window.pages.current_id == "diffusion" and isinstance(window.pages.current, ModelPanel)
    assert shown.session.selection("diffusion").dataset == "sprites" and not shown.active


def test_a_family_that_cannot_learn_from_it_says_why(qtbot: Any, shown: DataPage) -> None:
    bare = DataFacts(count=9, height=32, width=32, channels=3)
    assert why_not("classifier", "pictures", bare) is not None and why_not("gan", "pictures", bare) is None
    assert why_not("gan", "chat", None) is not None
    menu = family_menu(shown, "pictures", bare, lambda family: None)
    action = next(action for action in menu.actions() if action.objectName() == "train_classifier")
    assert not action.isEnabled() and "label" in action.toolTip()
    menu.deleteLater()


def test_the_menus_offer_what_the_buttons_do(qtbot: Any, shown: DataPage) -> None:
    shown.list.menu_requested.emit("sprites", QPoint(10, 10))
    menu = shown.findChild(QMenu, "dataMenu")
    assert [action.text() for action in menu.actions()] == [
        "Train with it",
        "Rename…",
        "Delete",
    ]
    menu.close()
    press_wall(qtbot, shown, 0)
    shown.view.wall.menu_requested.emit(QPoint(10, 10))
    menu = shown.findChild(QMenu, "wallMenu")
    words = [action.text() for action in menu.actions()]
    assert words[:2] == ["Leave out 1", "Copy picture"] and "no value" in words
    menu.close()


def test_tomorrow_it_looks_the_same(qtbot: Any, path: Path, sprites: Path, open_page: Any) -> None:
    fill(path, sprites)
    fill(path, sprites, "twice")
    page = open_page(path)
    page.select("twice")
    page.view._on_cells("96")
    page.view.training.set_seen_size(64)
    state = page.state()
    page.restore({})
    assert page.view.wall.cell == 96, "an empty memory changes nothing"
    page.select("sprites")
    page.view.set_cell(48)
    page.restore(state)
    assert (page.current().name, page.view.wall.cell, page.view.training.seen_size) == ("twice", 96, 64)
    page.restore({"dataset": 7, "column": "x", "side": [None], "cell": "y", "seen": -3})
    assert page.current().name == "twice"
    settled(qtbot, page)


def test_choices_that_cannot_be_written_are_taken_back_and_said(
    qtbot: Any, shown: DataPage, monkeypatch: pytest.MonkeyPatch, errors: list[str]
) -> None:
    def full(record: DataSetRecord) -> None:
        raise StudioError("The disk is full.")

    monkeypatch.setattr(shown.session.project.datasets, "update", full)
    shown._on_leave_out(["cats/cats0.png"])
    assert shown.current().choices.leave_out == ("cats/cats0.png",), "shown at once"
    qtbot.waitUntil(lambda: bool(errors), timeout=LONG)
    assert (errors, shown.current().choices.leave_out) == (["The disk is full."], ())


def test_what_follows_fast_is_written_in_its_order(qtbot: Any, shown: DataPage) -> None:
    for number in range(5):
        shown._on_leave_out([f"cats/cats{number}.png"])
    shown.session.undo_now()
    shown.session.chores.finish()
    wanted = tuple(f"cats/cats{number}.png" for number in range(4))
    assert shown.session.project.datasets.get("sprites").choices.leave_out == wanted
    settled(qtbot, shown)
    assert shown.current().choices.leave_out == wanted


def test_another_size_is_checked_anew(qtbot: Any, path: Path, sprites: Path, open_page: Any) -> None:
    fill(path, sprites)
    page = open_page(path)
    qtbot.waitUntil(lambda: page.view.sight is not None, timeout=LONG)
    settled(qtbot, page)
    assert "small" not in [row.finding.code for row in page.view.check.rows()]
    click(qtbot, page.view.training, "choice_64")
    settled(qtbot, page)
    assert "64 pixels: 17 of 17" in str(finding(page, "small").finding.text)  # type: ignore[attr-defined]
    click(qtbot, page.view.training, "choice_32")
    settled(qtbot, page)
    assert "small" not in [row.finding.code for row in page.view.check.rows()]


def test_a_project_that_can_only_be_read_says_why(qtbot: Any, path: Path, sprites: Path, open_page: Any) -> None:
    fill(path, sprites)
    with Project.open(path):
        page = open_page(path)
        qtbot.waitUntil(lambda: page.view.sight is not None, timeout=LONG)
        settled(qtbot, page)
        assert not page.session.can_write
        for name in ("importData", "drawPortraits", "openCatalogue", "renameData", "deleteData"):
            button = page.findChild(QAbstractButton, name)
            assert not button.isEnabled() and button.accessibleDescription(), name
        press_wall(qtbot, page, 0)
        assert not page.view.leave.isEnabled()
        qtbot.keyClick(page.view.wall, Qt.Key.Key_Delete)
        assert page.current().choices.leave_out == () and page.findChild(QAbstractButton, "trainWithIt").isEnabled()


def test_another_project_brings_its_own_pictures(
    qtbot: Any, path: Path, sprites: Path, open_page: Any, tmp_path: Path
) -> None:
    fill(path, sprites)
    other = tmp_path / "other"
    Project.create(other).close()
    fill(other, sprites / "cats")
    page = open_page(path)
    qtbot.waitUntil(lambda: page.view.wall.count() == 17, timeout=LONG)
    page.queue.add([ImportRequest(source=sprites, name="more")])
    qtbot.waitUntil(lambda: len(page.session.datasets()) == 2, timeout=LONG)
    settled(qtbot, page)
    window = page.window()
    window.door.open(other)
    qtbot.waitUntil(lambda: page.session.project.path == other, timeout=LONG)
    qtbot.waitUntil(lambda: page.view.wall.count() == 9, timeout=LONG)  # the folder has the same name
    settled(qtbot, page)
    assert page.checks.report(page.current().folder).count == 9
    window.door.open(path)
    qtbot.waitUntil(lambda: page.view.wall.count() == 17, timeout=LONG)
    settled(qtbot, page)
    assert page.current().name == "more", "what was chosen last"


def test_deleting_lets_no_file_stay_open(qtbot: Any, path: Path, sprites: Path, open_page: Any) -> None:
    fill(path, sprites)
    fill(path, sprites / "dogs", "dogs")
    page = open_page(path)
    qtbot.waitUntil(lambda: page.view.sight is not None, timeout=LONG)
    page.select("dogs")
    page.delete_current()  # while its contents are being read
    settled(qtbot, page)
    assert page.current().name == "sprites" and page.view.wall.count() == 17
    assert page.list.cover(page.current().folder), "what was dropped on the way is asked for again"
    if Path("/proc/self/fd").is_dir():
        held = [str(link.resolve()) for link in Path("/proc/self/fd").iterdir() if link.exists()]
        assert not [name for name in held if "/bin/" in name and str(path) in name]


def test_without_a_project_the_page_offers_one(qtbot: Any, open_page: Any) -> None:
    page = open_page(None)
    assert page.empty.isVisible() and not page.import_button.isEnabled()
    assert "No project" in page.import_button.accessibleDescription()
    with pytest.raises(StudioError):
        page.session.start(CheckRequest(dataset="x"))


def test_every_control_has_a_name(shown: DataPage) -> None:
    unnamed = [
        f"{type(button).__name__} {button.text()!r}"
        for button in shown.findChildren(QAbstractButton)
        if not (button.text() or button.accessibleName()) and button.isVisible()
    ]
    assert unnamed == []
