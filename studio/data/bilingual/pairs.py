"""Pairs of the phrase world: pure functions of a seed, no source twice; some combinations of words are held out.

What is held out is told by the words alone: combinations of words that belong together (a verb with its object, a noun
with its adjective, ...) are shared out once and for ever, and a sentence that has one of those held out is held out.
So no such combination is ever in a training part, whatever seed it is drawn from, while each of its words is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from studio.data.bilingual.drawing import Draw
from studio.data.bilingual.english import english
from studio.data.bilingual.french import french
from studio.data.bilingual.patterns import sentence

HELD_OUT_SHARE = 0.04
"""Share of the combinations that are held out; a sentence has about two of them."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence in English and French; ``held_out``: it has a combination of words that no training sentence has."""

    english: str
    french: str
    held_out: bool


def pair(seed: int, index: int) -> Pair:
    """Pair ``index`` (0 or more) of ``seed``; the same English of another index has the same French."""
    draw = Draw(seed, index)
    found = sentence(draw)
    return Pair(english(found), french(found), any(map(is_held_out, found.bonds)))


def pairs(seed: int, count: int) -> Iterator[Pair]:
    """The first ``count`` pairs of a seed of which no two have the same English."""
    seen: set[bytes] = set()
    index = 0
    while len(seen) < count:
        found = pair(seed, index)
        index += 1
        key = hashlib.blake2b(found.english.encode(), digest_size=8).digest()
        if key not in seen:
            seen.add(key)
            yield found


@lru_cache(maxsize=1 << 17)
def is_held_out(bond: str) -> bool:
    """Whether sentences with this combination are held out."""
    digest = hashlib.sha256(f"held out 1/{bond}".encode()).digest()
    return int.from_bytes(digest[:4], "little") < HELD_OUT_SHARE * 2**32
