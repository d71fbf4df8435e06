"""Sets of features whose distances are known."""

import torch
from torch import Tensor


def normal(count: int, features: int = 6, *, seed: int = 0, shift: float = 0.0, spread: float = 1.0) -> Tensor:
    """(count, features) float32 from a Gaussian."""
    drawn = torch.randn((count, features), generator=torch.Generator().manual_seed(seed))
    return drawn * spread + shift
