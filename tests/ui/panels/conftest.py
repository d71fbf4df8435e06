"""A project with real pictures and runs on disk, and a run that the test leads step by step."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.config.builtin import Portraits
from studio.config.gan import GanConfig
from studio.config.requests import TrainRequest
from studio.data.builtin import draw_portraits
from studio.data.store import PictureStore
from studio.ground.errors import text
from studio.ground.events import ChangeSetting, Command, Ended, Event, Notice, Progress, Started
from studio.jobs.steering import CommandQueue
from studio.projects.datasets import DataSetRecord
from studio.projects.project import Project
from studio.projects.run import Run
from studio.ui.panels.gan_create import GanCreateTab
from studio.ui.panels.language import LanguagePanel
from studio.ui.window import StudioWindow
from studio.workers.latest import LatestWins
from tests.ui.panels.creating import opened
from tests.ui.panels.denoised import DenoisingServer, add_denoiser
from tests.ui.panels.forming import FormingServer
from tests.ui.panels.talking import TalkingServer, add_talker, without_train
from tests.ui.panels.trained import PaintingServer
from tests.ui.panels.trained import add_run as add_trained_run

DATA = "portraits"


def add_portraits(project: Project, count: int = 24) -> None:
    """A small drawn data set, as the job makes it."""
    folder = project.datasets.new_folder(DATA)
    folder.parent.mkdir(parents=True, exist_ok=True)
    for _ in draw_portraits(Portraits(count=count, size=32), folder, DATA):
        pass
    with PictureStore(folder) as store:
        facts = store.facts()
    labels = {name: dict.fromkeys(values, 1) for name, values in facts.labels.items()}
    relative = folder.relative_to(project.path).as_posix()
    project.datasets.add(DataSetRecord(DATA, relative, count=count, size=(32, 32), labels=labels))


def sample_pictures(step: int, count: int = 6) -> np.ndarray:
    """Grey pictures whose shade tells their step."""
    return np.full((count, 8, 8, 3), step % 256, np.uint8)


def add_run(project: Project, *, state: str = "finished", steps: int = 40, total: int = 40, error: str = "") -> Run:
    """A run with metrics at every step and samples at every tenth."""
    config = GanConfig(steps=total, seed=7)
    request = TrainRequest(family="gan", dataset=DATA, config=config.model_dump(mode="json"), dial="quick")
    run = project.runs.new("gan", DATA, config, request)
    for step in range(1, steps + 1):
        values = {"generator_loss": 1 / step, "discriminator_loss": 1.0, "real_right": 0.9, "fake_right": 0.6}
        run.metrics.append(step, 8 * step, values)
        if step % 10 == 0:
            run.samples.write(step, sample_pictures(step), items=8 * step)
    run.log("a line of the log")
    run.set_status(state=state, step=steps, items=8 * steps, total=total, error=error, seconds_trained=4.0)
    run.metrics.close()
    return run


@pytest.fixture
def painted_project(tmp_path: Path) -> Path:
    """A project with drawn portraits and no run."""
    path = tmp_path / "Faces"
    with Project.create(path) as project:
        add_portraits(project)
    return path


@pytest.fixture
def project_with_run(painted_project: Path) -> Path:
    """The same with a finished run."""
    with Project.open(painted_project) as project:
        add_run(project)
    return painted_project


class LedTraining:
    """Stands in for the training job: goes on when the test says so."""

    def __init__(self) -> None:
        self.told: list[Command] = []
        self._go = threading.Semaphore(0)
        self._steps: list[int] = []
        self.notice: Notice | None = None

    def advance(self, to: int) -> None:
        """Train up to a step, samples included."""
        self._steps.append(to)
        self._go.release()

    def job(self, request: TrainRequest, path: Path, commands: CommandQueue) -> Iterator[Event]:
        with Project.open(path, write=False) as project:
            config = GanConfig.model_validate(request.config)
            run = project.runs.new("gan", request.dataset, config, request)
        with run.lock():
            run.set_status(state="running", total=config.steps)
            yield Started("prepare", run.name, total=config.steps)
            yield Progress(text("Preparing pictures"), 3, 24)
            step = 0
            while not commands.stop_requested and step < config.steps:
                self.told += commands.drain()
                if self._go.acquire(timeout=0.02):
                    yield from self._train(run, step, self._steps[-1], config.steps)
                    step = self._steps[-1]
            status = "finished" if step >= config.steps else "stopped"
            run.set_status(state=status, step=step, items=8 * step, seconds_trained=2.0)
            run.metrics.close()
        yield Ended(status, result={"run": run.name, "step": step})  # type: ignore[arg-type]

    def _train(self, run: Run, first: int, last: int, total: int) -> Iterator[Event]:
        for step in range(first + 1, last + 1):
            run.metrics.append(step, 8 * step, {"generator_loss": 1 / step, "discriminator_loss": 1.0})
        run.samples.write(last, sample_pictures(last), items=8 * last)
        run.set_status(step=last)
        if self.notice is not None:
            yield self.notice
            self.notice = None
        yield Progress(text("Training"), last, total, 340.0, 240.0)

    def changes(self) -> list[tuple[str, object]]:
        """The settings that the run was told to change."""
        return [(c.path, c.value) for c in self.told if isinstance(c, ChangeSetting)]


@pytest.fixture
def led(jobs: dict[type, Callable[..., Iterator[Event]]]) -> LedTraining:
    """The training job of this test."""
    led = LedTraining()
    jobs[TrainRequest] = led.job
    return led


# --- Create and Look inside ----------------------------------------------------------------------------------------


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> type[PaintingServer]:
    """Models are painted by numbers, in the real thread of the real worker."""

    class Server(PaintingServer):
        asked: list[Any] = []

    monkeypatch.setattr("studio.workers.latest.LatestWins", lambda path, make=None: LatestWins(path, make=Server))
    return Server


@pytest.fixture
def run(project_path: Path) -> str:
    """The name of a finished, unconditional run with checkpoints."""
    return add_trained_run(project_path)


@pytest.fixture
def create(
    make_window: Callable[..., StudioWindow], project_path: Path, server: type[PaintingServer], run: str
) -> GanCreateTab:
    """The Create tab with a chosen run."""
    window = make_window(project_path)
    window.session.select("gan", run=run)
    return opened(window)


# --- denoisers -----------------------------------------------------------------------------------------------------


@pytest.fixture
def denoising_server(monkeypatch: pytest.MonkeyPatch) -> type[DenoisingServer]:
    """A painter of steps in the real thread of the real worker."""

    class Server(DenoisingServer):
        asked: list[Any] = []

    monkeypatch.setattr("studio.workers.latest.LatestWins", lambda path, make=None: LatestWins(path, make=Server))
    return Server


@pytest.fixture
def denoiser(project_path: Path) -> str:
    """The name of a finished run that reads words."""
    return add_denoiser(project_path)


@pytest.fixture
def forming(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[FormingServer]]:
    """Pictures that form, in the real thread of the real worker."""

    class Server(FormingServer):
        asked: list[Any] = []
        stopped: list[Any] = []
        held = threading.Event()

    def worker(path: Path, make: Any = None) -> LatestWins:
        return LatestWins(path, make=make or Server)

    monkeypatch.setattr("studio.workers.latest.LatestWins", worker)
    yield Server
    Server.held.clear()


# --- language models -----------------------------------------------------------------------------------------------


@pytest.fixture
def talking(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[TalkingServer]]:
    """A stand-in that answers by rule, in the real thread of the real worker."""
    monkeypatch.setattr(LanguagePanel, "make_tab", without_train(LanguagePanel.make_tab))

    class Server(TalkingServer):
        asked: list[Any] = []
        stopped: list[Any] = []
        held = threading.Event()

    def worker(path: Path, make: Any = None) -> LatestWins:
        return LatestWins(path, make=make or Server)

    monkeypatch.setattr("studio.workers.latest.LatestWins", worker)
    yield Server
    Server.held.clear()


@pytest.fixture
def talker(project_path: Path) -> str:
    """The name of a finished run of a language model."""
    return add_talker(project_path)
