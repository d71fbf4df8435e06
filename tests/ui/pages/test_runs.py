"""The Runs page in the real window: the table, the queue, comparing, and what can be done with runs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QDialog, QLineEdit, QPushButton, QWidget

from studio.config.requests import ExportRequest, ResumeRequest, TrainRequest
from studio.ground.events import Ended
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project
from studio.ui.pages.runs import RunsPage
from studio.ui.pages.runs_rows import RunRow, matching, when_words
from studio.ui.pages.runs_settings import SettingsOf, compare
from studio.ui.pages.runs_table import MARK, RUN, STARTED
from studio.ui.window import StudioWindow

from .runs_project import make_compared

MakeWindow = Callable[..., StudioWindow]
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def names(project_path: Path) -> list[str]:
    """The names of three runs in the project."""
    return make_compared(project_path)


@pytest.fixture
def window(make_window: MakeWindow, project_path: Path, names: list[str]) -> StudioWindow:
    """A window on the Runs page."""
    window = make_window(project_path)
    window.resize(1280, 800)
    window.session.go("runs")
    return window


@pytest.fixture
def page(window: StudioWindow) -> RunsPage:
    """The page."""
    found = window.pages.page("runs")
    assert isinstance(found, RunsPage)
    return found


def click_row(
    qtbot: Any, page: RunsPage, name: str, column: int = RUN, modifier: Any = Qt.KeyboardModifier.NoModifier
) -> None:
    table = page.table
    index = table.runs.index(table.runs.place(name), column)
    qtbot.mouseClick(table.viewport(), LEFT, modifier, table.visualRect(index).center())


def press(qtbot: Any, parent: QWidget, name: str) -> None:
    qtbot.wait(1)  # lets go what was replaced, and lays out what is new
    button = parent.findChild(QPushButton, name)
    assert button is not None, name
    qtbot.mouseClick(button, LEFT)


# --- the table -------------------------------------------------------------------------------------------------------


def test_all_runs_stand_in_the_table_the_newest_first(page: RunsPage, names: list[str]) -> None:
    rows = page.table.runs.rows()
    assert [row.name for row in rows] == names[::-1]
    assert rows[-1].title == "first <b>run</b>"
    assert rows[0].steps_words() == "10\u00a0/\u00a020"
    assert [row.state_words() for row in rows] == ["stopped", "finished", "finished"]
    assert page.table.names() == [names[2]], "the newest is chosen so that the page shows something"


def test_a_click_on_a_header_sorts(page: RunsPage, names: list[str], qtbot: Any) -> None:
    head = page.table.horizontalHeader()
    spot = QPoint(head.sectionViewportPosition(RUN) + 30, head.height() // 2)
    qtbot.mouseClick(head.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, spot)
    titles = [row.title for row in page.table.runs.rows()]
    assert titles in (sorted(titles), sorted(titles, reverse=True))
    assert page.table.names() == [names[2]], "what was chosen stays chosen"


def test_finding_narrows_the_table(page: RunsPage, window: StudioWindow, names: list[str], qtbot: Any) -> None:
    window.does.run("find")
    assert page.search.hasFocus() or page.window().focusWidget() is page.search
    qtbot.keyClicks(page.search, "second")
    assert [row.name for row in page.table.runs.rows()] == [names[1]]
    assert "1 of 3" in page.findChild(QWidget, "runsCount").text()


def test_words_of_a_search_are_all_needed() -> None:
    row = RunRow("a-gan-1", "Red hair", "gan", "portraits", "finished", 1, 2, 0.0, None, None, live=False, note="wide")
    assert matching([row], "GAN red wide") == [row]
    assert matching([row], "gan blue") == []


def test_when_words() -> None:
    assert when_words(None) == "–"
    assert when_words(1.7e9, now=1.7e9 + 1).startswith("today ")
    assert "2023" in when_words(1.7e9, now=1.8e9)


# --- comparing -------------------------------------------------------------------------------------------------------


def test_ctrl_click_compares_curves_in_a_colour_each(page: RunsPage, names: list[str], qtbot: Any) -> None:
    click_row(qtbot, page, names[0])
    click_row(qtbot, page, names[1], modifier=Qt.KeyboardModifier.ControlModifier)
    plot = page.comparison.curves.plot
    qtbot.waitUntil(lambda: len(plot._series) == 2, timeout=3000)
    assert len({series.colour for series in plot._series}) == 2
    assert page.comparison.curves.chosen_metric() == "distance"
    assert plot.curve(names[0]).values.tolist() == [40 / at for at in range(1, 21)]
    assert page.table.runs.colours.keys() == set(names[:2])


def test_a_click_on_the_mark_adds_and_takes_away(page: RunsPage, names: list[str], qtbot: Any) -> None:
    click_row(qtbot, page, names[0])
    click_row(qtbot, page, names[2], column=MARK)
    assert set(page.table.names()) == {names[0], names[2]}
    colour = page.table.runs.colours[names[0]]
    click_row(qtbot, page, names[2], column=MARK)
    assert page.table.names() == [names[0]]
    assert page.table.runs.colours == {names[0]: colour}, "what stays keeps its colour"


def test_settings_are_compared_and_differences_marked(page: RunsPage, names: list[str], qtbot: Any) -> None:
    page.table.choose(names[:2])
    qtbot.mouseClick(page.comparison.segments.findChild(QWidget, "choice_settings"), LEFT)
    settings = page.comparison.settings
    differing = {line.label for line in settings.lines() if line.differs}
    assert {"Loss", "Seed"} <= differing
    assert "Batch" not in differing
    everything = len(settings.lines())
    qtbot.mouseClick(settings.only, LEFT)
    assert 0 < len(settings.lines()) < everything
    assert all(line.differs for line in settings.lines())


def test_a_setting_that_a_run_lacks_is_empty(page: RunsPage) -> None:
    from studio.config.base import with_overrides
    from studio.config.gan import GanConfig

    plain = GanConfig()
    other = with_overrides(plain, {"loss": "wasserstein", "network.discriminator_norm": "none"})
    lines = {line.label: line for line in compare([SettingsOf("a", plain, {}), SettingsOf("b", other, {})])}
    assert any("" in line.values for line in lines.values())
    assert all(line.differs for line in lines.values() if "" in line.values)


def test_samples_stand_side_by_side_at_the_chosen_step(page: RunsPage, names: list[str], qtbot: Any) -> None:
    page.table.choose([names[0], names[2]])
    qtbot.mouseClick(page.comparison.segments.findChild(QWidget, "choice_samples"), LEFT)
    samples = page.comparison.samples
    qtbot.waitUntil(lambda: [tile.step for tile in samples.tiles] == [10, 20], timeout=3000)
    press(qtbot, samples.slider, "historyBack")
    press(qtbot, samples.slider, "historyBack")
    qtbot.waitUntil(lambda: [tile.step for tile in samples.tiles] == [0, 0], timeout=3000)
    shades = [tile.grid.picture(0).pixelColor(0, 0).red() for tile in samples.tiles]
    assert shades == [140, 40]
    tile = samples.tiles[0]
    qtbot.mouseClick(tile.grid, LEFT, Qt.KeyboardModifier.NoModifier, tile.grid.cell_rect(1).center())
    assert samples.tiles[1].grid.selection() == [1], "the same place in every run"


def test_leaving_the_page_lets_the_runs_go(page: RunsPage, window: StudioWindow, names: list[str], qtbot: Any) -> None:
    page.table.choose(names)
    qtbot.waitUntil(lambda: len(window.session.watches._watches) == 3, timeout=3000)
    window.pages.show("gallery")
    assert window.session.watches._watches == {}
    window.pages.show("runs")
    qtbot.waitUntil(lambda: len(page.comparison.curves.plot._series) == 3, timeout=3000)


def test_the_page_comes_back_as_it_was(make_window: MakeWindow, project_path: Path, names: list[str]) -> None:
    first = make_window(project_path)
    first.session.go("runs", runs=names[:2], view="settings")
    page = first.pages.page("runs")
    page.table.sortByColumn(RUN, Qt.SortOrder.AscendingOrder)
    state = page.state()
    assert page.comparison.segments.value() == "settings"
    page.restore({})
    page.restore({"chosen": 3, "sizes": "x", "sort": [77, 9], "comparison": []})
    page.table.choose([names[2]])
    page.restore(state)
    assert set(page.table.names()) == set(names[:2])
    assert page.comparison.segments.value() == "settings"
    assert page.table.runs.order[0] == RUN != STARTED


# --- works -----------------------------------------------------------------------------------------------------------


def test_open_goes_to_the_panel(page: RunsPage, window: StudioWindow, names: list[str], qtbot: Any) -> None:
    click_row(qtbot, page, names[0])
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert window.pages.current_id == "gan"
    assert window.session.selection("gan").run == names[0]


def test_delete_with_the_key_and_undo(page: RunsPage, window: StudioWindow, names: list[str], qtbot: Any) -> None:
    page.table.choose(names[:2])
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    assert [row.name for row in page.table.runs.rows()] == [names[2]]
    window.does.run("undo")
    assert {row.name for row in page.table.runs.rows()} == set(names)


def test_name_and_note(page: RunsPage, window: StudioWindow, names: list[str], qtbot: Any) -> None:
    click_row(qtbot, page, names[1])
    window.does.run("rename")
    dialog = page.findChild(QDialog, "runNameDialog")
    field = dialog.findChild(QLineEdit, "runName")
    field.selectAll()
    qtbot.keyClicks(field, "wider")
    qtbot.keyClicks(dialog.findChild(QLineEdit, "runNote"), "for the hair")
    press(qtbot, dialog, "runNameSave")
    row = next(row for row in page.table.runs.rows() if row.name == names[1])
    assert (row.title, row.note) == ("wider", "for the hair")
    window.does.run("undo")
    row = next(row for row in page.table.runs.rows() if row.name == names[1])
    assert (row.title, row.note) == ("second", "")
    assert window.session.project.runs.get(names[1]).check() == ()


def test_go_on_resumes_a_stopped_run(
    page: RunsPage, window: StudioWindow, names: list[str], jobs: dict[type, Any], qtbot: Any
) -> None:
    asked: list[ResumeRequest] = []

    def resume(request: ResumeRequest, path: Path, commands: CommandQueue) -> Any:
        asked.append(request)
        yield Ended("finished", result={"run": request.run, "step": 20})

    jobs[ResumeRequest] = resume
    click_row(qtbot, page, names[2])
    press(qtbot, page, "runs_resume")
    qtbot.waitUntil(lambda: bool(asked) and window.session.training is None, timeout=5000)
    assert asked[0].run == names[2] and asked[0].steps is None


def test_go_on_with_a_finished_run_asks_how_far(
    page: RunsPage, window: StudioWindow, names: list[str], jobs: dict[type, Any], qtbot: Any
) -> None:
    asked: list[ResumeRequest] = []

    def resume(request: ResumeRequest, path: Path, commands: CommandQueue) -> Any:
        asked.append(request)
        yield Ended("finished", result={"run": request.run, "step": 40})

    jobs[ResumeRequest] = resume
    click_row(qtbot, page, names[0])
    press(qtbot, page, "runs_resume")
    dialog = page.findChild(QDialog, "longerDialog")
    press(qtbot, dialog, "longerAccept")
    qtbot.waitUntil(lambda: bool(asked) and window.session.training is None, timeout=5000)
    assert asked[0].steps == 40


def test_what_cannot_be_done_says_why(page: RunsPage, names: list[str], qtbot: Any) -> None:
    page.table.choose(names[:2])
    assert "single run" in page.buttons["open"].accessibleDescription()
    click_row(qtbot, page, names[0])
    assert not page.buttons["stop"].isEnabled()
    assert "not training" in page.buttons["stop"].accessibleDescription()
    actions = {action.objectName(): action for action in page.works.build_menu().actions()}
    assert actions["runsMenu_export"].isEnabled()
    page.works.do("stop")
    assert "not training" in page.window().toaster.cards()[-1].toast.text


def test_export_writes_the_best_checkpoint(
    page: RunsPage, names: list[str], jobs: dict[type, Any], tmp_path: Path, qtbot: Any
) -> None:
    asked: list[ExportRequest] = []

    def export(request: ExportRequest, path: Path, commands: CommandQueue) -> Any:
        asked.append(request)
        yield Ended("finished", result={})

    jobs[ExportRequest] = export
    page.works.ask_folder = lambda title: tmp_path  # type: ignore[method-assign]
    click_row(qtbot, page, names[0])
    page.works.do("export")
    qtbot.waitUntil(lambda: bool(asked), timeout=5000)
    assert asked[0].run == names[0]
    assert asked[0].folder.parent == tmp_path


def test_a_new_run_with_these_settings(page: RunsPage, window: StudioWindow, names: list[str], qtbot: Any) -> None:
    click_row(qtbot, page, names[1])
    press(qtbot, page, "runs_renew")
    assert window.pages.current_id == "gan"
    assert window.session.selection("gan").run == ""
    request = window.pages.page("gan").current_tab().column.request()
    assert request.config["seed"] == 5
    assert request.config["loss"]["kind"] == "hinge"


# --- queue -----------------------------------------------------------------------------------------------------------


def endless(request: TrainRequest, path: Path, commands: CommandQueue) -> Any:
    """Trains nothing until it is told to stop."""
    while not commands.stop_requested:
        commands.wait(0.02)
    yield Ended("stopped", result={})


def test_the_queue_is_moved_and_emptied(
    page: RunsPage, window: StudioWindow, train_request: Callable[..., TrainRequest], jobs: dict[type, Any], qtbot: Any
) -> None:
    jobs[TrainRequest] = endless
    session = window.session
    assert page.queue.isHidden()
    for steps in (10, 20, 30):
        session.train(train_request(steps))
    assert [one.request.config["steps"] for one in session.line.queue.waiting] == [20, 30]
    assert page.queue.isVisible()
    first, second = session.line.queue.waiting
    press(qtbot, page.queue, f"queueDown_{first.number}")
    assert session.line.queue.waiting == (second, first)
    qtbot.wait(1)
    assert not page.queue.findChild(QPushButton, f"queueUp_{second.number}").isEnabled()
    press(qtbot, page.queue, f"queueRemove_{second.number}")
    assert session.line.queue.waiting == (first,)
    window.does.run("undo")
    assert [one.request.config["steps"] for one in session.line.queue.waiting] == [30, 20]


def test_a_queue_from_last_time_waits_to_be_begun(
    make_window: MakeWindow,
    project_path: Path,
    train_request: Callable[..., TrainRequest],
    jobs: dict[type, Any],
    qtbot: Any,
) -> None:
    jobs[TrainRequest] = endless
    entry = {"kind": "train", "request": train_request(10).model_dump(mode="json")}
    with Project.open(project_path) as project:
        project.state.set("queue", [entry])
    window = make_window(project_path)
    window.session.go("runs", queue=True)
    page = window.pages.page("runs")
    assert page.queue.isVisible(), "also without any run"
    assert window.session.training is None
    press(qtbot, page.queue, "queueBegin")
    qtbot.waitUntil(lambda: window.session.training is not None, timeout=3000)
    assert page.queue.isHidden()


# --- empty -----------------------------------------------------------------------------------------------------------


def test_without_runs_the_page_leads_to_a_panel(make_window: MakeWindow, project_path: Path, qtbot: Any) -> None:
    window = make_window(project_path)
    window.session.go("runs")
    page = window.pages.page("runs")
    assert page.empty.isVisible()
    qtbot.mouseClick(page.empty.button, LEFT)
    assert window.pages.current_id == "gan"


def test_a_damaged_run_is_named_and_breaks_nothing(
    make_window: MakeWindow, project_path: Path, names: list[str], qtbot: Any, errors: list[str]
) -> None:
    folder = project_path / "runs" / names[0]
    (folder / "config.json").write_text("{")
    (folder / "status.json").write_bytes(b"\0" * 30)
    window = make_window(project_path)
    window.session.go("runs", runs=names, view="settings")
    page = window.pages.page("runs")
    row = next(row for row in page.table.runs.rows() if row.name == names[0])
    assert row.damage and row.state_words() == "damaged"
    page.table.choose([names[0]])
    assert not page.buttons["open"].isEnabled()
    assert errors == []
