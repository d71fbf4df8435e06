"""A small Transformer that reads the words of a prompt.

Shapes: B texts, T tokens, E numbers a token.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from studio.models.transformer import Block, plain
from studio.models.vocabulary import PAD


class TextEncoder(nn.Module):
    """Tokens (B, T) -> what they mean in their places (B, T, E).

    Args:
        size: different tokens. length: T at most.
    """

    def __init__(self, size: int, length: int, width: int, depth: int = 2) -> None:
        super().__init__()
        self.width = width
        self.words, self.places = nn.Embedding(size, width), nn.Parameter(torch.zeros(length, width))
        nn.init.normal_(self.words.weight, std=0.5)
        nn.init.normal_(self.places, std=0.1)
        self.blocks = nn.ModuleList(Block(plain(width)) for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens_BT: Tensor) -> Tensor:
        mask_BT = tokens_BT != PAD
        x = self.words(tokens_BT) + self.places[: tokens_BT.shape[1]]
        for block in self.blocks:
            x = block(x, mask_BT)
        result: Tensor = self.norm(x)
        return result
