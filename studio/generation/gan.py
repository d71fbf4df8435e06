"""What a trained generator is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from studio.generation.latents import CHUNK
from studio.models.gan import to_bytes


def grow(generator: nn.Module, z_NZ: Tensor, codes_NL: Tensor) -> Iterator[np.ndarray]:
    """Pictures (n, H, W, C) uint8 of latents and codes, in chunks of one fixed size; the last one is padded.

    ``generator`` is a second instance in eval mode. Nothing but its output is touched: no random number is drawn.
    """
    device = next(generator.parameters()).device
    for start in range(0, len(z_NZ), CHUNK):
        z, codes = z_NZ[start : start + CHUNK], codes_NL[start : start + CHUNK]
        with torch.no_grad():
            x = generator(_padded(z).to(device), _padded(codes).to(device))
        yield to_bytes(x[: len(z)]).cpu().numpy()


def _padded(rows: Tensor) -> Tensor:
    missing = CHUNK - len(rows)
    return torch.cat([rows, rows[:1].expand(missing, *rows.shape[1:])]) if missing else rows
