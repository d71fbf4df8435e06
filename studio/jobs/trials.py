"""Before the first step: does it fit into the memory, and how many steps are so many minutes?"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator

import torch

from studio.config.base import with_overrides
from studio.config.training import TrainingSettings
from studio.data.work import beside
from studio.ground.errors import StudioError, text
from studio.ground.events import Event, Notice, Progress
from studio.jobs.footprint import ALLOWED_SHARE, Footprint, measure_footprint
from studio.jobs.nesting import Stopped
from studio.jobs.opening import TrainingData
from studio.training.trial import Trial, free_memory, trial

_TRAINING_SHARE = 0.95
"""Of the minutes asked for, what is left for steps; samples, measures and checkpoints take the rest."""
_GB = 10**9


class TooLargeError(StudioError):
    """The run would not fit into the memory; ``batch_that_fits`` is 0 where not even one item would."""

    def __init__(self, needed: int, free: int, batch: int, fits: int) -> None:
        self.batch_that_fits = fits
        way_out = "start it with a batch of {fits}" if fits else "choose smaller networks or pictures"
        super().__init__(
            "A batch of {batch} would take about {needed} GB of memory and {free} GB are free; " + way_out + ".",
            batch=batch, needed=f"{needed / _GB:.1f}", free=f"{free / _GB:.1f}", fits=fits,
        )  # fmt: skip


def footprint(
    config: TrainingSettings, data: TrainingData, *, family: str, device: torch.device, stop: Callable[[], bool]
) -> Generator[Event, None, Footprint]:
    """What the run takes. Raises Stopped when told to."""
    measured: Footprint | None = None
    yield Progress(text("Estimating the memory"), 0)
    for measured in measure_footprint(config, data, family=family, device=device):  # noqa: B007 - the last one counts
        if stop():
            raise Stopped
        yield Progress(text("Estimating the memory"), 1)
    assert measured is not None
    return measured


def must_fit_memory(
    config: TrainingSettings, data: TrainingData, *, family: str, device: torch.device, stop: Callable[[], bool]
) -> Iterator[Event]:
    """Refuse a run that would take more than 80 % of what is free.

    Raises:
        TooLargeError: with the batch that fits.
    """
    free = free_memory(device)
    measured = yield from footprint(config, data, family=family, device=device, stop=stop)
    needed, allowed = measured.at(config.batch), int(free * ALLOWED_SHARE)
    if needed > allowed:
        fits = min(measured.largest_batch(allowed), config.batch - 1)
        raise TooLargeError(needed, free, config.batch, fits)


def timed(
    config: TrainingSettings, data: TrainingData, *, family: str, device: torch.device, stop: Callable[[], bool]
) -> Generator[Event, None, Trial]:
    """Seconds a step, by trial steps at the full batch."""
    measured: Trial | None = None
    for measured in beside(lambda: trial(config, data, family=family, device=device), stop):  # noqa: B007
        yield Progress(text("Trying some steps"), 0)
    assert measured is not None
    return measured


def horizon(
    config: TrainingSettings, data: TrainingData, *, family: str, device: torch.device, minutes: float,
    stop: Callable[[], bool],
) -> Generator[Event, None, TrainingSettings]:  # fmt: skip
    """The config with as many steps as fit into ``minutes``, by trial steps."""
    measured = yield from timed(config, data, family=family, device=device, stop=stop)
    steps = max(1, int(minutes * 60 * _TRAINING_SHARE / measured.seconds_per_step))
    yield Notice(
        "horizon",
        "info",
        text("{minutes} minutes are about {steps} steps", minutes=f"{minutes:g}", steps=steps),
        text(
            "A step took {seconds} s in a trial. The number of steps is kept with the run.",
            seconds=f"{measured.seconds_per_step:.3f}",
        ),
    )
    return with_overrides(config, {"steps": steps})
