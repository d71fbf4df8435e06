"""Which pictures are the same, or nearly: groups from hashes, in nearly linear time.

Two difference hashes at most ``DISTANCE`` bits apart agree in at least one of ``DISTANCE + 1`` bands of their bits
(the pigeonhole principle), so only pictures that share a band are compared. Bits alone say little of flat pictures,
so the tiny pictures must agree as well, measured against their own contrast.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

DISTANCE = 3
"""Bits of 64 that may differ."""
NOISE = 0.08
"""Root-mean-square difference of the tiny pictures, in parts of their own deviation, that is still the same picture."""
_FLOOR = 0.75
_WINDOW = 1500


def groups_of(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Groups from pairs: each picture joins the first one that it is like, so likeness does not wander along a chain.

    Groups have two and more positions, ascending; they are ordered by their first.
    """
    leader: dict[int, int] = {}
    groups: dict[int, list[int]] = {}
    for low, high in sorted({(min(pair), max(pair)) for pair in pairs}):
        if leader.setdefault(low, low) == low and high not in leader:
            leader[high] = low
            groups.setdefault(low, [low]).append(high)
    return list(groups.values())


def equal_groups(keys: np.ndarray) -> list[list[int]]:
    """Positions with equal keys (n,), groups of two and more, each ascending, ordered by their first."""
    order = np.argsort(keys, kind="stable")
    edges = np.flatnonzero(np.concatenate([[True], keys[order][1:] != keys[order][:-1], [True]]))
    starts, lengths = edges[:-1], np.diff(edges)
    which = np.flatnonzero(lengths > 1)
    return sorted(order[starts[i] : starts[i] + lengths[i]].tolist() for i in which)


def alike_pairs(hashes: np.ndarray, thumbs: np.ndarray) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Pairs of pictures that look nearly the same, from hashes (N,) uint64 and thumbs (N, …) uint8.

    Yields, piece by piece, how much of the work is done (0 to N) and the pairs found since.
    """
    tiny = _Thumbs(thumbs)
    yield from ((0, []) for _ in tiny.measure())
    bands, count = DISTANCE + 1, len(hashes)
    for band in range(bands):
        keys = (hashes >> np.uint64(band * 64 // bands)) & np.uint64((1 << 64 // bands) - 1)
        for undone, one, other in _near_in_band(hashes, keys):
            yield (band * count + count - undone) // bands, tiny.alike(one, other)
    yield count, []


def _near_in_band(hashes: np.ndarray, keys: np.ndarray) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Compare each picture with those that share its key: all first neighbours at once, then all second ones, ...

    Where more than ``_WINDOW`` share a key, the nearest in the order of their hashes are compared.
    """
    order = np.lexsort((hashes, keys))
    key, own = keys[order], hashes[order]
    active = np.arange(len(order))
    for step in range(1, _WINDOW):
        active = active[active + step < len(order)]
        active = active[key[active] == key[active + step]]
        if not len(active):
            return
        near = active[popcount(own[active] ^ own[active + step]) <= DISTANCE]
        yield len(active), order[near], order[near + step]


class _Thumbs:
    """Tiny pictures (N, D) uint8, and quick ways to see that two of them differ."""

    def __init__(self, thumbs: np.ndarray) -> None:
        self.flat = thumbs.reshape(len(thumbs), -1)
        self.deviation = np.empty(len(thumbs))
        self.few = np.ascontiguousarray(self.flat[:, 4::9])

    def measure(self) -> Iterator[None]:
        """Find the deviation of each, in pieces."""
        for start in range(0, len(self.flat), 8192):
            self.deviation[start : start + 8192] = self.flat[start : start + 8192].std(axis=1, dtype=np.float32)
            yield

    def alike(self, one: np.ndarray, other: np.ndarray) -> list[tuple[int, int]]:
        """Those of the pairs (n,), (n,) whose tiny pictures agree."""
        limit = np.maximum(NOISE * np.minimum(self.deviation[one], self.deviation[other]), _FLOOR) ** 2
        limit *= self.flat.shape[1]
        # The squares of some numbers never exceed those of all, so this drops only what the next line would drop.
        near = _squares(self.few, one, other) <= limit
        one, other, limit = one[near], other[near], limit[near]
        near = _squares(self.flat, one, other) <= limit
        return list(zip(one[near].tolist(), other[near].tolist(), strict=True))


def _squares(values: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Sums of squared differences (n,) of rows ``one`` and ``other`` of ``values`` (N, D) uint8."""
    found = np.empty(len(one))
    for start in range(0, len(one), 4096):
        part = slice(start, start + 4096)
        difference = values[one[part]].astype(np.int32) - values[other[part]]
        found[part] = np.einsum("nd,nd->n", difference, difference)
    return found


def popcount(values: np.ndarray) -> np.ndarray:
    """How many bits are set in each uint64 (numpy has a function for it from 2.0 on only)."""
    if hasattr(np, "bitwise_count"):
        return np.bitwise_count(values)
    v = values - ((values >> np.uint64(1)) & np.uint64(0x5555555555555555))
    v = (v & np.uint64(0x3333333333333333)) + ((v >> np.uint64(2)) & np.uint64(0x3333333333333333))
    v = (v + (v >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return ((v * np.uint64(0x0101010101010101)) >> np.uint64(56)).astype(np.uint8)
