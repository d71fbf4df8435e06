"""Samplers raced: the same picture made in several ways, each timed alone."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from statistics import median

import numpy as np

from studio.config.requests import LookRequest
from studio.generation.models import Insight, StepwiseModel
from studio.ground.errors import UsageError, text
from studio.ground.events import Event, Progress
from studio.jobs.nesting import Stopped
from studio.jobs.steering import CommandQueue


@dataclass(frozen=True, slots=True, eq=False)
class Raced:
    """One way: its picture (H, W, C) uint8, and how long it takes: the median of its steps, times their number, so
    that other work of the computer in one moment does not decide the race."""

    picture: np.ndarray
    seconds: float


def race(model: StepwiseModel, request: LookRequest, commands: CommandQueue) -> Generator[Event, None, Insight]:
    """An insight whose ``found`` has a :class:`Raced` for each recipe.

    A stop ends between two steps. Raises UsageError where there is no recipe.
    """
    if not request.recipes:
        raise UsageError("Which pictures? Looking at {what} needs at least one recipe.", what=request.what)
    found: list[Raced] = []
    for number, recipe in enumerate(request.recipes):
        picture, spent, began = None, [], time.perf_counter()
        for piece in model.forming([recipe]):
            spent.append(time.perf_counter() - began)
            if commands.stop_requested:
                raise Stopped
            picture = piece.pictures[0]
            yield Progress(text("Racing samplers"), number, len(request.recipes))
            began = time.perf_counter()
        assert picture is not None
        steps = spent[:-1] or spent  # the last piece is the picture itself
        found.append(Raced(picture, median(steps) * len(steps)))
    return Insight(request.what, model.step, tuple(found))
