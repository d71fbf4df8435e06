"""Columns that belong to a data set: labels (few values, each with a code) and texts (captions)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from studio.config.data import Relabelled

CAPTION = "caption"
"""The column of texts that describes the pictures, where the studio itself makes it."""
_CAPTIONS = (CAPTION, "captions", "prompt", "text", "description")
_ALWAYS_TEXT = 3  # so many of these names stand for words even where these repeat
_MOST_VALUES = 256
_MANY_VALUES, _SENTENCE_SPACES = 12, 4  # from so many values on, most of them with so many spaces, they are sentences


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


def relabelled(
    columns: Mapping[str, Labels], names: Sequence[str], changes: Sequence[Relabelled]
) -> dict[str, Labels]:
    """The columns of pictures called ``names`` with changes put in; values that are new come last.

    Changes of pictures or labels that are not there change nothing; of several for one the last counts.
    """
    found = dict(columns)
    places = {name: place for place, name in enumerate(names)} if changes else {}
    for label in dict.fromkeys(change.label for change in changes if change.label in columns):
        values, codes = list(columns[label].values), columns[label].codes.copy()
        for change in changes:
            if change.label != label or change.name not in places:
                continue
            if change.value and change.value not in values:
                values.append(change.value)
            codes[places[change.name]] = values.index(change.value) if change.value else -1
        found[label] = Labels(tuple(values), codes)
    return found


def labels_of(values: Sequence[str], *, order: Sequence[str] | None = None) -> Labels:
    """Make labels of one value a picture; the empty string means none. Values are sorted unless ``order`` is given."""
    present = list(order) if order is not None else natural(set(values) - {""})
    codes = {value: code for code, value in enumerate(present)}
    return Labels(tuple(present), np.array([codes.get(v, -1) for v in values], np.int32).reshape(len(values)))


def is_label(values: Sequence[str]) -> bool:
    """Whether a column reads like labels (values that repeat) rather than like texts (nearly all different, or many
    different sentences)."""
    given = [v for v in values if v]
    different = set(given)
    if not 0 < len(different) <= _MOST_VALUES:
        return False
    sentences = sum(value.count(" ") >= _SENTENCE_SPACES for value in different)
    if len(different) >= _MANY_VALUES and 2 * sentences > len(different):
        return False
    return len(different) <= 2 or len(different) * 2 <= len(given)


def is_caption(name: str, values: Sequence[str]) -> bool:
    """Whether a column describes pictures in words, also where the words repeat: by its name, and what it holds."""
    lowered = name.strip().lower()
    if lowered in _CAPTIONS[:_ALWAYS_TEXT]:
        return any(values)
    given = [value for value in values if value]
    return lowered in _CAPTIONS and 2 * sum(" " in value for value in given) > len(given)


def caption_column(names: Sequence[str]) -> str:
    """Which of these columns of texts describes the pictures: by its name, else the first; empty where there is none.

    Several names: caption, captions, prompt, text, description, in this order.
    """
    by_name = {name.strip().lower(): name for name in reversed(names)}
    known = (by_name[name] for name in _CAPTIONS if name in by_name)
    return next(known, names[0] if names else "")


def natural(values: set[str]) -> list[str]:
    """Sorted: whole numbers by size where all are, else by letters."""
    if values and all(v.lstrip("-").isdecimal() and v.isascii() for v in values):
        return sorted(values, key=lambda v: (int(v), v))
    return sorted(values)
