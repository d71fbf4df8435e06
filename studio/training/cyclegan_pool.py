"""Earlier translations, so that a discriminator does not forget what it was shown (Shrivastava et al. 2017,
arXiv:1612.07828, section 2.3). The pool is part of a run's state."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor


class PicturePool:
    """At most ``size`` pictures (C, S, S) on a device; 0 keeps none and gives back what comes."""

    def __init__(self, size: int, channels: int, side: int, device: torch.device) -> None:
        self.size = size
        self._kept = torch.zeros((size, channels, side, side), device=device)
        self._count = torch.zeros((), dtype=torch.int64)

    def exchange(self, x_BCHW: Tensor, generator: torch.Generator) -> Tensor:
        """The pictures, about half of them exchanged for earlier ones, whose places they take; until the pool is full
        they are put by and come back as they are.

        Args:
            generator: on the CPU, so that no device has to be waited for.
        """
        if not self.size:
            return x_BCHW
        x = torch.nan_to_num(x_BCHW.detach().float())
        count = int(self._count)
        new = min(len(x), self.size - count)
        if new > 0:
            self._kept[count : count + new] = x[:new]
            self._count += new
            return torch.cat([x[:new], self.exchange(x[new:], generator)]) if new < len(x) else x
        places = torch.randperm(self.size, generator=generator)[: len(x)]
        swapped = (torch.rand(len(places), generator=generator) < 0.5).nonzero().flatten()
        places = places[swapped]
        shown = x.clone()
        shown[swapped] = self._kept[places]
        self._kept[places] = x[swapped]
        return shown

    def state(self) -> dict[str, Tensor]:
        """What belongs into a checkpoint."""
        return {"kept": self._kept, "count": self._count}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """The inverse of :meth:`state`."""
        self._kept.copy_(state["kept"])
        self._count.copy_(state["count"])
