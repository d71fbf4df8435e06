"""Training: a new run, or one that goes on. Puts the parts together, gives them to the trainer, drives it.

A run's folder and name exist before anything that takes long, so that whatever happens then (stopped while pictures are
prepared, killed in the first step) can be resumed: without a checkpoint a resumed run begins anew, to the same bits.
"""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from studio.config.base import validated, with_overrides
from studio.config.registry import config_class
from studio.config.requests import Device, ResumeRequest, TrainRequest
from studio.config.training import TrainingSettings
from studio.ground.errors import UsageError, text
from studio.ground.events import Ended, Event, Notice, Started
from studio.jobs.awake import kept_awake
from studio.jobs.driving import Driver, Steering
from studio.jobs.inheriting import inherited
from studio.jobs.nesting import Stopped
from studio.jobs.opening import TrainingData, data_of_run, must_suit, open_project
from studio.jobs.recording import RunLog, RunRecorder, StatusBoard, loss_notice
from studio.jobs.registry import failure
from studio.jobs.steering import CommandQueue
from studio.jobs.trials import horizon, must_fit_memory
from studio.jobs.warm_start import WarmStart, take_over_weights
from studio.projects.project import Project
from studio.projects.run import Run
from studio.training.assemble import assemble
from studio.training.precision import choose_device
from studio.training.trainer import Trainer


@dataclass(frozen=True, slots=True)
class Leg:
    """One stretch of training of a run, from where it is to its horizon or to ``stop_at``.

    ``minutes`` stands for a horizon that is not yet known; ``start`` for weights of another run.
    """

    project: Project
    run: Run
    config: TrainingSettings
    device: Device = "auto"
    stop_at: int | None = None
    minutes: float | None = None
    start: WarmStart | None = None
    keep_awake: bool = True


def train(request: TrainRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Train a new run. ``Ended.result`` holds ``run``, its name, and ``step``, ``items``, ``total``, ``digest``."""
    config = validated(config_class(request.family), request.config)
    with open_project(project_path) as project:
        for name in filter(None, (request.dataset, config.second_dataset)):
            must_suit(project, request.family, name)
        start = WarmStart.of(project, request)
        request = start.settled(request) if start is not None else request
        run = project.runs.new(request.family, request.dataset, config, request, request.run)
        leg = Leg(project, run, config, request.device, request.stop_at, request.minutes, start, request.keep_awake)
        yield from _held(leg, commands)


def resume(request: ResumeRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Go on with a run, to its own horizon or a longer one. The result is that of :func:`train`.

    Raises:
        UsageError: it has finished, or the new horizon is shorter. BusyError: it trains now.
    """
    with open_project(project_path) as project:
        run = project.runs.get(request.run)
        asked = run.request()
        config = run.config()
        longer = with_overrides(config, {"steps": request.steps}) if request.steps else config
        minutes = asked.minutes if not run.checkpoints() and not request.steps else None
        anew = not any(point.kind == "resume" for point in run.checkpoints())
        start = WarmStart.of(project, asked) if anew else None
        leg = Leg(project, run, longer, request.device, request.stop_at, minutes, start, request.keep_awake)
        yield from _held(leg, commands, before=config)


def _held(leg: Leg, commands: CommandQueue, *, before: TrainingSettings | None = None) -> Iterator[Event]:
    """Train while holding the run's lock; whatever goes wrong is the run's ending, in its status and in its log."""
    with leg.run.lock():
        if before is not None:
            _may_go_on(leg, before)
        leg.run.inbox.clear()
        board, log = StatusBoard(leg.run), RunLog(leg.run)
        board.begin(total=leg.config.steps)
        if before is not None and leg.config.steps > before.steps:
            yield extension_notice(before.steps, leg.config)
        try:
            ended = yield from _seen(_work(leg, commands, board), board, log)
        except Stopped:
            ended = Ended("stopped")
        except Exception as error:  # noqa: BLE001 - the run's status and log must tell every failure
            ended = failure(error)
        board.end(ended)
        yield from log.see(ended)
        leg.run.metrics.close()
        yield _with_name(ended, leg.run)


def _with_name(ended: Ended, run: Run) -> Ended:
    result = {"run": run.name, "step": run.saved_status().step} | (ended.result or {})
    return Ended(ended.status, ended.error, ended.trace, result, ended.refused)


def _may_go_on(leg: Leg, before: TrainingSettings) -> None:
    """Refuse what cannot be resumed; write a longer horizon into the config.

    Raises:
        UsageError: see :func:`resume`.
    """
    run, steps = leg.run, leg.config.steps
    if steps < before.steps:
        raise UsageError(
            "The horizon of {run} is {total} steps and can only become longer; to end earlier use --stop-at.",
            run=run.name, total=before.steps,
        )  # fmt: skip
    status = run.status()
    if status.state == "finished" and status.step < steps == before.steps:
        raise UsageError(
            "{run} ended at step {step} because it no longer became better; to go on give it more than {total} steps "
            "with --steps.",
            run=run.name, step=status.step, total=steps,
        )  # fmt: skip
    if status.state == "finished" and status.step >= steps:
        raise UsageError(
            "{run} has finished its {total} steps; give it more with --steps.", run=run.name, total=status.step
        )
    if steps > before.steps:
        run.set_config(leg.config)


def _seen(events: Generator[Event, None, Ended], board: StatusBoard, log: RunLog) -> Generator[Event, None, Ended]:
    """Let events pass and write down what they say of the run."""
    try:
        while True:
            try:
                event = next(events)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            board.see(event)
            yield from log.see(event)
            yield event
            yield from board.problems()
    finally:
        events.close()


def _work(leg: Leg, commands: CommandQueue, board: StatusBoard) -> Generator[Event, None, Ended]:
    """Prepare the data, see whether it fits, assemble, restore, drive."""
    yield Started("prepare", leg.run.name, total=leg.config.steps)
    texts = inherited(leg.run, leg.config, leg.start)
    with (yield from data_of_run(leg.project, leg.run, commands, config=leg.config, texts=texts)) as data:
        device = choose_device(leg.device)
        family = leg.run.family
        yield from must_fit_memory(leg.config, data, family=family, device=device, stop=commands.stopping)
        config = leg.config
        if leg.minutes is not None:
            config = yield from horizon(
                config, data, family=family, device=device, minutes=leg.minutes, stop=commands.stopping
            )
            leg.run.set_config(config)
        recorder = RunRecorder(leg.run)
        trainer = assemble(
            config, data, family=family, device=device, recorder=recorder,
            folder=leg.run.checkpoints_folder, stop_at=leg.stop_at,
        )  # fmt: skip
        try:
            yield from _restore(leg, trainer, data)
            board.note(device=str(device), **_threads(trainer))
            return (yield from _driven(leg, trainer, commands, recorder))
        finally:
            trainer.close()


def _restore(leg: Leg, trainer: Trainer, data: TrainingData) -> Iterator[Event]:
    """Go to the newest checkpoint; move aside what the run recorded after it."""
    if not trainer.checkpoints.points("resume"):
        if leg.start is not None:
            yield take_over_weights(leg.start, trainer)
        reached = -1
    else:
        for words in trainer.restore():
            yield loss_notice(words)
        reached = trainer.step
    for name in data.lost[:1]:
        yield loss_notice(
            text("{count} damaged items are left out, {name} among them.", count=len(data.lost), name=name)
        )
    if leg.run.metrics.count() or leg.run.samples.steps():
        leg.run.truncate_after(reached)
    _forget_later_models(trainer, max(0, reached))


def _forget_later_models(trainer: Trainer, reached: int) -> None:
    """Remove model points of steps that the run has yet to make: what they hold may not be what it will come to."""
    for point in trainer.checkpoints.points("model"):
        if point.step > reached:
            shutil.rmtree(point.path)


def _driven(leg: Leg, trainer: Trainer, commands: CommandQueue, recorder: RunRecorder) -> Generator[Event, None, Ended]:
    with kept_awake(wanted=leg.keep_awake) as notice:
        if notice is not None:
            yield notice
        driving = Driver(trainer, Steering(commands, leg.run.inbox)).drive()
        ended = yield from _with_problems(driving, recorder)
    result: dict[str, Any] = dict(ended.result or {})
    if ended.status in {"finished", "stopped"}:
        result["digest"] = trainer.digest()
    return Ended(ended.status, ended.error, ended.trace, result, ended.refused)


def _with_problems(events: Generator[Event, None, Ended], recorder: RunRecorder) -> Generator[Event, None, Ended]:
    try:
        while True:
            try:
                yield next(events)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            yield from recorder.problems()
    finally:
        events.close()


def _threads(trainer: Trainer) -> dict[str, Any]:
    return {"threads": torch.get_num_threads() if trainer.device.type == "cpu" else None}


def extension_notice(before: int, config: TrainingSettings) -> Notice:
    """What a longer horizon means for the bits."""
    if config.knows_horizon:
        words = text(
            "Its learning rate follows the length of the run: from here on it is that of the longer run, so the result "
            "is not that of a run that was so long from the start. A seam marks the place."
        )
    else:
        words = text(
            "Its learning rates do not depend on the horizon, so it learns as if it had been that long from the start."
        )
    title = text("The run becomes longer: {steps} steps instead of {before}", steps=config.steps, before=before)
    return Notice("extended", "info", title, words)
