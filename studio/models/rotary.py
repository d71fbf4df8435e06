"""Rotary positions (Su et al. 2021, arXiv:2104.09864): how far a head's numbers are turned at each place.

Shapes: N places, D numbers a head.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Rotation:
    """``base``: the slowest pair turns once in about 2 pi base places. The rest stretches a model to longer texts.

    ``factor`` 1: as it is. ``original`` 0: every pair turns ``factor`` times as slowly (Chen et al. 2023,
    arXiv:2306.15595). Else only pairs that turn less than ``low`` times in ``original`` places do, those that turn more
    than ``high`` times are left alone, and between them it changes evenly (Llama 3.1; after YaRN, arXiv:2309.00071).
    """

    width: int
    base: float = 10_000.0
    factor: float = 1.0
    original: int = 0
    low: float = 1.0
    high: float = 4.0

    def rates(self, device: torch.device) -> Tensor:
        """Radians from place to place of each pair, (D / 2,) float32, the fastest first."""
        steps = torch.arange(0, self.width, 2, dtype=torch.float32, device=device)
        rates = 1.0 / self.base ** (steps / self.width)
        if self.factor == 1:
            return rates
        if not self.original:
            return rates / self.factor
        turns = self.original * rates / (2 * math.pi)
        kept = ((turns - self.low) / (self.high - self.low)).clamp(0, 1)
        return rates * kept + rates / self.factor * (1 - kept)

    def table(self, places: int, device: torch.device) -> tuple[Tensor, Tensor]:
        """Cosines and sines (N, D) float32 as ``studio.models.transformer.turned`` takes them."""
        angles = torch.arange(places, dtype=torch.float32, device=device)[:, None] * self.rates(device)
        cosines, sines = angles.cos(), angles.sin()
        return torch.cat([cosines, cosines], dim=1), torch.cat([-sines, sines], dim=1)
