"""The Gallery page in the real window: what is shown, found, starred, noted, deleted, recalled, taken out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton, QWidget

from studio.projects import creations
from studio.projects.gallery import read_birth_certificate
from studio.projects.project import Project
from studio.ui.pages.gallery import GalleryPage
from studio.ui.pages.gallery_model import Wish
from studio.ui.pages.page import Page
from studio.ui.window import StudioWindow

from .runs_project import add_run, keep, pictures, request_for

MakeWindow = Callable[..., StudioWindow]
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def filled(project_path: Path) -> Path:
    """A project with a run and twelve creations: the red ones first."""
    with Project.open(project_path, write="required") as project:
        run = add_run(project, "faces")
        keep(project, run.name, 8, hair="red")
        keep(project, run.name, 4, hair="blue")
    return project_path


@pytest.fixture
def window(make_window: MakeWindow, filled: Path) -> StudioWindow:
    """A window on the Gallery page."""
    window = make_window(filled)
    window.resize(1280, 800)
    window.session.go("gallery")
    return window


@pytest.fixture
def page(window: StudioWindow) -> GalleryPage:
    """The page."""
    found = window.pages.page("gallery")
    assert isinstance(found, GalleryPage)
    return found


def keys(page: GalleryPage) -> list[int]:
    return [int(item.key) for item in page.grid.pictures.items()]


def click(qtbot: Any, page: GalleryPage, row: int, modifier: Any = Qt.KeyboardModifier.NoModifier) -> None:
    spot = page.grid.visualRect(page.grid.pictures.index(row)).center()
    qtbot.mouseClick(page.grid.viewport(), LEFT, modifier, spot)


def press(qtbot: Any, parent: QWidget, name: str) -> None:
    button = parent.findChild(QPushButton, name)
    assert button is not None, name
    qtbot.mouseClick(button, LEFT)


def facts(page: GalleryPage) -> str:
    grid = page.details._facts
    return " ".join(grid.itemAt(at).widget().text() for at in range(grid.count()))


# --- what is shown ---------------------------------------------------------------------------------------------------


def test_creations_are_shown_the_newest_first_with_their_pictures(page: GalleryPage, qtbot: Any) -> None:
    assert keys(page) == list(range(12, 0, -1))
    qtbot.waitUntil(lambda: page.grid.pictures._images.get("1") is not None, timeout=5000)
    assert page.grid.pictures._images["3"].pixelColor(0, 0).red() == 2
    page.grid.entered.emit(page.grid.pictures.index(9))
    assert "hair red" in page.grid.pictures.item(9).tip.lower()
    assert page.bar.count.text() == "12 pictures"


def test_where_nothing_is_chosen_nothing_can_be_done(page: GalleryPage) -> None:
    assert page.details.title.text() == "Nothing chosen" and not page.details.run.isVisible()
    for name in ("galleryRecall", "galleryLook", "galleryExport", "galleryCopy", "galleryDelete"):
        button = page.details.findChild(QPushButton, name)
        assert button is not None and not button.isEnabled() and button.toolTip(), name


def test_the_details_say_how_it_was_made(page: GalleryPage, qtbot: Any) -> None:
    click(qtbot, page, 11)
    words = facts(page)
    for part in ("GAN", "step 20", "Seed 7", "Number 1", "Hair red", "8 × 8"):
        assert part in words
    qtbot.waitUntil(lambda: not page.details.picture.picture().isNull(), timeout=5000)
    assert page.details.picture.picture().pixelColor(0, 0).red() == 0


def test_searching_and_filtering(page: GalleryPage, window: StudioWindow, qtbot: Any) -> None:
    window.does.run("find")
    qtbot.keyClicks(page.bar.search, "blue")
    qtbot.waitUntil(lambda: len(keys(page)) == 4, timeout=3000)
    assert page.bar.count.text() == "4 of 12"
    qtbot.keyClicks(page.bar.search, " nowhere")
    qtbot.waitUntil(lambda: page.none.isVisible(), timeout=3000)
    press(qtbot, page, "galleryShowAll")
    assert len(keys(page)) == 12
    assert page.bar.search.text() == ""


def test_the_order_and_the_run_can_be_chosen(page: GalleryPage, qtbot: Any) -> None:
    page.bar.order.setFocus()
    qtbot.keyClick(page.bar.order, Qt.Key.Key_Down)
    assert keys(page) == list(range(1, 13))
    assert [page.bar.run.itemData(row) for row in range(page.bar.run.count())] == ["", "faces"]
    page.arrive(run="faces")
    assert page.bar.wish().run == "faces"


def test_stars(page: GalleryPage, window: StudioWindow, qtbot: Any) -> None:
    click(qtbot, page, 0)
    qtbot.keyClick(page.grid, Qt.Key.Key_S)
    assert page.grid.pictures.item(0).star
    click(qtbot, page, 1, Qt.KeyboardModifier.ControlModifier)
    press(qtbot, page.details, "galleryStar")
    assert [page.grid.pictures.item(row).star for row in (0, 1, 2)] == [True, True, False]
    press(qtbot, page.bar, "galleryOnlyStarred")
    assert keys(page) == [12, 11]
    press(qtbot, page.details, "galleryStar")
    assert keys(page) == [], "all had a star, so it was taken away"
    assert page.none.isVisible()


def test_a_note_is_saved_when_it_is_left_and_found(page: GalleryPage, window: StudioWindow, qtbot: Any) -> None:
    click(qtbot, page, 2)
    page.details.note.setFocus()
    qtbot.keyClicks(page.details.note, "<b>my favourite</b>")
    click(qtbot, page, 0)
    assert window.session.project.gallery.get(10).note == "<b>my favourite</b>"
    qtbot.keyClicks(page.bar.search, "favourite")
    qtbot.waitUntil(lambda: keys(page) == [10], timeout=3000)
    window.does.run("undo")
    assert window.session.project.gallery.get(10).note == ""


# --- works -----------------------------------------------------------------------------------------------------------


def test_delete_and_undo(page: GalleryPage, window: StudioWindow, qtbot: Any) -> None:
    click(qtbot, page, 3)
    click(qtbot, page, 4, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(page.grid, Qt.Key.Key_Delete)
    assert keys(page) == [12, 11, 10, 7, 6, 5, 4, 3, 2, 1]
    assert page.grid.selected_keys() == ["7"], "the neighbour is chosen now"
    window.does.run("undo")
    assert len(keys(page)) == 12


def test_recall_opens_the_panel_with_the_request(
    page: GalleryPage, window: StudioWindow, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    arrived: list[dict[str, Any]] = []
    gan = window.pages.page("gan")
    monkeypatch.setattr(gan, "arrive", lambda **what: arrived.append(what))
    click(qtbot, page, 11)
    press(qtbot, page.details, "galleryRecall")
    assert window.pages.current_id == "gan"
    assert arrived[0]["tab"] == "create"
    certificate = arrived[0]["certificate"]
    assert certificate["request"] == request_for("faces", 7, 0, hair="red")
    assert certificate["family"] == "gan"


def test_a_creation_can_be_looked_into(
    page: GalleryPage, window: StudioWindow, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    arrived: list[dict[str, Any]] = []
    monkeypatch.setattr(window.pages.page("gan"), "arrive", lambda **what: arrived.append(what))
    click(qtbot, page, 11)
    press(qtbot, page.details, "galleryLook")
    assert window.pages.current_id == "gan" and arrived[0]["tab"] == "look"
    assert arrived[0]["certificate"]["request"] == request_for("faces", 7, 0, hair="red")


def test_recall_says_why_not(page: GalleryPage, window: StudioWindow, qtbot: Any) -> None:
    click(qtbot, page, 0)
    assert page.details.recall.isEnabled()
    click(qtbot, page, 1, Qt.KeyboardModifier.ControlModifier)
    assert "single picture" in page.details.recall.accessibleDescription()
    window.session.delete_run("faces")
    click(qtbot, page, 0)
    assert "no longer in this project" in page.details.recall.accessibleDescription()
    assert page.details.run.isHidden()


def test_show_run_leads_to_it(page: GalleryPage, window: StudioWindow, qtbot: Any) -> None:
    click(qtbot, page, 0)
    press(qtbot, page.details, "galleryRun")
    assert window.pages.current_id == "runs"
    assert window.pages.page("runs").table.names() == ["faces"]


def test_export_of_one_and_of_several(page: GalleryPage, tmp_path: Path, window: StudioWindow, qtbot: Any) -> None:
    page.works.ask_file = lambda title, name: tmp_path / "one"  # type: ignore[method-assign]
    out = tmp_path / "out"
    out.mkdir()
    page.works.ask_folder = lambda title: out  # type: ignore[method-assign]
    click(qtbot, page, 0)
    press(qtbot, page.details, "galleryExport")
    assert read_birth_certificate(tmp_path / "one.png")["request"]["run"] == "faces"
    window.does.run("select_all")
    for count in (12, 24):
        press(qtbot, page.details, "galleryExport")
        qtbot.waitUntil(lambda count=count: len(list(out.iterdir())) == count, timeout=5000)  # type: ignore[misc]
    qtbot.waitUntil(lambda: not page.works._copying.isActive(), timeout=3000)
    assert "Exported 12" in window.toaster.cards()[-1].toast.text


def test_copy_takes_the_picture_itself(page: GalleryPage, window: StudioWindow, qtbot: Any) -> None:
    click(qtbot, page, 9)
    window.does.run("copy")
    copied = QGuiApplication.clipboard().image()
    assert (copied.width(), copied.pixelColor(0, 0).red()) == (8, 2)


def test_dragging_out_takes_the_files(page: GalleryPage, filled: Path) -> None:
    load = page._drag_load(["3", "4"])
    assert [path.parent for path in load.paths] == [filled / "gallery"] * 2
    assert all(path.is_file() for path in load.paths)


def test_a_damaged_picture_stays_an_empty_place(page: GalleryPage, window: StudioWindow, qtbot: Any) -> None:
    gallery = window.session.project.gallery
    gallery.path(gallery.get(12)).write_bytes(b"no picture")
    page.thumbnails.stop()
    page.grid.pictures._images.clear()
    page.grid.pictures.ask_again()
    click(qtbot, page, 0)
    qtbot.waitUntil(lambda: "cannot be read" in page.details.title.text(), timeout=5000)
    page.works.copy(gallery.get(12))
    assert QGuiApplication.clipboard().image().pixelColor(0, 0).red() != 11


# --- coming back, empty ----------------------------------------------------------------------------------------------


def test_the_page_comes_back_as_it_was(make_window: MakeWindow, filled: Path, qtbot: Any) -> None:
    first = make_window(filled)
    first.session.go("gallery")
    page = first.pages.page("gallery")
    page.bar.set_wish(Wish(words="red", oldest=True))
    page.bar.cell.setValue(160)
    page._on_wish()
    page.grid.select_keys(["5"])
    first.close()
    again = make_window(filled)
    page = again.pages.page("gallery")
    assert again.pages.current_id == "gallery"
    assert page.bar.wish() == Wish(words="red", oldest=True)
    assert page.bar.search.text() == "red"
    assert (page.bar.cell.value(), page.grid.selected_keys(), len(keys(page))) == (160, ["5"], 8)


@pytest.mark.parametrize("state", [{}, {"wish": 3, "cell": "x", "pane": [None], "chosen": 7}, {"wish": {"run": 5}}])
def test_an_odd_state_is_taken(page: GalleryPage, state: dict[str, Any]) -> None:
    page.restore(state)
    assert len(keys(page)) == 12


def test_an_empty_gallery_leads_to_create(make_window: MakeWindow, project_path: Path, qtbot: Any) -> None:
    window = make_window(project_path)
    window.session.go("gallery")
    page: Page = window.pages.page("gallery")
    assert page.empty.isVisible()
    press(qtbot, page, "emptyButton")
    assert window.pages.current_id == "gan"
    assert window.pages.page("gan").tab() == "create"


def test_what_is_kept_elsewhere_appears(page: GalleryPage, window: StudioWindow) -> None:
    project = window.session.project
    project.gallery.keep(pictures(1), request_for("faces", 9), run="faces", family="gan")
    window.session.gallery_changed.emit()
    assert keys(page)[0] == 13


# --- ten thousand ----------------------------------------------------------------------------------------------------


def test_ten_thousand_creations_scroll(
    make_window: MakeWindow, project_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    monkeypatch.setattr(creations, "sync", lambda path: None)  # ten thousand flushes are not what is tried here
    with Project.open(project_path, write="required") as project:
        for _ in range(10):
            keep(project, "faces", 1000)
    window = make_window(project_path)
    window.resize(1280, 800)
    window.session.go("gallery")
    page = window.pages.page("gallery")
    assert isinstance(page, GalleryPage)
    assert page.grid.pictures.rowCount() == 10_000
    bar = page.grid.verticalScrollBar()
    for place in range(0, bar.maximum(), bar.maximum() // 40):
        bar.setValue(place)
        qtbot.wait(1)
    bar.setValue(bar.maximum())
    qtbot.waitUntil(lambda: page.grid.pictures._images.get("1") is not None, timeout=10_000)
    asked = len(page.grid.pictures._images)
    assert asked < 4_000, "only what is seen is read"
    assert bar.maximum() > 100_000
    qtbot.mouseClick(page.grid.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, QPoint(60, 60))
    assert len(page.grid.selected_keys()) == 1
