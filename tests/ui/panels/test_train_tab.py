"""The Train tab in the real window: what it shows in each state, and what clicks and keys do."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractButton, QComboBox, QDialog, QLineEdit, QPushButton, QWidget

from studio.config.requests import EstimateRequest, FilmRequest, GenerateRequest, ResumeRequest, TrainRequest
from studio.ground.errors import text
from studio.ground.events import Ended, Event, Notice, Progress
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project
from studio.ui.panels.stage import PictureStage
from studio.ui.panels.train_tab import TrainTab
from studio.ui.widgets.sample_grid import SampleGrid
from studio.ui.window import StudioWindow
from tests.ui.panels.conftest import DATA, LedTraining, add_run

MakeWindow = Callable[..., StudioWindow]
Jobs = dict[type, Callable[..., Iterator[Event]]]


def open_train(window: StudioWindow, **what: Any) -> TrainTab:
    """Go to the Train tab of the GAN panel."""
    window.resize(1280, 800)
    window.session.go("gan", tab="train", **what)
    page: Any = window.pages.current
    tab = page.current_tab()
    assert isinstance(tab, TrainTab)
    return tab


def button(parent: QWidget, name: str) -> QAbstractButton:
    found = [one for one in parent.findChildren(QAbstractButton, name) if not one.isHidden()]
    assert found, name
    return found[-1]


def click(qtbot: Any, parent: QWidget, name: str) -> None:
    wanted = button(parent, name)
    assert wanted.isVisible() and wanted.isEnabled(), (name, wanted.toolTip())
    qtbot.mouseClick(wanted, Qt.MouseButton.LeftButton)


def type_into(qtbot: Any, tab: TrainTab, path: str, words: str) -> None:
    field = tab.column.controls.form.field(path)
    assert field is not None
    control = field.control
    assert isinstance(control, QLineEdit) and control.isEnabled()
    control.setFocus()
    control.selectAll()
    qtbot.keyClicks(control, words)
    qtbot.keyClick(control, Qt.Key.Key_Return)


def grid_of(tab: TrainTab) -> SampleGrid:
    """The grid of its stage."""
    assert isinstance(tab.canvas.stage, PictureStage)
    return tab.canvas.stage.grid


def shade(tab: TrainTab) -> int:
    """The grey of the first sample shown; its step, see `sample_pictures`."""
    return QColor(grid_of(tab).picture(0).pixel(0, 0)).red()


# --- empty -----------------------------------------------------------------------------------------------------------


def test_without_data_one_button_draws_portraits(make_window: MakeWindow, tmp_path: Path, qtbot: Any) -> None:
    Project.create(tmp_path / "p").close()
    window = make_window(tmp_path / "p")
    tab = open_train(window)
    asked: list[str] = []
    window.session.triggered.connect(asked.append)
    assert tab.canvas.empty.isVisible() and not tab.canvas.stage.isVisible()
    qtbot.mouseClick(tab.canvas.empty.other, Qt.MouseButton.LeftButton)
    assert asked == ["import_data"]


def test_a_data_set_shows_its_own_pictures(make_window: MakeWindow, painted_project: Path, qtbot: Any) -> None:
    tab = open_train(make_window(painted_project))
    qtbot.waitUntil(lambda: len(tab.sheet.images) == 24)
    assert grid_of(tab).count() == 24
    assert "24" in tab.canvas.subtitle.text() and "Train" in tab.canvas.subtitle.text()
    assert not tab.canvas.slider.isVisible() and not tab.canvas.curves.isVisible()


def test_labels_with_one_value_are_not_offered(make_window: MakeWindow, painted_project: Path) -> None:
    tab = open_train(make_window(painted_project))
    field = tab.column.controls.form.field("condition")
    assert field is not None
    words = [action.text() for action in field.control.menu_actions()]  # type: ignore[attr-defined]
    assert any(word.startswith("hair · ") for word in words)


# --- training --------------------------------------------------------------------------------------------------------


def test_train_by_clicks_and_watch(
    make_window: MakeWindow, painted_project: Path, led: LedTraining, qtbot: Any
) -> None:
    window = make_window(painted_project)
    tab = open_train(window)
    click(qtbot, tab.controls, "choice_balanced")
    type_into(qtbot, tab, "steps", "50")
    type_into(qtbot, tab, "batch", "8")
    click(qtbot, window, "primaryButton")
    qtbot.waitUntil(lambda: tab.canvas.busy.isVisible() and "Preparing" in tab.canvas.busy._what.text())
    assert not button(tab.controls, "choice_quick").isEnabled()
    led.advance(to=20)
    qtbot.waitUntil(lambda: grid_of(tab).count() == 6)
    assert shade(tab) == 20
    assert not tab.canvas.busy.isVisible()
    assert tab.canvas.curves.cards[0].plot.cursor_step() == 20
    assert "20" in tab.canvas.subtitle.text() and "50" in tab.canvas.subtitle.text()
    qtbot.waitUntil(lambda: "340" in tab.footer._rows["rate"][1].text())
    led.advance(to=50)
    qtbot.waitUntil(lambda: tab.canvas.notices.isVisible() and window.session.training is None)
    qtbot.waitUntil(lambda: shade(tab) == 50)
    run = window.session.runs()[0]
    assert window.session.project is not None
    stored = window.session.project.runs.get(run.name)
    assert (stored.config().steps, stored.config().batch) == (50, 8)
    assert stored.request().dial == "balanced"
    assert len(tab.canvas.curves.cards[0].plot.curve("generator_loss").steps) == 50


def test_a_run_that_follows_goes_with_the_end_an_older_step_stays(
    make_window: MakeWindow, painted_project: Path, led: LedTraining, qtbot: Any
) -> None:
    window = make_window(painted_project)
    tab = open_train(window)
    click(qtbot, window, "primaryButton")
    for step in (10, 20, 30):
        led.advance(to=step)
        qtbot.waitUntil(lambda step=step: tab.canvas.slider.step() == step)  # type: ignore[misc]
    click(qtbot, tab.canvas, "historyBack")
    assert shade(tab) == 20
    assert tab.canvas.curves.cards[1].plot.cursor_step() == 20
    led.advance(to=40)
    qtbot.waitUntil(lambda: tab.canvas.slider.steps() == [10, 20, 30, 40])
    assert (tab.canvas.slider.step(), shade(tab)) == (20, 20)


def test_while_it_trains_a_rate_can_be_changed(
    make_window: MakeWindow, painted_project: Path, led: LedTraining, qtbot: Any
) -> None:
    window = make_window(painted_project)
    tab = open_train(window)
    tab.column.controls.form.advanced_open = True
    click(qtbot, window, "primaryButton")
    led.advance(to=10)
    qtbot.waitUntil(lambda: grid_of(tab).count() == 6)
    type_into(qtbot, tab, "generator_rate", "0,001")
    qtbot.waitUntil(lambda: led.changes() == [("generator_rate", 0.001)])
    field = tab.column.controls.form.field("batch")
    assert field is not None and not field.control.isEnabled() and field.control.toolTip()


def test_a_notice_halves_the_rate_and_goes(
    make_window: MakeWindow, painted_project: Path, led: LedTraining, qtbot: Any
) -> None:
    window = make_window(painted_project)
    tab = open_train(window)
    click(qtbot, window, "primaryButton")
    body = text("It judges 98 % right. Usually it learns too fast.")
    led.notice = Notice(
        "discriminator_won", "warning", text("The discriminator has won"), body, "halve_discriminator_rate"
    )
    led.advance(to=10)
    qtbot.waitUntil(lambda: tab.canvas.notices.isVisible())
    bar = tab.canvas.notices.findChild(QWidget, "noticeSentence")
    assert bar is not None and bar.text() == "It judges 98 % right."  # type: ignore[attr-defined]
    click(qtbot, tab.canvas.notices, "noticeAction_why")
    assert "flat" in bar.text()  # type: ignore[attr-defined]
    before = tab.column.config()
    assert before is not None
    click(qtbot, tab.canvas.notices, "noticeAction_halve_discriminator_rate")
    half = before.discriminator_rate / 2  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: led.changes() == [("discriminator_rate", half)])
    assert not tab.canvas.notices.isVisible()
    now = tab.column.config()
    assert now is not None and now.discriminator_rate == half  # type: ignore[attr-defined]


# --- a run that has ended --------------------------------------------------------------------------------------------


@pytest.fixture
def finished(make_window: MakeWindow, project_with_run: Path) -> tuple[StudioWindow, TrainTab]:
    window = make_window(project_with_run)
    return window, open_train(window, run=window.session.runs()[0].name)


def test_the_slider_and_the_cursor_are_one(finished: tuple[StudioWindow, TrainTab], qtbot: Any) -> None:
    _, tab = finished
    assert shade(tab) == 40
    tab.canvas.slider.findChild(QWidget, "historyPosition").setFocus()  # type: ignore[union-attr]
    qtbot.keyClick(tab.canvas.slider.findChild(QWidget, "historyPosition"), Qt.Key.Key_Home)
    plot = tab.canvas.curves.cards[0].plot
    assert (shade(tab), plot.cursor_step()) == (10, 10)
    qtbot.waitUntil(lambda: plot.canvas.x_of(40) > plot.canvas.x_of(1) + 50)
    spot = QPoint(round(plot.canvas.x_of(31)), plot.canvas.height() // 2)
    qtbot.mouseClick(plot.canvas.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert (tab.canvas.slider.step(), shade(tab), plot.cursor_step()) == (30, 30, 30)


def test_its_settings_are_shown_and_closed(finished: tuple[StudioWindow, TrainTab]) -> None:
    _, tab = finished
    form = tab.column.controls.form
    for path in ("steps", "generator_rate"):
        field = form.field(path)
        assert field is not None and not field.control.isEnabled()
    shown = tab.column.config()
    assert shown is not None and (shown.steps, shown.seed) == (40, 7)
    assert set(form.overrides()) >= {"seed", "steps"}


def test_new_run_with_these_settings(finished: tuple[StudioWindow, TrainTab], led: LedTraining, qtbot: Any) -> None:
    window, tab = finished
    click(qtbot, tab.canvas.notices, "noticeAction_renew")
    assert window.session.selection("gan").run == ""
    shown = tab.column.config()
    assert shown is not None and (shown.steps, shown.seed) == (40, 7)
    type_into(qtbot, tab, "seed", "8")
    request = tab.column.request()
    assert request is not None and request.config["seed"] == 8 and request.config["steps"] == 40


def test_a_new_run_starts_from_a_checkpoint(finished: tuple[StudioWindow, TrainTab], qtbot: Any) -> None:
    window, tab = finished
    name = tab.pane.run
    folder = window.session.runs()[0].folder / "checkpoints" / "model-000000030"
    folder.mkdir(parents=True)
    menu = tab.works.build_menu(renew=tab.renew, start_from=tab.start_from, create=tab._create)
    action = next(a for a in menu.actions() if a.objectName() == "runMenu_startFrom")
    assert action.isEnabled() and "30" in action.text()
    action.trigger()
    menu.deleteLater()
    request = tab.column.request()
    assert request is not None
    assert (request.start_run, request.start_checkpoint) == (name, "30")
    click(qtbot, tab.controls, "startClear")
    request = tab.column.request()
    assert request is not None and request.start_run is None


def test_going_on_longer_asks_how_far(finished: tuple[StudioWindow, TrainTab], jobs: Jobs, qtbot: Any) -> None:
    window, tab = finished
    asked: list[ResumeRequest] = []

    def resume(request: ResumeRequest, path: Path, commands: CommandQueue) -> Iterator[Event]:
        asked.append(request)
        yield Ended("finished", result={"run": request.run})

    jobs[ResumeRequest] = resume
    click(qtbot, tab.canvas.notices, "noticeAction_longer")
    dialog = window.findChild(QDialog, "longerDialog")
    assert isinstance(dialog, QDialog)
    field = dialog.findChild(QLineEdit, "longerSteps")
    assert isinstance(field, QLineEdit)
    field.selectAll()
    qtbot.keyClicks(field, "100")
    qtbot.keyClick(field, Qt.Key.Key_Tab)
    click(qtbot, dialog, "longerAccept")
    qtbot.waitUntil(lambda: bool(asked))
    assert (asked[0].run, asked[0].steps) == (tab.pane.run, 100)


def test_keeping_samples_needs_a_choice_and_keeps_what_makes_them_again(
    finished: tuple[StudioWindow, TrainTab], qtbot: Any
) -> None:
    window, tab = finished
    keep = button(tab.canvas, "keepSamples")
    assert not keep.isEnabled() and "Choose" in keep.toolTip()
    qtbot.mouseClick(grid_of(tab), Qt.MouseButton.LeftButton, pos=grid_of(tab).cell_rect(2).center())
    click(qtbot, tab.canvas, "keepSamples")
    assert window.session.project is not None
    (kept,) = window.session.project.gallery.query()
    request = GenerateRequest.model_validate(kept.request)
    latent = request.recipes[0].latent
    assert (latent.seed, latent.index) == (7, 2)  # type: ignore[union-attr]
    assert np.array_equal(window.session.project.gallery.picture(kept), np.full((8, 8, 3), 40, np.uint8))


def test_a_film_is_asked_for_in_the_background(
    finished: tuple[StudioWindow, TrainTab], jobs: Jobs, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, tab = finished
    asked: list[FilmRequest] = []

    def film(request: FilmRequest, path: Path, commands: CommandQueue) -> Iterator[Event]:
        asked.append(request)
        yield Progress(text("Writing the film"), 1, 4)
        yield Ended("finished", result={"file": str(request.out), "frames": 4})

    jobs[FilmRequest] = film
    monkeypatch.setattr(tab.works, "ask_path", lambda *_: tmp_path / "history")
    told: list[str] = []
    window.session.toasted.connect(lambda toast: told.append(toast.text))
    click(qtbot, tab.canvas, "exportFilm")
    qtbot.waitUntil(lambda: any("history.webp" in words for words in told))
    assert (asked[0].what, asked[0].out.name, asked[0].run) == ("history", "history.webp", tab.pane.run)


def test_curves_as_csv(
    finished: tuple[StudioWindow, TrainTab], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, tab = finished
    monkeypatch.setattr(tab.works, "ask_path", lambda *_: tmp_path / "curves.csv")
    tab.canvas.curves.cards[0].plot.export_requested.emit()
    lines = (tmp_path / "curves.csv").read_text().splitlines()
    assert lines[0] == "step,generator_loss,discriminator_loss" and len(lines) == 41


def test_a_plot_shows_another_group(finished: tuple[StudioWindow, TrainTab]) -> None:
    _, tab = finished
    card = tab.canvas.curves.cards[0]
    menu = card.build_menu()
    by_key = {action.data(): action for action in menu.actions() if action.data()}
    assert by_key["belief"].isEnabled() and not by_key["gradients"].isEnabled(), "nothing of it was recorded"
    by_key["belief"].trigger()
    menu.deleteLater()
    assert card.group is not None and card.group.key == "belief"
    assert len(card.plot.curve("real_right").steps) == 40


# --- failed, interrupted, deleted ------------------------------------------------------------------------------------


def test_a_failure_for_lack_of_memory_offers_a_batch(
    make_window: MakeWindow, painted_project: Path, qtbot: Any
) -> None:
    error = (
        "The memory of the device does not suffice for 32 items a step; 8 a step fit: start again with a batch of 8."
    )
    with Project.open(painted_project) as project:
        name = add_run(project, state="failed", error=error).name
    window = make_window(painted_project)
    tab = open_train(window, run=name)
    (notice,) = tab.canvas.notices.notices()
    assert (notice.kind, notice.sentence) == ("error", error)
    assert "a line of the log" in notice.details
    click(qtbot, tab.canvas.notices, "noticeAction_smaller_batch")
    request = tab.column.request()
    assert request is not None and request.config["batch"] == 8


def test_an_interrupted_run_offers_to_go_on(make_window: MakeWindow, painted_project: Path, qtbot: Any) -> None:
    with Project.open(painted_project) as project:
        name = add_run(project, state="running", total=90).name
    window = make_window(painted_project)
    tab = open_train(window, run=name)
    (notice,) = tab.canvas.notices.notices()
    assert notice.kind == "warning"
    assert [key for key, _ in notice.actions] == ["resume", "renew"]


def test_what_another_process_said_of_a_run_is_shown(
    make_window: MakeWindow, painted_project: Path, qtbot: Any
) -> None:
    won = Notice("discriminator_won", "warning", text("The discriminator has won"), text("It judges 98 % right."))
    with Project.open(painted_project) as project:
        run = add_run(project, state="stopped", total=90)
        run.notices.add(won)
        run.notices.add(Notice("awake", "info", text("This computer may fall asleep"), text("So it may.")))
    window = make_window(painted_project)
    tab = open_train(window, run=run.name)
    assert [notice.key for notice in tab.canvas.notices.notices()] == ["state", "discriminator_won"]
    with run.lock():
        run.set_status(state="running")
        qtbot.waitUntil(lambda: window.session.is_live(run.name), timeout=8000)
        run.notices.add(Notice("diversity_lost", "warning", text("All alike"), text("They are.")))
        wanted = ["diversity_lost", "discriminator_won", "awake"]
        qtbot.waitUntil(lambda: [n.key for n in tab.canvas.notices.notices()] == wanted, timeout=8000)
    qtbot.waitUntil(lambda: not window.session.is_live(run.name), timeout=8000)


def test_damaged_notices_are_named(make_window: MakeWindow, painted_project: Path) -> None:
    with Project.open(painted_project) as project:
        run = add_run(project, state="stopped", total=90)
        run.notices.path.write_bytes(b"{}")
    tab = open_train(make_window(painted_project), run=run.name)
    assert "notices" in [notice.key for notice in tab.canvas.notices.notices()]


def test_a_run_deleted_elsewhere_leaves_the_tab(finished: tuple[StudioWindow, TrainTab], qtbot: Any) -> None:
    window, tab = finished
    window.pages.show("data")
    window.session.delete_run(tab.pane.run)
    qtbot.wait(50)
    open_train(window)
    assert tab.pane.run == "" and tab.canvas.title.text() == "Pictures to learn from"


# --- measuring -------------------------------------------------------------------------------------------------------


def test_measuring_fills_the_block_and_the_card(
    make_window: MakeWindow, painted_project: Path, jobs: Jobs, qtbot: Any
) -> None:
    asked: list[EstimateRequest] = []

    def estimate(request: EstimateRequest, path: Path, commands: CommandQueue) -> Iterator[Event]:
        asked.append(request)
        result = {
            "memory": 9e8,
            "free": 24e9,
            "batch_that_fits": 4096,
            "seconds_per_step": 0.1,
            "items_per_second": 320.0,
        }
        yield Ended("finished", result=result)

    jobs[EstimateRequest] = estimate
    tab = open_train(make_window(painted_project))
    click(qtbot, tab.footer, "measureButton")
    qtbot.waitUntil(lambda: tab.footer._rows["rate"][1].text() == "320 pictures/s")
    shown = tab.column.config()
    assert shown is not None and asked[0].config == shown.model_dump(mode="json")
    minutes = f"{round(shown.steps * 0.1 / 60)} min"
    assert tab.footer._rows["time"][1].text() == f"about {minutes}"
    assert tab.footer._rows["memory"][1].text() == "900 MB of 24.0 GB free"
    assert button(tab.controls, "choice_quick").detail == minutes  # type: ignore[attr-defined]


def test_a_failed_measurement_says_why_and_is_not_tried_again(
    make_window: MakeWindow, painted_project: Path, jobs: Jobs, qtbot: Any, errors: list[str]
) -> None:
    def estimate(request: EstimateRequest, path: Path, commands: CommandQueue) -> Iterator[Event]:
        yield Ended("failed", error=text("The pictures cannot be read."))

    jobs[EstimateRequest] = estimate
    tab = open_train(make_window(painted_project))
    click(qtbot, tab.footer, "measureButton")
    qtbot.waitUntil(lambda: tab.footer._caption.text() == "The pictures cannot be read.")
    assert errors == []


# --- tomorrow --------------------------------------------------------------------------------------------------------


def test_everything_is_there_again(make_window: MakeWindow, project_with_run: Path, qtbot: Any) -> None:
    window = make_window(project_with_run)
    tab = open_train(window, run="")
    click(qtbot, tab.controls, "choice_best")
    type_into(qtbot, tab, "seed", "11")
    tab.column.controls.form.advanced_open = True
    name = window.session.runs()[0].name
    window.session.select("gan", run=name)
    click(qtbot, tab.canvas, "historyBack")
    tab.canvas.curves.cards[0].group_chosen.emit("belief")
    tab.canvas.split.setSizes([300, 350])
    tab.canvas.split.splitterMoved.emit(300, 1)
    state, sizes = tab.state(), tab.canvas.split.sizes()
    assert window.close()
    window = make_window(project_with_run)
    assert window.pages.current_id == "gan"
    page: Any = window.pages.current
    tab = page.current_tab()
    assert (tab.pane.run, tab.canvas.slider.step(), shade(tab)) == (name, 30, 30)
    assert tab.canvas.curves.cards[0].group.key == "belief"
    assert tab.column.controls.form.advanced_open
    assert abs(tab.canvas.split.sizes()[0] / sum(tab.canvas.split.sizes()) - sizes[0] / sum(sizes)) < 0.03
    window.session.select("gan", run="")
    request = tab.column.request()
    assert request is not None and (request.dial, request.config["seed"]) == ("best", 11)
    assert tab.state()["draft"] == state["draft"]


@pytest.mark.parametrize("odd", [{}, {"draft": 3, "history": [1], "canvas": {"split": ["a"]}, "measured": [2]}])
def test_an_odd_state_is_taken(make_window: MakeWindow, project_with_run: Path, odd: dict[str, Any]) -> None:
    tab = open_train(make_window(project_with_run))
    tab.restore(odd)
    assert tab.column.request() is not None


def test_hidden_it_does_nothing(make_window: MakeWindow, painted_project: Path, led: LedTraining, qtbot: Any) -> None:
    window = make_window(painted_project)
    tab = open_train(window)
    click(qtbot, window, "primaryButton")
    led.advance(to=10)
    qtbot.waitUntil(lambda: grid_of(tab).count() == 6)
    window.pages.show("data")
    led.advance(to=20)
    qtbot.waitUntil(lambda: window.session.training is not None and window.session.training.step == 20)
    qtbot.wait(600)
    assert shade(tab) == 10
    open_train(window)
    qtbot.waitUntil(lambda: shade(tab) == 20)


def test_every_control_has_a_name(finished: tuple[StudioWindow, TrainTab]) -> None:
    _, tab = finished
    tab.column.controls.form.advanced_open = True
    for part in (tab.controls, tab.footer, tab.canvas.findChild(QWidget, "trainSplitter")):
        for kind in (QAbstractButton, QLineEdit, QComboBox):
            for control in part.findChildren(kind):
                assert control.objectName(), control
                words = control.accessibleName() or (control.text() if isinstance(control, QAbstractButton) else "")
                assert words or control.isHidden(), control.objectName()


def test_names_from_outside_stay_letters(make_window: MakeWindow, tmp_path: Path) -> None:
    odd = "<img src='file:///x'>"
    with Project.create(tmp_path / "p") as project:
        folder = project.datasets.new_folder(odd)
        folder.mkdir(parents=True)
        from studio.projects.datasets import DataSetRecord

        relative = folder.relative_to(project.path).as_posix()
        project.datasets.add(DataSetRecord(odd, relative, count=3, size=(40, 40), labels={odd: {"a": 1, "b": 2}}))
    tab = open_train(make_window(tmp_path / "p"))
    assert tab.canvas.subtitle.textFormat() == Qt.TextFormat.PlainText
    assert TrainRequest is not None and DATA and QPushButton is not None
