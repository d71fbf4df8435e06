"""How good the model of a run is, at one checkpoint or along all of them; the numbers are kept with the run.

What each checkpoint is asked is the same: the same latents or the same pictures, from the seed of the request. So the
same request gives the same numbers, on a CPU to the bit. After each checkpoint its numbers are written, so that a stop
loses no more than the one under way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import torch

from studio.config.registry import capabilities
from studio.config.requests import EvaluateRequest
from studio.data.work import Stopped as WorkStopped
from studio.data.work import beside
from studio.generation.models import Model, load_model
from studio.ground.errors import DamagedError, Text, UsageError, text
from studio.ground.events import Ended, Event, Progress, Started
from studio.ground.files import verify_manifest
from studio.jobs.checkpoint_choice import choose_point, kept_points
from studio.jobs.nesting import Stopped
from studio.jobs.opening import open_project
from studio.jobs.recording import loss_notice
from studio.jobs.steering import CommandQueue
from studio.measures.estimate import FEW, Estimate
from studio.measures.registry import MEASURES, Measure, find_measure, measures_for
from studio.projects.measures import MeasureRow
from studio.projects.project import Project
from studio.projects.run import Run
from studio.training.checkpoints import Point
from studio.training.precision import choose_device

EVERY = "all"
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The numbers that an :class:`EvaluateRequest` asked for, by checkpoint and in the order of the measures."""

    rows: tuple[MeasureRow, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one measure of one checkpoint gave: the name of its row, the estimate, in whose features, against what."""

    measure: str
    estimate: Estimate
    features: str
    data: str
    count: int


class Bench(Protocol):
    """Where the models of one run are measured one after the other."""

    def findings(self, model: Model) -> Generator[Event, None, list[Finding]]:
        """Everything that was asked about one model."""

    def close(self) -> None:
        """Let go of what was opened."""


@dataclass(frozen=True, slots=True)
class Order:
    """An evaluation as it is carried out: the request, its run, the measures, and whether they were named."""

    request: EvaluateRequest
    project: Project
    run: Run
    measures: tuple[Measure, ...]
    commands: CommandQueue

    @property
    def named(self) -> bool:
        """Whether the user asked for these measures, so that none may be left out in silence."""
        return bool(self.request.measures)

    @property
    def device(self) -> torch.device:
        """Where models compute."""
        return choose_device(self.request.device)

    def obey(self) -> None:
        """Raises Stopped where the user asked to stop."""
        if self.commands.stop_requested:
            raise Stopped

    def apart(self, function: Callable[[], Result], what: Text) -> Generator[Event, None, Result]:
        """Compute in a thread of its own, with as many cores as this one uses, so that a stop is heard meanwhile."""
        threads = torch.get_num_threads()

        def work() -> tuple[Result]:
            torch.set_num_threads(threads)
            return (function(),)

        for found in beside(work, self.commands.stopping):
            if found is not None:
                return found[0]
            yield Progress(what, 0)
        raise Stopped


def evaluate(request: EvaluateRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Measure a run. ``Ended.result`` is an :class:`Evaluated`; the same rows are then in ``Run.measures``.

    Raises:
        UsageError: there is no such run, measure, checkpoint or judge, or the judge knows other labels.
    """
    yield Started("evaluate", request.run)
    rows: list[MeasureRow] = []
    with open_project(project_path) as project:
        run = project.runs.get(request.run)
        order = Order(request, project, run, chosen_measures(request, run), commands)
        points = yield from _chosen_points(run, request)
        try:
            yield from _measure(order, points, rows)
        except WorkStopped as stop:
            raise Stopped from stop
    yield Ended("finished", result=Evaluated(tuple(rows)))


def chosen_measures(request: EvaluateRequest, run: Run) -> tuple[Measure, ...]:
    """The measures that a request asks for, in the order of the registry.

    Raises:
        UsageError: there is no such measure, or it is none of this family.
    """
    possible = measures_for(capabilities(run.family))
    if not request.measures:
        return tuple(measure for measure in possible if not measure.asked_only)
    asked = {find_measure(name) for name in request.measures}
    for measure in asked.difference(possible):
        names = ", ".join(one.name for one in possible)
        raise UsageError(
            "The measure {measure} says nothing about a {family}; what does: {names}.",
            measure=measure.name, family=run.family, names=names,
        )  # fmt: skip
    return tuple(measure for measure in MEASURES.values() if measure in asked)


def _measure(order: Order, points: list[Point], rows: list[MeasureRow]) -> Generator[Event, None, None]:
    bench = yield from _bench(order)
    try:
        for done, point in enumerate(points):
            order.obey()
            yield Progress(text("Measuring checkpoints"), done, len(points))
            model = load_model(order.run.family, point.path, order.device)
            found = yield from bench.findings(model)
            new = [_row(finding, point, order.request.seed) for finding in found]
            order.run.measures.add(new)
            rows += new
        yield Progress(text("Measuring checkpoints"), len(points), len(points))
    finally:
        bench.close()


def _bench(order: Order) -> Generator[Event, None, Bench]:
    """The bench for the family of the run."""
    if "pictures" in capabilities(order.run.family):
        from studio.jobs.picture_bench import PictureBench

        return (yield from PictureBench.set_up(order))
    if "edits" in capabilities(order.run.family):
        from studio.jobs.edit_bench import EditBench

        return (yield from EditBench.set_up(order))
    from studio.jobs.judge_bench import JudgeBench

    return (yield from JudgeBench.set_up(order))


def _chosen_points(run: Run, request: EvaluateRequest) -> Generator[Event, None, list[Point]]:
    """The checkpoints that are meant, by step, each once; damaged ones are passed over with a notice."""
    found: dict[int, Point] = {}
    for name in request.checkpoints:
        for point in _model_points(run) if name == EVERY else []:
            try:
                verify_manifest(point.path)
                found.setdefault(point.step, point)
            except DamagedError as error:
                yield loss_notice(error, code="checkpoint")
        if name != EVERY:
            point, skipped = choose_point(run, name)
            found.setdefault(point.step, point)
            for words in skipped:
                yield loss_notice(words, code="checkpoint")
    if not found:
        raise UsageError("The run {run} has no checkpoint that can be measured; train it first.", run=run.name)
    return [found[step] for step in sorted(found)]


def _model_points(run: Run) -> list[Point]:
    return [point for point in kept_points(run) if point.kind == "model"]


def _row(finding: Finding, point: Point, seed: int) -> MeasureRow:
    measure = find_measure(finding.measure)
    note = finding.estimate.note or (FEW if finding.count < measure.least else "")
    return MeasureRow(
        measure=finding.measure, value=finding.estimate.value, error=finding.estimate.error, count=finding.count,
        seed=seed, features=finding.features, step=point.step, kind=point.kind,
        lowest_is_best=measure.lowest_is_best, at=time.time(), note=note, data=finding.data,
    )  # fmt: skip
