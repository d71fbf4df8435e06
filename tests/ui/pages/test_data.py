"""The Data page in the real window, with the real jobs: drop, import, look, check, choose, rename, delete."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QLabel, QLineEdit, QMenu, QWidget

from studio.config.facts import DataFacts
from studio.config.requests import BuiltinRequest, CheckRequest, DownloadRequest, ImportRequest
from studio.families import FAMILIES
from studio.ground.errors import StudioError
from studio.jobs.registry import run_job
from studio.projects.datasets import DataSetRecord
from studio.projects.project import Project
from studio.ui.pages.data import DataPage
from studio.ui.pages.data_catalogue import CatalogueDialog
from studio.ui.pages.data_dialogs import ImportDialog
from studio.ui.pages.data_families import family_menu, why_not
from studio.ui.pages.data_viewer import PictureDialog
from studio.ui.panels.panel import ModelPanel
from studio.ui.window import StudioWindow

LONG = 60_000  # milliseconds; the machine may be busy
HOSTILE = '<img src="file:///etc/passwd"> & <b>'


@pytest.fixture
def jobs() -> dict[Any, Any]:
    """The real jobs: these tests are about what becomes of real pictures."""
    return dict.fromkeys((ImportRequest, BuiltinRequest, CheckRequest, DownloadRequest), run_job)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An empty project."""
    found = tmp_path / "project é"
    Project.create(found).close()
    return found


@pytest.fixture
def open_page(qtbot: Any, make_window: Callable[..., StudioWindow]) -> Iterator[Callable[[Path | None], DataPage]]:
    """A function that shows the Data page of a window on a project."""

    def show(project: Path | None) -> DataPage:
        window = make_window(project)
        window.resize(1280, 800)
        page = window.pages.show("data")
        assert isinstance(page, DataPage)
        return page

    yield show


@pytest.fixture
def sprites(tmp_path: Path) -> Path:
    """Two classes of 40x60 pictures, some transparent, one of them twice, one that is not a picture."""
    root = tmp_path / "sprites"
    generator = np.random.default_rng(3)
    for kind in ("cats", "dogs"):
        (root / kind).mkdir(parents=True)
        for number in range(8):
            pixels = generator.integers(0, 256, (60, 40, 4), np.uint8)
            pixels[:10, :, 3] = 0
            Image.fromarray(pixels).save(root / kind / f"{kind}{number}.png")
    copy = (root / "cats" / "cats0.png").read_bytes()
    (root / "cats" / "copy.png").write_bytes(copy)
    (root / "dogs" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing follows")
    return root


def fill(path: Path, source: Path, name: str = "sprites") -> DataSetRecord:
    """Bring a data set into a closed project."""
    from studio.jobs.steering import CommandQueue

    ended = list(run_job(ImportRequest(source=source, name=name), path, CommandQueue()))[-1]
    with Project.open(path) as project:
        return project.datasets.add(ended.result)  # type: ignore[attr-defined]


def settled(qtbot: Any, page: DataPage) -> None:
    """Everything that was begun has come to its end: jobs, contents, thumbnails, preview."""
    session = page.session
    qtbot.waitUntil(lambda: not len(session.board) and not session.browser.busy(), timeout=LONG)
    qtbot.waitUntil(lambda: not page.view.wall.is_waiting() and not session.browser.busy(), timeout=LONG)


def click(qtbot: Any, parent: QWidget, name: str) -> None:
    button = parent.findChild(QAbstractButton, name)
    assert button is not None and button.isVisible(), name
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def dialog_of(page: DataPage, name: str) -> QDialog:
    found = page.findChild(QDialog, name)
    assert found is not None and found.isVisible(), name
    return found


def drop(page: DataPage, *paths: Path) -> bool:
    """Drag files over the page and let them go there; whether the page wanted them."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(300, 200), Qt.DropAction.CopyAction, mime, left, none)
    QApplication.sendEvent(page, enter)
    if enter.isAccepted() and page.veil.isVisible():
        QApplication.sendEvent(page, QDropEvent(QPointF(300, 200), Qt.DropAction.CopyAction, mime, left, none))
        return True
    return False


def finding(page: DataPage, code: str) -> QWidget:
    return next(row for row in page.view.check.rows() if row.finding.code == code)


def labels_of(widget: QWidget) -> list[str]:
    """All words that are shown in labels of a widget."""
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]


def press_wall(qtbot: Any, page: DataPage, index: int, modifier: Any = Qt.KeyboardModifier.NoModifier) -> None:
    wall = page.view.wall
    qtbot.mouseClick(wall.viewport(), Qt.MouseButton.LeftButton, modifier, wall.cell_rect(index).center())


# --- coming in -------------------------------------------------------------------------------------------------------


def test_an_empty_page_draws_portraits_with_one_click(qtbot: Any, path: Path, open_page: Any) -> None:
    page = open_page(path)
    assert page.empty.isVisible() and not page.view.isVisible()
    asked: list[str] = []
    page.session.triggered.disconnect()
    page.session.triggered.connect(asked.append)
    qtbot.mouseClick(page.empty.button, Qt.MouseButton.LeftButton)
    assert asked == ["draw_portraits"]


def test_portraits_are_drawn_as_asked_for(qtbot: Any, path: Path, open_page: Any) -> None:
    page = open_page(path)
    click(qtbot, page, "drawPortraits")
    dialog = dialog_of(page, "portraitsDialog")
    for setting, value in {"count": 30, "size": 32, "seed": 5}.items():
        row = dialog.findChild(QWidget, f"setting_{setting}")
        field = row.findChild(QLineEdit)
        qtbot.mouseClick(field, Qt.MouseButton.LeftButton)
        field.selectAll()
        qtbot.keyClicks(field, str(value))
        if setting != "seed":  # the last one is still being typed when Draw is clicked
            qtbot.keyClick(field, Qt.Key.Key_Return)
    click(qtbot, dialog, "portraitsDialogAccept")
    qtbot.waitUntil(lambda: len(page.session.datasets()) == 1, timeout=LONG)
    settled(qtbot, page)
    record = page.current()
    assert (record.name, record.count, record.size) == ("Portraits", 30, (32, 32)) and "seed 5" in record.source
    assert page.view.isVisible() and page.view.wall.count() == 30
    assert page.checks.report(record.folder) is not None, "what came in is checked by itself"
    assert page.view.training.preview.count() == 8
    assert page.list.cover(record.folder)
    name, caption = page.view.findChild(QLabel, "dataName"), page.view.sight.caption(0)
    assert name.text() == "Portraits" and len(caption.split()) > 4


def test_a_folder_is_dropped_named_and_imported(qtbot: Any, path: Path, sprites: Path, open_page: Any) -> None:
    page = open_page(path)
    assert drop(page, sprites)
    dialog = dialog_of(page, "importDialog")
    assert isinstance(dialog, ImportDialog)
    field = dialog.rows()[0].field.edit
    assert field.text() == "sprites"
    field.selectAll()
    qtbot.keyClicks(field, HOSTILE)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(page.session.datasets()) == 1, timeout=LONG)
    settled(qtbot, page)
    assert page.current().name == HOSTILE and page.current().count == 17
    name = page.view.findChild(QLabel, "dataName")
    assert name.text() == HOSTILE and name.textFormat() == Qt.TextFormat.PlainText
    assert finding(page, "broken").finding.names == ("dogs/broken.png",)
    assert dict(page.view.sight.value_counts("class")) == {"cats": 9, "dogs": 8}
    toasts = [card.toast.text for card in page.window().toaster.cards()]
    assert any(HOSTILE in words and "17" in words and "skipped: 1" in words for words in toasts)


def test_files_dropped_on_the_window_arrive_too(qtbot: Any, path: Path, sprites: Path, open_page: Any) -> None:
    page = open_page(path)
    page.window().does.take_drop([sprites])
    dialog = dialog_of(page, "importDialog")
    assert [row.source for row in dialog.rows()] == [sprites]
    dialog.reject()


def test_a_project_is_not_imported(path: Path, open_page: Any, tmp_path: Path) -> None:
    page = open_page(path)
    Project.create(tmp_path / "other").close()
    assert not drop(page, tmp_path / "other"), "the window opens it instead"
    assert not page.veil.isVisible()


def test_single_pictures_stand_for_their_folder(qtbot: Any, path: Path, sprites: Path, open_page: Any) -> None:
    page = open_page(path)
    assert drop(page, *sorted((sprites / "cats").glob("*.png"))[:3])
    dialog = dialog_of(page, "importDialog")
    assert [row.source for row in dialog.rows()] == [sprites / "cats"]
    dialog.reject()


def test_what_cannot_be_imported_says_so_and_the_next_goes_on(
    qtbot: Any, path: Path, sprites: Path, open_page: Any, tmp_path: Path
) -> None:
    page = open_page(path)
    (tmp_path / "wrong.zip").write_bytes(b"this is no zip")
    wrong = ImportRequest(source=tmp_path / "wrong.zip", name="wrong")
    page.queue.add([wrong, ImportRequest(source=sprites, name="right")])
    assert [entry.job is None for entry in page.queue.entries()] == [False, True], "one at a time"
    waiting = page.rows.findChild(QAbstractButton, "takeOut")
    assert waiting is not None and page.rows.isVisible()
    qtbot.waitUntil(lambda: len(page.session.datasets()) == 1, timeout=LONG)
    settled(qtbot, page)
    notice = page.notices.notices()[0]
    assert (notice.kind, notice.title) == ("error", "wrong was not brought in.")
    assert notice.sentence.count("\n") == 0 and notice.sentence.endswith(".")
    assert page.current().name == "right" and not page.rows.isVisible()


def test_what_waits_can_be_taken_out_and_what_runs_be_stopped(
    qtbot: Any, path: Path, sprites: Path, open_page: Any
) -> None:
    page = open_page(path)
    page.queue.add([BuiltinRequest(name="many", count=100_000, size=128), ImportRequest(source=sprites, name="later")])
    qtbot.waitUntil(lambda: page.queue.entries()[0].job.progress is not None, timeout=LONG)
    row = next(b for b in page.rows.findChildren(QAbstractButton, "takeOut") if b.isVisible())
    qtbot.mouseClick(row, Qt.MouseButton.LeftButton)
    assert page.queue.names() == ["many"]
    stop = next(b for b in page.rows.findChildren(QAbstractButton, "busyCancel") if b.isVisible())
    qtbot.mouseClick(stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not page.queue.entries(), timeout=LONG)
    assert not page.session.datasets() and page.empty.isVisible() and not page.notices.notices()
    assert not list((path / "data").glob("*"))


def test_names_that_cannot_be_are_refused_in_the_dialog(
    qtbot: Any, path: Path, sprites: Path, open_page: Any
) -> None:
    fill(path, sprites)
    page = open_page(path)
    page.doors.open_import([sprites])
    dialog = dialog_of(page, "importDialog")
    field = dialog.rows()[0].field
    assert field.name() == "sprites 2", "a free name is suggested"
    field.edit.setText("sprites")
    assert "already" in field.error() and not dialog.main.isEnabled()
    field.edit.setText("  ")
    assert field.error() and not dialog.main.isEnabled()
    dialog.accept()
    assert dialog.isVisible(), "Enter does not help"
    field.edit.setText("fine")
    assert not field.error() and dialog.main.isEnabled()
    dialog.reject()
    settled(qtbot, page)


def test_the_catalogue_asks_before_it_fetches(qtbot: Any, path: Path, open_page: Any) -> None:
    page = open_page(path)
    click(qtbot, page, "openCatalogue")
    dialog = dialog_of(page, "catalogueDialog")
    assert isinstance(dialog, CatalogueDialog)
    asked: list[Any] = []
    dialog.asked.disconnect()
    dialog.asked.connect(asked.append)
    fashion, celeba = dialog.cards[0], dialog.cards[-1]
    assert any("30.9 MB" in words for words in labels_of(fashion)) and any("MIT" in w for w in labels_of(fashion))
    assert not celeba.download.isVisibleTo(celeba)
    assert any("list_attr_celeba.txt" in label.text() for label in celeba.findChildren(QLabel))
    qtbot.mouseClick(fashion.download, Qt.MouseButton.LeftButton)
    assert not asked and fashion.yes.isVisible() and any("connects to" in words for words in labels_of(fashion))
    qtbot.mouseClick(fashion.no, Qt.MouseButton.LeftButton)
    assert not asked and not fashion.yes.isVisible()
    qtbot.mouseClick(fashion.download, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(fashion.yes, Qt.MouseButton.LeftButton)
    assert asked == [DownloadRequest(entry="fashion-mnist", name="Fashion-MNIST")]


# --- looking and choosing --------------------------------------------------------------------------------------------


@pytest.fixture
def shown(qtbot: Any, path: Path, sprites: Path, open_page: Any) -> DataPage:
    """The page with the sprites chosen, read and checked."""
    fill(path, sprites)
    page = open_page(path)
    qtbot.waitUntil(lambda: page.view.sight is not None, timeout=LONG)
    settled(qtbot, page)
    return page


def test_bars_filter_and_say_how_many(qtbot: Any, shown: DataPage) -> None:
    bars = shown.view.labels.bars("class")
    assert bars is not None
    shown.view.findChild(QWidget, "dataSide").ensureWidgetVisible(bars)
    qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=QPoint(30, 30))
    assert shown.view.wall.count() == 8 and "dogs" in shown.view.picker.value_text()
    assert shown.view.findChild(QLabel, "pictureLine").text().startswith("8 of 17")
    qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=QPoint(30, 30))
    assert shown.view.wall.count() == 17 and shown.view.picker.value_text() == "all"


def test_pictures_are_found_by_name(qtbot: Any, shown: DataPage) -> None:
    shown.window().does.run("find")
    assert shown.view.search.hasFocus()
    qtbot.keyClicks(shown.view.search, "CATS")
    qtbot.waitUntil(lambda: shown.view.wall.count() == 9, timeout=LONG)
    qtbot.keyClicks(shown.view.search, " copy")
    qtbot.waitUntil(lambda: shown.view.wall.count() == 1, timeout=LONG)
    shown.view.search.clear()
    qtbot.waitUntil(lambda: shown.view.wall.count() == 17, timeout=LONG)


def test_hovering_names_the_picture(qtbot: Any, shown: DataPage) -> None:
    wall = shown.view.wall
    qtbot.mouseMove(wall.viewport(), wall.cell_rect(0).center())
    line = shown.view.findChild(QLabel, "pictureLine")
    qtbot.waitUntil(lambda: "class: cats" in line.text(), timeout=LONG)
    assert "40 × 60" in line.text() and "cats/cats0.png" in line.text()


def test_a_finding_is_shown_answered_and_taken_back(qtbot: Any, shown: DataPage) -> None:
    row = finding(shown, "duplicates")
    click(qtbot, row, "findingShow")
    assert shown.view.wall.count() == 2
    click(qtbot, row, "remedy_0")
    assert shown.current().choices.leave_out == ("cats/copy.png",)
    assert shown.view.findChild(QLabel, "usedCount").text() == "16 of 17 pictures are used."
    assert row.findChild(QAbstractButton, "remedy_0").text() == "Put back 1"
    shown.session.chores.finish()
    assert shown.session.project.datasets.get("sprites").choices.leave_out == ("cats/copy.png",)
    shown.session.undo_now()
    assert shown.current().choices.leave_out == ()
    assert row.findChild(QAbstractButton, "remedy_0").text() == "Leave out 1"
    assert shown.view.findChild(QLabel, "usedCount").text() == "All 17 pictures are used."


def test_broken_files_are_listed_with_their_reason(qtbot: Any, shown: DataPage) -> None:
    row = finding(shown, "broken")
    click(qtbot, row, "findingShow")
    files = row.findChild(QWidget, "findingFiles")
    assert files.isVisible() and files.toPlainText().startswith("dogs/broken.png is ")


def test_chosen_pictures_are_left_out_and_put_back(qtbot: Any, shown: DataPage) -> None:
    press_wall(qtbot, shown, 1)
    press_wall(qtbot, shown, 3, Qt.KeyboardModifier.ShiftModifier)
    assert shown.view.wall.selected_count() == 3 and shown.view.leave.text() == "Leave out 3"
    qtbot.keyClick(shown.view.wall, Qt.Key.Key_Delete)
    assert len(shown.current().choices.leave_out) == 3
    assert shown.view.wall.count() == 17, "they stay on the wall, marked"
    assert shown.view.back.isVisible() and not shown.view.leave.isVisible()
    assert dict(shown.view.sight.value_counts("class"))["cats"] == 6
    click(qtbot, shown.view, "showOut")
    assert shown.view.wall.count() == 3
    click(qtbot, shown.view, "putAllBack")
    assert shown.current().choices.leave_out == () and shown.view.wall.count() == 0


def test_shape_and_background_change_what_the_model_sees(qtbot: Any, shown: DataPage) -> None:
    before = shown.view.training.preview.picture(0)
    pad = next(b for b in shown.view.findChildren(QAbstractButton) if b.text() == "Fill up")
    qtbot.mouseClick(pad, Qt.MouseButton.LeftButton)
    settled(qtbot, shown)
    padded = shown.view.training.preview.picture(0)
    assert shown.current().choices.shape == "pad" and padded != before
    shown.view.findChild(QWidget, "dataSide").ensureWidgetVisible(shown.view.training)
    click(qtbot, shown.view, "background_1")
    settled(qtbot, shown)
    assert shown.current().choices.background == "#000000"
    assert shown.view.training.preview.picture(0).pixelColor(0, 0).name() == "#000000"
    assert shown.view.wall.image(0).pixelColor(10, 2).name() == "#000000", "the wall shows it too"
    shown.session.undo_now()
    shown.session.undo_now()
    assert (shown.current().choices.shape, shown.current().choices.background) == ("crop", "#ffffff")


def test_a_picture_opens_large_and_the_arrows_lead_on(qtbot: Any, shown: DataPage) -> None:
    wall = shown.view.wall
    qtbot.mouseDClick(wall.viewport(), Qt.MouseButton.LeftButton, pos=wall.cell_rect(0).center())
    dialog = dialog_of(shown, "pictureDialog")
    assert isinstance(dialog, PictureDialog)
    qtbot.waitUntil(lambda: dialog.picture.picture().height() == 60, timeout=LONG)
    qtbot.keyClick(dialog, Qt.Key.Key_Right)
    assert dialog.position() == int(wall.shown()[1])
    qtbot.keyClick(dialog, Qt.Key.Key_Left)
    qtbot.keyClick(dialog, Qt.Key.Key_Left)
    assert dialog.position() == int(wall.shown()[0])
    dialog.close()


def test_a_damaged_picture_is_marked_not_hidden(
    qtbot: Any, path: Path, sprites: Path, open_page: Any
) -> None:
    record = fill(path, sprites)
    pack = path / record.folder / "pack.bin"
    data = bytearray(pack.read_bytes())
    data[200] ^= 1
    pack.write_bytes(data)
    page = open_page(path)
    qtbot.waitUntil(lambda: page.view.sight is not None, timeout=LONG)
    settled(qtbot, page)
    image = page.view.wall.image(0)
    assert image is not None and image.isNull()
    assert finding(page, "damaged").finding.severity == "error"


def test_a_data_set_whose_files_are_gone_says_so(qtbot: Any, path: Path, sprites: Path, open_page: Any) -> None:
    record = fill(path, sprites)
    (path / record.folder / "items.bin").unlink()
    page = open_page(path)
    problem = page.view.findChild(QLabel, "dataProblem")
    qtbot.waitUntil(problem.isVisible, timeout=LONG)
    settled(qtbot, page)
    assert problem.text().endswith(".") and page.view.wall.count() == 0


# --- names, deleting, going on ---------------------------------------------------------------------------------------


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
    assert why_not("classifier", bare) is not None and why_not("gan", bare) is None
    menu = family_menu(shown, bare, lambda family: None)
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
