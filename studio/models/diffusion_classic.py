"""The U-Net of Ho et al. 2020 (arXiv:2006.11239, appendix B), layer by layer as diffusers' UNet2DModel has it.

It works at the picture's full resolution and tells what it is asked without a straight guess beside it. Parts bear the
names that files of that format have, so that its weights are read and written as they are (``diffusion_format``).
Shapes: B pictures, C channels, H x W, N places; V numbers of the steering vector.
"""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.config.diffusion import ClassicNetwork
from studio.models.layers import DoublingConv


class Resnet(nn.Module):
    """(B, before, H, W) and v (B, V) -> (B, after, H, W): two convolutions, between them the vector, a way past them.

    The vector is added to every channel, or scales and shifts it after the second norm.
    """

    def __init__(self, network: ClassicNetwork, before: int, after: int, *, steering: int, dropout: float) -> None:
        super().__init__()
        self.scaled = network.scaled
        self.norm1, self.norm2 = _norm(network, before), _norm(network, after)
        self.conv1, self.conv2 = nn.Conv2d(before, after, 3, padding=1), nn.Conv2d(after, after, 3, padding=1)
        self.time_emb_proj = nn.Linear(steering, 2 * after if self.scaled else after)
        self.dropout = nn.Dropout(dropout)
        self.conv_shortcut = nn.Conv2d(before, after, 1) if before != after else None

    def forward(self, x_BCHW: Tensor, v_BV: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x_BCHW)))
        told = self.time_emb_proj(v_BV)[:, :, None, None]
        if self.scaled:
            scale, shift = told.chunk(2, dim=1)
            h = torch.addcmul(shift, self.norm2(h), 1 + scale)
        else:
            h = self.norm2(h + told)
        h = self.conv2(self.dropout(F.silu(h)))
        result: Tensor = h + (x_BCHW if self.conv_shortcut is None else self.conv_shortcut(x_BCHW))
        return result


class PlaceAttention(nn.Module):
    """(B, C, H, W) -> the same: every place looks at all others (Vaswani et al. 2017, section 3.2)."""

    def __init__(self, network: ClassicNetwork, channels: int, *, normed: bool = True) -> None:
        super().__init__()
        self.heads = channels // (network.head_width or channels)
        self.group_norm = _norm(network, channels) if normed else None
        self.to_q, self.to_k, self.to_v = (nn.Linear(channels, channels) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])

    def forward(self, x_BCHW: Tensor) -> Tensor:
        h_BCN = (x_BCHW if self.group_norm is None else self.group_norm(x_BCHW)).flatten(2)
        h_BNC = h_BCN.transpose(1, 2)
        parts = (part(h_BNC).unflatten(2, (self.heads, -1)).transpose(1, 2) for part in self._asking())
        made = F.scaled_dot_product_attention(*parts).transpose(1, 2).flatten(2)
        result: Tensor = x_BCHW + self.to_out[0](made).transpose(1, 2).view_as(x_BCHW)
        return result

    def _asking(self) -> tuple[nn.Linear, nn.Linear, nn.Linear]:
        return self.to_q, self.to_k, self.to_v


class Halving(nn.Module):
    """(B, C, H, W) -> (B, C, H/2, W/2) by a convolution."""

    def __init__(self, channels: int, *, padded: bool) -> None:
        super().__init__()
        self.padded = padded
        self.conv = nn.Conv2d(channels, channels, 3, stride=2, padding=1 if padded else 0)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        result: Tensor = self.conv(x_BCHW if self.padded else F.pad(x_BCHW, (0, 1, 0, 1)))
        return result


class Doubling(nn.Module):
    """(B, C, H, W) -> (B, C, 2H, 2W): every pixel four times, then a convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = DoublingConv(channels, channels)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        result: Tensor = self.conv(x_BCHW)
        return result


class Level(nn.Module):
    """Blocks at one resolution, attention after each where it attends, and the change to the next resolution."""

    def __init__(self, resnets: list[Resnet], attentions: list[PlaceAttention]) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(resnets)
        self.attentions = nn.ModuleList(attentions)
        self.downsamplers: nn.ModuleList | None = None
        self.upsamplers: nn.ModuleList | None = None

    def block(self, number: int, x_BCHW: Tensor, v_BV: Tensor) -> Tensor:
        """One block, and its attention."""
        x_BCHW = self.resnets[number](x_BCHW, v_BV)
        if number < len(self.attentions):
            x_BCHW = self.attentions[number](x_BCHW)
        return x_BCHW


class Middle(nn.Module):
    """Two blocks at the coarsest resolution with attention between them."""

    def __init__(self, network: ClassicNetwork, channels: int, *, steering: int, dropout: float) -> None:
        super().__init__()
        self.attentions = nn.ModuleList([PlaceAttention(network, channels, normed=not network.scaled)])
        self.resnets = nn.ModuleList(
            Resnet(network, channels, channels, steering=steering, dropout=dropout) for _ in range(2)
        )

    def forward(self, x_BCHW: Tensor, v_BV: Tensor) -> Tensor:
        x = self.attentions[0](self.resnets[0](x_BCHW, v_BV))
        result: Tensor = self.resnets[1](x, v_BV)
        return result


class Classic(nn.Module):
    """z (B, C, H, W) and v (B, V), through SiLU already -> an answer (B, outputs, H, W). Words do not reach its places.

    Attributes:
        multiple: every side has to be a multiple of this.
    """

    def __init__(self, network: ClassicNetwork, *, inputs: int, outputs: int, steering: int, dropout: float) -> None:
        super().__init__()
        widths = network.level_widths
        self.multiple = 2 ** (len(widths) - 1)
        self._parts = {"steering": steering, "dropout": dropout}
        self.conv_in = nn.Conv2d(inputs, widths[0], 3, padding=1)
        self.down_blocks = nn.ModuleList(self._down(network))
        self.mid_block = Middle(network, widths[-1], steering=steering, dropout=dropout)
        self.up_blocks = nn.ModuleList(self._up(network))
        self.conv_norm_out = _norm(network, widths[0])
        self.conv_out = nn.Conv2d(widths[0], outputs, 3, padding=1)

    def _down(self, network: ClassicNetwork) -> list[Level]:
        widths, levels = network.level_widths, []
        for place, (before, after) in enumerate(pairwise((widths[0], *widths))):
            levels.append(self._level(network, place, [before] + [after] * (network.depth - 1)))
            if place < len(widths) - 1:
                levels[-1].downsamplers = nn.ModuleList([Halving(after, padded=network.padded)])
        return levels

    def _up(self, network: ClassicNetwork) -> list[Level]:
        """What comes from below is joined with what each block on the way down made, and what went into the first."""
        widths, levels = network.level_widths, []
        below = widths[-1]
        for place in reversed(range(len(widths))):
            own, finer = widths[place], widths[max(0, place - 1)]
            kept = [own] * network.depth + [finer]
            befores = [a + b for a, b in zip([below] + [own] * network.depth, kept, strict=True)]
            levels.append(self._level(network, place, befores))
            if place:
                levels[-1].upsamplers = nn.ModuleList([Doubling(own)])
            below = own
        return levels

    def _level(self, network: ClassicNetwork, place: int, befores: list[int]) -> Level:
        after = network.level_widths[place]
        blocks = [Resnet(network, before, after, **self._parts) for before in befores]  # type: ignore[arg-type]
        attended = len(befores) if place in network.attended else 0
        return Level(blocks, [PlaceAttention(network, after) for _ in range(attended)])

    def forward(
        self, z_BCHW: Tensor, v_BV: Tensor, memory_BME: Tensor | None = None, mask_BM: Tensor | None = None
    ) -> Tensor:
        x = self.conv_in(z_BCHW)
        kept = [x]
        for level in self.down_blocks:
            assert isinstance(level, Level)
            for number in range(len(level.resnets)):
                x = level.block(number, x, v_BV)
                kept.append(x)
            if level.downsamplers is not None:
                x = level.downsamplers[0](x)
                kept.append(x)
        x = self.mid_block(x, v_BV)
        for level in self.up_blocks:
            assert isinstance(level, Level)
            for number in range(len(level.resnets)):
                x = level.block(number, torch.cat([x, kept.pop()], dim=1), v_BV)
            if level.upsamplers is not None:
                x = level.upsamplers[0](x)
        result: Tensor = self.conv_out(F.silu(self.conv_norm_out(x)))
        return result


def _norm(network: ClassicNetwork, channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(network.groups, channels, eps=network.epsilon)
