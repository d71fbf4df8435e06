"""Train of the classifier in the real window: its stage, what it learns, and what it says without labels."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QWidget

from studio.config.requests import BuiltinRequest
from studio.ground.events import Ended, Event
from studio.jobs.steering import CommandQueue
from studio.projects.datasets import DataSetRecord
from studio.projects.project import Project
from studio.ui.panels.classifier_stage import ClassifierStage
from studio.ui.panels.train_tab import TrainTab
from studio.ui.window import StudioWindow
from tests.ui.panels import judged
from tests.ui.panels.conftest import DATA

MakeWindow = Callable[..., StudioWindow]


def open_train(window: StudioWindow, **what: Any) -> TrainTab:
    """Go to the Train tab of the classifier's panel."""
    window.resize(1280, 800)
    window.session.go("classifier", tab="train", **what)
    page: Any = window.pages.current
    tab = page.current_tab()
    assert isinstance(tab, TrainTab)
    return tab


def stage_of(tab: TrainTab) -> ClassifierStage:
    stage = tab.canvas.stage
    assert isinstance(stage, ClassifierStage)
    return stage


def button(parent: QWidget, name: str) -> QAbstractButton:
    found = [one for one in parent.findChildren(QAbstractButton, name) if not one.isHidden()]
    assert found, name
    return found[-1]


@pytest.fixture
def judged_project(painted_project: Path) -> tuple[Path, str]:
    """Portraits and a finished run."""
    with Project.open(painted_project) as project:
        return painted_project, judged.add_run(project, DATA).name


# --- the stage -------------------------------------------------------------------------------------------------------


def test_the_stage_follows_the_history_slider(
    make_window: MakeWindow, judged_project: tuple[Path, str], qtbot: Any
) -> None:
    path, run = judged_project
    tab = open_train(make_window(path), run=run)
    stage = stage_of(tab)
    assert tab.canvas.title.text() == "Validation pictures"
    assert stage.grid.marks() == {1} and stage.matrix.counts()[0, 1] == 3
    assert stage._line.text() == "11 of these 12 pictures right"
    slider = tab.canvas.slider.findChild(QWidget, "historyPosition")
    assert slider is not None
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert stage.grid.marks() == {0, 2, 4, 6, 8, 10} and stage.matrix.counts()[0, 1] == 40
    assert tab.canvas.curves.cards[0].plot.cursor_step() == 10


def test_the_label_is_chosen_and_remembered(
    make_window: MakeWindow, judged_project: tuple[Path, str], qtbot: Any
) -> None:
    path, run = judged_project
    window = make_window(path)
    tab = open_train(window, run=run)
    stage = stage_of(tab)
    qtbot.mouseClick(button(stage, "choice_glasses"), Qt.MouseButton.LeftButton)
    assert stage.matrix.counts().shape == (2, 2)
    assert stage.grid._captions[:2] == ["no", "no"]
    state = tab.state()
    stage.restore({})
    tab.restore(state)
    assert stage.label() == "glasses"


def test_pointing_says_truth_and_prediction(
    make_window: MakeWindow, judged_project: tuple[Path, str], qtbot: Any
) -> None:
    path, run = judged_project
    stage = stage_of(open_train(make_window(path), run=run))
    QTest.mouseMove(stage.grid, stage.grid.cell_rect(1).center())
    qtbot.waitUntil(lambda: stage._line.text() == "blond: it says brown (90\u00a0%)")
    QTest.mouseMove(stage.grid, stage.grid.cell_rect(2).center())
    qtbot.waitUntil(lambda: stage._line.text() == "brown: it says so (90\u00a0%)")
    stage.grid.setFocus()
    qtbot.keyClick(stage.grid, Qt.Key.Key_Home)
    assert stage.grid.accessibleDescription()


def test_pictures_of_the_data_are_neither_kept_nor_filmed(
    make_window: MakeWindow, judged_project: tuple[Path, str]
) -> None:
    path, run = judged_project
    tab = open_train(make_window(path), run=run)
    assert tab.canvas.keep.isHidden() and tab.canvas.film.isHidden() and not tab.canvas.more.isHidden()
    assert not {"keep", "film"} & set(tab.actions()) and "copy" in tab.actions()
    menu = tab.works.build_menu(renew=tab.renew, start_from=tab.start_from, create=tab._create)
    assert "Ask it (step 40)" in [action.text() for action in menu.actions()]
    menu.deleteLater()


def test_odd_notes_show_what_there_is(qtbot: Any) -> None:
    stage = ClassifierStage()
    qtbot.addWidget(stage)
    pictures = np.zeros((2, 8, 8, 3), np.uint8)
    for notes in ({}, {"values": [], "labels": 3}, {"values": {"hair": ["a"]}, "confusion": {"hair": [[1, 2]]}},
                  {"labels": [{"hair": None}], "predicted": [{"hair": {"value": "a"}}], "values": {"hair": ["a"]}}):
        stage.show_samples(pictures, notes)
        assert stage.grid.count() == 2 and not stage.grid.marks()


def test_a_run_that_learned_enough_says_so_and_can_be_asked(
    make_window: MakeWindow, painted_project: Path, qtbot: Any
) -> None:
    with Project.open(painted_project) as project:
        run = judged.add_run(project, DATA, step=40, total=90).name
    window = make_window(painted_project)
    tab = open_train(window, run=run)
    (notice,) = tab.canvas.notices.notices()
    assert notice.title == "Learned enough" and "40 of 90" in notice.sentence
    ask = button(tab.canvas.notices, "noticeAction_create")
    assert ask.text() == "Ask it"
    qtbot.mouseClick(ask, Qt.MouseButton.LeftButton)
    page: Any = window.pages.current
    assert page.tab() == "create" and page.segments.findChild(QWidget, "choice_create").plain == "Ask"


def test_with_several_labels_there_is_a_curve_for_each(
    make_window: MakeWindow, painted_project: Path, qtbot: Any
) -> None:
    with Project.open(painted_project) as project:
        one, two = judged.add_run(project, DATA), judged.add_run(project, DATA)
        for step in (41, 42):
            two.metrics.append(step, step, {"validation_accuracy_hair": 0.5, "validation_accuracy_glasses": 0.9})
        two.metrics.close()
    window = make_window(painted_project)
    tab = open_train(window, run=two.name)
    window.resize(1920, 1080)
    card = tab.canvas.curves.cards[2]
    qtbot.waitUntil(card.isVisible)
    assert card.group is not None and [line.name for line in card.group.lines] == ["hair", "glasses"]
    assert len(card.plot.curve("validation_accuracy_glasses").steps) == 2
    window.session.select("classifier", run=one.name)
    qtbot.waitUntil(lambda: card.group is not None and card.group.key == "rate")


# --- the form --------------------------------------------------------------------------------------------------------


def test_labels_are_chosen_in_the_form(make_window: MakeWindow, painted_project: Path) -> None:
    tab = open_train(make_window(painted_project))
    field = tab.column.controls.form.field("labels")
    assert field is not None
    words = [action.text() for action in field.control.menu_actions()]  # type: ignore[attr-defined]
    assert any(word.startswith("hair · ") for word in words)
    next(action for action in field.control.menu_actions() if "hair" in action.text()).toggle()  # type: ignore[attr-defined]
    request = tab.column.request()
    assert request is not None and request.family == "classifier" and request.config["labels"] == ["hair"]


def without_labels(path: Path, labels: dict[str, dict[str, int]]) -> None:
    with Project.open(path) as project:
        project.datasets.update(replace(project.datasets.get(DATA), labels=labels))


@pytest.mark.parametrize(("labels", "named"), [({}, "no labels"), ({"class": {"cat": 24}}, "at least two")])
def test_without_a_label_to_learn_train_is_blocked_with_the_reason(
    make_window: MakeWindow, painted_project: Path, labels: dict[str, dict[str, int]], named: str, qtbot: Any
) -> None:
    without_labels(painted_project, labels)
    window = make_window(painted_project)
    tab = open_train(window)
    assert named in tab.column.controls.refused() and tab.column.controls._refused.isVisible()
    assert tab.canvas.empty.isVisible() and tab.column.request() is None
    qtbot.waitUntil(lambda: named in button(window, "primaryButton").toolTip())
    assert not button(window, "primaryButton").isEnabled()


def test_from_nothing_one_click_learns_portraits(
    make_window: MakeWindow, tmp_path: Path, jobs: dict[Any, Any], qtbot: Any
) -> None:
    def draw(request: BuiltinRequest, path: Path, commands: CommandQueue) -> Iterator[Event]:
        (path / "data" / "portraits").mkdir(parents=True)
        labels = {"hair": {"red": 2000, "blue": 2000}}
        record = DataSetRecord(request.name, "data/portraits", count=4000, size=(64, 64), labels=labels)
        yield Ended("finished", result=record)

    jobs[BuiltinRequest] = draw
    Project.create(tmp_path / "p").close()
    window = make_window(tmp_path / "p")
    asked: list[Any] = []
    window.session.line.add = asked.append  # type: ignore[method-assign,assignment]
    tab = open_train(window)
    assert tab.canvas.empty.button.text() == "Learn Portraits"
    qtbot.mouseClick(tab.canvas.empty.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(asked), timeout=8000)
    assert (asked[0].family, asked[0].dataset, asked[0].dial) == ("classifier", "Portraits", "quick")
