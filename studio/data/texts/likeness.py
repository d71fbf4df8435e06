"""Which texts are equal or nearly so: what the parts of a data set and its check must know.

Equal are texts of the same words, whatever their case, spaces and punctuation. Nearly equal are texts of at least
``_WORDS`` words that share most of their runs of five words, told from sketches of the smallest hashes (Broder 1997,
"On the resemblance and containment of documents").
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

_WORDS, _RUN, _SKETCH = 30, 5, 32
_NEAR = 0.75
_LOOKED_UP, _CANDIDATES = 6, 4
_MEMO = 500_000
_MULTIPLIERS = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93, 0xFF51AFD7ED558CCD], np.uint64
)
_WORD = re.compile(r"\w+")


class Likeness:
    """Gathers texts one by one, then tells which belong together."""

    def __init__(self) -> None:
        self._keys: list[tuple[int, ...]] = []
        self._sketches: dict[int, np.ndarray] = {}
        self._memo: dict[str, int] = {}

    def add(self, texts: Sequence[Iterable[str]], *, each: bool = False) -> None:
        """The next item: texts in pieces; with ``each`` items are alike as soon as one of their texts is."""
        position, told = len(self._keys), [self._told(pieces) for pieces in texts]
        digests = [digest for digest, _ in told]
        self._keys.append(tuple(digests) if each else (_mixed(digests),))
        hashes = np.concatenate([found for _, found in told] or [np.zeros(0, np.uint64)])
        if len(hashes) and not each:
            self._sketches[position] = np.unique(hashes)[:_SKETCH]

    def keys(self, *, near: bool = True) -> np.ndarray:
        """(N,) uint64 for the items added: equal for equal and, with ``near``, for nearly equal ones."""
        leaders = list(range(len(self._keys)))
        first: dict[tuple[int, int], int] = {}
        for position, digests in enumerate(self._keys):
            for place, digest in enumerate(digests):
                _join(leaders, first.setdefault((place, digest), position), position)
        for one, other in self._near_pairs() if near else ():
            _join(leaders, one, other)
        return np.array([self._keys[_root(leaders, i)][0] for i in range(len(leaders))], np.uint64)

    def _near_pairs(self) -> Iterator[tuple[int, int]]:
        """Pairs of which each is looked for among the few before it that share a small hash."""
        having: dict[int, list[int]] = {}
        for position, sketch in self._sketches.items():
            values = set(sketch.tolist())
            seen: set[int] = set()
            for value in sketch[:_LOOKED_UP].tolist():
                before = having.setdefault(value, [])
                for other in before:
                    if other not in seen and _alike(values, set(self._sketches[other].tolist())):
                        yield other, position
                    seen.add(other)
                if len(before) < _CANDIDATES:
                    before.append(position)

    def _told(self, pieces: Iterable[str]) -> tuple[int, np.ndarray]:
        """A digest of the words of a text, and hashes of its runs of words (none for a short one)."""
        digest, found, count = hashlib.blake2b(digest_size=8), [], 0
        bare = hashlib.blake2b(digest_size=8)
        for piece in pieces:
            words = _WORD.findall(piece.casefold())
            digest.update(b"".join(word.encode("utf-8", "replace") + b" " for word in words))
            bare.update(piece.strip().encode("utf-8", "replace"))
            count += len(words)
            found.append(_smallest(self._runs(words)))
        used = digest if count else bare
        return int.from_bytes(used.digest(), "little"), np.concatenate(found) if count >= _WORDS else found[0][:0]

    def _runs(self, words: list[str]) -> np.ndarray:
        if len(words) < _RUN:
            return np.zeros(0, np.uint64)
        memo = self._memo
        if len(memo) > _MEMO:
            memo.clear()
        hashes = np.array([memo.get(word) or memo.setdefault(word, _number(word)) for word in words], np.uint64)
        count = len(hashes) - _RUN + 1
        total = np.zeros(count, np.uint64)
        for place, factor in enumerate(_MULTIPLIERS):
            total += hashes[place : place + count] * factor
        total ^= total >> np.uint64(29)
        total *= _MULTIPLIERS[0]
        return total ^ (total >> np.uint64(32))


def _number(word: str) -> int:
    return zlib.crc32(word.encode("utf-8", "replace"))


def _smallest(hashes: np.ndarray) -> np.ndarray:
    return np.unique(hashes)[:_SKETCH]


def _alike(one: set[int], other: set[int]) -> bool:
    shared = len(one & other)
    total = _SKETCH if len(one) == len(other) == _SKETCH else len(one | other)
    return shared >= _NEAR * total


def _mixed(digests: Sequence[int]) -> int:
    if len(digests) == 1:
        return digests[0]
    plain = b"".join(digest.to_bytes(8, "little") for digest in digests)
    return int.from_bytes(hashlib.blake2b(plain, digest_size=8).digest(), "little")


def _join(leaders: list[int], one: int, other: int) -> None:
    low, high = sorted((_root(leaders, one), _root(leaders, other)))
    leaders[high] = low


def _root(leaders: list[int], i: int) -> int:
    """Who leads the group of ``i``; the way there is made shorter."""
    while leaders[i] != i:
        leaders[i] = leaders[leaders[i]]
        i = leaders[i]
    return i
