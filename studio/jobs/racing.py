"""Samplers raced: the same picture made in several ways, each timed alone."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from studio.config.requests import LookRequest
from studio.generation.models import Insight, StepwiseModel
from studio.ground.errors import UsageError, text
from studio.ground.events import Event, Progress
from studio.jobs.nesting import Stopped
from studio.jobs.steering import CommandQueue


@dataclass(frozen=True, slots=True, eq=False)
class Raced:
    """One way: its picture (H, W, C) uint8, and how long it took."""

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
        began = time.perf_counter()
        picture = None
        for piece in model.forming([recipe]):
            if commands.stop_requested:
                raise Stopped
            picture = piece.pictures[0]
            yield Progress(text("Racing samplers"), number, len(request.recipes))
        assert picture is not None
        found.append(Raced(picture, time.perf_counter() - began))
    return Insight(request.what, model.step, tuple(found))

