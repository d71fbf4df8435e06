"""Training as a job: a run's whole life on disk, and what happens when something goes wrong."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from studio.config.classifier import ClassifierConfig, MlpNetwork
from studio.config.requests import ImportRequest, ResumeRequest, TrainRequest
from studio.ground.events import (
    ChangeSetting,
    CheckpointSaved,
    Continue,
    Ended,
    Event,
    Metrics,
    Notice,
    Pause,
    Paused,
    SampleNow,
    Samples,
    SaveNow,
    Started,
    Stop,
)
from studio.jobs.footprint import measure_footprint
from studio.jobs.registry import run_job
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project
from studio.projects.run import Run

from .conftest import ending, metrics, run_to_end

Ask = Callable[..., TrainRequest]


def the_run(project: Path, name: str = "portraits-gan-1") -> Run:
    return Run(project / "runs" / name)


def notices(events: list[Event]) -> dict[str, str]:
    return {event.code: f"{event.title} {event.body}" for event in events if isinstance(event, Notice)}


def steered(
    request: TrainRequest | ResumeRequest, path: Path, say: Callable[[Event, CommandQueue], None]
) -> list[Event]:
    """Run a job and let ``say`` answer to each event."""
    commands = CommandQueue()
    events = []
    for event in run_job(request, path, commands):
        events.append(event)
        say(event, commands)
    return events


# --- the life of a run -----------------------------------------------------------------------------------------


def test_a_run_leaves_everything_in_its_folder(project: Path, ask: Ask):
    events = run_to_end(ask(), project)
    end, run = ending(events), the_run(project)
    assert (end.status, end.result["run"], end.result["step"]) == ("finished", "portraits-gan-1", 6)
    status = run.status()
    assert (status.state, status.step, status.total, status.items, status.legs) == ("finished", 6, 6, 48, 1)
    assert status.device == "cpu"
    assert not run.is_live()
    assert sorted(set(run.metrics.read().step.tolist())) == list(range(7))
    assert run.samples.steps()[0] == 0
    assert run.samples.steps()[-1] == 6
    last = [event for event in events if isinstance(event, Samples)][-1]
    assert np.array_equal(run.samples.read(6), last.pictures)
    assert "finished" in run.log_tail()
    assert {point.kind for point in run.checkpoints()} == {"model", "resume"}


def test_names_are_numbered_and_can_be_chosen(project: Path, ask: Ask):
    assert ending(run_to_end(ask(steps=1), project)).result["run"] == "portraits-gan-1"
    assert ending(run_to_end(ask(steps=1), project)).result["run"] == "portraits-gan-2"
    hostile = '<img src="file:///x">'
    run = the_run(project, ending(run_to_end(ask(steps=1, request_run=hostile), project)).result["run"])
    assert run.title == hostile
    assert run.folder.parent == project / "runs"


def test_training_needs_no_more_than_to_read_the_project(project: Path, ask: Ask):
    with Project.open(project, write="required"):
        before = (project / "project.db").read_bytes()
        assert ending(run_to_end(ask(steps=1), project)).status == "finished"
        assert (project / "project.db").read_bytes() == before


def test_stopping_three_times_gives_the_very_same_run(project: Path, ask: Ask):
    whole = run_to_end(ask(), project)
    parts = run_to_end(ask(request_stop_at=2), project)
    assert ending(parts).status == "stopped"
    assert the_run(project, "portraits-gan-2").status().state == "stopped"
    for stop_at in (3, 5, None):
        parts += run_to_end(ResumeRequest(run="portraits-gan-2", stop_at=stop_at), project)
    assert ending(parts).result["digest"] == ending(whole).result["digest"]
    assert metrics(parts) == metrics(whole)
    one, other = the_run(project), the_run(project, "portraits-gan-2")
    assert one.samples.steps() == other.samples.steps()
    for step in one.samples.steps():
        assert np.array_equal(one.samples.read(step), other.samples.read(step))
    assert other.status().legs == 4
    assert other.metrics.seams() == [2, 3, 5]


def test_a_longer_horizon_is_the_run_that_was_long_from_the_start(project: Path, ask: Ask):
    long = ending(run_to_end(ask(steps=9), project)).result["digest"]
    run_to_end(ask(steps=6), project)
    events = run_to_end(ResumeRequest(run="portraits-gan-2", steps=9), project)
    assert ending(events).result["digest"] == long
    assert "extended" in notices(events)
    assert the_run(project, "portraits-gan-2").config().steps == 9
    assert the_run(project, "portraits-gan-2").status().total == 9


def classify(**changes: object) -> TrainRequest:
    """A tiny run of a classifier on the same pictures."""
    config = ClassifierConfig(steps=30, batch=8, sample_count=4, network=MlpNetwork(width=8), validate_every=2)
    plain = config.model_dump(mode="json") | changes
    return TrainRequest(family="classifier", dataset="portraits", config=plain, device="cpu")


def test_a_longer_horizon_is_said_to_be_another_run_where_it_is(project: Path, quick_measure: None):
    run_to_end(classify(steps=4), project)
    resume = ResumeRequest(run="portraits-classifier-1", steps=6)
    assert "not that of a run that was so long" in notices(run_to_end(resume, project))["extended"]
    run_to_end(classify(steps=4, schedule="constant"), project)
    resume = ResumeRequest(run="portraits-classifier-2", steps=6)
    assert "as if it had been that long" in notices(run_to_end(resume, project))["extended"]


def test_a_run_that_ended_early_goes_on_only_when_made_longer(project: Path, quick_measure: None, monkeypatch):
    measured = {"validation_loss": 1.0, "validation_accuracy": 0.5}
    monkeypatch.setattr("studio.training.classifier.ClassifierTask.measure", lambda *_: iter([measured]))
    first = run_to_end(classify(patience=3), project)
    assert (ending(first).status, ending(first).result["step"]) == ("finished", 8)
    assert ending(first).result["enough"] is True
    assert "finished at step 8 of 30" in notices(first)["enough"]
    run = the_run(project, "portraits-classifier-1")
    assert run.status().state == "finished"
    refused = ending(run_to_end(ResumeRequest(run=run.name), project))
    assert refused.refused and "more than 30 steps" in str(refused.error)
    longer = ending(run_to_end(ResumeRequest(run=run.name, steps=40), project))
    assert (longer.status, longer.result["step"]) == ("finished", 14)


def test_minutes_become_steps_before_the_first(project: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch):
    from studio.training.trial import Trial

    monkeypatch.setattr("studio.jobs.trials.trial", lambda *_, **__: Trial(3.0, 1.0, 0, 0))
    events = run_to_end(ask(request_minutes=0.25), project)
    assert ending(events).result["total"] == 4  # 15 s, 95 % of them for steps of 3 s
    assert the_run(project).config().steps == 4
    assert "4 steps" in notices(events)["horizon"]


def test_weights_of_another_run_are_where_a_new_one_begins(project: Path, ask: Ask):
    run_to_end(ask(), project)
    again = run_to_end(ask(request_start_run="portraits-gan-1", seed=1), project)
    fresh = run_to_end(ask(seed=1), project)
    assert ending(again).status == "finished"
    first = {name: next(e for e in events if isinstance(e, Metrics) and e.step == 1).values["generator_loss"]
             for name, events in (("again", again), ("fresh", fresh))}  # fmt: skip
    assert first["again"] != first["fresh"]
    other = ask(request_start_run="portraits-gan-1", network={"kind": "dcgan", "discriminator_norm": "none"})
    refused = ending(run_to_end(other, project))
    assert refused.status == "failed"
    assert "portraits-gan-1" in str(refused.error)


# --- steering --------------------------------------------------------------------------------------------------


def at_step(step: int, *said: object) -> Callable[[Event, CommandQueue], None]:
    """Say something once, when a step has been made."""
    done: list[int] = []

    def say(event: Event, commands: CommandQueue) -> None:
        if isinstance(event, Metrics) and event.step == step and not done:
            done.append(step)
            for command in said:
                commands.put(command)  # type: ignore[arg-type]

    return say


def test_samples_while_paused_change_nothing(project: Path, ask: Ask):
    whole = ending(run_to_end(ask(), project)).result["digest"]
    events = steered(ask(), project, at_step(4, Pause(), SampleNow(), SaveNow(), Continue()))
    assert [e.paused for e in events if isinstance(e, Paused)] == [True, False]
    paused_at = next(i for i, e in enumerate(events) if isinstance(e, Paused))
    assert any(isinstance(e, CheckpointSaved) for e in events[paused_at:])
    assert ending(events).result["digest"] == whole


def test_a_paused_run_says_so_and_obeys_stop(project: Path, ask: Ask):
    states = []

    def say(event: Event, commands: CommandQueue) -> None:
        at_step_3(event, commands)
        if isinstance(event, Paused):
            states.append((the_run(project).status().state, the_run(project).is_live()))
            commands.put(Stop())

    at_step_3 = at_step(3, Pause())
    events = steered(ask(steps=50), project, say)
    assert states == [("paused", True)]
    assert ending(events).status == "stopped"
    assert ending(events).result["step"] == 3


def test_another_process_steers_by_the_inbox(project: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("studio.jobs.driving.POLL_SECONDS", 0.0)

    def say(event: Event, commands: CommandQueue) -> None:
        if isinstance(event, Metrics) and event.step == 2:
            run = the_run(project)
            run.inbox.send(ChangeSetting("generator_rate", 1e-5))
            (run.inbox.folder / "0.json").write_text("no command")
            run.inbox.send(Stop())

    events = steered(ask(steps=50), project, say)
    assert ending(events).status == "stopped"
    assert ending(events).result["step"] < 5
    assert "0.json" in notices(events)["refused"]


def test_a_change_is_kept_and_one_that_cannot_be_is_refused_without_harm(project: Path, ask: Ask):
    said = (ChangeSetting("generator_rate", 1e-5), ChangeSetting("latent_size", 3))
    events = steered(ask(), project, at_step(3, *said))
    assert "setting_changed" in notices(events)
    assert "latent_size" in notices(events)["refused"]
    assert ending(events).status == "finished"


def test_a_stop_before_the_start_leaves_a_run_that_can_be_resumed(project: Path, ask: Ask):
    whole = ending(run_to_end(ask(), project)).result["digest"]
    commands = CommandQueue()
    commands.put(Stop())
    stopped = ending(run_to_end(ask(), project, commands))
    assert stopped.status == "stopped"
    assert stopped.result["run"] == "portraits-gan-2"
    assert the_run(project, "portraits-gan-2").status().state == "stopped"
    resumed = ending(run_to_end(ResumeRequest(run="portraits-gan-2"), project))
    assert resumed.result["digest"] == whole


# --- refusals --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resume", "words"),
    [
        (ResumeRequest(run="portraits-gan-1"), "--steps"),
        (ResumeRequest(run="portraits-gan-1", steps=3), "longer"),
        (ResumeRequest(run="portraits-gan-7"), "portraits-gan-1"),
    ],
)
def test_what_cannot_be_resumed_is_refused_in_a_sentence(project: Path, ask: Ask, resume: ResumeRequest, words: str):
    run_to_end(ask(steps=4), project)
    before = the_run(project).status()
    end = ending(run_to_end(resume, project))
    assert end.status == "failed"
    assert end.refused
    assert words in str(end.error)
    assert the_run(project).status() == before


def test_a_live_run_is_not_resumed(project: Path, ask: Ask):
    answers = []

    def say(event: Event, commands: CommandQueue) -> None:
        if isinstance(event, Metrics) and event.step == 2 and not answers:
            answers.append(ending(run_to_end(ResumeRequest(run="portraits-gan-1"), project)))

    events = steered(ask(steps=3), project, say)
    assert answers[0].status == "failed"
    assert "in use" in str(answers[0].error)
    assert ending(events).status == "finished"


def test_a_run_that_would_not_fit_is_refused_with_the_batch_that_does(project: Path, ask: Ask, monkeypatch):
    monkeypatch.setattr("studio.jobs.trials.measure_footprint", measure_footprint)
    monkeypatch.setattr("studio.jobs.trials.free_memory", lambda _: 2 * 10**9)
    end = ending(run_to_end(ask(batch=4096, network={"kind": "residual", "width": 64}), project))
    assert end.status == "failed"
    fits = int(str(end.error).split("batch of ")[-1].rstrip("."))
    assert 8 < fits < 4096
    monkeypatch.setattr("studio.jobs.trials.free_memory", lambda _: 10**6)
    assert "smaller" in str(ending(run_to_end(ask(), project)).error)
    assert the_run(project).status().state == "failed"


def test_the_estimate_before_the_start_changes_no_bit(project: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch):
    without = ending(run_to_end(ask(steps=2), project)).result["digest"]
    monkeypatch.setattr("studio.jobs.trials.measure_footprint", measure_footprint)
    assert ending(run_to_end(ask(steps=2), project)).result["digest"] == without


def test_a_data_set_that_has_changed_is_noticed(project: Path, ask: Ask, make_pictures):
    run_to_end(ask(steps=4, request_stop_at=2), project)
    with Project.open(project, write="required") as opened:
        opened.datasets.remove("portraits")
        source = make_pictures(count=8)
        opened.datasets.add(ending(run_to_end(ImportRequest(source=source, name="portraits"), project)).result)
    end = ending(run_to_end(ResumeRequest(run="portraits-gan-1"), project))
    assert end.status == "failed"
    assert "data set has changed" in str(end.error)


def test_a_data_set_that_is_gone_is_named(project: Path, ask: Ask):
    run_to_end(ask(steps=4, request_stop_at=2), project)
    shutil.rmtree(project / "data" / "portraits")
    end = ending(run_to_end(ResumeRequest(run="portraits-gan-1"), project))
    assert end.status == "failed"
    assert "portraits" in str(end.error)


def test_a_wrong_config_makes_no_run(project: Path, ask: Ask):
    end = ending(run_to_end(ask(batch=-1), project))
    assert end.refused
    assert "batch" in str(end.error)
    assert list((project / "runs").glob("portraits*")) == []


# --- what goes wrong -------------------------------------------------------------------------------------------


def test_a_damaged_checkpoint_is_named_and_the_one_before_used(project: Path, ask: Ask):
    whole = ending(run_to_end(ask(), project)).result["digest"]
    run_to_end(ask(request_stop_at=2), project)
    run_to_end(ResumeRequest(run="portraits-gan-2", stop_at=4), project)
    newest = the_run(project, "portraits-gan-2").checkpoints_folder / "resume-000000004"
    (newest / "module.generator.safetensors").write_bytes(b"torn")
    events = run_to_end(ResumeRequest(run="portraits-gan-2"), project)
    assert "step 4" in notices(events)["loss"]
    assert next(e for e in events if isinstance(e, Started) and e.what == "train").step == 2
    assert ending(events).result["digest"] == whole
    table = the_run(project, "portraits-gan-2").metrics.read()
    assert sorted(set(table.step.tolist())) == list(range(7))
    assert table.losses == ()


def test_an_error_in_the_middle_is_told_everywhere(project: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch):
    from studio.training.stepping import Stepper

    real = Stepper.make

    def make(self: Stepper, step: int):
        if step == 3 and self.task.config.batch == 8:
            raise RuntimeError("the device has fallen off")
        return real(self, step)

    monkeypatch.setattr(Stepper, "make", make)
    end, run = ending(run_to_end(ask(), project)), the_run(project)
    assert end.status == "failed"
    assert "fallen off" in str(end.error)
    assert "RuntimeError" in end.trace
    assert run.status().state == "failed"
    assert "fallen off" in run.status().error
    assert "RuntimeError" in run.log_tail()
    monkeypatch.setattr(Stepper, "make", real)
    assert ending(run_to_end(ResumeRequest(run=run.name), project)).status == "finished"


def test_memory_that_runs_out_offers_a_batch_that_fits(project: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch):
    import torch

    from studio.training.stepping import Stepper

    real = Stepper.make

    def make(self: Stepper, step: int):
        if self.task.config.batch > 4 and step > 1:
            raise torch.OutOfMemoryError("injected")
        return real(self, step)

    monkeypatch.setattr(Stepper, "make", make)
    end = ending(run_to_end(ask(), project))
    assert end.status == "failed"
    assert end.result["batch_that_fits"] == 4
    assert "batch of 4" in str(end.error)
    assert ending(run_to_end(ask(batch=4), project)).status == "finished"


def test_a_disk_that_is_full_for_a_while_loses_no_numbers(project: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch):
    from studio.projects.metrics import MetricsFile

    real, tried = MetricsFile.append, []

    def append(self: MetricsFile, step: int, items: int, values):
        tried.append(step)
        if 2 <= len(tried) <= 5:
            raise OSError(28, "No space left on device")
        real(self, step, items, values)

    monkeypatch.setattr(MetricsFile, "append", append)
    events = run_to_end(ask(), project)
    assert ending(events).status == "finished"
    assert "disk is full" in notices(events)["not_written"]
    assert sorted(set(the_run(project).metrics.read().step.tolist())) == list(range(7))


def test_closing_the_iterator_lets_go_of_the_run(project: Path, ask: Ask):
    events: Iterator[Event] = run_job(ask(steps=50), project, CommandQueue())
    for event in events:
        if isinstance(event, Metrics) and event.step == 2:
            break
    assert the_run(project).status().state == "running"
    events.close()  # type: ignore[attr-defined]
    assert the_run(project).status().state == "interrupted"
    assert isinstance(ending(run_to_end(ResumeRequest(run="portraits-gan-1", stop_at=3), project)), Ended)
