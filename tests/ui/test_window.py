"""The window itself: pages, keys, header, status, drops, closing and coming back."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QPushButton, QToolTip, QWidget

from studio.app import create_window
from studio.config.gan import GanConfig
from studio.config.requests import BuiltinRequest, TrainRequest
from studio.ground.events import Ended, Event
from studio.jobs.steering import CommandQueue
from studio.projects.datasets import DataSetRecord
from studio.projects.project import Project
from studio.ui import dialogs, theme
from studio.ui.actions import ACTIONS, page_shortcuts, sequences
from studio.ui.pages import PAGES
from studio.ui.window import StudioWindow

MakeWindow = Callable[..., StudioWindow]
Request = Callable[..., TrainRequest]


def button(window: QWidget, name: str) -> QPushButton:
    found = window.findChild(QPushButton, name)
    assert isinstance(found, QPushButton), name
    return found


# --- opening ---------------------------------------------------------------------------------------------------------


def test_create_window_needs_no_event_loop(qtbot: Any, quick_engine: None) -> None:
    window = create_window(None)
    qtbot.addWidget(window)
    assert isinstance(window, StudioWindow)
    assert window.windowTitle() == "Generative Studio" or window.windowTitle() == ""
    assert window.pages.current_id == "home"
    assert window.close()


def test_create_window_opens_a_project(qtbot: Any, quick_engine: None, project_path: Path) -> None:
    window = create_window(project_path)
    qtbot.addWidget(window)
    assert isinstance(window, StudioWindow)
    assert window.session.project is not None
    assert project_path.name in window.windowTitle()
    assert window.close()
    with Project.open(project_path) as project:
        assert not project.read_only, "closing the window gives the project back"


def test_the_frame_is_painted_before_the_page_is_built(qtbot: Any, quick_engine: None, project_path: Path) -> None:
    window = create_window(project_path, paint_first=True)
    assert isinstance(window, StudioWindow)
    qtbot.addWidget(window)
    kept = window._window_state()["page"]
    assert window.pages.current is None
    assert window.navigation.items[kept].isChecked(), "the rail already says where it will be"
    window.show()
    qtbot.waitUntil(lambda: window.pages.current_id == kept)
    assert window.close()


def test_a_folder_that_is_no_project_is_told(make_window: MakeWindow, tmp_path: Path, errors: list[str]) -> None:
    window = make_window(tmp_path, show=False)
    assert window.session.project is None
    assert len(errors) == 1
    assert "project" in errors[0]


def test_only_the_page_that_is_shown_is_built(make_window: MakeWindow) -> None:
    window = make_window()
    assert list(window.pages._pages) == ["home"]
    window.pages.show("runs")
    assert list(window.pages._pages) == ["home", "runs"]


def test_every_page_opens(make_window: MakeWindow, project_path: Path, errors: list[str]) -> None:
    window = make_window(project_path)
    for entry in PAGES:
        window.pages.show(entry.id)
        assert window.navigation.items[entry.id].isChecked()
    assert errors == []


def test_every_control_has_a_name(make_window: MakeWindow, project_path: Path) -> None:
    window = make_window(project_path)
    window.pages.show("home")
    parts = (window.navigation, window.header, window.status, window.pages.page("home"))
    for part in parts:
        for kind in (QAbstractButton, QLineEdit, QComboBox):
            for control in part.findChildren(kind):
                assert control.objectName(), control
                if control.isVisible():
                    assert control.accessibleName() or getattr(control, "text", str)(), control.objectName()


# --- keys and actions ------------------------------------------------------------------------------------------------


def test_no_key_is_taken_twice() -> None:
    keys = [seq.toString() for spec in ACTIONS for seq in sequences(spec.shortcut)]
    keys += [key for _, key in page_shortcuts()]
    assert len(keys) == len(set(keys))
    assert not {"Backspace", "Del", "Delete"} & set(keys)


def test_every_action_has_a_callback_and_a_rule(make_window: MakeWindow) -> None:
    window = make_window(show=False)
    window._resolve()
    assert window.view is not None
    for spec in ACTIONS:
        assert spec.callback == "page" or callable(getattr(window.does, spec.callback))
        assert spec.id in window.view.actions, spec.id


def test_keys_go_to_pages(make_window: MakeWindow, qtbot: Any) -> None:
    window = make_window()
    qtbot.keyClick(window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    assert window.pages.current_id == "gan"
    qtbot.keyClick(window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    assert window.pages.current_id == "settings"


def test_the_palette_goes_to_a_run(
    make_window: MakeWindow, project_path: Path, train_request: Request, qtbot: Any
) -> None:
    with Project.open(project_path) as project:
        name = project.runs.new("gan", "cats", GanConfig(), train_request()).name
    window = make_window(project_path)
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = window.findChild(QWidget, "commandPalette")
    assert palette is not None
    field = palette.findChild(QLineEdit, "paletteField")
    qtbot.keyClicks(field, name)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert window.pages.current_id == "gan"
    assert window.session.selection("gan").run == name


def test_disabled_actions_say_why_when_asked_anyway(make_window: MakeWindow) -> None:
    window = make_window()
    window.does.run("train")
    assert [card.toast.text for card in window.toaster.cards()] == [
        "No project is open. Open one or make a new one first."
    ]
    assert not window.actions_table["train"].isEnabled()
    assert "No project is open" in window.actions_table["train"].toolTip()


def test_a_click_on_a_disabled_button_says_why(
    make_window: MakeWindow, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.ui.starters.FAMILIES", ("gan",))
    window = make_window()
    later = button(window, "start_translate")
    assert not later.isEnabled()
    assert "later version" in later.accessibleDescription()
    place = later.mapTo(window, later.rect().center())
    left = Qt.MouseButton.LeftButton
    press, none = QMouseEvent.Type.MouseButtonPress, Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(press, QPointF(place), window.mapToGlobal(QPointF(place)), left, left, none)
    window.mousePressEvent(event)
    qtbot.waitUntil(lambda: "later version" in QToolTip.text(), timeout=2000)
    QToolTip.hideText()


def test_the_theme_switches_and_stays(make_window: MakeWindow) -> None:
    window = make_window()
    assert not theme.current().dark
    window.does.run("theme")
    assert theme.current().dark
    assert window.session.preferences.theme == "dark"
    window.does.run("theme")
    assert not theme.current().dark


def test_the_shortcuts_page_comes_from_the_table() -> None:
    words = [row[0] for row in dialogs.shortcut_rows()]
    assert {"Train", "Command palette…", "Home"} <= set(words)
    assert all(keys for words, keys in dialogs.shortcut_rows() if words == "Train")


# --- look ------------------------------------------------------------------------------------------------------------


def test_a_small_window_has_a_narrow_rail(make_window: MakeWindow, qtbot: Any) -> None:
    window = make_window()
    window.resize(1280, 800)
    wide = window.navigation.width()
    window.resize(800, 600)
    qtbot.waitUntil(lambda: window.navigation.width() < wide, timeout=2000)
    assert window.navigation.items["gan"].toolTip() != ""


def test_html_in_names_is_shown_as_letters(make_window: MakeWindow, tmp_path: Path) -> None:
    evil = '<img src="file:///etc/passwd">'
    path = tmp_path / "evil"
    with Project.create(path, evil) as project:
        folder = project.datasets.new_folder(evil)
        folder.mkdir(parents=True)
        project.datasets.add(DataSetRecord(evil, folder.relative_to(path).as_posix(), count=1, size=(8, 8)))
    window = make_window(path)
    window.pages.show("gan")
    assert window.header.pickers["data"].value_text() == evil
    window.pages.show("home")
    assert evil in window.windowTitle()
    assert "<img" not in window.header.pickers["data"].toolTip()


# --- banners ---------------------------------------------------------------------------------------------------------


def keys_of(window: StudioWindow) -> set[str]:
    return {notice.key for notice in window.banners.notices()}


def test_the_second_window_only_reads(make_window: MakeWindow, project_path: Path, qtbot: Any) -> None:
    with Project.open(project_path):
        window = make_window(project_path)
        qtbot.waitUntil(lambda: "read_only" in keys_of(window), timeout=3000)
        assert "Read only" in window.status.text()
        window.pages.show("gan")
        assert window.why_not("train") == window.session.why_read_only() != ""
        window.close()


def test_an_interrupted_run_is_told(make_window: MakeWindow, project_path: Path, train_request: Request) -> None:
    with Project.open(project_path) as project:
        run = project.runs.new("gan", "cats", GanConfig(), train_request())
        run.set_status(state="running", step=400, total=1200)
    window = make_window(project_path)
    assert "interrupted" in keys_of(window)
    window.session.select("gan", run=run.name)
    window.pages.show("gan")
    window._resolve()
    assert window.view is not None and window.view.primary == "resume"


def test_damage_is_named(make_window: MakeWindow, project_path: Path, train_request: Request) -> None:
    with Project.open(project_path) as project:
        run = project.runs.new("gan", "cats", GanConfig(), train_request())
    (run.folder / "run.json").write_text("{}")
    window = make_window(project_path)
    losses = [n for n in window.banners.notices() if n.key == "losses"]
    assert len(losses) == 1
    assert run.name in losses[0].sentence


# --- training --------------------------------------------------------------------------------------------------------


def test_training_shows_everywhere(
    make_window: MakeWindow, project_path: Path, train_request: Request, qtbot: Any
) -> None:
    window = make_window(project_path)
    window.pages.show("gan")
    window.session.train(train_request())
    qtbot.waitUntil(lambda: window.session.training is not None and window.session.training.step > 3, timeout=5000)
    qtbot.waitUntil(lambda: "pause" in window.header.buttons(), timeout=5000)
    assert "cats-gan-1" in window.status.text()
    assert window.navigation.items["gan"].dot
    button(window, "primaryButton").click()
    qtbot.waitUntil(lambda: window.header.buttons()["pause"].text() == "Continue", timeout=5000)
    qtbot.waitUntil(lambda: "paused" in window.status.text(), timeout=5000)
    button(window, "headerButton_stop").click()
    qtbot.waitUntil(lambda: window.session.training is None, timeout=5000)
    qtbot.waitUntil(lambda: "resume" in window.header.buttons(), timeout=5000)
    assert "has stopped" in window.toaster.cards()[-1].toast.text
    button(window, "headerButton_new_run").click()
    qtbot.waitUntil(lambda: "train" in window.header.buttons(), timeout=5000)


def test_closing_while_training_asks(
    make_window: MakeWindow, project_path: Path, train_request: Request, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = make_window(project_path)
    window.session.train(train_request())
    window.session.train(train_request())
    qtbot.waitUntil(lambda: window.session.training is not None and window.session.training.step > 3, timeout=5000)
    asked: list[str] = []
    answers = iter(["stay", "stop"])

    def ask(parent: Any, run: str) -> str:
        asked.append(run)
        return next(answers)

    monkeypatch.setattr(dialogs, "ask_closing", ask)
    assert not window.close()
    assert window.isVisible() and window.session.training is not None
    window.close()
    qtbot.waitUntil(lambda: window._done, timeout=5000)
    assert asked == ["cats-gan-1", "cats-gan-1"]
    assert not window.isVisible()
    with Project.open(project_path) as project:
        assert [r.status.state for r in project.runs.all()] == ["stopped"], "what waits is not begun on the way out"
        assert len(project.state.get("queue")) == 1


def test_going_on_without_the_window(
    make_window: MakeWindow, project_path: Path, train_request: Request, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[Path, str]] = []
    monkeypatch.setattr("studio.ui.leaving.start_detached", lambda path, run: begun.append((path, run)))
    monkeypatch.setattr(dialogs, "ask_closing", lambda parent, run: "detach")
    window = make_window(project_path)
    window.session.train(train_request())
    qtbot.waitUntil(lambda: window.session.training is not None and window.session.training.step > 3, timeout=5000)
    window.close()
    qtbot.waitUntil(lambda: window._done, timeout=5000)
    assert begun == [(project_path, "cats-gan-1")]


def test_the_question_offers_three_ways(qapp: Any, qtbot: Any) -> None:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    for name, answer in (("stopAndClose", "stop"), ("detachRun", "detach"), ("keepOpen", "stay")):

        def click(name: str = name) -> None:
            box = QApplication.activeModalWidget()
            assert box is not None
            button(box, name).click()

        QTimer.singleShot(50, click)
        assert dialogs.ask_closing(None, "cats-1") == answer


# --- starters --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("starter", "family"), [("faces", "gan"), ("words", "diffusion")])
def test_a_starter_trains_with_one_click(
    make_window: MakeWindow, jobs: dict[Any, Any], qtbot: Any, starter: str, family: str
) -> None:
    def draw(request: BuiltinRequest, path: Path, commands: CommandQueue) -> Iterator[Event]:
        folder = path / "data" / "portraits"
        folder.mkdir()
        labels = {"hair": {"red": 2000, "blue": 2000}}
        record = DataSetRecord(request.name, "data/portraits", count=4000, size=(64, 64), labels=labels, captions=4000)
        yield Ended("finished", result=record)

    jobs[BuiltinRequest] = draw
    window = make_window()
    button(window, f"start_{starter}").click()
    assert window.pages.current_id == family
    qtbot.waitUntil(lambda: window.session.training is not None and window.session.training.step > 0, timeout=8000)
    live = window.session.training
    assert live is not None and isinstance(live.request, TrainRequest)
    assert (live.request.dataset, live.request.dial, live.request.family) == ("Portraits", "quick", family)
    assert live.request.config.get("text", True)  # pictures from words need those of the captions
    assert window.session.project is not None
    assert window.session.project.path.parent.name == "Generative Studio"
    assert window.session.user.recent[0].path == window.session.project.path


def test_the_starter_of_language_models_writes_the_world(
    make_window: MakeWindow, jobs: dict[Any, Any], qtbot: Any
) -> None:
    asked: list[BuiltinRequest] = []

    def write(request: BuiltinRequest, path: Path, commands: CommandQueue) -> Iterator[Event]:
        asked.append(request)
        (path / "data" / "world").mkdir()
        record = DataSetRecord(
            request.name, "data/world", kind="chat", count=40_000, characters=7_500_000, distinct=60, longest=600
        )
        yield Ended("finished", result=record)

    jobs[BuiltinRequest] = write
    window = make_window()
    button(window, "start_stories").click()
    assert window.pages.current_id == "chat"
    qtbot.waitUntil(lambda: window.session.training is not None, timeout=8000)
    live = window.session.training
    assert live is not None and isinstance(live.request, TrainRequest)
    assert (live.request.dataset, live.request.dial, live.request.family) == ("World", "quick", "language")
    assert [request.what.kind for request in asked] == ["world"]


# --- coming back -----------------------------------------------------------------------------------------------------


def test_the_window_comes_back_as_it_was(make_window: MakeWindow, project_path: Path) -> None:
    first = make_window(project_path)
    first.pages.show("gan")
    panel = first.pages.current
    assert panel is not None
    panel.arrive(tab="create")
    first.resize(700 + 60, 540)
    assert first.close()
    again = make_window(project_path, show=False)
    assert again.pages.current_id == "gan"
    assert again.intention.tab == "create"
    assert again.size().width() == 760


def test_closing_the_project_leads_home(make_window: MakeWindow, project_path: Path) -> None:
    window = make_window(project_path)
    window.pages.show("gan")
    window.does.run("close_project")
    assert window.session.project is None
    assert window.pages.current_id == "home"
    with Project.open(project_path) as project:
        assert not project.read_only


def test_opening_another_project_leaves_the_first(make_window: MakeWindow, project_path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    Project.create(other).close()
    window = make_window(project_path)
    window.does.run(f"open:{other}")
    assert window.session.project is not None and window.session.project.path == other
    assert window.session.datasets() == ()
    assert [r.path for r in window.session.user.recent] == [other, project_path]


# --- dropping --------------------------------------------------------------------------------------------------------


def drop(window: StudioWindow, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    place, none = QPointF(QPoint(400, 300)), Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(place, Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, none))


def test_a_dropped_project_opens(make_window: MakeWindow, project_path: Path) -> None:
    window = make_window()
    drop(window, project_path)
    assert window.session.project is not None


def test_a_dropped_folder_goes_to_the_import(
    make_window: MakeWindow, project_path: Path, tiny_pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = make_window(project_path)
    window.pages.show("home")
    gone: list[tuple[str, dict[str, Any]]] = []
    window.session.navigated.disconnect(window._on_navigated)
    window.session.navigated.connect(lambda page, what: gone.append((page, what)))
    drop(window, tiny_pictures)
    assert gone[0][0] == "data"
    assert gone[0][1]["source"] == tiny_pictures


def test_dropping_without_a_project_says_why(make_window: MakeWindow, tiny_pictures: Path) -> None:
    window = make_window()
    drop(window, tiny_pictures)
    assert "No project is open" in window.toaster.cards()[-1].toast.text


def test_a_dropped_creation_is_recalled(
    make_window: MakeWindow, project_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    picture = tmp_path / "kept.png"
    picture.write_bytes(b"")
    monkeypatch.setattr("studio.projects.gallery.read_birth_certificate", lambda path: {"family": "gan", "run": "x"})
    window = make_window(project_path)
    window.pages.show("home")
    gone: list[tuple[str, dict[str, Any]]] = []
    window.session.navigated.disconnect(window._on_navigated)
    window.session.navigated.connect(lambda page, what: gone.append((page, what)))
    drop(window, picture)
    assert gone == [("gan", {"tab": "create", "certificate": {"family": "gan", "run": "x"}})]


@pytest.mark.parametrize("name", ["one.png", "letter.docx"])
def test_other_drops_are_answered(make_window: MakeWindow, project_path: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"nothing of ours")
    window = make_window(project_path)
    window.pages.show("home")
    drop(window, path)
    assert window.toaster.cards()[-1].toast.severity == "warning"
