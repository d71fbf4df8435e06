"""A project with a tiny data set, and a way to run jobs to their end."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.config.base import Settings
from studio.config.builtin import Portraits
from studio.config.gan import GanConfig, ResidualNetwork
from studio.config.requests import BuiltinRequest, TrainRequest
from studio.ground.events import Ended, Event, Metrics
from studio.jobs.footprint import Footprint
from studio.jobs.registry import run_job
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project

TINY = GanConfig(steps=6, batch=8, sample_count=4, latent_size=8, network=ResidualNetwork(width=4))


def run_to_end(request: Settings, path: Path, commands: CommandQueue | None = None) -> list[Event]:
    """All events of a job; fails where there is not exactly one ending, at the end."""
    events = list(run_job(request, path, commands or CommandQueue()))
    assert [isinstance(event, Ended) for event in events] == [False] * (len(events) - 1) + [True]
    return events


def ending(events: list[Event]) -> Ended:
    """The last event."""
    assert isinstance(events[-1], Ended)
    return events[-1]


def metrics(events: list[Event]) -> dict[int, dict[str, float]]:
    """All numbers by step."""
    found: dict[int, dict[str, float]] = {}
    for event in events:
        if isinstance(event, Metrics):
            found.setdefault(event.step, {}).update(event.values)
    return found


@pytest.fixture(scope="session")
def portraits_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that holds 48 portraits of 32x32 and is only to be copied."""
    path = tmp_path_factory.mktemp("jobs") / "portraits"
    with Project.create(path) as project:
        record = ending(run_to_end(BuiltinRequest(what=Portraits(count=48, size=32)), path)).result
        project.datasets.add(record)
    return path


@pytest.fixture
def project(portraits_project: Path, tmp_path: Path) -> Path:
    """A project of the test's own with 48 portraits."""
    path = tmp_path / "project"
    shutil.copytree(portraits_project, path)
    return path


@pytest.fixture
def quick_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measures of 16 samples instead of 512, and no estimate of the memory, which `test_footprint.py` is about."""
    monkeypatch.setattr("studio.training.gan.MEASURED", 16)
    monkeypatch.setattr("studio.jobs.trials.measure_footprint", lambda *_, **__: iter([None, Footprint(0, 0)]))


@pytest.fixture
def ask(quick_measure: None) -> Callable[..., TrainRequest]:
    """A function (changes of the tiny config, and of the request by ``request_...``) that makes a training request."""

    def make(**changes: Any) -> TrainRequest:
        about = {k.removeprefix("request_"): v for k, v in changes.items() if k.startswith("request_")}
        config = {k: v for k, v in changes.items() if not k.startswith("request_")}
        plain = TINY.model_dump(mode="json") | config
        return TrainRequest(family="gan", dataset="portraits", config=plain, device="cpu", **about)

    return make
