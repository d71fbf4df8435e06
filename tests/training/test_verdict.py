"""An early end: said once, kept with its best weights, the same however often the run was stopped before it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from studio.ground.events import CheckpointSaved, Event, Metrics, Notice, Progress, SampleNow, SaveNow, Stop
from studio.training.classifier import ClassifierTask
from studio.training.trainer import Trainer

from .conftest import finish

Make = Callable[..., Trainer]
LOSSES = {3: 0.9, 6: 0.5, 9: 0.6, 12: 0.5, 15: 0.7, 18: 0.4, 21: 0.8, 24: 0.8, 27: 0.8}


@pytest.fixture
def family() -> str:
    """The family that validates."""
    return "classifier"


@pytest.fixture
def losses(monkeypatch: pytest.MonkeyPatch) -> dict[int, float]:
    """Validation losses by step, in place of measured ones: the step is that of the optimiser."""
    found = dict(LOSSES)

    def measure(self: ClassifierTask, averages: Any) -> Iterator[dict[str, float] | None]:
        yield None
        step = int(next(iter(self.optimisers["classifier"].state.values()))["step"])
        yield {"validation_loss": found.get(step, 1.0), "validation_accuracy": 0.5}

    monkeypatch.setattr(ClassifierTask, "measure", measure)
    return found


def codes(events: list[Event]) -> list[str]:
    return [event.code for event in events if isinstance(event, Notice)]


def test_a_run_ends_when_it_no_longer_becomes_better(make_trainer: Make, losses: dict[int, float]) -> None:
    trainer = make_trainer(steps=60, patience=3)
    events = finish(trainer)
    assert (events[-1].status, trainer.step, events[-1].result["enough"]) == ("finished", 15, True)
    assert codes(events) == ["enough"]
    best = trainer.checkpoints.best()
    assert best is not None and best.step == 6 and best.facts()["measures"]["validation_loss"] == 0.5
    assert [e.step for e in events if isinstance(e, CheckpointSaved) and e.best][-1] == 6
    assert trainer.checkpoints.points("model")[-1].step == 15 and max(trainer.recorder.pictures) == 15


def test_without_patience_it_goes_to_its_horizon(make_trainer: Make, losses: dict[int, float]) -> None:
    trainer = make_trainer(steps=30)
    events = finish(trainer)
    assert (events[-1].status, trainer.step, codes(events)) == ("finished", 30, [])
    assert "enough" not in events[-1].result


def test_the_horizon_itself_is_no_early_end(make_trainer: Make, losses: dict[int, float]) -> None:
    events = finish(make_trainer(steps=15, patience=3))
    assert events[-1].status == "finished" and "enough" not in events[-1].result and codes(events) == []


@pytest.mark.parametrize("stop", [4, 9, 14])
def test_stops_before_the_end_change_nothing(make_trainer: Make, losses: dict[int, float], stop: int) -> None:
    whole = make_trainer("whole", steps=60, patience=3)
    finish(whole)
    finish(make_trainer("parts", steps=60, patience=3, stop_at=stop))
    second = make_trainer("parts", steps=60, patience=3)
    second.restore()
    finish(second)
    assert second.digest() == whole.digest() and second.step == 15


def test_a_stop_inside_a_validation_makes_it_up_later(make_trainer: Make, losses: dict[int, float]) -> None:
    whole = make_trainer("whole", steps=60, patience=3)
    finish(whole)
    trainer = make_trainer("parts", steps=60, patience=3)
    for event in trainer.run():
        if isinstance(event, Progress) and "Measuring" in str(event.what) and trainer.step == 9:
            list(trainer.apply(Stop()))
    assert event.status == "stopped" and trainer.step == 9 and trainer.counters.validated == 6
    second = make_trainer("parts", steps=60, patience=3)
    second.restore()
    finish(second)
    assert second.digest() == whole.digest()


def test_what_a_user_asks_for_is_no_validation(make_trainer: Make, losses: dict[int, float]) -> None:
    quiet = make_trainer("quiet", steps=60, patience=3)
    finish(quiet)
    busy = make_trainer("busy", steps=60, patience=3)
    for event in busy.run():
        if isinstance(event, Metrics) and "training_loss" in event.values:
            list(busy.apply(SampleNow()))
            list(busy.apply(SaveNow()))
    assert busy.digest() == quiet.digest()


def test_an_ended_run_stays_ended_unless_it_becomes_longer(make_trainer: Make, losses: dict[int, float]) -> None:
    first = make_trainer("run", steps=60, patience=3)
    finish(first)
    again = make_trainer("run", steps=60, patience=3)
    again.restore()
    events = finish(again)
    assert again.step == 15 and events[-1].result["enough"] and again.digest() == first.digest()
    longer = make_trainer("run", steps=90, patience=3)
    longer.restore()
    events = finish(longer)
    assert longer.step == 27 and events[-1].result["enough"]
    best = longer.checkpoints.best()
    assert best is not None and best.step == 18
