"""Draws that depend on words alone: not on a library's random generator, nor on what else is drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
_BYTES = 4


class Chances:
    """A stream of chances that its key names."""

    def __init__(self, *key: object) -> None:
        self._hash = hashlib.shake_256("/".join(map(str, ("world 1", *key))).encode())
        self._bytes, self._used = self._hash.digest(64 * _BYTES), 0

    def below(self, count: int) -> int:
        """One of 0, 1, … ``count`` - 1."""
        if self._used == len(self._bytes):
            self._bytes = self._hash.digest(2 * len(self._bytes))
        word = int.from_bytes(self._bytes[self._used : self._used + _BYTES], "big")
        self._used += _BYTES
        return (word * count) >> (8 * _BYTES)

    def one(self, of: Sequence[T]) -> T:
        """One of several."""
        return of[self.below(len(of))]

    def some(self, of: Sequence[T], count: int) -> list[T]:
        """So many different ones, in any order."""
        rest = list(of)
        for place in range(count):
            other = place + self.below(len(rest) - place)
            rest[place], rest[other] = rest[other], rest[place]
        return rest[:count]

    def happens(self, share: float) -> bool:
        """True in this share of all draws."""
        return self.below(1 << 20) < share * (1 << 20)
