"""The samples of a run: for each kept step one PNG file with all pictures of the live grid, one below the other; of
families that make texts a JSON file with them.

At most :data:`MOST` are kept, evenly in the logarithm of the items seen; the first and the last always.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio.ground.errors import DamagedError, StudioError, Text, UsageError
from studio.ground.files import read_json, replace, write_bytes, write_json
from studio.projects.pictures import checked_pixels, decode_png, encode_png, stack, unstack

MOST = 300
_ASIDE = "aside"
_NO_PICTURES = np.zeros((0, 1, 1, 3), np.uint8)
_NAME = re.compile(r"(\d{10})-(\d{14})\.(png|json)")


@dataclass(frozen=True, slots=True)
class SampleFile:
    """One kept step: ``items`` seen until then, and its file."""

    step: int
    items: int
    path: Path


class SampleFiles:
    """The samples in ``folder``. One process writes; any number may read meanwhile."""

    def __init__(self, folder: Path, most: int = MOST) -> None:
        self.folder = folder
        self._most = most

    def write(
        self, step: int, pictures: np.ndarray, *, items: int, notes: Mapping[str, Any] | None = None
    ) -> None:
        """Keep the pictures (N, H, W, C) uint8 of a step, in the place of earlier ones of the same step; then thin out.

        ``notes``: what is to be known of them later, as plain JSON data; without pictures (N is 0) all that is kept.

        Raises:
            OSError: the file cannot be written; nothing is changed then.
        """
        note = {"step": step, "items": items, "count": len(pictures), "notes": dict(notes or {})}
        path = self.folder / f"{step:010d}-{items:014d}.{'png' if len(pictures) else 'json'}"
        if len(pictures):
            write_bytes(path, encode_png(stack(checked_pixels(pictures)), note))
        else:
            write_json(path, note)
        for other in self.files():
            if other.step == step and other.path != path:
                other.path.unlink()
        self._thin()

    def files(self) -> list[SampleFile]:
        """What is kept, by step."""
        names = sorted(path.name for path in self.folder.iterdir()) if self.folder.is_dir() else []
        found = [(match, name) for name in names if (match := _NAME.fullmatch(name))]
        return [SampleFile(int(match[1]), int(match[2]), self.folder / name) for match, name in found]

    def steps(self) -> list[int]:
        """The kept steps in order."""
        return [file.step for file in self.files()]

    def read(self, step: int) -> np.ndarray:
        """The pictures (N, H, W, C) uint8 of a step.

        Raises:
            UsageError: there are none of that step.
            DamagedError: the file is not what was written.
        """
        return self.read_with_notes(step)[0]

    def read_with_notes(self, step: int) -> tuple[np.ndarray, dict[str, Any]]:
        """The pictures of a step, none of texts, and what was noted about them; ``{}`` where that is nothing.

        Files of the first version hold one word for each picture: they come as ``{"words": [...]}``.
        """
        file = next((file for file in self.files() if file.step == step), None)
        if file is None:
            raise UsageError("There are no samples of step {step}.", step=step)
        name = f"samples/{file.path.name}"
        pictures, note = _read(file.path, name)
        if (note["step"], note["items"]) != (file.step, file.items):
            raise DamagedError("The samples {name} belong to another step.", name=file.path.name)
        return pictures, _notes(note["notes"])

    def check(self) -> tuple[Text, ...]:
        """Read every file; names those that are damaged."""
        losses: list[Text] = []
        for step in self.steps():
            try:
                self.read(step)
            except StudioError as error:
                losses.append(error.text)
        return tuple(losses)

    def move_after(self, step: int) -> int:
        """Move samples of later steps aside, before a run goes on from ``step``; how many."""
        later = [file for file in self.files() if file.step > step]
        for file in later:
            (self.folder / _ASIDE).mkdir(exist_ok=True)
            replace(file.path, self.folder / _ASIDE / file.path.name)
        return len(later)

    def keep_ends(self) -> int:
        """Delete all but the first and the last; the bytes that were freed."""
        freed = 0
        aside = sorted(path for path in (self.folder / _ASIDE).glob("*") if _NAME.fullmatch(path.name))
        for path in [*aside, *(file.path for file in self.files()[1:-1])]:
            freed += path.stat().st_size
            path.unlink()
        return freed

    def _thin(self) -> None:
        files = self.files()
        while len(files) > self._most:
            files.pop(superfluous([file.items for file in files])).path.unlink()


def _read(path: Path, name: str) -> tuple[np.ndarray, dict[str, Any]]:
    """What a file holds: pictures (N, H, W, C) uint8 and the note about them."""
    try:
        if path.suffix == ".json":
            note = read_json(path)
            return _NO_PICTURES, {key: note[key] for key in ("step", "items", "count", "notes")}
        data = path.read_bytes()
    except OSError as error:
        raise DamagedError("The picture {name} cannot be read.", name=name) from error
    except KeyError as error:
        raise DamagedError("The file {name} is damaged: it holds no samples.", name=name) from error
    pixels, note = decode_png(data, name)
    return unstack(pixels, note["count"]), note


def _notes(noted: Any) -> dict[str, Any]:
    if isinstance(noted, list):
        return {"words": noted} if noted else {}
    return dict(noted)


def superfluous(items: Sequence[int]) -> int:
    """The position (neither first nor last) that can go so that the rest lie most evenly in log(1 + items).

    That is the one whose neighbours are nearest to each other; of equals the earliest.
    """
    places = [math.log1p(count) for count in items]
    return min(range(1, len(places) - 1), key=lambda i: (places[i + 1] - places[i - 1], i))
