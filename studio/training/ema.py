"""Averaged weights: a moving average whose memory is given in items seen, or as a share of the run so far.

A memory in items grows with the run until it has its full length, so that early samples are not the random start
(Karras et al. 2020, arXiv:1912.04958, ramp-up). One that is a share grows for ever: the power function (Karras et al.
2023, arXiv:2312.02696, section 3.1). Running statistics of norms are averaged like weights; counters are copied.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from studio.models.weights import second_instance
from studio.training.task import Task

RAMP = 0.05  # the half-life is at most this share of the items seen so far


class Average:
    """Keeps ``module`` (a second instance, in eval mode) at the average of the weights of ``source``.

    Args:
        half_life: items after which a weight's share has halved; 0 copies instead of averaging.
        length: the deviation of the average's profile as a share of the run so far, below 0.28; 0 takes ``half_life``.
    """

    def __init__(self, source: nn.Module, module: nn.Module, half_life: int, length: float = 0.0) -> None:
        self.module, self.half_life = module, half_life
        self._power = power_of(length) if length > 0 else None
        mine, theirs = module.state_dict(keep_vars=True), source.state_dict(keep_vars=True)
        smooth = [name for name, tensor in mine.items() if tensor.is_floating_point()]
        self._mine = [mine[name].data for name in smooth]
        self._theirs = [theirs[name].data for name in smooth]
        self._copies: list[tuple[Tensor, Tensor]] = [(mine[n], theirs[n]) for n in mine if n not in set(smooth)]

    def weight(self, items: int, added: int) -> float:
        """The share of the newest weights when ``added`` items came last and ``items`` were seen in all."""
        if self._power is not None:
            return 1.0 - float(max(0.0, 1.0 - added / items) ** (self._power + 1))  # there: eq. 1
        half_life = min(float(self.half_life), RAMP * items)
        return 1.0 if half_life <= 0 else 1.0 - 0.5 ** (added / half_life)

    def update(self, items: int, added: int) -> None:
        """Take in the source's weights as they are now."""
        with torch.no_grad():
            torch._foreach_lerp_(self._mine, self._theirs, self.weight(items, added))
            for mine, theirs in self._copies:
                mine.copy_(theirs)


def power_of(length: float) -> float:
    """The exponent gamma of a profile t^gamma whose deviation is ``length`` (there: eq. 6, solved for gamma)."""
    t = length**-2
    return float(np.roots([1, 7, 16 - t, 12 - t]).real.max())


def average_of(task: Task, name: str, device: torch.device) -> Average:
    """An average of the task's module ``name`` that starts at its present weights."""
    source = task.modules[name]
    module = second_instance(task.blank(name), source.state_dict(), device)
    return Average(source, module, task.config.ema_half_life, task.config.ema_share)
