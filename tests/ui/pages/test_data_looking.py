"""The Data page in the real window, with the real jobs: look, check, choose."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from studio.config.requests import BuiltinRequest, CheckRequest, DownloadRequest, ImportRequest
from studio.jobs.registry import run_job
from studio.ui.pages.data import DataPage
from studio.ui.pages.data_viewer import PictureDialog
from tests.ui.pages.data_page import LONG, click, dialog_of, fill, finding, press_wall, settled


@pytest.fixture
def jobs() -> dict[Any, Any]:
    """The real jobs: these tests are about what becomes of real pictures."""
    return dict.fromkeys((ImportRequest, BuiltinRequest, CheckRequest, DownloadRequest), run_job)


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


def test_a_damaged_picture_is_marked_not_hidden(qtbot: Any, path: Path, sprites: Path, open_page: Any) -> None:
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
