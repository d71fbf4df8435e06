"""Edit in the real window: a picture and its result, both ways, a classifier's opinion, many in the background."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QAbstractButton, QWidget

from studio.config.requests import AskRequest, EditFilesRequest, EditRequest
from studio.ground.events import Event
from studio.projects.gallery import read_birth_certificate
from studio.projects.project import Project
from studio.ui.panels.cyclegan_edit import CycleganEditTab
from studio.ui.panels.cyclegan_edit_one import InHand
from studio.ui.window import StudioWindow
from studio.workers.latest import LatestWins
from tests.ui.panels import judged, translated
from tests.ui.panels.conftest import DATA

MakeWindow = Callable[..., StudioWindow]
Jobs = dict[type, Callable[..., Iterator[Event]]]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> type[translated.TranslatingServer]:
    """A translator that inverts, in the real thread of the real worker."""

    class Server(translated.TranslatingServer):
        asked: list[Any] = []

    monkeypatch.setattr(
        "studio.workers.latest.LatestWins", lambda path, make=None: LatestWins(path, make=make or Server)
    )
    return Server


@pytest.fixture
def window(
    make_window: MakeWindow, painted_project: Path, server: type[translated.TranslatingServer], jobs: Jobs
) -> StudioWindow:
    """With a trained run and a classifier."""
    jobs[EditFilesRequest] = translated.edit_job
    with Project.open(painted_project) as project:
        translated.add_run(project, DATA)
        judged.add_run(project, DATA)
    made = make_window(painted_project)
    made.resize(1280, 800)
    return made


@pytest.fixture
def edit(window: StudioWindow) -> CycleganEditTab:
    """The tab with the run chosen."""
    (run,) = [info.name for info in window.session.runs() if info.family == "cyclegan"]
    return opened(window, run=run)


def opened(window: StudioWindow, **what: Any) -> CycleganEditTab:
    window.session.go("cyclegan", tab="create", **what)
    page: Any = window.pages.current
    tab = page.current_tab()
    assert isinstance(tab, CycleganEditTab)
    return tab


def click(qtbot: Any, parent: QWidget, name: str) -> None:
    (wanted,) = [one for one in parent.findChildren(QAbstractButton, name) if not one.isHidden()]
    assert wanted.isEnabled(), (name, wanted.toolTip())
    qtbot.mouseClick(wanted, Qt.MouseButton.LeftButton)


def settle(qtbot: Any, tab: CycleganEditTab) -> None:
    qtbot.waitUntil(lambda: tab.one.edited is not None, timeout=20_000)
    qtbot.waitUntil(lambda: not tab.maker.is_busy() and not tab.one._timer.isActive(), timeout=20_000)


def picture(path: Path, shade: int, size: tuple[int, int] = (24, 16)) -> Path:
    Image.new("RGB", size, (shade, shade, shade)).save(path)
    return path


# --- one picture -----------------------------------------------------------------------------------------------------


def test_without_a_run_it_leads_to_training(make_window: MakeWindow, painted_project: Path, qtbot: Any) -> None:
    tab = opened(make_window(painted_project))
    assert tab.empty.isVisible() and tab.empty.button.text() == "Train one"
    qtbot.mouseClick(tab.empty.button, Qt.MouseButton.LeftButton)
    page: Any = tab.session and tab.parent()
    assert page.tab() == "train"


def test_a_dropped_picture_is_edited_and_judged(
    edit: CycleganEditTab, server: type[translated.TranslatingServer], tmp_path: Path, qtbot: Any
) -> None:
    assert "black → blond" in edit.settings.direction.ways.findChild(QWidget, "choice_a2b").plain
    assert edit.take_drop([picture(tmp_path / "dark.png", 40)], None)
    settle(qtbot, edit)
    assert edit.one.view.title.text() == "dark.png" and edit.one.view.details.text().startswith("24 × 16")
    assert edit.one.view.compare.after().pixelColor(0, 0).red() == 215
    qtbot.waitUntil(lambda: bool(edit.one.opinion.block.said()), timeout=20_000)
    assert "→" in edit.one.opinion.block.said()["hair"]
    sent = [request for request in server.asked if isinstance(request, EditRequest)][-1]
    assert sent.checkpoint == "40" and sent.editing.side == 16 and sent.editing.strength == 1


def test_direction_strength_and_size_ask_again(
    edit: CycleganEditTab, server: type[translated.TranslatingServer], tmp_path: Path, qtbot: Any
) -> None:
    edit.take_drop([picture(tmp_path / "dark.png", 40)], None)
    settle(qtbot, edit)
    click(qtbot, edit.settings, "choice_b2a")
    settle(qtbot, edit)
    slider = edit.settings.strength.slider
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: 0.8 < server.asked[-1].editing.strength < 0.9
                    if isinstance(server.asked[-1], EditRequest) else False, timeout=20_000)  # fmt: skip
    assert server.asked[-1].editing.direction == "b2a"
    assert edit.settings.direction.names() == ("blond", "black")


def test_the_wipe_is_dragged_and_moved_by_keys(edit: CycleganEditTab, tmp_path: Path, qtbot: Any) -> None:
    edit.take_drop([picture(tmp_path / "dark.png", 40)], None)
    settle(qtbot, edit)
    compare = edit.one.view.compare
    (place,) = compare.places()
    qtbot.mousePress(compare, Qt.MouseButton.LeftButton, pos=QPoint(round(place.left() + 1), round(place.center().y())))
    qtbot.mouseRelease(compare, Qt.MouseButton.LeftButton)
    assert compare.split() < 0.05
    shown = compare.grab().toImage()
    assert shown.pixelColor(round(place.center().x()), round(place.top() + 5)).red() == 215
    qtbot.keyClick(compare, Qt.Key.Key_End)
    assert compare.split() == 1 and "100 %" in compare.accessibleDescription()
    shown = compare.grab().toImage()
    assert shown.pixelColor(round(place.center().x()), round(place.top() + 5)).red() == 40


def test_beside_and_flicker(edit: CycleganEditTab, tmp_path: Path, qtbot: Any) -> None:
    edit.take_drop([picture(tmp_path / "dark.png", 40)], None)
    settle(qtbot, edit)
    compare = edit.one.view.compare
    click(qtbot, edit.one.tools, "choice_beside")
    left, right = compare.places()
    shown = compare.grab().toImage()
    assert [shown.pixelColor(p.center().toPoint()).red() for p in (left, right)] == [40, 215]
    click(qtbot, edit.one.tools, "choice_flicker")
    before = compare.shows_after()
    compare.setFocus()
    qtbot.keyClick(compare, Qt.Key.Key_Space)
    assert compare.shows_after() != before and not compare._timer.isActive()
    assert edit.state()["one"]["way"] == "flicker"


def test_a_selection_is_looked_through(edit: CycleganEditTab, tmp_path: Path, qtbot: Any) -> None:
    files = [picture(tmp_path / f"{at}.png", 40 + 50 * at) for at in range(3)]
    edit.take_drop(files, None)
    settle(qtbot, edit)
    strip = edit.one.view.strip
    assert strip.count() == 3 and edit.one.view.count.text() == "1 of 3"
    strip.setFocus()
    qtbot.keyClick(strip, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: edit.one.view.title.text() == "2.png", timeout=20_000)
    assert edit.one.view.compare.before().pixelColor(0, 0).red() == 140
    click(qtbot, edit.one.view, "editAll")
    assert edit.mode() == "many" and "0.png and 2 more" in edit.many.tools.sources.text()


def test_what_cannot_be_read_is_said(edit: CycleganEditTab, tmp_path: Path, qtbot: Any, errors: list[str]) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no")
    edit.take_drop([broken], None)
    qtbot.waitUntil(lambda: edit.one.view.empty.isVisible() and "not edited" in edit.one.view.empty._headline.text(),
                    timeout=20_000)  # fmt: skip
    assert errors == [] and edit.one.edited is None and edit.one.why_not_keep() is not None


def test_any_picture_of_a_side_and_the_clipboard(edit: CycleganEditTab, qtbot: Any) -> None:
    click(qtbot, edit.one.tools, "edit_chance")
    settle(qtbot, edit)
    assert edit.one.view.title.text().endswith("of portraits")
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.black)
    QGuiApplication.clipboard().setImage(image)
    click(qtbot, edit.one.tools, "edit_paste")
    qtbot.waitUntil(lambda: edit.one.view.title.text() == "from the clipboard", timeout=20_000)


def test_kept_it_is_recalled_with_all_that_made_it(
    edit: CycleganEditTab, window: StudioWindow, tmp_path: Path, qtbot: Any
) -> None:
    edit.settings.strength.set_value(50)
    edit.settings.direction.set_value("b2a")
    edit.take_drop([picture(tmp_path / "dark.png", 40)], None)
    settle(qtbot, edit)
    window.session.trigger("keep")
    project = window.session.project
    assert project is not None
    (creation,) = project.gallery.query()
    assert creation.family == "cyclegan" and creation.note == "dark.png"
    certificate = {"family": "cyclegan", "note": "dark.png", "request": creation.request}
    edit.settings.strength.set_value(100)
    edit.settings.direction.set_value("a2b")
    edit.one.forget()
    window.session.go("cyclegan", tab="create", certificate=certificate)
    settle(qtbot, edit)
    again: Any = edit.one.edited
    assert again.request.editing.strength == 0.5 and again.request.editing.direction == "b2a"
    assert np.array_equal(again.after, project.gallery.picture(creation))
    edit.one.forget()
    assert edit.take_drop([project.gallery.path(creation)], read_birth_certificate(project.gallery.path(creation)))
    settle(qtbot, edit)
    assert edit.one.in_hand() == InHand("dark.png", again.request.picture)


def test_transparency_is_saved(edit: CycleganEditTab, tmp_path: Path, qtbot: Any) -> None:
    source = tmp_path / "clear.png"
    Image.new("RGBA", (10, 12), (10, 20, 30, 128)).save(source)
    edit.take_drop([source], None)
    settle(qtbot, edit)
    assert "transparent" in edit.one.view.details.text()
    edit.one.ask_out = lambda: str(tmp_path / "out")
    edit.one.export()
    with Image.open(tmp_path / "out.png") as made:
        assert made.mode == "RGBA" and made.size == (10, 12) and made.getchannel("A").getextrema() == (128, 128)


# --- many ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "holiday"
    made.mkdir()
    for at in range(3):
        picture(made / f"{at}.png", 50 * at)
    (made / "broken.png").write_bytes(b"no")
    return made


def test_a_folder_is_edited_with_a_report(edit: CycleganEditTab, folder: Path, qtbot: Any) -> None:
    assert edit.take_drop([folder], None) and edit.mode() == "many"
    assert edit.many.tools.out.path() == folder.parent / "holiday - blond"
    click(qtbot, edit.many.tools, "editMany")
    qtbot.waitUntil(lambda: edit.many.report is not None, timeout=20_000)
    view = edit.many.view
    assert view.title.text() == "3 edited" and view.details.text().startswith("1 left out")
    assert view.table.report.rowCount() == 4
    click(qtbot, view, "choice_left")
    assert view.table.report.rowCount() == 1 and view.table.report.index(0, 0).data() == "broken.png"
    click(qtbot, view, "choice_all")
    view.table.selectRow(0)
    view.table.setFocus()
    qtbot.keyClick(view.table, Qt.Key.Key_Return)
    assert edit.mode() == "one" and edit.one.pictures[0].name == "0.png"


def test_it_is_cancelled_and_what_is_done_is_told(edit: CycleganEditTab, folder: Path, qtbot: Any) -> None:
    picture(folder / "endless.png", 9)
    edit.take_drop([folder], None)
    edit.many.edit()
    qtbot.waitUntil(lambda: edit.many.view.busy.isVisible(), timeout=20_000)
    assert not edit.many.tools.edit.isEnabled()
    qtbot.wait(50)
    edit.many.stop()
    qtbot.waitUntil(lambda: edit.many.report is not None, timeout=20_000)
    assert "stopped before the end" in edit.many.view.details.text() and edit.many.tools.edit.isEnabled()


def test_settings_and_mode_are_remembered(edit: CycleganEditTab) -> None:
    edit.settings.direction.set_value("b2a")
    edit.settings.strength.set_value(70)
    edit.show_mode("many")
    state = edit.state()
    edit.restore({})
    edit.settings.direction.set_value("a2b")
    edit.restore(state)
    editing = edit.settings.editing()
    assert edit.mode() == "many" and editing is not None
    assert (editing.direction, editing.strength, editing.side) == ("b2a", 0.7, 16)
    edit.restore({"settings": {"strength": "x", "direction": 3}, "one": [], "mode": 7})
    assert edit.mode() == "one"


def test_one_way_runs_offer_one_direction(
    make_window: MakeWindow, painted_project: Path, server: type[translated.TranslatingServer], qtbot: Any
) -> None:
    with Project.open(painted_project) as project:
        run = translated.add_run(project, DATA, one_way=True).name
    tab = opened(make_window(painted_project), run=run)
    back = tab.settings.direction.ways.findChild(QAbstractButton, "choice_b2a")
    assert back is not None and not back.isEnabled() and "only the way from black to blond" in back.toolTip()


def test_without_a_classifier_it_says_so(
    make_window: MakeWindow,
    painted_project: Path,
    server: type[translated.TranslatingServer],
    tmp_path: Path,
    qtbot: Any,
) -> None:
    with Project.open(painted_project) as project:
        run = translated.add_run(project, DATA).name
    tab = opened(make_window(painted_project), run=run)
    tab.take_drop([picture(tmp_path / "a.png", 30)], None)
    settle(qtbot, tab)
    assert "Train a classifier" in tab.one.opinion.block.note.text()
    assert not [request for request in server.asked if isinstance(request, AskRequest)]
