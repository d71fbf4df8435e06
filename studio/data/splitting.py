"""Which pictures a run learns from, which it is watched by, and which it never sees: parts that share no picture.

The parts follow from the pictures and their labels alone. Where a data set comes with a split of its own (a label
``split`` with train, test or validation) that split rules; what is not ruled by it goes by the pictures' hashes, so
that parts hardly change when pictures are added. Equal pictures, and near ones where ``keys`` are equal for them, are
never in two parts: what the pictures of a test are like must not have been learnt by heart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from studio.data.likeness import alike_pairs
from studio.data.store import difference_hash

SPLIT = "split"
_TEST, _VALIDATION = frozenset(("test", "testing")), frozenset(("validation", "val", "valid", "dev"))
_ROWS, _COLUMNS = 8, 9


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Positions (n,) int64 of three parts, each ascending, none of them in two.

    Copies of pictures of the data set's own test or validation part that it has in training too are in none.
    """

    training: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def parts_of(keys: np.ndarray, codes: Mapping[str, np.ndarray], values: Mapping[str, tuple[str, ...]]) -> Parts:
    """The parts of N pictures with ``keys`` (N,) uint64, equal for equal pictures, and labels as prepared ones have.

    Without a split of its own: validation as in :func:`split`; test a further 10 %, at least 16 and at most 2,000, but
    never more than a quarter.
    """
    test, validation = own_split(codes, values)
    rest = np.ones(len(keys), bool) if test is None else ~np.isin(keys, keys[test])
    # A copy goes with the rarest part that has it: out of validation if it is tested, out of training if it is either.
    given = validation is not None
    validation = _held_out(keys, rest) if validation is None else validation & rest
    count = int(rest.sum())
    rest &= ~np.isin(keys, keys[validation])
    if test is None:
        count = int(rest.sum()) if given else count
        test = _smallest(keys, rest, min(max(16, min(2000, count // 10)), count // 4))
        rest &= ~test
    return Parts(*(np.flatnonzero(part) for part in (rest, validation, test)))


def own_split(
    codes: Mapping[str, np.ndarray], values: Mapping[str, tuple[str, ...]]
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Which pictures the data set's own split puts into test and into validation, (N,) bool each.

    None where it says nothing of that part; both where it leaves nothing to learn from.
    """
    found = [_labelled(codes, values, names) for names in (_TEST, _VALIDATION)]
    ruled = [part for part in found if part is not None]
    if not ruled or np.logical_or.reduce(ruled).all():
        return None, None
    return found[0], found[1]


def split(hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions (held out, training) from content hashes (N,) uint64; each (n,) int64 and ascending.

    Held out are 5 %, at least 16 and at most 1,024, but never more than a quarter: the pictures with the smallest
    hashes. So the split depends on the pictures alone, hardly changes when some are
    added, and keeps equal ones together.
    """
    out = _held_out(hashes, np.ones(len(hashes), bool))
    return np.flatnonzero(out), np.flatnonzero(~out)


def split_among(hashes: np.ndarray, tested: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """:func:`split` of the pictures that are neither ``tested`` (N,) bool nor copies of such."""
    rest = np.flatnonzero(~np.isin(hashes, hashes[tested]))
    out, training = split(hashes[rest])
    return rest[out], rest[training]


def near_keys(pixels: Iterable[np.ndarray], hashes: np.ndarray) -> np.ndarray:
    """Keys (N,) uint64 that are equal for equal and for nearly equal pictures, also along a chain of such.

    Args:
        pixels: all pictures in order, in pieces (n, C, H, W) uint8. hashes: (N,) uint64 of their content.
    """
    pieces = [_thumbs(piece) for piece in pixels]
    if not pieces:
        return hashes
    thumbs = np.concatenate(pieces)
    _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    leaders: list[int] = first[inverse].tolist()
    for _, pairs in alike_pairs(difference_hash(thumbs), thumbs):
        for one, other in pairs:
            low, high = sorted((_root(leaders, one), _root(leaders, other)))
            leaders[high] = low
    return _smallest_of_group(hashes, np.array([_root(leaders, i) for i in range(len(leaders))], np.int64))


def _labelled(
    codes: Mapping[str, np.ndarray], values: Mapping[str, tuple[str, ...]], names: frozenset[str]
) -> np.ndarray | None:
    """Which pictures (N,) bool the split puts into the part of these names; None where it puts none there."""
    if SPLIT not in codes:
        return None
    wanted = [code for code, value in enumerate(values[SPLIT]) if value.strip().casefold() in names]
    found = np.isin(codes[SPLIT], wanted)
    return found if found.any() else None


def _held_out(keys: np.ndarray, among: np.ndarray) -> np.ndarray:
    count = int(among.sum())
    return _smallest(keys, among, min(max(16, min(1024, count // 20)), count // 4))


def _smallest(keys: np.ndarray, among: np.ndarray, target: int) -> np.ndarray:
    """(N,) bool: at most ``target`` of those ``among`` (N,) bool, the smallest keys first, equal ones all or none."""
    chosen = np.zeros(len(keys), bool)
    rows = np.flatnonzero(among)
    values, inverse, sizes = np.unique(keys[rows], return_inverse=True, return_counts=True)
    taken, total = np.zeros(len(values), bool), 0
    for group, size in enumerate(sizes.tolist()):
        if total >= target:
            break
        if total + size <= target:
            taken[group] = True
            total += size
    chosen[rows] = taken[inverse]
    return chosen


def _thumbs(pixels: np.ndarray) -> np.ndarray:
    """Tiny pictures (n, 8, 9, 3) uint8 of (n, C, H, W) uint8: means over boxes, as importing makes them."""
    rows, columns = (np.arange(n) * side // n for n, side in ((_ROWS, pixels.shape[2]), (_COLUMNS, pixels.shape[3])))
    sums = np.add.reduceat(np.add.reduceat(pixels, rows, axis=2, dtype=np.int64), columns, axis=3)
    area = np.outer(_spans(rows, pixels.shape[2]), _spans(columns, pixels.shape[3]))
    small = np.rint(sums / area).astype(np.uint8).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(np.broadcast_to(small, (*small.shape[:3], 3)))


def _spans(edges: np.ndarray, end: int) -> np.ndarray:
    """How wide each box is; one that begins where the next does still takes one pixel."""
    return np.maximum(1, np.diff(np.append(edges, end)))


def _root(leaders: list[int], i: int) -> int:
    """Who leads the group of ``i``; the way there is made shorter."""
    while leaders[i] != i:
        leaders[i] = leaders[leaders[i]]
        i = leaders[i]
    return i


def _smallest_of_group(hashes: np.ndarray, leaders: np.ndarray) -> np.ndarray:
    """For each picture the smallest hash in its group."""
    low = np.full(len(hashes), np.iinfo(np.uint64).max, np.uint64)
    np.minimum.at(low, leaders, hashes)
    return low[leaders]
