"""Learning rates that fall in a straight line at the end of a run."""

from __future__ import annotations

from typing import Protocol


class Falls(Protocol):
    """Settings whose rates fall to nothing in the last share ``decay`` of a run."""

    @property
    def steps(self) -> int:
        """How many steps the run has."""

    @property
    def decay(self) -> float:
        """The share, 0 to 1."""


def rate_factor(config: Falls, step: int) -> float:
    """The share of the learning rates that step ``step`` (0 is the first) takes: 1, then falling to nothing."""
    falling = config.decay * config.steps
    return min(1.0, (config.steps - step) / falling) if falling else 1.0
