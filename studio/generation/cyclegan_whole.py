"""One translator on whole pictures of any size and shape: borders reflected, large ones in tiles.

A norm takes its mean and deviation from the whole picture. Tiles each with their own would disagree in colour and
contrast; so all get those of the whole: first as the picture at reduced size has them, then as the tiles themselves
have them together. Shapes: C channels, H x W.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from studio.models.cyclegan_generators import Translator
from studio.models.cyclegan_layers import Moments, noting_moments, together, with_moments

WHOLE_PIXELS = 1152 * 1152
"""Pictures of more pixels are worked on in tiles."""
TILE, OVERLAP = 768, 128
_LEAST = 16  # narrower pictures are widened by their reflection: less would leave too little to be normed
Work = Generator[tuple[int, int], None, Tensor]
"""Tells how many of how many pieces are done; the picture at last."""


@dataclass(frozen=True, slots=True)
class Tiling:
    """From how many pixels on a picture is cut, and into what."""

    above: int = WHOLE_PIXELS
    side: int = TILE
    overlap: int = OVERLAP


def translate(translator: Translator, x_CHW: Tensor, strength: float = 1.0, tiling: Tiling | None = None) -> Work:
    """The translated picture, as large as it came; both (C, H, W) in [-1, 1]."""
    tiling = tiling or Tiling()
    _, height, width = x_CHW.shape
    if height * width <= tiling.above:
        yield 0, 1
        return _whole(translator, x_CHW, strength)
    return (yield from _tiled(translator, x_CHW, strength, tiling))


def _whole(translator: Translator, x_CHW: Tensor, strength: float) -> Tensor:
    """In one call; the border beyond the picture is its reflection."""
    _, height, width = x_CHW.shape
    padded, top, left = reflected(x_CHW, translator.grain)
    with torch.no_grad():
        y: Tensor = translator(padded[None], strength)[0]
    return y[:, top : top + height, left : left + width].float().clamp(-1, 1)


def reflected(x_CHW: Tensor, grain: int, least: int = _LEAST) -> tuple[Tensor, int, int]:
    """The picture with its reflection around it up to multiples of ``grain``, and where in it the picture lies."""
    (above, below), (left, right) = (_margins(side, grain, least) for side in x_CHW.shape[1:])
    if not (above or below or left or right):
        return x_CHW, 0, 0
    if max(above, below) < x_CHW.shape[1] and max(left, right) < x_CHW.shape[2]:
        return F.pad(x_CHW[None], (left, right, above, below), mode="reflect")[0], above, left
    padded = np.pad(x_CHW.cpu().numpy(), ((0, 0), (above, below), (left, right)), mode="reflect")
    return torch.from_numpy(padded).to(x_CHW.device), above, left


def _margins(side: int, grain: int, least: int) -> tuple[int, int]:
    wanted = max(-(-side // grain) * grain, -(-least // grain) * grain)
    return (wanted - side) // 2, wanted - side - (wanted - side) // 2


def _tiled(translator: Translator, x_CHW: Tensor, strength: float, tiling: Tiling) -> Work:
    """Tile by tile, twice: once to see what the norms see in all of them, once to paint."""
    corners = [(y, x) for y in _starts(x_CHW.shape[1], tiling) for x in _starts(x_CHW.shape[2], tiling)]
    total = 2 * len(corners) + 1
    yield 0, total
    moments = _moments_of(translator, _reduced(x_CHW, tiling.above))
    with noting_moments(translator) as seen, with_moments(translator, moments):
        for done, corner in enumerate(corners):
            yield 1 + done, total
            _whole(translator, _tile(x_CHW, corner, tiling), strength)
        moments = [together(one) for one in seen]
    painted, weights = torch.zeros_like(x_CHW), torch.zeros_like(x_CHW[:1])
    with with_moments(translator, moments):
        for done, corner in enumerate(corners):
            yield 1 + len(corners) + done, total
            tile = _whole(translator, _tile(x_CHW, corner, tiling), strength)
            weight = _ramp(tile, corner, x_CHW, tiling.overlap)
            _tile(painted, corner, tiling).add_(tile * weight)
            _tile(weights, corner, tiling).add_(weight)
    return painted / weights


def _moments_of(translator: Translator, x_CHW: Tensor) -> list[Moments]:
    with noting_moments(translator) as seen:
        _whole(translator, x_CHW, 1.0)
        return [together(one) for one in seen]


def _reduced(x_CHW: Tensor, pixels: int) -> Tensor:
    """The picture with at most so many pixels."""
    _, height, width = x_CHW.shape
    share = min(1.0, (pixels / (height * width)) ** 0.5)
    size = (max(1, int(height * share)), max(1, int(width * share)))
    return F.interpolate(x_CHW[None], size, mode="area")[0]


def _starts(length: int, tiling: Tiling) -> list[int]:
    """Where tiles begin along one side: evenly, so that each overlaps the next by at least ``overlap``."""
    if length <= tiling.side:
        return [0]
    count = -(-(length - tiling.overlap) // (tiling.side - tiling.overlap))
    return [round(i * (length - tiling.side) / (count - 1)) for i in range(count)]


def _tile(x_CHW: Tensor, corner: tuple[int, int], tiling: Tiling) -> Tensor:
    return x_CHW[:, corner[0] : corner[0] + tiling.side, corner[1] : corner[1] + tiling.side]


def _ramp(tile_CHW: Tensor, corner: tuple[int, int], x_CHW: Tensor, overlap: int) -> Tensor:
    """How much each place of a tile counts, (1, h, w): less and less towards edges that another tile goes beyond."""
    sides = []
    for start, length, whole in zip(corner, tile_CHW.shape[1:], x_CHW.shape[1:], strict=True):
        place = torch.arange(length, dtype=torch.float32) + 0.5
        near = torch.full_like(place, float(overlap)) if start == 0 else place
        far = torch.full_like(place, float(overlap)) if start + length == whole else length - place
        sides.append(torch.minimum(near, far).clamp(max=overlap) / overlap)
    return (sides[0][:, None] * sides[1][None, :])[None].to(tile_CHW.device)
