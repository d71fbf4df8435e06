"""Transformer blocks, once for all families: attention to oneself and to others, a feed-forward part, what ties them.

Shapes: B items, N places, M places of what is attended to, E numbers a place, H heads.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def head_count(width: int, head_width: int = 32) -> int:
    """How many heads suit a width: heads of about ``head_width`` numbers, so many that they divide it."""
    return next(count for count in range(max(1, width // head_width), 0, -1) if width % count == 0)


class Attention(nn.Module):
    """Scaled dot-product attention (Vaswani et al. 2017, arXiv:1706.03762, section 3.2).

    Args:
        width: E of the places that ask. memory_width: E of the places that are asked (None: the same places).

    Attributes:
        kept: None, or a list to which the weights (B, H, N, M) of every call are appended (see :func:`kept_attention`).
    """

    def __init__(self, width: int, memory_width: int | None = None) -> None:
        super().__init__()
        self.heads = head_count(width)
        self.ask = nn.Linear(width, width, bias=False)
        self.offer = nn.Linear(memory_width or width, 2 * width, bias=False)
        self.out = nn.Linear(width, width)
        self.kept: list[Tensor] | None = None

    def forward(self, x_BNE: Tensor, memory_BME: Tensor | None = None, mask_BM: Tensor | None = None) -> Tensor:
        """``mask_BM``: True where a place may be attended to; one at least of every item."""
        source = x_BNE if memory_BME is None else memory_BME
        q_BHND = self._split(self.ask(x_BNE))
        k, v = (self._split(part) for part in self.offer(source).chunk(2, dim=-1))
        mask = None if mask_BM is None else mask_BM[:, None, None, :]
        if self.kept is None:
            made = F.scaled_dot_product_attention(q_BHND, k, v, attn_mask=mask)
        else:
            made = self._told(q_BHND, k, mask) @ v
        result: Tensor = self.out(made.transpose(1, 2).flatten(2))
        return result

    def _split(self, x_BNE: Tensor) -> Tensor:
        parts: Tensor = x_BNE.unflatten(2, (self.heads, -1))
        return parts.transpose(1, 2)

    def _told(self, q: Tensor, k: Tensor, mask: Tensor | None) -> Tensor:
        scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[-1])
        if mask is not None:
            scores = scores.masked_fill(~mask, -torch.inf)
        weights = scores.softmax(dim=-1)
        assert self.kept is not None
        self.kept.append(weights.detach())
        return weights


class FeedForward(nn.Module):
    """(..., E) -> (..., E): four times as wide in between, with GELU."""

    def __init__(self, width: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.down(self.dropout(F.gelu(self.up(x))))
        return result


class Block(nn.Module):
    """Attention to oneself, then feed-forward, each normalised before and added after (Xiong et al. 2020).

    (B, N, E) -> (B, N, E).
    """

    def __init__(self, width: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention, self.forward_part = Attention(width), FeedForward(width, dropout)

    def forward(self, x_BNE: Tensor, mask_BN: Tensor | None = None) -> Tensor:
        x = x_BNE + self.attention(self.norm1(x_BNE), mask_BM=mask_BN)
        result: Tensor = x + self.forward_part(self.norm2(x))
        return result
