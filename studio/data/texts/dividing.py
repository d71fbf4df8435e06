"""Which texts a run learns from, which watch it, and which it never sees: parts that share no (nearly) equal text.

Where a data set comes with a split of its own, that rules. Else whole documents, conversations and pairs are held out,
chosen by their content alone. Few documents are divided by place instead, each into its first nine tenths and the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from studio.data.splitting import SPLIT, Parts, parts_of
from studio.data.texts.headers import body_of
from studio.data.texts.likeness import Likeness
from studio.data.texts.store import SPLITS, TextStore
from studio.ground.errors import DamagedError

_CHUNK = 1 << 17
"""Characters that are turned into tokens at once."""
FEW = 20
"""Fewer documents than these are divided by place."""
NEAR_AMONG = 200_000_000
"""In more characters than these only equal texts are kept together: nearly equal ones would take long to find."""
_TRAINING = 0.9
_NONE = 3


@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """Items: where each is in the data set, which of its characters it has, (N,) int64 each, and its part, (N,) uint8.

    ``parts`` are numbers of training, validation, test and none. ``whole``: whether items are whole ones of the data
    set; ``stretches``: whether long ones may be read piece by piece. ``lost``: positions that could not be read.
    """

    sources: np.ndarray
    begins: np.ndarray
    ends: np.ndarray
    parts: np.ndarray
    whole: bool
    stretches: bool
    lost: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """Items that are turned into tokens at once: whole ones, or a stretch of one document from ``begin`` to ``end``."""

    rows: range
    characters: int
    begin: int = 0
    end: int = 0
    stretch: bool = False


def chunks_of(division: Division) -> Iterator[Chunk]:
    """All items in order, in chunks of about equal length."""
    start, total = 0, 0
    begins, ends = division.begins.tolist(), division.ends.tolist()
    for row, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        size = end - begin
        whole = division.whole and size <= _CHUNK
        if row > start and (not whole or total + size > _CHUNK):
            yield Chunk(range(start, row), total)
            start, total = row, 0
        total += size
        if not whole and division.stretches:
            for place in range(begin, end, _CHUNK):
                last = min(end, place + _CHUNK)
                yield Chunk(range(row, row + 1), last - place, place, last, stretch=True)
            start, total = row + 1, 0
    if start < len(ends):
        yield Chunk(range(start, len(ends)), total)


def kept_texts(store: TextStore, leave_out: Sequence[str]) -> np.ndarray:
    """Positions (n,) int64 that are not left out and not empty."""
    out = set(leave_out)
    kept = np.array([name not in out for name in store.names], bool)
    return np.flatnonzero(kept & (store.characters > 0))


def divided(
    store: TextStore,
    kept: np.ndarray,
    tick: Callable[[int], None] = lambda count: None,
    *,
    headers: Literal["keep", "remove"] = "keep",
) -> Division:
    """The items of the texts at ``kept`` (n,), divided.

    Args:
        headers: whether what Project Gutenberg writes around books is part of them.
        tick: told now and then how many characters were compared; may raise to stop.
    """
    likeness, lost = gathered(store, kept, tick)
    keys = likeness.keys(near=int(store.characters[kept].sum()) <= NEAR_AMONG)
    whole = np.ones(len(kept), bool)
    whole[[np.searchsorted(kept, position) for position in lost]] = False
    kept, keys = kept[whole], keys[whole]
    splits = store.splits[kept]
    if store.kind == "text" and len(kept) < FEW and not splits.any():
        return _by_place(kept, keys, _bodies(store, kept, headers), lost)
    values = {SPLIT: SPLITS[1:]}
    parts = parts_of(keys, {SPLIT: splits.astype(np.int32) - 1}, values)
    begins, ends = _bodies(store, kept, headers)
    return Division(kept, begins, ends, _numbers(parts, len(kept)), True, store.kind == "text", lost)


def gathered(
    store: TextStore, positions: np.ndarray, tick: Callable[[int], None] = lambda count: None
) -> tuple[Likeness, tuple[int, ...]]:
    """The likeness of texts to one another; and the positions of those that cannot be read."""
    likeness, done = Likeness(), 0
    lost: list[int] = []
    for position in positions.tolist():
        tick(done)
        done += int(store.characters[position])
        try:
            if store.kind == "text":
                likeness.add([store.pieces(position)])
            elif store.kind == "chat":
                likeness.add([(words,) for words in store.texts(position)])
            else:
                likeness.add([(words,) for words in store.texts(position)], each=True)
        except DamagedError:
            lost.append(position)
            likeness.add([("",)])
    return likeness, tuple(lost)


def _bodies(store: TextStore, kept: np.ndarray, headers: Literal["keep", "remove"]) -> tuple[np.ndarray, np.ndarray]:
    """Which characters of each text are learnt: begins and ends, (n,) int64 each."""
    if store.kind == "text" and headers == "remove":
        found = np.array([body_of(store, position) for position in kept.tolist()], np.int64).reshape(-1, 2)
        return found[:, 0], found[:, 1]
    return np.zeros(len(kept), np.int64), store.characters[kept]


def _numbers(parts: Parts, count: int) -> np.ndarray:
    found = np.full(count, _NONE, np.uint8)
    for number, positions in enumerate((parts.training, parts.validation, parts.test)):
        found[positions] = number
    return found


def _by_place(
    kept: np.ndarray, keys: np.ndarray, bodies: tuple[np.ndarray, np.ndarray], lost: tuple[int, ...]
) -> Division:
    """Two stretches a document; of nearly equal ones only the first, whose end would else be in another's beginning."""
    _, first = np.unique(keys, return_index=True)
    chosen, begins, ends = (column[np.sort(first)] for column in (kept, *bodies))
    middles = begins + ((ends - begins) * _TRAINING).astype(np.int64)
    middles[middles == begins] = ends[middles == begins]
    rows = [(s, b, m, 0) for s, b, m in zip(chosen, begins, middles, strict=True)]
    rows += [(s, m, e, 1) for s, m, e in zip(chosen, middles, ends, strict=True) if m < e]
    columns = np.array(rows, np.int64).reshape(-1, 4).T
    order = np.lexsort((columns[1], columns[0]))
    sources, begins, ends, parts = columns[:, order]
    return Division(sources, begins, ends, parts.astype(np.uint8), False, True, lost)
