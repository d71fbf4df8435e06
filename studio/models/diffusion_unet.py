"""The U-Net denoiser: convolutions on a pyramid of resolutions, steered by a vector, with attention where it is small.

It works on 2 x 2 pixels at once, so nothing is computed at the picture's full resolution, where most of the time would
go. Shapes: B pictures, C channels, H x W; V numbers of the steering vector; M words, E numbers a word.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.models.transformer import Attention, plain

PATCH = 2
_WIDEST = 4
_SMALLEST = 8  # levels are added while the shorter side is larger than this
_ATTENDED = 8  # attention from this side downwards
_LEAST_LEVELS = 3


class Block(nn.Module):
    """(B, before, H, W) and v (B, V) -> (B, after, H, W): two convolutions steered in between, and a way past them.

    The vector scales and shifts every channel (FiLM; Perez et al. 2017, arXiv:1709.07871). The last convolution starts
    at zero, so that at first only the way past counts.
    """

    def __init__(self, before: int, after: int, steering: int, dropout: float) -> None:
        super().__init__()
        self.norm1, self.norm2 = norm(before), norm(after)
        self.conv1, self.conv2 = nn.Conv2d(before, after, 3, padding=1), nn.Conv2d(after, after, 3, padding=1)
        self.steer = nn.Linear(steering, 2 * after)
        self.dropout = nn.Dropout(dropout)
        self.past = nn.Conv2d(before, after, 1) if before != after else nn.Identity()
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x_BCHW: Tensor, v_BV: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x_BCHW)))
        scale, shift = self.steer(v_BV)[:, :, None, None].chunk(2, dim=1)
        h = torch.addcmul(shift, self.norm2(h), 1 + scale)
        h = self.conv2(self.dropout(F.silu(h)))
        result: Tensor = h + self.past(x_BCHW)
        return result


class Glance(nn.Module):
    """(B, C, H, W) -> the same: every place looks at all others, then at the words where there are any."""

    def __init__(self, channels: int, memory: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(channels)
        self.own = Attention(plain(channels))
        self.norm2 = nn.LayerNorm(channels) if memory else None
        self.words = Attention(plain(channels), memory) if memory else None
        nn.init.zeros_(self.own.out.weight)
        if self.words is not None:
            nn.init.zeros_(self.words.out.weight)

    def forward(self, x_BCHW: Tensor, memory_BME: Tensor | None, mask_BM: Tensor | None) -> Tensor:
        height, width = x_BCHW.shape[2:]
        x_BNC = x_BCHW.permute(0, 2, 3, 1).flatten(1, 2)
        x_BNC = x_BNC + self.own(self.norm1(x_BNC))
        if self.words is not None and self.norm2 is not None:
            x_BNC = x_BNC + self.words(self.norm2(x_BNC), memory_BME, mask_BM)
        maps: Tensor = x_BNC.unflatten(1, (height, width))
        return maps.permute(0, 3, 1, 2)


class Level(nn.Module):
    """Blocks at one resolution, the first of which may change the number of channels; attention after each."""

    def __init__(
        self, before: int, after: int, *, depth: int, steering: int, dropout: float, memory: int | None
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(before if i == 0 else after, after, steering, dropout) for i in range(depth))
        attended = depth if memory is not None else 0
        self.glances = nn.ModuleList(Glance(after, memory or 0) for _ in range(attended))

    def forward(self, x: Tensor, v_BV: Tensor, memory_BME: Tensor | None, mask_BM: Tensor | None) -> Tensor:
        for i, block in enumerate(self.blocks):
            x = block(x, v_BV)
            if i < len(self.glances):
                x = self.glances[i](x, memory_BME, mask_BM)
        return x


class Unet(nn.Module):
    """z (B, C, H, W), v (B, V) and words (B, M, E) -> an answer (B, outputs, H, W).

    Args:
        shape: height and width of the pictures that it is built for; decides how many levels there are.
        memory: E of the words; 0 where there are none.

    Attributes:
        multiple: every side has to be a multiple of this.
    """

    def __init__(
        self, *, shape: tuple[int, int], inputs: int, outputs: int, width: int, depth: int, steering: int, memory: int,
        dropout: float,
    ) -> None:  # fmt: skip
        super().__init__()
        sides = level_sides(*shape)
        widths = [width * min(_WIDEST, 2**i) for i in range(len(sides))]
        self.multiple = PATCH * 2 ** (len(sides) - 1)
        make = partial(Level, depth=depth, steering=steering, dropout=dropout)
        seen = [memory if s <= _ATTENDED or s == sides[-1] else None for s in sides]
        self.begin = nn.Conv2d(inputs * PATCH**2, width, 3, padding=1)
        self.down = nn.ModuleList(make(w, w, memory=m) for w, m in zip(widths, seen, strict=True))
        self.shrink = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in pairwise(widths))
        self.grow = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(widths))
        self.up = nn.ModuleList(make(2 * w, w, memory=m) for w, m in zip(widths, seen, strict=True))
        self.middle = Level(widths[-1], widths[-1], memory=None, depth=1, steering=steering, dropout=dropout)
        self.norm = norm(width)
        self.finish = nn.Conv2d(width, outputs * PATCH**2, 3, padding=1)
        nn.init.zeros_(self.finish.weight)
        if self.finish.bias is not None:
            nn.init.zeros_(self.finish.bias)

    def forward(
        self, z_BCHW: Tensor, v_BV: Tensor, memory_BME: Tensor | None = None, mask_BM: Tensor | None = None
    ) -> Tensor:
        words = (v_BV, memory_BME, mask_BM)
        x = self.begin(folded(z_BCHW))
        kept = []
        for i, level in enumerate(self.down):
            x = level(x, *words)
            kept.append(x)
            if i < len(self.shrink):
                x = self.shrink[i](x)
        x = self.middle(x, *words)
        for i in reversed(range(len(self.up))):
            x = self.up[i](torch.cat([x, kept[i]], dim=1), *words)
            if i:
                x = F.interpolate(self.grow[i - 1](x), scale_factor=2.0, mode="nearest")
        return F.pixel_shuffle(self.finish(F.silu(self.norm(x))), PATCH)


def level_sides(height: int, width: int) -> list[int]:
    """Shorter sides of the levels, finest first: at least three, and more while they are large and can be halved."""
    sides = [(height // PATCH, width // PATCH)]
    while len(sides) < _LEAST_LEVELS or (min(sides[-1]) > _SMALLEST and not any(side % 2 for side in sides[-1])):
        sides.append((sides[-1][0] // 2, sides[-1][1] // 2))
    return [min(pair) for pair in sides]


def folded(x_BCHW: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, 4C, H/2, W/2): 2 x 2 pixels become channels, which lie last in memory."""
    return F.pixel_unshuffle(x_BCHW, PATCH).contiguous(memory_format=torch.channels_last)


def norm(channels: int) -> nn.GroupNorm:
    """Group norm in groups of about 8 channels (Wu & He 2018, arXiv:1803.08494)."""
    return nn.GroupNorm(next(n for n in range(max(1, channels // 8), 0, -1) if channels % n == 0), channels)
