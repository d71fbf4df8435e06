"""The learning-rate finder as a job."""

from pathlib import Path

import pytest

from studio.config.classifier import ClassifierConfig, MlpNetwork
from studio.config.requests import FindRateRequest
from studio.ground.events import Event, Progress, Stop
from studio.jobs.registry import run_job
from studio.jobs.steering import CommandQueue
from studio.training.rate_finder import FoundRate

from .conftest import ending, run_to_end


def request(**changes: object) -> FindRateRequest:
    config = ClassifierConfig(batch=8, network=MlpNetwork(width=16), **changes)
    return FindRateRequest(family="classifier", dataset="portraits", config=config.model_dump(mode="json"))


@pytest.fixture
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A range of rates in 12 steps."""
    monkeypatch.setattr("studio.training.rate_finder.find_rate.__kwdefaults__", {"steps": 12}, raising=False)


def test_it_tells_rates_and_losses(project: Path, few_steps: None) -> None:
    before = sorted(path.name for path in (project / "runs").glob("*"))
    end = ending(run_to_end(request(), project))
    assert end.status == "finished" and isinstance(end.result, FoundRate)
    assert 3 <= len(end.result.rates) == len(end.result.losses) <= 12
    assert sorted(path.name for path in (project / "runs").glob("*")) == before


def test_it_stops_when_told_to(project: Path) -> None:
    commands, events = CommandQueue(), []
    for event in run_job(request(), project, commands):
        events.append(event)
        if isinstance(event, Progress) and event.done == 2:
            commands.put(Stop())
    assert ending(events).status == "stopped"


def test_what_cannot_be_learnt_is_refused(project: Path) -> None:
    events: list[Event] = run_to_end(request(labels=("nose",)), project)
    assert "no label nose" in str(ending(events).error)
