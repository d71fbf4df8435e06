"""The diffusion Transformer: patches of the picture as places, each block steered by a vector (Peebles & Xie 2022).

Shapes: B pictures, C channels, H x W; N patches, E numbers a patch; V numbers of the steering vector; M words.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.models.transformer import Attention, FeedForward, plain

_LARGE = 128  # from pictures larger than this on a patch is twice as wide


class SteeredBlock(nn.Module):
    """(B, N, E), v (B, V) -> (B, N, E): attention, words, feed-forward, whose norms and shares the vector decides.

    adaLN-Zero (Peebles & Xie 2022, arXiv:2212.09748, section 3.2): at first a block changes nothing.
    """

    def __init__(self, width: int, steering: int, memory: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.own, self.forward_part = Attention(plain(width)), FeedForward(plain(width, dropout))
        self.words = Attention(plain(width), memory) if memory else None
        self.parts = 9 if memory else 6
        self.steer = nn.Linear(steering, self.parts * width)
        nn.init.zeros_(self.steer.weight)
        nn.init.zeros_(self.steer.bias)

    def forward(self, x: Tensor, v_BV: Tensor, memory_BME: Tensor | None, mask_BM: Tensor | None) -> Tensor:
        steps = self.steer(F.silu(v_BV))[:, None].chunk(self.parts, dim=2)
        x = x + steps[2] * self.own(self._steered(x, *steps[:2]))
        if self.words is not None:
            x = x + steps[8] * self.words(self._steered(x, *steps[6:8]), memory_BME, mask_BM)
        result: Tensor = x + steps[5] * self.forward_part(self._steered(x, *steps[3:5]))
        return result

    def _steered(self, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        return torch.addcmul(shift, self.norm(x), 1 + scale)


class Dit(nn.Module):
    """z (B, C, H, W), v (B, V) and words (B, M, E) -> an answer (B, outputs, H, W).

    Attributes:
        multiple: every side has to be a multiple of this: the side of a patch.
    """

    def __init__(
        self, *, shape: tuple[int, int], inputs: int, outputs: int, width: int, depth: int, steering: int, memory: int,
        dropout: float,
    ) -> None:  # fmt: skip
        super().__init__()
        self.multiple = 8 if max(shape) > _LARGE else 4
        self.width = width
        self.begin = nn.Linear(inputs * self.multiple**2, width)
        self.blocks = nn.ModuleList(SteeredBlock(width, steering, memory, dropout) for _ in range(depth))
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.steer = nn.Linear(steering, 2 * width)
        self.finish = nn.Linear(width, outputs * self.multiple**2)
        for layer in (self.steer, self.finish):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(
        self, z_BCHW: Tensor, v_BV: Tensor, memory_BME: Tensor | None = None, mask_BM: Tensor | None = None
    ) -> Tensor:
        patches = F.pixel_unshuffle(z_BCHW, self.multiple)
        height, width = patches.shape[2:]
        x_BNE = self.begin(patches.flatten(2).transpose(1, 2)) + places(height, width, self.width, z_BCHW.device)
        for block in self.blocks:
            x_BNE = block(x_BNE, v_BV, memory_BME, mask_BM)
        scale, shift = self.steer(F.silu(v_BV))[:, None].chunk(2, dim=2)
        x_BNE = self.finish(torch.addcmul(shift, self.norm(x_BNE), 1 + scale))
        return F.pixel_shuffle(x_BNE.transpose(1, 2).unflatten(2, (height, width)), self.multiple)


def places(height: int, width: int, numbers: int, device: torch.device) -> Tensor:
    """Where each of height x width patches is, (N, numbers): sines and cosines of row and column (as there, 3.1)."""
    quarter = numbers // 4
    rates = torch.exp(torch.arange(quarter, device=device) * (-math.log(10_000.0) / quarter))
    rows = torch.arange(height, device=device)[:, None] * rates
    columns = torch.arange(width, device=device)[:, None] * rates
    across = torch.cat([columns.sin(), columns.cos()], dim=1)[None].expand(height, -1, -1)
    down = torch.cat([rows.sin(), rows.cos()], dim=1)[:, None].expand(-1, width, -1)
    return torch.cat([across, down], dim=2).flatten(0, 1)
