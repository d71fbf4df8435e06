"""A window with an engine that is loaded at once and jobs that the test writes itself."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from studio.app import application
from studio.config.base import Settings
from studio.config.facts import DeviceFacts
from studio.config.gan import GanConfig
from studio.config.registry import load_config
from studio.config.requests import TrainRequest
from studio.ground.errors import text
from studio.ground.events import Continue, Ended, Event, Pause, Paused, Progress, Started
from studio.jobs.registry import failure
from studio.jobs.steering import CommandQueue
from studio.projects.datasets import DataSetRecord
from studio.projects.project import Project
from studio.ui import dialogs, engine_state, theme
from studio.ui.naming_worker import NamingWorker
from studio.ui.persistence import UserFile
from studio.ui.session import Session
from studio.ui.window import StudioWindow
from studio.workers.engine import EngineLoader

Jobs = dict[type[Settings], Callable[[Any, Path, CommandQueue], Iterator[Event]]]


@pytest.fixture
def quick_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch "loads" at once: these tests are about the window."""

    def loader() -> EngineLoader:
        return EngineLoader(load=lambda: (DeviceFacts(kind="cpu", name="processor", cores=2),))

    monkeypatch.setattr(engine_state, "make_loader", loader)


@pytest.fixture
def errors(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Sentences of the error dialogs that would have been shown."""
    shown: list[str] = []

    def show(parent: Any, doing: str, error: Any, *, trace: str = "", log: Any = None) -> None:
        shown.append(dialogs.error_words(error, trace)[0])

    monkeypatch.setattr(dialogs, "show_error", show)
    return shown


def train_job(request: TrainRequest, path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Trains nothing: makes the run, then goes on until told to stop, and obeys pauses."""
    with Project.open(path, write=False) as project:
        config = load_config(request.config)
        run = project.runs.new(request.family, request.dataset, config, request, request.run)
    with run.lock():
        run.set_status(state="running", total=config.steps)
        yield Started("prepare", run.name, total=config.steps)
        yield Started("train", request.family, 0, config.steps)
        step, paused = 0, False
        while not commands.stop_requested and step < config.steps:
            for command in commands.drain():
                if isinstance(command, Pause | Continue):
                    paused = isinstance(command, Pause)
                    run.set_status(state="paused" if paused else "running")
                    yield Paused(paused, step)
            if not paused:
                step += 1
                run.metrics.append(step, 8 * step, {"loss": 1.0 / step})
                yield Progress(text("Training"), step, config.steps, 100.0, 3.0)
            commands.wait(0.01)
        status = "finished" if step >= config.steps else "stopped"
        run.set_status(state=status, step=step)
        run.metrics.close()
        yield Ended(status, result={"run": run.name, "step": step})  # type: ignore[arg-type]


@pytest.fixture
def jobs() -> Jobs:
    """What stands in for the jobs, by the type of request; a test may add and replace."""
    return {TrainRequest: train_job}


@pytest.fixture
def make_session(qapp: QApplication, tmp_path: Path, jobs: Jobs, quick_engine: None) -> Iterator[Callable[[], Session]]:
    """A function that makes a session with its own user file; shut at the end."""
    made: list[Session] = []

    def run(request: Settings, path: Path, commands: CommandQueue) -> Iterator[Event]:
        try:
            yield from jobs[type(request)](request, path, commands)
        except Exception as error:  # as the door to the jobs does
            yield failure(error)

    def make() -> Session:
        session = Session(UserFile(tmp_path / "user" / "window.json"), worker=lambda r, p: NamingWorker(r, p, jobs=run))
        made.append(session)
        return session

    yield make
    for session in made:
        session.line.held = True
        session.board.stop_all()
        session.board.join(10)
        session.shut()
        if session.project is not None:
            session.project.close()


@pytest.fixture
def make_window(make_session: Callable[[], Session], qtbot: Any, errors: list[str]) -> Callable[..., StudioWindow]:
    """A function that opens a window, on a project or on Home."""

    def make(project: Path | None = None, *, show: bool = True) -> StudioWindow:
        application()
        theme.choose("light")
        window = StudioWindow(make_session())
        qtbot.addWidget(window, before_close_func=_stop_jobs)
        if project is None:
            window.pages.show("home")
        else:
            window.door.open(project)
        if show:
            window.show()
            qtbot.waitUntil(lambda: window.session.engine.state == "ready", timeout=5000)
        return window

    return make


def _stop_jobs(window: StudioWindow) -> None:
    """Let every job end, so that closing asks nothing."""
    window.session.line.held = True
    window.session.board.stop_all()
    assert window.session.board.join(10)


def add_dataset(project: Project, name: str = "cats") -> None:
    """A data set that is only listed."""
    folder = project.datasets.new_folder(name)
    folder.mkdir(parents=True)
    labels = {"hair": {"red": 5, "blue": 7}}
    relative = folder.relative_to(project.path).as_posix()
    project.datasets.add(DataSetRecord(name, relative, count=12, size=(40, 40), labels=labels))


@pytest.fixture
def project_path(tmp_path: Path) -> Path:
    """A project with the data set *cats*."""
    path = tmp_path / "My project é 🎨"
    with Project.create(path) as project:
        add_dataset(project)
    return path


@pytest.fixture
def train_request() -> Callable[..., TrainRequest]:
    """A function that makes a request to train on *cats*."""

    def make(steps: int = 100_000) -> TrainRequest:
        config = GanConfig(steps=steps).model_dump(mode="json")
        return TrainRequest(family="gan", dataset="cats", config=config)

    return make
