"""The Data page in the real window, with the real jobs: what comes in."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QWidget

from studio.config.builtin import Bilingual, Portraits, World
from studio.config.requests import BuiltinRequest, CheckRequest, DownloadRequest, ImportRequest
from studio.jobs.registry import run_job
from studio.projects.project import Project
from studio.ui.pages.data_catalogue import CatalogueDialog
from studio.ui.pages.data_import import ImportDialog
from tests.ui.pages.data_page import HOSTILE, LONG, click, dialog_of, drop, fill, finding, labels_of, settled


@pytest.fixture
def jobs() -> dict[Any, Any]:
    """The real jobs: these tests are about what becomes of real pictures."""
    return dict.fromkeys((ImportRequest, BuiltinRequest, CheckRequest, DownloadRequest), run_job)


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
    many = BuiltinRequest(name="many", what=Portraits(count=100_000, size=128))
    page.queue.add([many, ImportRequest(source=sprites, name="later")])
    qtbot.waitUntil(lambda: page.queue.entries()[0].job.progress is not None, timeout=LONG)
    row = next(b for b in page.rows.findChildren(QAbstractButton, "takeOut") if b.isVisible())
    qtbot.mouseClick(row, Qt.MouseButton.LeftButton)
    assert page.queue.names() == ["many"]
    stop = next(b for b in page.rows.findChildren(QAbstractButton, "busyCancel") if b.isVisible())
    qtbot.mouseClick(stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not page.queue.entries(), timeout=LONG)
    assert not page.session.datasets() and page.empty.isVisible() and not page.notices.notices()
    assert not list((path / "data").glob("*"))


def test_names_that_cannot_be_are_refused_in_the_dialog(qtbot: Any, path: Path, sprites: Path, open_page: Any) -> None:
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


def test_pairs_are_written_as_asked_for(qtbot: Any, path: Path, open_page: Any) -> None:
    page = open_page(path)
    asked: list[BuiltinRequest] = []
    click(qtbot, page, "writeBilingual")
    dialog = dialog_of(page, "bilingualDialog")
    dialog.asked.disconnect()  # type: ignore[attr-defined]
    dialog.asked.connect(asked.append)  # type: ignore[attr-defined]
    click(qtbot, dialog, "bilingualDialogAccept")
    assert asked == [BuiltinRequest(what=Bilingual(), name="English-French")]


def test_a_world_is_written_as_asked_for(qtbot: Any, path: Path, open_page: Any) -> None:
    page = open_page(path)
    asked: list[BuiltinRequest] = []
    click(qtbot, page, "writeWorld")
    dialog = dialog_of(page, "worldDialog")
    dialog.asked.disconnect()  # type: ignore[attr-defined]
    dialog.asked.connect(asked.append)  # type: ignore[attr-defined]
    field = dialog.findChild(QWidget, "setting_count").findChild(QLineEdit)
    field.selectAll()
    qtbot.keyClicks(field, "300")
    click(qtbot, dialog, "worldDialogAccept")
    assert asked == [BuiltinRequest(what=World(count=300), name="World")]
