"""The classifier's panel over a network that was really trained, if only for a few steps: no stand-ins anywhere."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from studio.config.builtin import Portraits
from studio.config.classifier import ClassifierConfig, CnnNetwork
from studio.config.requests import BuiltinRequest, ClassifyRequest, QualityRequest, TrainRequest
from studio.data.store import PictureStore
from studio.ground.events import Ended, Event
from studio.jobs.registry import run_job
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project
from studio.ui.panels.classifier_ask import ClassifierAskTab
from studio.ui.panels.classifier_look import ClassifierLookTab
from studio.ui.panels.classifier_stage import ClassifierStage
from studio.ui.panels.quality_views import RightView, WorstView
from studio.ui.panels.train_tab import TrainTab
from studio.ui.window import StudioWindow

pytestmark = pytest.mark.slow

MakeWindow = Callable[..., StudioWindow]
Jobs = dict[type, Callable[..., Iterator[Event]]]
LABELS = ("hair", "glasses")


def work(request: Any, path: Path) -> Any:
    """Do a job here and now; its result."""
    ended = [event for event in run_job(request, path, CommandQueue()) if isinstance(event, Ended)][-1]
    assert ended.status == "finished", f"{ended.error} {ended.trace}"
    return ended.result


@pytest.fixture(scope="module")
def trained_project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A project with a hundred and twenty portraits and a run of six steps."""
    path = tmp_path_factory.mktemp("judged") / "project"
    Project.create(path).close()
    record = work(BuiltinRequest(what=Portraits(count=120, size=32)), path)
    with Project.open(path) as project:
        project.datasets.add(record)
    config = ClassifierConfig(
        steps=6, batch=16, labels=LABELS, network=CnnNetwork(width=4), sample_count=6, validate_every=3
    )
    request = TrainRequest(
        family="classifier", dataset=record.name, config=config.model_dump(mode="json"), device="cpu"
    )
    return path, work(request, path)["run"]


@pytest.fixture
def window(make_window: MakeWindow, trained_project: tuple[Path, str], jobs: Jobs) -> StudioWindow:
    for kind in (QualityRequest, ClassifyRequest):
        jobs[kind] = run_job
    window = make_window(trained_project[0])
    window.resize(1280, 800)
    return window


def tab_of(window: StudioWindow, tab: str, run: str) -> Any:
    window.session.go("classifier", tab=tab, run=run)
    page: Any = window.pages.current
    return page.current_tab()


def test_train_shows_what_the_run_noted(window: StudioWindow, trained_project: tuple[Path, str]) -> None:
    tab = tab_of(window, "train", trained_project[1])
    assert isinstance(tab, TrainTab)
    stage = tab.canvas.stage
    assert isinstance(stage, ClassifierStage)
    assert stage.grid.count() == 6 and all(stage.grid._captions)
    assert set(stage.chooser._names) == set(LABELS)
    assert stage.matrix.counts().sum() > 0
    curves = tab.pane.watch.curves()  # type: ignore[union-attr]
    assert {"training_loss", "validation_loss", "training_accuracy", "validation_accuracy"} <= set(curves)
    wanted = [line.metric for group in tab._about.groups for line in group.lines]
    assert set(wanted) <= set(curves)


def test_a_drawing_is_judged_with_heat(window: StudioWindow, trained_project: tuple[Path, str], qtbot: Any) -> None:
    tab = tab_of(window, "create", trained_project[1])
    assert isinstance(tab, ClassifierAskTab)
    pad, bars = tab.one.view.pad, tab.one.view.bars
    assert {label for label, _ in bars.rows()} == set(LABELS)
    qtbot.mousePress(pad, Qt.MouseButton.LeftButton, pos=QPoint(80, 80))
    QTest.mouseMove(pad, QPoint(200, 200))
    qtbot.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    qtbot.waitUntil(lambda: bool(bars.probabilities()) and not tab.maker.is_busy(), timeout=60_000)
    for shares in bars.probabilities().values():
        assert sum(shares.values()) == pytest.approx(1, abs=1e-4)
    tab.one._on_bar("glasses", "yes")
    qtbot.waitUntil(pad.has_heat, timeout=60_000)
    assert tab.one.view.seen.picture().width() == 32


def test_a_folder_is_classified_and_saved(
    window: StudioWindow, trained_project: tuple[Path, str], tmp_path: Path, qtbot: Any
) -> None:
    folder = tmp_path / "pictures" / "below"
    folder.mkdir(parents=True)
    with Project.open(trained_project[0], write=False) as project, PictureStore(
        project.datasets.folder(project.datasets.all()[0].name)
    ) as store:
        for at in range(3):
            store.picture(at).convert("RGB").save(folder / f"{at}.png")
    Image.new("LA", (9, 30)).save(folder / "odd.png")
    (folder / "broken.png").write_bytes(b"no")
    tab = tab_of(window, "create", trained_project[1])
    assert tab.take_drop([folder.parent], None)
    qtbot.waitUntil(lambda: tab.many.table is not None, timeout=60_000)
    table = tab.many.table
    assert len(table.rows) == 5 and table.unreadable == 1
    tab.many.ask_csv = lambda: str(tmp_path / "out.csv")
    tab.many.save()
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 6
    tab.many._on_opened(table.rows[0])
    qtbot.waitUntil(lambda: tab.one.view.title.text() == Path(table.rows[0].name).name, timeout=60_000)


def test_looking_inside(window: StudioWindow, trained_project: tuple[Path, str], qtbot: Any) -> None:
    tab = tab_of(window, "look", trained_project[1])
    assert isinstance(tab, ClassifierLookTab)
    qtbot.waitUntil(lambda: tab.views["right"].isVisible(), timeout=60_000)
    right, worst = tab.views["right"], tab.views["worst"]
    assert isinstance(right, RightView) and isinstance(worst, WorstView)
    assert right.matrix.counts().sum() > 0 and len(right.table.values.rows()) == len(right.matrix.counts())
    tab.show_view("sure")
    assert tab.views["sure"].isVisible() and tab._said.text()
    tab.show_view("worst")
    mistake = worst.mistake()
    assert mistake is not None and mistake.true != mistake.predicted
    worst.heat._choose("said")
    qtbot.waitUntil(worst.large.has_heat, timeout=60_000)
    project = window.session.project
    assert project is not None
    with PictureStore(project.datasets.folder(project.datasets.all()[0].name)) as store:
        original = np.asarray(store.picture(store.position(mistake.name)).convert("RGB"))
    shown = tab.work.get(tab.examined())  # type: ignore[arg-type]
    assert np.array_equal(shown.pictures[worst._places[0]], original)
