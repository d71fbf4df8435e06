"""How large a learning rate a network bears: some steps with a rate that grows, on a network that is thrown away.

The loss falls while the rate is right, and rises when it is too large (Smith 2015, arXiv:1506.01186, section 3.3).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch

from studio.config.base import describe, with_overrides
from studio.config.training import TrainingSettings
from studio.ground.errors import UsageError
from studio.training.assemble import make_task
from studio.training.memory import release
from studio.training.precision import choose_precision, fast_arithmetic
from studio.training.stepping import Stepper
from studio.training.task import TrainingData

LOWEST, HIGHEST, STEPS = 1e-5, 1.0, 100
RATE, LOSS = "learning_rate", "training_loss"
_MEMORY = 0.9  # of the running mean that smooths the losses
_TOO_HIGH = 3.0  # times the fall so far: beyond, going on is pointless


@dataclass(frozen=True, slots=True)
class FoundRate:
    """Rates tried, the smoothed loss at each, and the rate to begin with; None where no rate made the loss fall."""

    rates: tuple[float, ...] = ()
    losses: tuple[float, ...] = ()
    proposal: float | None = None


def find_rate(
    config: TrainingSettings, data: TrainingData, *, family: str, device: torch.device, steps: int = STEPS
) -> Iterator[FoundRate]:
    """Yield what is known after each step; the last one has the proposal. No run is touched by it.

    Raises:
        UsageError: the family has no single learning rate, or the config does not fit the data.
    """
    paths = {row.path for row in describe(config)}
    if RATE not in paths:
        raise UsageError("A run of the family {family} has no single learning rate to look for.", family=family)
    config = with_overrides(config, {"schedule": "constant"} if "schedule" in paths else {})
    found = FoundRate()
    with fast_arithmetic(device):
        task = make_task(family, config, data, device)
        stepper = Stepper(task, {}, device=device, dtype=choose_precision(config.precision, device))
        mean = 0.0
        for step in range(steps):
            rate = LOWEST * (HIGHEST / LOWEST) ** (step / (steps - 1))
            task.follow(with_overrides(config, {RATE: rate}))
            values, skipped = stepper.make(step).read()
            if skipped or LOSS not in values:
                break
            mean = _MEMORY * mean + (1 - _MEMORY) * values[LOSS]
            loss = mean / (1 - _MEMORY ** (step + 1))
            found = FoundRate((*found.rates, rate), (*found.losses, loss))
            yield found
            if _hopeless(found.losses):
                break
    release(device)
    yield replace(found, proposal=proposed(found.rates, found.losses))


def proposed(rates: tuple[float, ...], losses: tuple[float, ...]) -> float | None:
    """A third of the rate at which the loss was lowest, before it turned upwards; None where it never fell.

    Half a decade below the turn is where the slope is steep and the way to the cliff still long.
    """
    if len(losses) < 3:
        return None
    lowest = min(range(len(losses)), key=losses.__getitem__)
    if lowest == 0 or losses[lowest] > 0.99 * losses[0]:
        return None
    return float(f"{rates[lowest] / math.sqrt(10):.1e}")


def _hopeless(losses: tuple[float, ...]) -> bool:
    """Whether the loss has risen above where it began by more than it ever fell."""
    return losses[-1] > losses[0] + _TOO_HIGH * (losses[0] - min(losses)) + 0.5 * losses[0]
