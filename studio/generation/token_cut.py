"""What temperature, top-k, top-p and min-p leave of the tokens that may come next, for the window: without torch.

The same choice as in ``token_choice``, with what is cut off and by which rule. Shapes: V tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from studio.config.writing import Writing

Rule = Literal["temperature", "top_k", "top_p", "min_p"]


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """Tokens (V,) int64, the likeliest first, with their probabilities (V,) float64.

    ``learnt``: as the model holds them to be; ``shares``: as one of them is drawn, 0 for those that are cut off, which
    are all after the first ``left``. ``limits``: how many each rule alone leaves, for the rules that cut something off.
    """

    tokens: np.ndarray
    learnt: np.ndarray
    shares: np.ndarray
    left: int
    limits: dict[Rule, int]


def cut(logits_V: np.ndarray, writing: Writing) -> Cut:
    """What is left to choose from; see ``token_choice.candidates``, whose rules and order these are."""
    logits = np.asarray(logits_V, np.float64)
    order = np.argsort(-logits, kind="stable")
    values = logits[order]
    learnt = _softmax(values)
    if writing.temperature == 0:
        only = np.zeros(len(values))
        only[:1] = 1.0
        return Cut(order, learnt, only, 1, {"temperature": 1})
    scaled = values / writing.temperature
    among = min(writing.top_k or len(values), len(values))
    kept = _softmax(scaled[:among])
    limits: dict[Rule, int] = {
        "top_k": among,
        "top_p": max(1, int(np.count_nonzero(kept.cumsum() - kept < (writing.top_p if writing.top_p < 1 else 2.0)))),
        "min_p": max(1, int(np.count_nonzero(kept >= writing.min_p * kept[0]))),
    }
    left = min(limits.values())
    shares = np.zeros(len(values))
    shares[:left] = kept[:left] / kept[:left].sum()
    before = {"top_k": len(values), "top_p": among, "min_p": among}
    asked = {"top_k": writing.top_k, "top_p": writing.top_p < 1, "min_p": writing.min_p}
    cutting = {rule: limit for rule, limit in limits.items() if asked[rule] and limit < before[rule]}
    return Cut(order, learnt, shares, left, cutting)


def _softmax(values: np.ndarray) -> np.ndarray:
    """Shares of values that begin with the greatest."""
    weights = np.exp(values - values[0])
    return np.asarray(weights / weights.sum())
