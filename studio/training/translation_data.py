"""What a translation model reads of its data: batches of like length, the pairs it is validated by.

Shapes: B pairs, M tokens of a source, N of a target with its end mark.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from studio.data.order import permutation
from studio.data.splitting import Parts
from studio.data.tokenisers import FileTokeniser
from studio.ground.errors import UsageError
from studio.models.seeding import stable_seed

IGNORED = -100
"""In the place of a token that nobody has to foretell."""


class Pairs(Protocol):
    """Prepared pairs, as ``studio.data.prepared_texts`` gives them."""

    fingerprint: str
    parts: Parts
    tokeniser: FileTokeniser
    tokeniser_text: str
    source_lengths: np.ndarray
    target_lengths: np.ndarray

    def source(self, index: int) -> np.ndarray:
        """The tokens (M,) of the first sentence, its end mark last."""

    def target(self, index: int) -> np.ndarray:
        """The tokens (N,) of the second."""


@dataclass(frozen=True)
class Batch:
    """Sources (B, M), where they have tokens (None: everywhere), targets so far (B, N) and what comes next (B, N)."""

    source_BM: Tensor
    source_mask: Tensor | None
    target_BN: Tensor
    next_BN: Tensor


class TranslationData:
    """Reads pairs on a device.

    Args:
        backwards: the second language is the source. longest: tokens of a text; pairs with longer ones are left out.
        size: tokens of a batch, filling included. begin: the token before a target.

    Raises:
        UsageError: no pair to learn from is short enough.
    """

    def __init__(
        self, data: Pairs, device: torch.device, *, backwards: bool, longest: int, size: int, begin: int
    ) -> None:
        self.data, self.device, self.backwards, self.begin = data, device, backwards, begin
        sides = (data.source_lengths, data.target_lengths)
        self._lengths = np.stack(sides[::-1] if backwards else sides, axis=1)
        self.training = self._short(data.parts.training, longest)
        if not len(self.training):
            raise UsageError(
                "No pair has texts of at most {most} tokens; choose a greater longest text, or more tokens.",
                most=longest,
            )
        found = self._short(data.parts.validation, longest)
        self.validation = found if len(found) else self.training
        """Positions that are validated: of a data set too small to be split, those that it learns from."""
        self.bounds = _bounds(self._sorted(self.training, 0, 0), self._lengths, size)
        """Where each batch begins in the order of lengths, and the end: the same in every epoch."""

    def batch(self, seed: int, number: int) -> Batch:
        """Batch ``number`` of the endless order: pairs of like length, in batches that come in another order each time
        through the data, with other neighbours of the very same lengths."""
        count = len(self.bounds) - 1
        epoch, place = divmod(number, count)
        which = int(permutation(stable_seed(seed, "batches", 0), count, epoch)[place])
        rows = self._order(seed, epoch)[self.bounds[which] : self.bounds[which + 1]]
        return self.pairs(rows)

    def pairs(self, rows: Sequence[int] | np.ndarray) -> Batch:
        """The pairs at the given rows of the data set."""
        sources = [self.source(int(row)) for row in rows]
        targets = [self.target(int(row)) for row in rows]
        source_BM, real_BM = _filled(sources, self.begin)
        next_BN, _ = _filled(targets, IGNORED)
        target_BN = np.full_like(next_BN, self.begin)
        target_BN[:, 1:] = np.where(next_BN[:, :-1] == IGNORED, self.begin, next_BN[:, :-1])
        mask = None if real_BM.all() else self._placed(real_BM)
        return Batch(self._placed(source_BM), mask, self._placed(target_BN), self._placed(next_BN))

    def validated(self, size: int, most: int) -> Iterator[Batch]:
        """The first ``most`` validation pairs, in batches of like length, always the same."""
        order = self._sorted(self.validation[:most], 0, 0)
        bounds = _bounds(order, self._lengths, size)
        for first, end in itertools.pairwise(bounds.tolist()):
            yield self.pairs(order[first:end])

    def source(self, row: int) -> np.ndarray:
        """The tokens (M,) of what is translated."""
        return self.data.target(row) if self.backwards else self.data.source(row)

    def target(self, row: int) -> np.ndarray:
        """The tokens (N,) of its translation."""
        return self.data.source(row) if self.backwards else self.data.target(row)

    def unread(self) -> list[int]:
        """Tokens of the tokeniser that no source of the training has."""
        seen = np.zeros(self.data.tokeniser.bound, bool)
        for row in self.training.tolist():
            seen[self.source(row)] = True
        return [token for token in np.flatnonzero(~seen).tolist() if not self.data.tokeniser.is_mark(token)]

    def _short(self, rows: np.ndarray, longest: int) -> np.ndarray:
        lengths = self._lengths[rows]
        found: np.ndarray = rows[(lengths.max(axis=1, initial=0) <= longest) & (lengths.min(axis=1, initial=9) > 1)]
        return found

    def _order(self, seed: int, epoch: int) -> np.ndarray:
        return _epoch_order(self, seed, epoch)

    def _sorted(self, rows: np.ndarray, seed: int, epoch: int) -> np.ndarray:
        """By the lengths of target and source; those of the same lengths in the order of the epoch."""
        chance = permutation(seed, len(rows), epoch)
        source, target = self._lengths[rows].T
        found: np.ndarray = rows[np.lexsort((chance, source, target))]
        return found

    def _placed(self, numbers: np.ndarray) -> Tensor:
        return torch.from_numpy(numbers).to(self.device, non_blocking=True)


@lru_cache(maxsize=2)
def _epoch_order(data: TranslationData, seed: int, epoch: int) -> np.ndarray:
    return data._sorted(data.training, stable_seed(seed, "pairs", 0), epoch)


def _bounds(order: np.ndarray, lengths: np.ndarray, size: int) -> np.ndarray:
    """Where each batch of at most ``size`` tokens begins, filling included, and the end; one pair at least in each."""
    bounds, begin, widest = [0], 0, np.zeros(2, np.int64)
    for place, pair in enumerate(lengths[order]):
        wider = np.maximum(widest, pair)
        if place > begin and (place + 1 - begin) * int(wider.sum()) > size:
            bounds.append(place)
            begin, wider = place, pair
        widest = wider
    return np.array([*bounds, len(order)])


def _filled(texts: Sequence[np.ndarray], filling: int) -> tuple[np.ndarray, np.ndarray]:
    """Texts (B, longest) int64, and where they have tokens."""
    made = np.full((len(texts), max(map(len, texts))), filling, np.int64)
    real = np.zeros(made.shape, bool)
    for row, tokens in enumerate(texts):
        made[row, : len(tokens)], real[row, : len(tokens)] = tokens, True
    return made, real
