"""Which token comes next: what stands there already made less likely, the unlikely cut off, one of the rest drawn.

Shapes: V tokens, K of them that are left to choose from, the likeliest first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from studio.config.writing import Writing

_FIRST = 512  # candidates that are looked at before all are sorted


_CERTAIN = torch.ones(1, dtype=torch.float64)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Tokens (K,) int64 that may come next, with their probabilities (K,) float64, which add up to one."""

    tokens: Tensor
    probabilities: Tensor


def penalised(logits_V: Tensor, seen: Iterable[int], penalty: float) -> Tensor:
    """Logits of ``seen`` tokens drawn towards unlikely by a factor (Keskar et al. 2019, arXiv:1909.05858, 4.1)."""
    if penalty == 1:
        return logits_V
    places = torch.tensor(sorted(set(seen)), dtype=torch.long, device=logits_V.device)
    values = logits_V[places]
    return logits_V.index_copy(0, places, torch.where(values > 0, values / penalty, values * penalty))


def candidates(logits_V: Tensor, writing: Writing) -> Candidates:
    """What is left after temperature, top-k, top-p (Holtzman et al. 2020), min-p (Nguyen et al. 2024), in this order.

    With temperature 0 the likeliest alone.
    """
    if writing.temperature == 0:
        token = logits_V.argmax(dim=-1, keepdim=True)
        return Candidates(token, _CERTAIN)
    values, tokens, total = _likeliest(logits_V.double() / writing.temperature, writing)
    shares = (values - total).exp()
    kept = shares.cumsum(0) - shares < _share(writing)
    kept &= shares >= writing.min_p * shares[0]
    kept[0] = True
    shares = shares[kept]
    return Candidates(tokens[kept], shares / shares.sum())


def drawn(choice: Candidates, random: torch.Generator) -> int:
    """One of them, by one number of ``random``."""
    if len(choice.tokens) == 1:
        return int(choice.tokens[0])
    point = torch.rand((), dtype=torch.float64, generator=random)
    place = int(torch.searchsorted(choice.probabilities.cumsum(0), point, right=True))
    return int(choice.tokens[min(place, len(choice.tokens) - 1)])


def _share(writing: Writing) -> float:
    """What the kept tokens have together; more than all where nothing is cut, whatever the sums are rounded to."""
    return writing.top_p if writing.top_p < 1 else 2.0


def _likeliest(logits_V: Tensor, writing: Writing) -> tuple[Tensor, Tensor, Tensor]:
    """Logits and tokens, the likeliest first, as many as top-k and top-p can leave; the logarithm of their weight."""
    if writing.top_k:
        values, tokens = logits_V.topk(min(writing.top_k, len(logits_V)))
        return values, tokens, values.logsumexp(0)
    total = logits_V.logsumexp(0)
    if writing.top_p < 1 and len(logits_V) > _FIRST:
        values, tokens = logits_V.topk(_FIRST)
        if float((values - total).exp().sum()) > writing.top_p:
            return values, tokens, total
    values, tokens = logits_V.sort(descending=True)
    return values, tokens, total
