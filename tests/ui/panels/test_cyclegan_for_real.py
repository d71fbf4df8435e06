"""The CycleGAN's panel over networks that were really trained, if only for a few steps: no stand-ins anywhere."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import Qt

from studio.config.builtin import Portraits
from studio.config.cyclegan import CycleganConfig, PatchDiscriminator, ResnetGenerator
from studio.config.requests import BuiltinRequest, EditFilesRequest, TrainRequest
from studio.ground.events import Ended, Event
from studio.jobs.registry import run_job
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project
from studio.ui.panels.cyclegan_edit import CycleganEditTab
from studio.ui.panels.cyclegan_look import CycleganLookTab
from studio.ui.panels.cyclegan_look_judges import JudgesView
from studio.ui.panels.cyclegan_look_training import TrainingView
from studio.ui.panels.cyclegan_look_trip import TripView
from studio.ui.panels.cyclegan_stage import CycleganStage
from studio.ui.panels.train_tab import TrainTab
from studio.ui.window import StudioWindow

pytestmark = pytest.mark.slow

MakeWindow = Callable[..., StudioWindow]
Jobs = dict[type, Callable[..., Iterator[Event]]]
LONG = 60_000


def work(request: Any, path: Path) -> Any:
    """Do a job here and now; its result."""
    ended = [event for event in run_job(request, path, CommandQueue()) if isinstance(event, Ended)][-1]
    assert ended.status == "finished", f"{ended.error} {ended.trace}"
    return ended.result


@pytest.fixture(scope="module")
def trained_project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A project with portraits and a run of four steps."""
    path = tmp_path_factory.mktemp("translated") / "project"
    Project.create(path).close()
    record = work(BuiltinRequest(what=Portraits(count=120, size=32)), path)
    with Project.open(path) as project:
        project.datasets.add(record)
    config = CycleganConfig(
        steps=4, batch=2, split="hair=black:blond", picture_size=16, generator=ResnetGenerator(width=4, blocks=1),
        discriminator=PatchDiscriminator(width=4, layers=1), sample_count=8, precision="float32", shares=1,
    )  # fmt: skip
    request = TrainRequest(family="cyclegan", dataset=record.name, config=config.model_dump(mode="json"), device="cpu")
    return path, work(request, path)["run"]


@pytest.fixture
def window(make_window: MakeWindow, trained_project: tuple[Path, str], jobs: Jobs) -> StudioWindow:
    jobs[EditFilesRequest] = run_job
    window = make_window(trained_project[0])
    window.resize(1280, 800)
    return window


def tab_of(window: StudioWindow, tab: str, run: str) -> Any:
    window.session.go("cyclegan", tab=tab, run=run)
    page: Any = window.pages.current
    return page.current_tab()


def test_train_shows_rows_and_all_its_losses(window: StudioWindow, trained_project: tuple[Path, str]) -> None:
    tab = tab_of(window, "train", trained_project[1])
    assert isinstance(tab, TrainTab)
    stage = tab.canvas.stage
    assert isinstance(stage, CycleganStage) and stage.grid.count() == 8 and len(stage.sides._heads) == 2
    curves = tab.pane.watch.curves()  # type: ignore[union-attr]
    wanted = [line.metric for group in tab._about.groups[:2] for line in group.lines]
    assert len(set(wanted) & set(curves)) == 8


def test_a_picture_and_a_folder_are_edited(
    window: StudioWindow, trained_project: tuple[Path, str], tmp_path: Path, qtbot: Any
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    Image.new("RGBA", (21, 34), (40, 30, 20, 200)).save(folder / "clear.png")
    (folder / "broken.png").write_bytes(b"no")
    tab = tab_of(window, "create", trained_project[1])
    assert isinstance(tab, CycleganEditTab)
    assert tab.take_drop([folder / "clear.png"], None)
    qtbot.waitUntil(lambda: tab.one.edited is not None, timeout=LONG)
    assert tab.one.edited is not None and tab.one.edited.after.shape == (34, 21, 3)
    assert tab.take_drop([folder], None)
    tab.many.edit()
    qtbot.waitUntil(lambda: tab.many.report is not None, timeout=LONG)
    report: Any = tab.many.report
    assert report.done == 1 and report.left_out == 1
    with Image.open(tmp_path / "mine - blond" / "clear.png") as made:
        assert made.size == (21, 34) and made.mode == "RGBA"
    session = window.session
    gallery = session.project.gallery  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: gallery.count() == 1, timeout=LONG)
    (kept,) = gallery.query()
    assert kept.note == "clear.png" and "1 kept in the gallery" in tab.many.view.details.text()
    qtbot.waitUntil(lambda: session.undo.top() is not None, timeout=LONG)
    session.undo_now()
    assert gallery.count() == 0
    session.redo_now()
    assert gallery.count() == 1
    tab.many.tools.keep.setFocus()
    qtbot.keyClick(tab.many.tools.keep, Qt.Key.Key_Space)
    tab.many.edit()
    qtbot.waitUntil(lambda: tab.many.report is not report, timeout=LONG)
    assert tab.many.report.kept == 0 and tab.many.state() == {"keep": False} and gallery.count() == 1


def test_it_is_looked_into(window: StudioWindow, trained_project: tuple[Path, str], qtbot: Any) -> None:
    tab = tab_of(window, "look", trained_project[1])
    assert isinstance(tab, CycleganLookTab)
    trip, judges, training = tab.views["trip"], tab.views["judges"], tab.views["training"]
    assert isinstance(trip, TripView) and isinstance(judges, JudgesView) and isinstance(training, TrainingView)
    qtbot.waitUntil(lambda: trip.trip is not None and not tab.maker.is_busy(), timeout=LONG)
    assert tab._said.text().startswith("Cycle error")
    tab.show_view("judges")
    qtbot.waitUntil(lambda: judges.trip is not None and not tab.maker.is_busy(), timeout=LONG)
    assert judges.left.patches() is not None and judges.right.patches() is not None
    tab.show_view("training")
    steps = list(tab.maker.trained.steps)  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: training.steps() == steps, timeout=LONG)
