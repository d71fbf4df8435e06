"""Look inside of the classifier in the real window: right and wrong, how sure, and the way back to the data."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QMenu, QWidget

from studio.config.requests import QualityRequest
from studio.ground.errors import StudioError
from studio.ground.events import Event
from studio.jobs.judgements import Bin
from studio.projects.project import Project
from studio.ui.pages.data import DataPage
from studio.ui.panels.classifier_look import ClassifierLookTab
from studio.ui.panels.quality_views import RightView, SureView, WorstView, bin_total, spread
from studio.ui.window import StudioWindow
from studio.workers.latest import LatestWins
from tests.ui.panels import judged
from tests.ui.panels.conftest import DATA

MakeWindow = Callable[..., StudioWindow]
Jobs = dict[type, Callable[..., Iterator[Event]]]


class Counting:
    """The job of the examination, counted; ``fail`` makes it fail."""

    def __init__(self) -> None:
        self.asked: list[QualityRequest] = []
        self.fail: Exception | None = None

    def __call__(self, request: QualityRequest, path: Path, commands: Any) -> Iterator[Event]:
        self.asked.append(request)
        if self.fail is not None:
            raise self.fail
        yield from judged.quality_job(request, path, commands)


@pytest.fixture
def examined(jobs: Jobs) -> Counting:
    jobs[QualityRequest] = counting = Counting()
    return counting


@pytest.fixture
def look(
    make_window: MakeWindow, painted_project: Path, examined: Counting, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> ClassifierLookTab:
    """The tab with a trained run that has been examined."""

    def worker(path: Path, make: Any = None) -> LatestWins:
        return LatestWins(path, make=make or judged.AskedServer)

    monkeypatch.setattr("studio.workers.latest.LatestWins", worker)
    judged.AskedServer.asked.clear()
    with Project.open(painted_project) as project:
        run = judged.add_run(project, DATA).name
    tab = opened(make_window(painted_project), run=run)
    qtbot.waitUntil(lambda: tab.views["right"].isVisible(), timeout=8000)
    return tab


def opened(window: StudioWindow, **what: Any) -> ClassifierLookTab:
    window.resize(1280, 800)
    window.session.go("classifier", tab="look", **what)
    page: Any = window.pages.current
    tab = page.current_tab()
    assert isinstance(tab, ClassifierLookTab)
    return tab


def click(qtbot: Any, parent: QWidget, name: str) -> None:
    found = [one for one in parent.findChildren(QAbstractButton, name) if not one.isHidden()]
    assert found and found[-1].isEnabled(), name
    qtbot.mouseClick(found[-1], Qt.MouseButton.LeftButton)


def test_right_and_wrong_value_by_value(look: ClassifierLookTab, examined: Counting, qtbot: Any) -> None:
    right = look.views["right"]
    assert isinstance(right, RightView)
    assert right.matrix.counts().shape == (4, 4)
    assert [row.value for row in right.table.values.rows()] == list(judged.HAIR)
    assert "hair is told right for 89" in look._said.text() and "448" in look._said.text()
    right.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    assert right.table.values.rows()[0].value == "red"
    click(qtbot, look.canvas, "choice_glasses")
    assert right.matrix.counts().shape == (2, 2) and len(examined.asked) == 1


def test_how_sure_it_is_in_words(look: ClassifierLookTab, examined: Counting, qtbot: Any) -> None:
    click(qtbot, look.controls, "look_sure")
    sure = look.views["sure"]
    assert isinstance(sure, SureView) and sure.isVisible()
    assert sure.verdict.text() == "It is too sure of itself" and "6\u00a0%" in sure._explains.text()
    assert len(sure.diagram.bins()) == 7 and len(examined.asked) == 1


def test_the_part_is_chosen_and_kept(look: ClassifierLookTab, examined: Counting, qtbot: Any) -> None:
    look.part.set_value("validation")
    look._on_part()
    qtbot.waitUntil(lambda: len(examined.asked) == 2 and not look.work.busy, timeout=8000)
    assert [request.part for request in examined.asked] == ["test", "validation"]
    look.part.set_value("test")
    look._on_part()
    assert look.views["right"].isVisible() and len(examined.asked) == 2
    click(qtbot, look.controls, "qualityAgain")
    qtbot.waitUntil(lambda: len(examined.asked) == 3 and not look.work.busy, timeout=8000)


def test_state_comes_back(look: ClassifierLookTab, qtbot: Any) -> None:
    click(qtbot, look.controls, "look_worst")
    click(qtbot, look.canvas, "choice_glasses")
    state = look.state()
    assert state == {"show": "worst", "label": "glasses", "part": "test"}
    look.restore({"show": 3, "label": 4, "part": "gone"})
    assert look.view_name() == "right"
    look.restore(state)
    assert look.view_name() == "worst" and look.chooser.value() == "glasses"
    assert look._said.text().startswith("4 mistakes were made")


def test_the_worst_mistakes_with_their_heat(look: ClassifierLookTab, qtbot: Any) -> None:
    click(qtbot, look.controls, "look_worst")
    worst = look.views["worst"]
    assert isinstance(worst, WorstView) and worst.grid.count() == 8
    assert worst.words.text() == "Taken for blond (99\u00a0%); its label says black."
    worst.grid.setFocus()
    qtbot.keyClick(worst.grid, Qt.Key.Key_Right)
    assert worst.mistake() is not None and worst.mistake().true == "blond"  # type: ignore[union-attr]
    click(qtbot, worst, "choice_truth")
    qtbot.waitUntil(lambda: worst.large.has_heat(), timeout=8000)
    assert judged.AskedServer.asked[-1].heat == "hair=blond"
    click(qtbot, worst, "choice_")
    assert not worst.large.has_heat()


def test_a_mistake_leads_to_the_data_where_it_is_relabelled(
    look: ClassifierLookTab, examined: Counting, jobs: Jobs, qtbot: Any
) -> None:
    window = look.canvas.window()
    click(qtbot, look.controls, "look_worst")
    worst = look.views["worst"]
    assert isinstance(worst, WorstView)
    worst.grid.setFocus()
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Right, Qt.Key.Key_Right):
        qtbot.keyClick(worst.grid, key)
    name = worst.mistake().name  # type: ignore[union-attr]
    click(qtbot, worst, "worstShow")
    page = window.pages.current  # type: ignore[attr-defined]
    assert isinstance(page, DataPage)
    qtbot.waitUntil(lambda: page.view.wall.count() == 8, timeout=8000)
    position = page.view.wall.current()
    assert page.view.sight is not None and page.view.sight.contents.names[position] == name
    assert page.view.picker.value_text() == "mistakes of hair"
    before = page.view.sight.value_of(position, "hair")
    values = page.view.sight.labels["hair"].values
    wanted = next(value for value in values if value != before)
    menu = page.view.build_label_menu()
    action = next(a for m in menu.findChildren(QMenu) for a in m.actions() if a.objectName() == f"label_hair_{wanted}")
    action.trigger()
    menu.deleteLater()
    assert page.view.sight.value_of(position, "hair") == wanted
    record = page.current()
    assert record is not None
    (change,) = record.choices.relabelled
    assert (change.name, change.label, change.value) == (name, "hair", wanted)
    assert record.labels["hair"][wanted] >= 1
    window.session.undo_now()  # type: ignore[attr-defined]
    assert page.view.sight.value_of(position, "hair") == before and not page.current().choices.relabelled  # type: ignore[union-attr]
    window.session.undo_now()  # type: ignore[attr-defined]


def test_other_labels_are_examined_anew(look: ClassifierLookTab, examined: Counting, qtbot: Any) -> None:
    from dataclasses import replace

    from studio.ui.pages.data_model import relabel

    project = look.session.project
    assert project is not None
    record = project.datasets.get(DATA)
    project.datasets.update(replace(record, choices=relabel(record.choices, ["x"], "hair", "red")))
    look.session.changed_on_disk()
    qtbot.waitUntil(lambda: len(examined.asked) == 2 and not look.work.busy, timeout=8000)


def test_a_failure_stands_where_the_answer_would(
    make_window: MakeWindow, painted_project: Path, examined: Counting, errors: list[str], qtbot: Any
) -> None:
    examined.fail = StudioError("This data set has no test pictures.")
    with Project.open(painted_project) as project:
        run = judged.add_run(project, DATA).name
    tab = opened(make_window(painted_project), run=run)
    qtbot.waitUntil(lambda: tab.empty._headline.text() == "It was not examined", timeout=8000)
    assert tab.empty._sentence.text() == "This data set has no test pictures." and not errors
    assert tab.busy.isHidden()
    examined.fail = None
    qtbot.mouseClick(tab.empty.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: tab.views["right"].isVisible(), timeout=8000)


def test_without_a_run_it_leads_to_training(make_window: MakeWindow, painted_project: Path, qtbot: Any) -> None:
    window = make_window(painted_project)
    tab = opened(window)
    assert tab.empty.button.text() == "Train one"
    qtbot.mouseClick(tab.empty.button, Qt.MouseButton.LeftButton)
    page: Any = window.pages.current
    assert page.tab() == "train"


@pytest.mark.parametrize("count", [10, 1000])
def test_the_spread_of_a_share_is_that_of_counting(count: int) -> None:
    """Against many draws of as many pictures: about 95 in a hundred shares lie within the spread."""
    shares = np.random.default_rng(0).binomial(count, 0.8, 20_000) / count
    inside = np.mean(np.abs(shares - 0.8) <= spread(0.8, count) + 0.5 / count)
    assert 0.9 < inside <= 1.0
    assert spread(1.0, 0) == 1.0 and 0 < spread(1.0, 20) < 0.2


def test_bins_are_told_apart() -> None:
    assert bin_total([Bin(0.95, 1, 1), Bin(0.85, 1, 1)]) == 10
    assert bin_total([Bin(0.91, 1, 1), Bin(0.97, 1, 1)]) == 15
