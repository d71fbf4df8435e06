"""What comes of editing pictures: one with what it was before, or a report of many. Needs no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.config.requests import EditRequest
from studio.ground.errors import Text


@dataclass(frozen=True, slots=True, eq=False)
class Edited:
    """What an :class:`EditRequest` made.

    ``before`` and ``after`` (H, W, C) uint8, upright and on the background; ``alpha`` (H, W) uint8 where the picture is
    transparent. ``request`` names the checkpoint by its step. ``file``: the result as a file like the one that came,
    with its ``suffix``.
    """

    before: np.ndarray
    after: np.ndarray
    alpha: np.ndarray | None
    request: EditRequest
    run: str
    family: str
    step: int
    file: bytes
    suffix: str


@dataclass(frozen=True, slots=True)
class EditRow:
    """One picture of a report: its name, where its result is and how large; or why there is none.

    ``kept``: it lies ready for the gallery, too.
    """

    name: str
    out: Path | None = None
    width: int = 0
    height: int = 0
    error: Text | None = None
    kept: bool = False


@dataclass(frozen=True, slots=True)
class EditReport:
    """What an :class:`EditFilesRequest` did: one row a picture, in order. ``step`` is that of the checkpoint.

    ``ready``: results as finished files for the gallery.
    """

    rows: tuple[EditRow, ...]
    run: str = ""
    step: int = 0
    ready: tuple[Path, ...] = ()

    @property
    def done(self) -> int:
        """How many pictures were made."""
        return sum(row.error is None for row in self.rows)

    @property
    def kept(self) -> int:
        """How many lie ready for the gallery."""
        return len(self.ready)

    @property
    def left_out(self) -> int:
        """How many could not be read or written."""
        return len(self.rows) - self.done
