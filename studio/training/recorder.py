"""Where a trainer's numbers and pictures go: given to it by the job, so that it knows no project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np


class Recorder(Protocol):
    """Keeps what a run shows. Both calls may come again for a step that was recorded before; the later one counts."""

    def metrics(self, step: int, items: int, values: Mapping[str, float]) -> None:
        """Named numbers of one step."""

    def samples(self, step: int, items: int, pictures: np.ndarray, notes: Mapping[str, Any]) -> None:
        """The run's samples (N, H, W, C) uint8, and what its family notes of them, as plain JSON data."""


class NoRecorder:
    """Keeps nothing: for trials."""

    def metrics(self, step: int, items: int, values: Mapping[str, float]) -> None:
        """Nothing is kept."""

    def samples(self, step: int, items: int, pictures: np.ndarray, notes: Mapping[str, Any]) -> None:
        """Nothing is kept."""


class MemoryRecorder:
    """Keeps everything in lists: for tests and short trials."""

    def __init__(self) -> None:
        self.values: dict[int, dict[str, float]] = {}
        self.pictures: dict[int, np.ndarray] = {}
        self.notes: dict[int, Mapping[str, Any]] = {}

    def metrics(self, step: int, items: int, values: Mapping[str, float]) -> None:
        """Remember the numbers of a step."""
        self.values.setdefault(step, {}).update(values)

    def samples(self, step: int, items: int, pictures: np.ndarray, notes: Mapping[str, Any]) -> None:
        """Remember the pictures of a step and the notes."""
        self.pictures[step], self.notes[step] = pictures, notes
