"""The Settings page in the real window: preferences that act at once, disk use, the bin, what works here, licences."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget

from studio.config.requests import ExamineRequest, FreeSpaceRequest, MeasureSpaceRequest
from studio.ground.errors import StudioError
from studio.ground.events import Ended
from studio.jobs import examine, space
from studio.jobs.steering import CommandQueue
from studio.projects.disk import KINDS
from studio.projects.project import Project
from studio.ui import theme
from studio.ui.pages.settings import SettingsPage
from studio.ui.pages.settings_about import PACKAGES
from studio.ui.pages.settings_space import kind_sentence, kind_title
from studio.ui.text import bytes_text
from studio.ui.widgets.inputs import Combo, NumberField, Switch
from studio.ui.window import StudioWindow

from .runs_project import add_run, keep

MakeWindow = Callable[..., StudioWindow]
LEFT = Qt.MouseButton.LeftButton
FINDINGS = [
    {"name": "Python", "ok": True, "detail": "3.11", "advice": ""},
    {"name": "Memory", "ok": False, "detail": "<b>little</b>", "advice": "Close other programs"},
]


@pytest.fixture
def window(make_window: MakeWindow, project_path: Path, jobs: dict[type, Any]) -> StudioWindow:
    """A window on the Settings page of a project with a run and creations."""

    def found(request: ExamineRequest, path: Path, commands: CommandQueue) -> Any:
        yield Ended("finished", result=FINDINGS)

    jobs[ExamineRequest] = found
    jobs[MeasureSpaceRequest] = space.measure_space
    jobs[FreeSpaceRequest] = space.free_space
    with Project.open(project_path, write="required") as project:
        keep(project, add_run(project, "faces").name, 3)
        (project.path / "cache").mkdir()
        (project.path / "cache" / "pixels.bin").write_bytes(bytes(5_000_000))
    window = make_window(project_path)
    window.resize(1280, 800)
    window.session.go("settings")
    return window


@pytest.fixture
def page(window: StudioWindow) -> SettingsPage:
    """The page."""
    found = window.pages.page("settings")
    assert isinstance(found, SettingsPage)
    return found


def press(qtbot: Any, parent: QWidget, name: str) -> None:
    button = parent.findChild(QPushButton, name)
    assert button is not None, name
    qtbot.mouseClick(button, LEFT)


# --- preferences -----------------------------------------------------------------------------------------------------


def test_every_preference_has_a_row(page: SettingsPage, window: StudioWindow) -> None:
    paths = set(type(window.session.preferences).model_fields)
    shown = {path for form in page.preferences.forms.values() for path in paths if form.field(path) is not None}
    assert shown == paths


def test_the_theme_changes_at_once(page: SettingsPage, window: StudioWindow, qtbot: Any) -> None:
    combo = page.findChild(Combo, "field_theme")
    combo.setFocus()
    qtbot.keyClick(combo, Qt.Key.Key_End)
    assert window.session.preferences.theme == "dark"
    assert theme.current().dark
    press(qtbot, page, "reset_theme")
    assert window.session.preferences.theme == "system"


def test_threads_and_switches_are_saved(page: SettingsPage, window: StudioWindow, qtbot: Any) -> None:
    field = page.findChild(NumberField, "field_threads")
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "3")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.mouseClick(page.findChild(Switch, "field_notify"), LEFT)
    assert (window.session.preferences.threads, window.session.preferences.notify) == (3, False)
    again = type(window.session.user)(window.session.user._path)
    assert (again.preferences.threads, again.preferences.notify) == (3, False)


def test_a_change_from_elsewhere_is_shown(page: SettingsPage, window: StudioWindow) -> None:
    window.session.set_preference("device", "cpu")
    assert page.findChild(Combo, "field_device").value() == "cpu"


def test_folders_are_browsed_for(page: SettingsPage, window: StudioWindow, tmp_path: Path, qtbot: Any) -> None:
    page.preferences.ask_folder = lambda title, start: str(tmp_path)  # type: ignore[method-assign]
    press(qtbot, page, "browse_export_folder")
    assert window.session.preferences.export_folder == str(tmp_path)
    assert page.findChild(QLineEdit, "field_export_folder").text() == str(tmp_path)


# --- the project -----------------------------------------------------------------------------------------------------


def test_disk_use_is_measured_and_freed(
    page: SettingsPage, window: StudioWindow, project_path: Path, qtbot: Any
) -> None:
    qtbot.waitUntil(lambda: page.space.use.get("caches") == 5_000_000, timeout=5000)
    assert page.space.sizes["caches"].text() == "5.0 MB"
    assert not page.space.buttons["resume points"].isEnabled()
    assert "nothing to free" in page.space.buttons["resume points"].accessibleDescription()
    press(qtbot, page, "free_caches")
    qtbot.waitUntil(lambda: page.space.use.get("caches") == 0, timeout=5000)
    assert not (project_path / "cache").exists()
    assert any("Freed 5.0 MB" in card.toast.text for card in window.toaster.cards())


def test_every_kind_has_words() -> None:
    assert all(kind_title(kind) and kind_sentence(kind) for kind in KINDS)


def test_the_bin_gives_back(page: SettingsPage, window: StudioWindow, qtbot: Any) -> None:
    window.session.delete_run("faces")
    window.session.delete_creations([1, 2])
    assert len(page.bin.entries) == 2
    run = next(entry for entry in page.bin.entries if entry.kind == "run")
    size = page.bin._labels[run.token]
    qtbot.waitUntil(lambda: size.text() != "…")
    project = window.session.project
    assert project is not None
    assert size.text() == bytes_text(next(e.size for e in project.bin.list() if e.token == run.token)) != bytes_text(0)
    press(qtbot, page.bin, f"restore_{run.token}")
    assert [info.name for info in window.session.runs()] == ["faces"]
    assert [entry.kind for entry in page.bin.entries] == ["creations"]


def test_emptying_the_bin_asks_and_forgets_the_undo(
    page: SettingsPage, window: StudioWindow, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    answers = [False, True]
    monkeypatch.setattr("studio.ui.pages.settings_space.ask", lambda *a, **k: answers.pop(0))
    window.session.delete_creations([1, 2])
    press(qtbot, page, "binEmpty")
    assert len(page.bin.entries) == 1
    told: list[str] = []
    window.session.toasted.connect(lambda toast: told.append(toast.text))
    press(qtbot, page, "binEmpty")
    assert not page.bin.empty.isEnabled(), "it is at work beside the window"
    qtbot.waitUntil(lambda: not len(window.session.board))
    assert page.bin.entries == []
    assert told and told[-1].startswith("Freed")
    assert window.session.undo.top() is None
    assert window.session.project.gallery.count() == 1
    assert not page.bin.empty.isEnabled()


def test_without_a_project_there_is_nothing_of_it(make_window: MakeWindow, jobs: dict[type, Any], qtbot: Any) -> None:
    def found(request: ExamineRequest, path: Path, commands: CommandQueue) -> Any:
        yield Ended("finished", result=FINDINGS)

    jobs[ExamineRequest] = found
    window = make_window()
    window.session.go("settings")
    page = window.pages.page("settings")
    assert page.space.isHidden() and page.bin.isHidden()
    qtbot.waitUntil(lambda: bool(page.doctor.findings), timeout=5000)


# --- what works here, about ------------------------------------------------------------------------------------------


def test_what_works_here_is_listed_and_copied(page: SettingsPage, qtbot: Any) -> None:
    qtbot.waitUntil(lambda: bool(page.doctor.findings), timeout=5000)
    assert "One thing" in page.doctor._state.text()
    press(qtbot, page, "doctorCopy")
    assert "!!  Memory: <b>little</b> Close other programs" in QGuiApplication.clipboard().text()


def test_a_computer_that_cannot_be_examined_is_told(
    page: SettingsPage, jobs: dict[type, Any], errors: list[str], qtbot: Any
) -> None:
    qtbot.waitUntil(lambda: bool(page.doctor.findings), timeout=5000)

    def broken(request: ExamineRequest, path: Path, commands: CommandQueue) -> Any:
        raise StudioError("What works here could not be found out: {reason}.", reason="it said nothing")
        yield

    jobs[ExamineRequest] = broken
    press(qtbot, page, "doctorAgain")
    qtbot.waitUntil(lambda: errors == ["What works here could not be found out: it said nothing."], timeout=5000)
    assert page.doctor.again.isEnabled()


def test_the_examination_asks_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = "print('noise'); print('{\"ok\": true, \"checks\": [{\"name\": \"a\", \"ok\": true, \"detail\": \"b\"}]}')"
    monkeypatch.setattr(examine, "_COMMAND", (sys.executable, "-c", script))
    events = list(examine.examine(ExamineRequest(), tmp_path, CommandQueue()))
    assert events[-1].result == [{"name": "a", "ok": True, "detail": "b"}]
    with pytest.raises(StudioError, match="what is missing"):
        examine.findings("", "Traceback\nwhat is missing")


def test_licences_are_unfolded(page: SettingsPage, qtbot: Any) -> None:
    press(qtbot, page, "licencesToggle")
    grid = page.findChild(QWidget, "licences").layout()
    words = {grid.itemAt(at).widget().text() for at in range(grid.count())}
    assert set(PACKAGES) <= words
    assert "LGPL-3.0" in words


def test_every_control_has_a_name(page: SettingsPage, window: StudioWindow) -> None:
    for name in ("settings", "runs", "gallery"):
        window.pages.show(name)
        for control in window.pages.page(name).findChildren(QPushButton):
            assert control.objectName(), control.text()
            assert control.accessibleName() or control.text(), control.objectName()
