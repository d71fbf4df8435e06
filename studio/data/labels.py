"""Columns that belong to a data set: labels (few values, each with a code) and texts (captions)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_MOST_VALUES = 256


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """One label column: ``codes`` (N,) int32 index ``values``; -1 where a picture has none."""

    values: tuple[str, ...]
    codes: np.ndarray

    def counts(self) -> dict[str, int]:
        """How many pictures have each value."""
        found = np.bincount(self.codes[self.codes >= 0], minlength=len(self.values))
        return {value: int(n) for value, n in zip(self.values, found, strict=True)}

    def missing(self) -> int:
        """How many pictures have no value."""
        return int((self.codes < 0).sum())

    def take(self, indices: np.ndarray) -> Labels:
        """The labels of some pictures; values that none of them has are dropped."""
        codes = self.codes[indices]
        used = np.unique(codes[codes >= 0])
        table = np.full(len(self.values) + 1, -1, np.int32)
        table[used] = np.arange(len(used), dtype=np.int32)
        return Labels(tuple(self.values[int(i)] for i in used), table[codes])


def labels_of(values: Sequence[str], *, order: Sequence[str] | None = None) -> Labels:
    """Make labels of one value a picture; the empty string means none. Values are sorted unless ``order`` is given."""
    present = list(order) if order is not None else natural(set(values) - {""})
    codes = {value: code for code, value in enumerate(present)}
    return Labels(tuple(present), np.array([codes.get(v, -1) for v in values], np.int32).reshape(len(values)))


def is_label(values: Sequence[str]) -> bool:
    """Whether a column reads like labels (values that repeat) rather than like texts (nearly all different)."""
    given = [v for v in values if v]
    different = len(set(given))
    return 0 < different <= _MOST_VALUES and (different <= 2 or different * 2 <= len(given))


def natural(values: set[str]) -> list[str]:
    """Sorted: whole numbers by size where all are, else by letters."""
    if values and all(v.lstrip("-").isdecimal() and v.isascii() for v in values):
        return sorted(values, key=lambda v: (int(v), v))
    return sorted(values)
