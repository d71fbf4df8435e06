"""From recipes to latents: drawn, averaged, turned between, calculated with. All on the CPU, the same everywhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from studio.config.requests import Arithmetic, Drawn, Latent, Mean, Slerp
from studio.models.seeding import seeded_generator

CHUNK = 16  # pictures that a network makes at once, always: so a picture alone has the bits it has in a grid


def drawn_latent(seed: int, index: int, size: int) -> Tensor:
    """The latent (Z,) that a seed draws at an index, whatever else is drawn beside it."""
    return torch.randn(size, generator=seeded_generator("latent", seed, index))


def padded(rows: Tensor) -> Tensor:
    """Fill up to ``CHUNK`` rows with the first one."""
    missing = CHUNK - len(rows)
    return torch.cat([rows, rows[:1].expand(missing, *rows.shape[1:])]) if missing > 0 else rows


def latent_of(latent: Latent, size: int) -> Tensor:
    """The latent (Z,) that a recipe describes."""
    make: Mapping[type, Callable[..., Tensor]] = {Drawn: _drawn, Mean: _mean, Slerp: _slerp, Arithmetic: _arithmetic}
    return make[type(latent)](latent, size)


def first_drawn(latent: Latent) -> Drawn:
    """The first drawn latent inside a recipe: what decides whatever the recipe leaves open."""
    while not isinstance(latent, Drawn):
        latent = latent.of[0] if isinstance(latent, Mean) else latent.a
    return latent


def drawn_code(name: str, counts: Sequence[int], latent: Latent) -> int:
    """The code of a label that a recipe leaves open: as often as in the data, whatever else is drawn beside it."""
    drawn = first_drawn(latent)
    place = torch.rand((), generator=seeded_generator("label", name, drawn.seed, drawn.index)).item()
    found = np.asarray(counts, dtype=float)
    share = np.cumsum(found) / max(1.0, found.sum())
    return min(int(np.searchsorted(share, place, side="right")), len(share) - 1)


def slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """The point at share ``t`` on the great circle from a to b; lengths change evenly (Shoemake 1985)."""
    one, other = a / a.norm(), b / b.norm()
    angle = torch.arccos(torch.clamp(one @ other, -1.0, 1.0))
    if float(torch.sin(angle)) < 1e-4:
        return torch.lerp(a, b, t)
    turned = (torch.sin((1 - t) * angle) * one + torch.sin(t * angle) * other) / torch.sin(angle)
    return turned * torch.lerp(a.norm(), b.norm(), t)


def _drawn(latent: Drawn, size: int) -> Tensor:
    return drawn_latent(latent.seed, latent.index, size)


def _mean(latent: Mean, size: int) -> Tensor:
    return _usual_length(torch.stack([latent_of(one, size) for one in latent.of]).mean(dim=0))


def _slerp(latent: Slerp, size: int) -> Tensor:
    return slerp(latent_of(latent.a, size), latent_of(latent.b, size), latent.t)


def _arithmetic(latent: Arithmetic, size: int) -> Tensor:
    a, b, c = (latent_of(one, size) for one in (latent.a, latent.b, latent.c))
    return _usual_length(a - b + c)


def _usual_length(z: Tensor) -> Tensor:
    """Bring a latent to the length that drawn ones have; a network knows no others (a zero stays zero)."""
    length = float(z.norm())
    return z * (math.sqrt(z.numel()) / length) if length > 1e-6 else z
