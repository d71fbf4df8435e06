"""Places as waves (Vaswani et al. 2017, arXiv:1706.03762, section 3.5). Shapes: N places, E numbers a token."""

from __future__ import annotations

import torch
from torch import Tensor


def waves(places: int, width: int, *, halves: bool = False, device: torch.device | str = "cpu") -> Tensor:
    """Sines and cosines (N, E) float32 of ever longer waves, in turn; with ``halves`` all sines stand first (Marian).

    Computed in float64, as other programs do: far places would differ otherwise.
    """
    sines = (width + 1) // 2
    rates = 10_000.0 ** (-2 * torch.arange(sines, dtype=torch.float64) / width)
    angles = torch.arange(places, dtype=torch.float64)[:, None] * rates
    made = torch.empty(places, width, dtype=torch.float64)
    into = (slice(0, sines), slice(sines, None)) if halves else (slice(0, None, 2), slice(1, None, 2))
    made[:, into[0]], made[:, into[1]] = angles.sin(), angles.cos()[:, : width - sines]
    return made.float().to(device)
