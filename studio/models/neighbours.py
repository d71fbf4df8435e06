"""First weights with which the first block of a decoder looks at the tokens just before each.

To find again what was said of somebody, a decoder needs two steps: one head that tells every token what stands before
it, another that looks for a token by what it was told (the induction heads of Olsson et al. 2022, arXiv:2209.11895).
Random weights come upon the first step late and only by luck, and until then nothing teaches the second. Begun with
it, a small model learns to look things up within a few hundred steps; the weights are ordinary ones and go on
learning. (That attention may begin with a structure is the idea of Trockman & Kolter 2023, arXiv:2305.09828; the
structure is another one.)

Shapes: E numbers a token, D numbers a head.
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn

from studio.models.rotary import Rotation
from studio.models.transformer import Attention, Block, Stack

FARTHEST = 4  # tokens back, one head each
_WORD = 0.5  # spread of first token vectors: what is begun with has to outlast first steps, which are of one size
_WRITTEN = 0.025  # their spread where tokens are written, as the last norm makes them
_COMMON = 0.2  # share of a token vector's square that all tokens have in common: by it a head asks whatever the token
_STRENGTH = 4.0  # of what is asked by all tokens alike, against a token's own question
_SLOWEST = 0.3  # radians a token: slower pairs do not tell neighbours apart
_SHARPNESS = 11.3  # how much more a head is drawn to the place that it points to than to one that fits it not at all
_COPIED = 2.0  # how much heads of later blocks add of what they are drawn to, against those of the first


@torch.no_grad()
def look_at_neighbours(stack: Stack, words: nn.Embedding, rotation: Rotation, *, tied: bool) -> None:
    """Begin heads 1 to :data:`FARTHEST` of the first block looking so many tokens back, and those of later blocks
    copying what they are drawn to.

    Changes the token vectors too, and where they write (``tied``) the last norm: it makes up for their length, so that
    they write as softly as ordinary first weights do. Only for stacks whose heads have norms: without, what is begun
    with does not last.
    """
    if words.weight.is_meta:
        return
    width, size = stack.layout.width, stack.layout.head_width
    common = nn.functional.normalize(torch.randn(width), dim=0)
    nn.init.normal_(words.weight, std=_WORD)
    words.weight.add_(common * _WORD * math.sqrt(width * _COMMON / (1 - _COMMON)))
    if tied and stack.norm is not None:
        nn.init.constant_(cast(nn.RMSNorm, stack.norm).weight, _WRITTEN / _WORD)

    heads = min(FARTHEST, stack.layout.key_heads)
    parts = nn.init.orthogonal_(torch.empty(heads * size, width)).unflatten(0, (heads, size))
    first, *others = (cast(Block, block).attention for block in stack.blocks)
    for head, part_DE in enumerate(parts):
        _look(first, head, rotation, common * (_STRENGTH * math.sqrt(size / (width * _COMMON))))
        _carry(first, head, part_DE, _WORD)
        for attention in others:
            _carry(attention, head, part_DE, _COPIED * _WORD)
    for norm in (first.ask_norm, first.key_norm):
        nn.init.constant_(cast(nn.RMSNorm, norm).weight, math.sqrt(_SHARPNESS / math.sqrt(size)))


def _look(attention: Attention, head: int, rotation: Rotation, common_E: Tensor) -> None:
    """Draw those that ask the keys number ``head`` to the place ``head + 1`` before, by what all tokens share."""
    size, groups = attention.head_width, attention.heads // attention.key_heads
    question_D, key_D = _pointing(rotation, head + 1)
    attention.offer.weight[head * size : (head + 1) * size] += torch.outer(key_D, common_E)
    for asking in range(head * groups, (head + 1) * groups):
        attention.ask.weight[asking * size : (asking + 1) * size] += torch.outer(question_D, common_E)


def _carry(attention: Attention, head: int, part_DE: Tensor, strength: float) -> None:
    """Let those that ask the keys number ``head`` add ``strength`` times the part of what they see that is read by
    ``part_DE``."""
    size, groups = attention.head_width, attention.heads // attention.key_heads
    value = (attention.key_heads + head) * size
    attention.offer.weight[value : value + size] += part_DE
    for asking in range(head * groups, (head + 1) * groups):
        attention.out.weight[:, asking * size : (asking + 1) * size] += part_DE.T * (strength / groups)


def _pointing(rotation: Rotation, back: int) -> tuple[Tensor, Tensor]:
    """A question and a key (D,) of length one that, turned, fit best where the key is ``back`` places before."""
    rates = rotation.rates(torch.device("cpu"))
    loud = (rates >= min(_SLOWEST, float(rates[0]))).float()
    loud /= loud.norm()
    return torch.cat([loud, 0 * loud]), torch.cat([loud * (rates * back).cos(), loud * (rates * back).sin()])
