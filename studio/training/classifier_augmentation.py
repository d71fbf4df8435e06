"""Changes of training pictures that leave their labels true. Pictures are (B, C, H, W) in [-1, 1].

Every draw comes from the generators of the step, so that a step has no memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from studio.training.augmentation import augment, mirror
from studio.training.rng import Draws

_SHIFT = 1 / 12  # furthest translation, as a share of the side
_ERASED = 0.35  # longest side of the erased rectangle, as a share of the picture's
_MIXED = 0.4  # shape of the shares of two mixed pictures: the smaller, the nearer to 0 and 1


@dataclass(frozen=True)
class Mixed:
    """Pictures that are ``share`` (B,) of themselves and the rest of those at ``partner`` (B,)."""

    x_BCHW: Tensor
    share: Tensor | None = None
    partner: Tensor | None = None


def changed(x_BCHW: Tensor, kinds: tuple[str, ...], *, mirrored: bool, draws: Draws) -> Mixed:
    """Apply what was chosen, mixing last."""
    if mirrored:
        x_BCHW = mirror(x_BCHW, draws.stream("mirror"))
    if "shift" in kinds:
        x_BCHW = shift(x_BCHW, draws.stream("shift"))
    if "colour" in kinds:
        x_BCHW = augment(x_BCHW, ("colour",), draws.stream("colour"))
    if "erase" in kinds:
        x_BCHW = erase(x_BCHW, draws.stream("erase"))
    return mixup(x_BCHW, draws.stream("mixup")) if "mixup" in kinds else Mixed(x_BCHW)


def shift(x_BCHW: Tensor, generator: torch.Generator) -> Tensor:
    """Move by up to a twelfth of the side, whole pixels; the border's own pixels come in."""
    b, _, h, w = x_BCHW.shape
    reach = max(1, round(h * _SHIFT))
    moves = torch.randint(-reach, reach + 1, (2, b, 1), generator=generator, device=x_BCHW.device)
    rows = (torch.arange(h, device=x_BCHW.device) + moves[0]).clamp(0, h - 1)
    columns = (torch.arange(w, device=x_BCHW.device) + moves[1]).clamp(0, w - 1)
    picture = torch.arange(b, device=x_BCHW.device)[:, None, None]
    taken = x_BCHW.permute(0, 2, 3, 1)[picture, rows[:, :, None], columns[:, None, :]]
    return taken.permute(0, 3, 1, 2)


def erase(x_BCHW: Tensor, generator: torch.Generator) -> Tensor:
    """Replace a rectangle of every second picture by one random grey (Zhong et al. 2017, arXiv:1708.04896)."""
    b, _, h, w = x_BCHW.shape
    draw = torch.rand((6, b, 1), generator=generator, device=x_BCHW.device)
    inside = []
    for side, (place, size) in ((h, (draw[0], draw[1])), (w, (draw[2], draw[3]))):
        length = (0.1 + (_ERASED - 0.1) * size) * side
        start = place * (side - length)
        where = torch.arange(side, device=x_BCHW.device)
        inside.append((where >= start) & (where < start + length))
    hole = inside[0][:, :, None] & inside[1][:, None, :] & (draw[4] < 0.5)[:, :, None]
    return torch.where(hole[:, None], draw[5].view(b, 1, 1, 1) * 2 - 1, x_BCHW)


def mixup(x_BCHW: Tensor, generator: torch.Generator) -> Mixed:
    """Blend each picture with another one of the batch (Zhang et al. 2017, arXiv:1710.09412).

    The shares follow Kumaraswamy's distribution (1980), whose form is that of the paper's Beta and which one uniform
    number gives; the larger share is always the picture's own.
    """
    b = len(x_BCHW)
    u = torch.rand(b, generator=generator, device=x_BCHW.device)
    share = (1 - (1 - u) ** (1 / _MIXED)) ** (1 / _MIXED)
    share = torch.maximum(share, 1 - share)
    partner = torch.randperm(b, generator=generator, device=x_BCHW.device)
    part = share.view(b, 1, 1, 1)
    return Mixed(x_BCHW * part + x_BCHW[partner] * (1 - part), share, partner)
