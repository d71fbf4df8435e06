"""Changes of pictures that gradients pass through, so that a small data set cannot be learnt by heart.

Real and generated pictures are changed alike before the discriminator sees them (Zhao et al. 2020, arXiv:2006.10738).
Every draw comes from the generator that is handed in. Pictures are (B, C, H, W) in [-1, 1].
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

_SHIFT = 0.125  # furthest translation, as a share of the side
_CUT = 0.5  # side of the square that is cut out, as a share of the side


def augment(x_BCHW: Tensor, kinds: tuple[str, ...], generator: torch.Generator) -> Tensor:
    """Apply the changes named in ``kinds`` (``colour``, ``translation``, ``cutout``) in that order."""
    for kind in ("colour", "translation", "cutout"):
        if kind in kinds:
            x_BCHW = _CHANGES[kind](x_BCHW, generator)
    return x_BCHW


def mirror(x_BCHW: Tensor, generator: torch.Generator) -> Tensor:
    """Turn about half of the pictures left to right."""
    heads = torch.rand(x_BCHW.shape[0], generator=generator, device=x_BCHW.device) < 0.5
    return torch.where(heads.view(-1, 1, 1, 1), x_BCHW.flip(3), x_BCHW)


def _uniform(x_BCHW: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """(count, B, 1, 1, 1) in [0, 1)."""
    return torch.rand((count, x_BCHW.shape[0], 1, 1, 1), generator=generator, device=x_BCHW.device)


def _colour(x: Tensor, generator: torch.Generator) -> Tensor:
    """Brightness by up to a quarter of the range, saturation by 0 to 2, contrast by 0.5 to 1.5."""
    brightness, saturation, contrast = _uniform(x, 3, generator).unbind()
    x = x + (brightness - 0.5)
    if x.shape[1] > 1:
        grey = x.mean(dim=1, keepdim=True)
        x = grey + (x - grey) * (saturation * 2)
    level: Tensor = x.mean(dim=(1, 2, 3), keepdim=True)
    return level + (x - level) * (contrast + 0.5)


def _translation(x: Tensor, generator: torch.Generator) -> Tensor:
    """Move by up to an eighth of the side, whole pixels; what comes in is the middle grey, 0."""
    b, _, h, w = x.shape
    reach = max(1, round(h * _SHIFT))
    moves = torch.randint(-reach, reach + 1, (2, b, 1), generator=generator, device=x.device)
    rows = torch.arange(h, device=x.device) + moves[0] + 1
    columns = torch.arange(w, device=x.device) + moves[1] + 1
    padded = F.pad(x, (1, 1, 1, 1))
    picture = torch.arange(b, device=x.device)[:, None, None]
    taken = padded.permute(0, 2, 3, 1)[picture, rows.clamp(0, h + 1)[:, :, None], columns.clamp(0, w + 1)[:, None, :]]
    return taken.permute(0, 3, 1, 2)


def _cutout(x: Tensor, generator: torch.Generator) -> Tensor:
    """Set a square of half the side to zero, anywhere, also partly outside."""
    b, _, h, w = x.shape
    size = round(h * _CUT)
    corner = torch.randint(-(size // 2), h - size // 2, (2, b, 1), generator=generator, device=x.device)
    rows, columns = torch.arange(h, device=x.device), torch.arange(w, device=x.device)
    inside_y = (rows >= corner[0]) & (rows < corner[0] + size)
    inside_x = (columns >= corner[1]) & (columns < corner[1] + size)
    hole_BHW = inside_y[:, :, None] & inside_x[:, None, :]
    return x.masked_fill(hole_BHW[:, None], 0.0)


_CHANGES = {"colour": _colour, "translation": _translation, "cutout": _cutout}
