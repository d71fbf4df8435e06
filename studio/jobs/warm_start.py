"""A new run that begins from the weights of another one's checkpoint."""

from __future__ import annotations

from dataclasses import dataclass

from studio.config.requests import TrainRequest
from studio.ground.errors import DamagedError, UsageError
from studio.jobs.checkpoint_choice import choose_point
from studio.models.weights import fill
from studio.projects.project import Project
from studio.projects.run import Run
from studio.training.checkpoints import Point, read_point
from studio.training.state import collect, tables
from studio.training.trainer import Trainer


@dataclass(frozen=True, slots=True)
class WarmStart:
    """The run and the checkpoint (``last``, ``best`` or a step) whose weights a new run takes over."""

    run: Run
    checkpoint: str

    @classmethod
    def of(cls, project: Project, request: TrainRequest) -> WarmStart | None:
        """What a request says; None where it says nothing. Raises UsageError for a run that there is not."""
        if request.start_run is None:
            return None
        return cls(project.runs.get(request.start_run), request.start_checkpoint)


def take_over_weights(start: WarmStart, trainer: Trainer) -> Point:
    """Fill the trainer's networks and averages; optimisers, counters and data order begin anew.

    A model point holds of an averaged network only the average, which then serves as its weights too.

    Raises:
        UsageError: the networks are not alike.
    """
    point, _ = choose_point(start.run, start.checkpoint)
    wanted = tables(collect(trainer.task, trainer.averages))
    present = {path.name.removesuffix(".safetensors") for path in point.path.glob("*.safetensors")}
    parts = {
        part: table
        for part, table in wanted.items()
        if part.partition(".")[0] in {"module", "average"} and part in present
    }
    try:
        read, _ = read_point(point.path, parts)
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
        source = read.get(f"average.{name}")
        if source is not None:
            fill(average.module, source)
    return point
