"""Texts in rows of one length: short ones side by side, long ones in windows; nothing is lost and nothing repeated.

A piece of n + 1 tokens takes n places, in each of which its next token is asked for. Pure functions of lengths, seed
and epoch, so that a step knows its rows without remembering any other.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass

import numpy as np

from studio.models.seeding import stable_seed

_OPEN = 64  # rows that wait for something that fits


@dataclass(frozen=True, slots=True)
class Packed:
    """Pieces in rows.

    Attributes:
        items, starts, counts: (P,) int64 of each piece: which text, from which token on, how many places it takes.
        rows: (R + 1,) where the pieces of each row begin.
    """

    items: np.ndarray
    starts: np.ndarray
    counts: np.ndarray
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows) - 1

    def row(self, number: int) -> list[tuple[int, int, int]]:
        """Item, start and places of each piece in a row."""
        here = slice(int(self.rows[number]), int(self.rows[number + 1]))
        return list(
            zip(self.items[here].tolist(), self.starts[here].tolist(), self.counts[here].tolist(), strict=True)
        )


def places_of(lengths: np.ndarray) -> int:
    """How many places texts of these lengths take."""
    return int(np.maximum(lengths - 1, 0).sum())


def packed(items: np.ndarray, lengths: np.ndarray, width: int, *, seed: int | None = None, epoch: int = 0) -> Packed:
    """Texts ``items`` of ``lengths`` tokens in rows of ``width`` places.

    With a ``seed``, in an order and with windows that differ from epoch to epoch; without, as they stand.
    """
    random = None if seed is None else np.random.default_rng(stable_seed(seed, "packing", epoch))
    pieces = _pieces(items, lengths, width, random)
    if random is not None:
        order = random.permutation(len(pieces[0]))
        pieces = (pieces[0][order], pieces[1][order], pieces[2][order])
    row_of, count = _rows(pieces[2], width)
    if random is not None:
        row_of = random.permutation(count)[row_of] if count else row_of
    order = np.argsort(row_of, kind="stable")
    rows = np.searchsorted(row_of[order], np.arange(count + 1))
    return Packed(pieces[0][order], pieces[1][order], pieces[2][order], rows)


def _pieces(
    items: np.ndarray, lengths: np.ndarray, width: int, random: np.random.Generator | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whole texts where they fit, else windows of ``width`` places, the first shorter by chance."""
    places = np.maximum(lengths - 1, 0)
    short = (places > 0) & (places <= width)
    found = [(items[short], np.zeros(int(short.sum()), np.int64), places[short])]
    for item, count in zip(items[places > width].tolist(), places[places > width].tolist(), strict=True):
        first = 0 if random is None else int(random.integers(width))
        starts = np.unique(np.concatenate([[0], np.arange(first, count, width)]))
        counts = np.diff(np.append(starts, count))
        found.append((np.full(len(starts), item), starts, counts))
    joined = [np.concatenate(parts).astype(np.int64) for parts in zip(*found, strict=True)]
    return joined[0], joined[1], joined[2]


def _rows(counts: np.ndarray, width: int) -> tuple[np.ndarray, int]:
    """The row (P,) of each piece, and how many rows there are: each into the fullest open row that has room for it."""
    row_of = np.empty(len(counts), np.int64)
    rows, open_rows = 0, list[tuple[int, int]]()  # (places left, row), fullest first
    for place, count in enumerate(counts.tolist()):
        if count == width:
            row_of[place] = rows
            rows += 1
            continue
        at = bisect_left(open_rows, (count, -1))
        if at < len(open_rows):
            left, row = open_rows.pop(at)
        else:
            left, row = width, rows
            rows += 1
        row_of[place] = row
        if left > count:
            insort(open_rows, (left - count, row))
            if len(open_rows) > _OPEN:
                open_rows.pop(0)
    return row_of, rows
