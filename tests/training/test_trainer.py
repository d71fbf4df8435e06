"""The loop: its events, its commands, and everything that may go wrong inside it."""

import errno
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
import torch
from torch import Tensor

from studio.config.base import flat
from studio.config.gan import remedy
from studio.ground.errors import UsageError
from studio.ground.events import (
    ChangeSetting,
    CheckpointSaved,
    Continue,
    Event,
    Metrics,
    Notice,
    Pause,
    Paused,
    Progress,
    SampleNow,
    Samples,
    SaveNow,
    Started,
    Stop,
)
from studio.training import gan_step
from studio.training import trainer as trainer_module
from studio.training.gan import METRICS
from studio.training.trainer import GIVE_UP, Trainer

from .conftest import finish

pytestmark = pytest.mark.usefixtures("quick_measure")
Make = Callable[..., Trainer]
T = TypeVar("T")


def _of(kind: type[T], events: list[Event]) -> list[T]:
    return [event for event in events if isinstance(event, kind)]


def _notices(events: list[Event]) -> list[str]:
    return [notice.code for notice in _of(Notice, events)]


def test_a_run_tells_everything(make_trainer: Make) -> None:
    trainer = make_trainer(steps=9)
    events = finish(trainer)
    assert events[0] == Started("train", "gan", 0, 9)
    assert events[-1].status == "finished" and events[-1].result["step"] == 9 and events[-1].result["items"] == 72
    steps = [m.step for m in _of(Metrics, events) if "generator_loss" in m.values]
    assert steps == list(range(1, 10))
    shown = {name for m in _of(Metrics, events) for name in m.values}
    assert shown == set(METRICS) == set(trainer.task.metric_names)
    samples = _of(Samples, events)
    assert [s.step for s in samples] == sorted(trainer.recorder.pictures) and samples[-1].step == 9
    assert all(s.pictures.shape == (4, 32, 32, 3) and s.pictures.dtype == "uint8" for s in samples)
    saved = [(s.kind, s.step) for s in _of(CheckpointSaved, events)]
    assert saved[0] == ("model", 0) and saved[-2:] == [("model", 9), ("resume", 9)]
    assert trainer.checkpoints.best() is not None


def test_every_share_judged_right_is_a_share(make_trainer: Make) -> None:
    for loss in ("non_saturating", "least_squares", "hinge", "wasserstein", "relativistic"):
        trainer = make_trainer(loss, steps=8, loss={"kind": loss})
        finish(trainer)
        values = trainer.recorder.values[8]
        assert 0 <= values["real_right"] <= 1 and 0 <= values["fake_right"] <= 1
        assert ("real_probability" in values) == (loss == "non_saturating")


def test_stop_is_obeyed_between_two_events(make_trainer: Make) -> None:
    trainer, events = make_trainer(steps=1000), []
    for event in trainer.run():
        events.append(event)
        if isinstance(event, Metrics) and event.step == 2:
            assert list(trainer.apply(Stop())) == []
    assert events[-1].status == "stopped" and trainer.step == 2
    assert isinstance(events[-2], CheckpointSaved) and events[-2].step == 2
    assert [p.step for p in trainer.checkpoints.points("resume")] == [2]


def test_stop_interrupts_a_measurement(make_trainer: Make) -> None:
    trainer = make_trainer(steps=5)
    run = trainer.run()
    while not str(getattr(next(run), "what", "")).startswith("Measuring"):
        pass
    list(trainer.apply(Stop()))
    left = list(run)
    assert not [e for e in left if isinstance(e, Progress) and "Measuring" in str(e.what)]
    assert left[-1].status == "stopped" and trainer.checkpoints.points("model") == []


def test_commands_while_paused(make_trainer: Make) -> None:
    trainer = make_trainer(steps=3)
    run = trainer.run()
    while not isinstance(next(run), Metrics):
        pass
    before = trainer.digest()
    assert list(trainer.apply(Pause())) == [Paused(True, trainer.step)]
    samples = _of(Samples, list(trainer.apply(SampleNow())))
    saved = _of(CheckpointSaved, list(trainer.apply(SaveNow())))
    assert len(samples) == 1 and [s.kind for s in saved] == ["resume", "model"]
    assert list(trainer.apply(Continue())) == [Paused(False, trainer.step)]
    assert trainer.digest() == before
    assert list(run)[-1].status == "finished"


def test_saving_while_saving_is_one_save(make_trainer: Make) -> None:
    trainer = make_trainer(steps=3, stop_at=1)
    run = trainer.run()
    for event in run:
        if isinstance(event, Progress) and "Saving" in str(event.what):
            assert list(trainer.apply(SaveNow())) == []
            list(trainer.apply(SampleNow()))
    assert event.status == "stopped"
    assert [p.step for p in trainer.checkpoints.points("resume")] == [1]


def test_live_settings_change_and_are_told(make_trainer: Make) -> None:
    trainer = make_trainer()
    (notice,) = trainer.apply(ChangeSetting("generator_rate", "0,001"))
    assert notice.code == "setting_changed" and "0.001" in str(notice.title)
    assert trainer.task.optimisers["generator"].param_groups[0]["lr"] == 0.001
    assert trainer.counters.changes == [(0, "generator_rate", 0.001)]


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [("batch", 4, "fixed when a run starts"), ("generator_rat", 1, "no setting"), ("generator_rate", -1, "refused")],
)
def test_other_changes_are_refused(make_trainer: Make, path: str, value: Any, words: str) -> None:
    trainer = make_trainer()
    before = trainer.digest()
    with pytest.raises(UsageError, match=words):
        list(trainer.apply(ChangeSetting(path, value)))
    assert trainer.digest() == before


def test_every_remedy_is_a_live_setting(make_trainer: Make) -> None:
    trainer = make_trainer()
    for action in ("halve_discriminator_rate", "halve_generator_rate"):
        change = remedy(trainer.task.config, action)
        assert change is not None
        list(trainer.apply(ChangeSetting(*change)))
    values = flat(trainer.task.config)
    before = flat(trainer.original)
    for name in ("generator_rate", "discriminator_rate"):
        assert values[name] == before[name] / 2
    assert remedy(trainer.task.config, "something else") is None


def _poison(monkeypatch: pytest.MonkeyPatch, name: str, steps: Callable[[int], bool]) -> None:
    """Make a loss of the GAN not finite at chosen calls."""
    calls, true = iter(range(10**6)), getattr(gan_step, name)

    def poisoned(*arguments: Any) -> Tensor:
        loss: Tensor = true(*arguments)
        return loss * float("nan") if steps(next(calls)) else loss

    monkeypatch.setattr(gan_step, name, poisoned)


@pytest.mark.parametrize("lazy", [False, True])
def test_an_update_that_is_not_finite_is_left_out(
    make_trainer: Make, monkeypatch: pytest.MonkeyPatch, lazy: bool
) -> None:
    trainer = make_trainer(steps=4)
    trainer.stepper.lazy = lazy
    states = []
    _poison(monkeypatch, "generator_loss", lambda call: call == 2)
    events = []
    for event in trainer.run():
        events.append(event)
        if isinstance(event, Metrics) and "discriminator_loss" in event.values:
            states.append({name: t.clone() for name, t in trainer.task.generator.state_dict().items()})
    assert _notices(events) == ["not_finite"] and events[-1].status == "finished"
    assert "generator" in str(_of(Notice, events)[0].title) and _of(Notice, events)[0].action == "halve_generator_rate"
    moments = trainer.task.optimisers["generator"].state
    assert {float(state["step"]) for state in moments.values()} == {3.0}
    assert all(torch.isfinite(t).all() for t in trainer.task.generator.state_dict().values())
    if not lazy:
        assert all(torch.equal(states[1][name], t) for name, t in states[2].items() if t.is_floating_point())


def test_lazy_and_eager_flags_give_the_same_run(make_trainer: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    digests = []
    for lazy in (False, True):
        trainer = make_trainer(f"lazy {lazy}", steps=5)
        trainer.stepper.lazy = lazy
        with monkeypatch.context() as patch:
            _poison(patch, "discriminator_loss", lambda call: call == 3)
            events = finish(trainer)
        assert [m.step for m in _of(Metrics, events) if "generator_loss" in m.values] == [1, 2, 3, 4, 5]
        digests.append(trainer.digest())
    assert digests[0] == digests[1]


def test_numbers_that_stay_bad_end_the_run_with_advice(make_trainer: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = make_trainer(steps=50)
    _poison(monkeypatch, "discriminator_loss", lambda call: call >= 2)
    events = finish(trainer)
    assert _notices(events) == ["not_finite"]
    assert events[-1].status == "failed" and trainer.step == 2 + GIVE_UP
    assert "discriminator are no longer finite" in str(events[-1].error)


def test_a_state_that_is_not_finite_is_never_written(make_trainer: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = make_trainer(steps=3)
    monkeypatch.setattr(trainer_module.time, "sleep", lambda _: None)
    run = trainer.run()
    while not isinstance(next(run), Metrics):
        pass
    with torch.no_grad():
        trainer.averages["generator"].module.get_parameter("start.weight")[0, 0] = float("nan")
    events = list(run)
    assert "not_saved" in _notices(events) and events[-1].status == "failed"
    assert trainer.checkpoints.points("resume") == []


def test_a_full_disk_is_told_and_tried_again(make_trainer: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = make_trainer(steps=4)
    monkeypatch.setattr(trainer_module, "resume_interval", lambda _: 0.0)
    monkeypatch.setattr(trainer_module, "_RETRY", 0.0)
    real, attempts = trainer.checkpoints.save_resume, []

    def full(*arguments: Any, **more: Any) -> Iterator[Progress]:
        attempts.append(arguments)
        if len(attempts) <= 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        yield from real(*arguments, **more)

    monkeypatch.setattr(trainer.checkpoints, "save_resume", full)
    events = finish(trainer)
    assert events[-1].status == "finished" and _notices(events) == ["not_saved", "not_saved"]
    assert "disk is full" in str(_of(Notice, events)[0].body)
    assert trainer.checkpoints.points("resume")[-1].step == 4


def test_the_last_checkpoint_that_cannot_be_written_is_a_failure(
    make_trainer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **more: Any) -> Iterator[Progress]:
        raise OSError(errno.ENOSPC, "No space left on device")

    trainer = make_trainer(steps=2)
    monkeypatch.setattr(trainer_module.time, "sleep", lambda _: None)
    monkeypatch.setattr(trainer.checkpoints, "save_resume", full)
    events = finish(trainer)
    assert events[-1].status == "failed" and "Free some space and resume" in str(events[-1].error)


def test_errors_inside_come_out_as_the_ending(make_trainer: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Tensor:
        raise RuntimeError("shapes do not fit")

    monkeypatch.setattr(gan_step, "generator_loss", broken)
    events = finish(make_trainer())
    assert events[-1].status == "failed" and "step 1: shapes do not fit" in str(events[-1].error)
    assert "in broken" in events[-1].trace


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("can't allocate memory")])
def test_lack_of_memory_offers_a_batch_that_works(
    make_trainer: Make, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    true = gan_step.discriminator_loss

    def hungry(kind: str, real: Tensor, fake: Tensor) -> Tensor:
        if len(real) > 2:
            raise error
        return true(kind, real, fake)

    monkeypatch.setattr(gan_step, "discriminator_loss", hungry)
    events = finish(make_trainer())
    assert events[-1].status == "failed" and events[-1].result["batch_that_fits"] == 2
    assert "start again with a batch of 2" in str(events[-1].error)


def test_closing_says_nothing(make_trainer: Make) -> None:
    trainer = make_trainer()
    run = trainer.run()
    next(run)
    run.close()
    trainer.close()
    assert next(trainer.task.generator.parameters()).device.type == "meta"
