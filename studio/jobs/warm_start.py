"""A new run that begins from the weights of another one's checkpoint, of this project or of another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from studio.config.requests import TrainRequest
from studio.ground.errors import DamagedError, Text, UsageError, text
from studio.ground.events import Notice
from studio.jobs.checkpoint_choice import choose_point
from studio.jobs.opening import open_project
from studio.models.weights import fill
from studio.projects.project import Project
from studio.projects.run import Run
from studio.training.checkpoints import Point, read_point
from studio.training.state import collect, tables
from studio.training.task import TakesOver
from studio.training.trainer import Trainer


@dataclass(frozen=True, slots=True)
class WarmStart:
    """The run and the checkpoint whose weights a new run takes over."""

    run: Run
    point: Point

    @classmethod
    def of(cls, project: Project, request: TrainRequest) -> WarmStart | None:
        """What a request says; None where it says nothing.

        Raises:
            UsageError: there is no such run, checkpoint or project, or the run is of another family.
        """
        if request.start_run is None:
            return None
        run = _run_of(project, request.start_run, request.start_project)
        if run.family != request.family:
            raise UsageError(
                "{run} is a run of the family {found}; begin with one of the family {family}.",
                run=run.name, found=run.family, family=request.family,
            )  # fmt: skip
        point, _ = choose_point(run, request.start_checkpoint)
        return cls(run, point)

    def settled(self, request: TrainRequest) -> TrainRequest:
        """The request with the very checkpoint named, so that a run that begins anew begins with the same weights."""
        return request.model_copy(update={"start_checkpoint": str(self.point.step)})


def _run_of(project: Project, name: str, elsewhere: Path | None) -> Run:
    if elsewhere is None:
        return project.runs.get(name)
    with open_project(elsewhere) as other:
        return other.runs.get(name)


def take_over_weights(start: WarmStart, trainer: Trainer) -> Notice:
    """Fill the trainer's networks and averages; optimisers, counters and data order begin anew.

    A model point holds of an averaged network only the average, which then serves as its weights too; one that was not
    averaged serves as both. Says from where the weights are, and what they do not know.

    Raises:
        UsageError: the networks are not alike.
    """
    try:
        read, new = _read(start, trainer)
    except DamagedError as error:
        raise UsageError(
            "The networks of {run} cannot be taken over: {reason} Use the same network settings and labels.",
            run=start.run.name, reason=str(error),
        ) from error  # fmt: skip
    for name, module in trainer.task.modules.items():
        source = read.get(f"module.{name}") or read.get(f"average.{name}")
        if source is not None:
            fill(module, source)
    for name, average in trainer.averages.items():
        source = read.get(f"average.{name}") or read.get(f"module.{name}")
        if source is not None:
            fill(average.module, source)
    title = text("It begins with the weights of {run}, step {step}", run=start.run.name, step=start.point.step)
    return Notice("started_from", "info", title, new)


def _read(start: WarmStart, trainer: Trainer) -> tuple[dict[str, Mapping[str, Tensor]], Text]:
    """The checkpoint's modules and averages as the trainer's networks need them, and what is new to them."""
    task, facts, path = trainer.task, start.point.facts(), start.point.path
    present = {file.name.removesuffix(".safetensors") for file in path.glob("*.safetensors")}
    own = tables(collect(task, trainer.averages))
    networks = {part: table for part, table in own.items() if part.partition(".")[0] in {"module", "average"}}
    wanted = {part: table for part, table in networks.items() if part in present}
    for name in task.modules:  # averages there serve networks that have none here
        if not {f"module.{name}", f"average.{name}"} & set(wanted) and f"average.{name}" in present:
            wanted[f"average.{name}"] = own[f"module.{name}"]
    if not isinstance(task, TakesOver):
        return dict(read_point(path, wanted)[0]), text("Everything else begins anew.")
    there = {part: task.table_there(part.partition(".")[2], table, facts) for part, table in wanted.items()}
    read, _ = read_point(path, there)
    fitted = {part: task.fitted(part.partition(".")[2], tensors, facts) for part, tensors in read.items()}
    return fitted, task.new_here(facts) or text("Everything else begins anew.")
