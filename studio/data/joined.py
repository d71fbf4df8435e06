"""Two data sets as one, with a label that tells which of the two a picture is of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

import numpy as np

from studio.config.data import Choices
from studio.config.facts import DataFacts
from studio.data.prepared import PreparedPictures
from studio.data.splitting import Parts
from studio.ground.errors import UsageError

ORIGIN = "data set"
"""The label that tells the data set."""


class JoinedPictures:
    """Prepared pictures of two data sets, those of the second behind those of the first, opened for reading.

    Attributes: as of ``studio.data.prepared.PreparedPictures``. Each is divided into parts as it would be alone.

    Raises:
        UsageError: they are prepared at different sizes, or have one name.
    """

    def __init__(self, first: PreparedPictures, second: PreparedPictures, names: tuple[str, str]) -> None:
        if names[0] == names[1]:
            raise UsageError("Both sides are the data set {name}; name two data sets.", name=names[0])
        if first.shape != second.shape:
            raise UsageError("The data sets {a} and {b} are prepared at different sizes.", a=names[0], b=names[1])
        self._both = first, second
        self._start = first.count
        self.count, self.shape = first.count + second.count, first.shape
        self.choices: Choices = first.choices
        self.fingerprint = hashlib.sha256(f"{first.fingerprint} {second.fingerprint}".encode()).hexdigest()
        self.lost: tuple[str, ...] = (*first.lost, *second.lost)
        self.training, self.held_out = self._behind("training"), self._behind("held_out")
        self.values, self.codes = self._labels(names)

    @property
    def parts(self) -> Parts:
        """The parts of both."""
        one, other = (data.parts for data in self._both)
        pieces = ("training", "validation", "test")
        return Parts(*(np.concatenate([getattr(one, n), getattr(other, n) + self._start]) for n in pieces))

    @property
    def facts(self) -> DataFacts:
        """What presets need to know, at the prepared size."""
        captions = all(data.facts.captions for data in self._both)
        return self._both[0].facts.model_copy(update={"count": self.count, "labels": self.values, "captions": captions})

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the pictures, each as in its own data set."""
        return (*self._both[0].names, *self._both[1].names)

    @property
    def captions(self) -> Sequence[str]:
        """What describes each picture in words; () where one of the two has no captions."""
        found = [data.captions for data in self._both]
        return (*found[0], *found[1]) if all(found) else ()

    def read(self, indices: np.ndarray) -> np.ndarray:
        """Pictures (n, C, H, W) uint8 at ``indices`` (n,), in their order. Raises DamagedError, IndexError."""
        where = np.asarray(indices, np.int64)
        later = where >= self._start
        if later.all() or not later.any():
            return self._both[int(later.any())].read(where - self._start * bool(later.any()))
        out = np.empty((len(where), *self.shape), np.uint8)
        out[~later] = self._both[0].read(where[~later])
        out[later] = self._both[1].read(where[later] - self._start)
        return out

    def follow(self, fingerprint: str) -> None:
        """Data that was joined is divided in one way only."""

    def close(self) -> None:
        """Close both."""
        for data in self._both:
            data.close()

    def __len__(self) -> int:
        return self.count

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _behind(self, part: str) -> np.ndarray:
        """Positions of both, those of the second moved behind the first."""
        return np.concatenate([getattr(self._both[0], part), getattr(self._both[1], part) + self._start])

    def _labels(self, names: tuple[str, str]) -> tuple[dict[str, tuple[str, ...]], Mapping[str, np.ndarray]]:
        """The labels of both with all values of either, and the one that tells the data set."""
        values: dict[str, tuple[str, ...]] = {}
        codes: dict[str, np.ndarray] = {}
        for label in dict.fromkeys([*self._both[0].values, *self._both[1].values]):
            known = [data.values.get(label, ()) for data in self._both]
            values[label] = tuple(dict.fromkeys([*known[0], *known[1]]))
            codes[label] = np.concatenate([_recoded(data, label, values[label]) for data in self._both])
        values[ORIGIN] = names
        codes[ORIGIN] = np.repeat(np.array([0, 1], np.int32), [data.count for data in self._both])
        return values, codes


def _recoded(data: PreparedPictures, label: str, values: tuple[str, ...]) -> np.ndarray:
    """Codes (N,) int32 of a label among the values of both data sets; -1 where it has none."""
    if label not in data.codes:
        return np.full(data.count, -1, np.int32)
    table = np.array([*(values.index(value) for value in data.values[label]), -1], np.int32)
    return table[data.codes[label]]


TrainingPictures = PreparedPictures | JoinedPictures
"""What a run learns from."""
