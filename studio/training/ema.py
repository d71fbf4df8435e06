"""Averaged weights: an exponential moving average whose memory is given in items seen.

The memory grows with the run until it has its full length, so that early samples are not the random start (Karras et
al. 2020, arXiv:1912.04958, ramp-up). Running statistics of norms are averaged like weights; counters are copied.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from studio.models.weights import second_instance
from studio.training.task import Task

RAMP = 0.05  # the half-life is at most this share of the items seen so far


class Average:
    """Keeps ``module`` (a second instance, in eval mode) at the average of the weights of ``source``.

    Args:
        half_life: items after which a weight's share has halved; 0 copies instead of averaging.
    """

    def __init__(self, source: nn.Module, module: nn.Module, half_life: int) -> None:
        self.module, self.half_life = module, half_life
        mine, theirs = module.state_dict(keep_vars=True), source.state_dict(keep_vars=True)
        smooth = [name for name, tensor in mine.items() if tensor.is_floating_point()]
        self._mine = [mine[name].data for name in smooth]
        self._theirs = [theirs[name].data for name in smooth]
        self._copies: list[tuple[Tensor, Tensor]] = [(mine[n], theirs[n]) for n in mine if n not in set(smooth)]

    def weight(self, items: int, added: int) -> float:
        """The share of the newest weights when ``added`` items came last and ``items`` were seen in all."""
        half_life = min(float(self.half_life), RAMP * items)
        return 1.0 if half_life <= 0 else 1.0 - 0.5 ** (added / half_life)

    def update(self, items: int, added: int) -> None:
        """Take in the source's weights as they are now."""
        with torch.no_grad():
            torch._foreach_lerp_(self._mine, self._theirs, self.weight(items, added))
            for mine, theirs in self._copies:
                mine.copy_(theirs)


def average_of(task: Task, name: str, device: torch.device) -> Average:
    """An average of the task's module ``name`` that starts at its present weights."""
    source = task.modules[name]
    module = second_instance(task.blank(name), source.state_dict(), device)
    return Average(source, module, task.config.ema_half_life)
