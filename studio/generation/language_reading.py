"""How a language model reads a text: what it held for likely at each token, and who looks at whom.

Shapes: N tokens, n of them in a piece, V different tokens, L layers, H heads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from studio.data.tokenisers import FileTokeniser
from studio.generation.replies import ReadText, ReadToken
from studio.ground.errors import UsageError
from studio.models.language import LanguageModel
from studio.models.transformer import Attention

_PIECE = 128  # tokens between two chances to stop
_MOST_WEIGHTS = 1 << 26  # numbers of attention


def reading(
    model: LanguageModel, tokeniser: FileTokeniser, tokens: Sequence[int], step: int, count: int, *, attention: bool,
    logits_after: int | None = None,
) -> Iterator[tuple[int, int] | ReadText]:  # fmt: skip
    """How many of how many tokens are read, from time to time; at last the :class:`ReadText`.

    With the logits of what could come after ``logits_after`` tokens, where there are so many.

    Raises:
        UsageError: nothing to read, or more than the model can, or than the weights of attention have room for.
    """
    _must_fit(model, len(tokens), attention=attention)
    rows: list[tuple[list[float], list[int], float]] = []
    kept: list[list[Tensor]] = []
    logits: np.ndarray | None = None
    cache = model.new_cache(capacity=len(tokens))
    for begin in range(0, len(tokens), _PIECE):
        yield begin, len(tokens)
        piece = list(tokens[begin : begin + _PIECE])
        logits_nV, weights = _read(model, piece, cache, attention=attention)
        kept.append(weights)
        if logits_after is not None and begin < logits_after <= begin + len(piece):
            logits = logits_nV[logits_after - 1 - begin].cpu().numpy()
        coming = [*tokens[begin + 1 : begin + 1 + len(piece)], 0][: len(piece)]
        rows += _likeliest(logits_nV, coming, count)
    known = [_named(tokeniser, row) for row in rows]
    read = []
    for place, (token, text) in enumerate(zip(tokens, shown(tokeniser, tokens), strict=True)):
        chance = rows[place - 1][2] if place else None
        before = known[place - 1] if place else ()
        read.append(ReadToken(token, text, tokeniser.is_mark(token), chance, before))
    yield ReadText(tuple(read), known[-1], step, _joined(kept, len(tokens)) if attention else None, logits)


def _must_fit(model: LanguageModel, count: int, *, attention: bool) -> None:
    if not count:
        raise UsageError("There is nothing to read; write at least one character.")
    if count > model.context:
        raise UsageError(
            "The text has {count} tokens, the model reads at most {most}; shorten it.", count=count, most=model.context
        )
    maps = len(model.stack.blocks) * model.stack.layout.heads
    most = int((_MOST_WEIGHTS / maps) ** 0.5)
    if attention and count > most:
        raise UsageError(
            "Attention can be shown for up to {most} tokens of this model, the text has {count}; shorten it.",
            most=most, count=count,
        )  # fmt: skip


@torch.inference_mode()
def _read(
    model: LanguageModel, piece: list[int], cache: object, *, attention: bool
) -> tuple[Tensor, list[Tensor]]:
    """Logits (n, V) and, for each layer, who looks at whom (H, n, M)."""
    parts = [part for part in model.modules() if isinstance(part, Attention)] if attention else []
    for part in parts:
        part.kept = []
    try:
        logits = model(torch.tensor([piece], device=model.words.weight.device), cache=cache)
        return logits[0].float(), [part.kept[0][0].float().cpu() for part in parts if part.kept]
    finally:
        for part in parts:
            part.kept = None


def _likeliest(logits_nV: Tensor, coming: Sequence[int], count: int) -> list[tuple[list[float], list[int], float]]:
    """For each place the likeliest tokens with their probabilities, and that of the one that came."""
    shares = logits_nV.softmax(dim=-1)
    values, places = shares.topk(min(count, shares.shape[1]), dim=-1)
    came = shares.gather(1, torch.tensor(coming, device=shares.device)[:, None])[:, 0]
    return list(zip(values.tolist(), places.tolist(), came.tolist(), strict=True))


def _named(tokeniser: FileTokeniser, row: tuple[list[float], list[int], float]) -> tuple[tuple[str, int, float], ...]:
    return tuple((tokeniser.shown(token), token, chance) for chance, token in zip(*row[:2], strict=True))


def _joined(kept: list[list[Tensor]], count: int) -> np.ndarray:
    """(L, H, N, N) float32 of pieces whose last sides grow."""
    layers = len(kept[0])
    found = np.zeros((layers, kept[0][0].shape[0], count, count), np.float32)
    begin = 0
    for piece in kept:
        end = begin + piece[0].shape[1]
        for layer, weights in enumerate(piece):
            found[layer, :, begin:end, : weights.shape[2]] = weights.numpy()
        begin = end
    return found


def shown(tokeniser: FileTokeniser, tokens: Sequence[int]) -> list[str]:
    """What each token adds to the text; parts of a character by their bytes, marks by their names."""
    return [tokeniser.shown(token) for token in tokens]
