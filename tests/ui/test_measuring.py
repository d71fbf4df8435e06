"""Measuring in the real window: the dialog and its request, the curve in Train, the table and the pickers."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from studio.config.requests import EvaluateRequest, TrainRequest
from studio.ground.errors import text
from studio.ground.events import Ended, Event, Notice, Progress
from studio.jobs.steering import CommandQueue
from studio.projects.measures import MeasureRow
from studio.projects.project import Project
from studio.ui.measure_dialog import MeasureDialog
from studio.ui.panels.trained_run import read_trained
from studio.ui.window import StudioWindow
from tests.ui.pages.runs_project import make_compared

MakeWindow = Callable[..., StudioWindow]
ROW = MeasureRow(
    "frechet_distance", 12.0, 0.5, count=200, seed=0, features="pixels", step=20, kind="model", lowest_is_best=True,
    at=1.0e9, data="cats",
)  # fmt: skip


def add_judge(project: Project) -> str:
    """A run of a classifier with a checkpoint that holds no weights."""
    from studio.config.classifier import ClassifierConfig

    config = ClassifierConfig(labels=("hair",))
    request = TrainRequest(family="classifier", dataset="cats", config=config.model_dump(mode="json"))
    run = project.runs.new("classifier", "cats", config, request)
    (run.checkpoints_folder / "model-000000005").mkdir(parents=True)
    run.set_status(state="finished", step=5, total=5)
    return run.name


@pytest.fixture
def names(project_path: Path) -> list[str]:
    """The names of three runs of a GAN."""
    return make_compared(project_path)


@pytest.fixture
def asked(jobs: dict[Any, Any]) -> list[EvaluateRequest]:
    """What was asked to be measured; the job writes one row for each checkpoint, as the real one does."""
    requests: list[EvaluateRequest] = []

    def work(request: EvaluateRequest, path: Path, commands: CommandQueue) -> Iterator[Event]:
        requests.append(request)
        yield Progress(text("Measuring checkpoints"), 0, 2)
        yield Notice("judge", "info", text("No judge"), text("Pixels alone are compared."))
        with Project.open(path, write=False) as project:
            run = project.runs.get(request.run)
            steps = (0, 10, 20) if "all" in request.checkpoints else (20,)
            rows = [replace(ROW, step=step, value=ROW.value - step / 10) for step in steps]
            run.measures.add(rows)
        yield Ended("finished", result=type("Evaluated", (), {"rows": tuple(rows)})())

    jobs[EvaluateRequest] = work
    return requests


def dialog_of(window: StudioWindow) -> MeasureDialog:
    found = window.findChild(MeasureDialog, "measureDialog")
    assert found is not None and found.isVisible()
    return found


def tick(dialog: MeasureDialog, path: str, value: str, *, on: bool = True) -> None:
    field = dialog.form.field(path)
    assert field is not None
    action = next(one for one in field.control.menu_actions() if one.data()[0] == value)  # type: ignore[attr-defined]
    action.setChecked(on)


def told(dialog: MeasureDialog) -> list[str]:
    area = dialog.findChild(QWidget, "measureWords")
    assert area is not None
    return [label.text() for label in area.findChildren(QLabel)]


def click(qtbot: Any, parent: QWidget, name: str) -> None:
    button = parent.findChild(QPushButton, name)
    assert button is not None and button.isEnabled(), (name, button.toolTip() if button is not None else "")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def measured_window(make_window: MakeWindow, path: Path, run: str, **what: Any) -> StudioWindow:
    with Project.open(path, write="required") as project:
        rows = [replace(ROW, step=step, value=value) for step, value in ((0, 30.0), (10, 9.0), (20, 12.0))]
        project.runs.get(run).measures.add(rows)
    window = make_window(path)
    window.resize(1280, 800)
    return window


# --- asking ----------------------------------------------------------------------------------------------------------


def test_without_a_judge_only_pixels_are_measured_and_it_says_why(
    make_window: MakeWindow, project_path: Path, names: list[str], asked: list[EvaluateRequest], qtbot: Any
) -> None:
    window = make_window(project_path)
    window.session.go("runs", run=names[0])
    window.does.run("measure")
    dialog = dialog_of(window)
    words = told(dialog)
    assert any("Lower is better." in word for word in words)
    assert any("train a classifier first" in word for word in words)
    tick(dialog, "measures", "precision")
    button = dialog.findChild(QPushButton, "measureAccept")
    assert button is not None and not button.isEnabled() and "judge" in button.toolTip()
    tick(dialog, "measures", "precision", on=False)
    tick(dialog, "measures", "sliced_wasserstein")
    tick(dialog, "checkpoints", "last", on=False)
    tick(dialog, "checkpoints", "all")
    click(qtbot, dialog, "measureAccept")
    qtbot.waitUntil(lambda: not len(window.session.board))
    (request,) = asked
    assert (request.run, request.measures, request.checkpoints) == (names[0], ("sliced_wasserstein",), ("all",))
    assert request.judge == ""


def test_a_classifier_of_the_project_is_the_judge(
    make_window: MakeWindow, project_path: Path, names: list[str], asked: list[EvaluateRequest], qtbot: Any
) -> None:
    with Project.open(project_path, write="required") as project:
        judge = add_judge(project)
    window = make_window(project_path)
    window.session.go("runs", run=names[0])
    window.does.run("measure")
    dialog = dialog_of(window)
    assert not any("judge:" in word for word in told(dialog))
    field = dialog.form.field("judge")
    assert field is not None and field.control.value() == judge  # type: ignore[attr-defined]
    click(qtbot, dialog, "measureAccept")
    qtbot.waitUntil(lambda: not len(window.session.board))
    assert (asked[0].judge, asked[0].checkpoints, asked[0].measures) == (judge, ("last",), ())


def test_a_judge_itself_is_measured_by_what_it_knows(
    make_window: MakeWindow, project_path: Path, names: list[str], asked: list[EvaluateRequest]
) -> None:
    with Project.open(project_path, write="required") as project:
        judge = add_judge(project)
    window = make_window(project_path)
    window.session.go("runs", run=judge)
    window.does.run("measure")
    dialog = dialog_of(window)
    assert dialog.form.field("judge") is None and dialog.form.field("part") is not None
    assert "Accuracy" in told(dialog)


def test_what_came_out_is_told_and_shown(
    make_window: MakeWindow, project_path: Path, names: list[str], asked: list[EvaluateRequest], qtbot: Any
) -> None:
    window = make_window(project_path)
    window.session.go("runs", run=names[0], view="measures")
    page: Any = window.pages.current
    toasts: list[Any] = []
    window.session.toasted.connect(toasts.append)
    qtbot.waitUntil(lambda: page.comparison.measures.empty.button.isEnabled())
    click(qtbot, page.comparison.measures.empty, "emptyButton")
    click(qtbot, dialog_of(window), "measureAccept")
    qtbot.waitUntil(lambda: len(page.comparison.measures.sheet().lines) == 1)
    words = page.comparison.measures.sheet().lines[0].words
    assert (words["value"], words["step"], words["count"]) == ("10.00\u00a0±\u00a00.50", "20", "200")
    assert toasts[0].text.startswith("No judge")
    assert "Fréchet distance (judge) 10.00" in toasts[-1].text


def test_a_run_without_a_checkpoint_says_so(make_window: MakeWindow, project_path: Path) -> None:
    from studio.config.gan import GanConfig

    with Project.open(project_path, write="required") as project:
        request = TrainRequest(family="gan", dataset="cats", config=GanConfig().model_dump(mode="json"))
        run = project.runs.new("gan", "cats", GanConfig(), request)
    window = make_window(project_path)
    window.session.go("runs", run=run.name)
    toasts: list[Any] = []
    window.session.toasted.connect(toasts.append)
    window.does.run("measure")
    assert window.findChild(MeasureDialog, "measureDialog") is None
    assert toasts[-1].text == "This run has no checkpoint yet."


# --- showing ---------------------------------------------------------------------------------------------------------


def test_the_measure_is_a_curve_beside_the_losses(
    make_window: MakeWindow, project_path: Path, names: list[str], qtbot: Any
) -> None:
    window = measured_window(make_window, project_path, names[0])
    window.session.go("gan", tab="train", run=names[0])
    page: Any = window.pages.current
    cards = page.current_tab().canvas.curves
    card = cards.cards[1]
    menu = card.build_menu()
    action = next(one for one in menu.actions() if one.data() == "measure:frechet_distance")
    assert action.isEnabled()
    action.trigger()
    menu.deleteLater()
    assert card.group.key == "measure:frechet_distance"
    curve = card.plot.curve("frechet_distance")
    assert (curve.steps.tolist(), curve.values.tolist()) == ([0, 10, 20], [30.0, 9.0, 12.0])
    card.plot.grab()
    card.plot.set_hover(10)
    assert card.plot._entries[0].value_text() == "9 ± 0.5"
    state = cards.state()
    window.session.go("gan", tab="train", run=names[1])
    assert card.group.key == "belief", "a run that was not measured shows what the plot shows first"
    assert cards.state() == state, "and the choice is not forgotten"
    window.session.go("gan", tab="train", run=names[0])
    assert card.group.key == "measure:frechet_distance"


def test_runs_are_compared_by_a_measure(
    make_window: MakeWindow, project_path: Path, names: list[str], qtbot: Any
) -> None:
    with Project.open(project_path, write="required") as project:
        project.runs.get(names[1]).measures.add([replace(ROW, value=8.0)])
    window = measured_window(make_window, project_path, names[0])
    window.session.go("runs", runs=names, view="measures")
    page: Any = window.pages.current
    measures = page.comparison.measures
    qtbot.waitUntil(lambda: len(measures.sheet().lines) == 3)
    first, second, third = measures.sheet().lines
    assert (first.words["run"], first.words["best"], first.best) == ("second", "8.00\u00a0±\u00a00.50", True)
    assert (second.words["best"], second.words["step"]) == ("9.00\u00a0±\u00a00.50", "10")
    assert third.words["best"] == "not measured"
    assert "Lower is better." in measures.words() and "care" not in measures.words()
    page.comparison.show_view("curves")
    page.comparison.curves.set_metric("measure:frechet_distance")
    assert page.comparison.curves.plot.curve(names[0]).values.tolist() == [30.0, 9.0, 12.0]
    assert page.comparison.curves.plot.curve(names[2]).values.tolist() == []
    page.comparison.curves.plot.grab()


def test_the_best_by_a_measure_can_be_picked(
    make_window: MakeWindow, project_path: Path, names: list[str], qtbot: Any
) -> None:
    window = measured_window(make_window, project_path, names[0])
    window.session.go("gan", tab="create", run=names[0])
    window._resolve()
    picker = window.header.pickers["checkpoint"]
    item = next(one for one in picker.items() if one.key == "best:frechet_distance")
    assert (item.text, item.detail) == ("best by Fréchet distance (judge)", "step 10")
    window.session.select("gan", checkpoint=item.key)
    trained = read_trained(window.session, names[0])
    assert trained is not None and trained.step_of(item.key) == 10
    assert any(one.text == "Measure…" and one.command for one in picker.items())
