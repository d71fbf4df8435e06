"""The checkpoints of one run: resume points, which hold everything, and model points, which hold what generation needs.

Each is a folder with one safetensors file a part, a sealed ``state.json`` and a manifest written last. A new one is
read back before an old one goes. What is damaged is named and passed over, never used.

Where most of a part does not learn (a large model with small additions), that is in a file of its own, which the
checkpoints of a kind share by links: each folder is whole by itself, and the disk holds it once.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from studio.config.base import Best
from studio.ground.errors import DamagedError, Text, text
from studio.ground.events import Progress
from studio.ground.files import (
    LEFTOVER,
    read_json,
    sweep_leftovers,
    verify_manifest,
    whole_folder,
    write_bytes,
    write_json,
)
from studio.models.weights import Table, open_tensors, read_tensors, still_beside, write_tensors
from studio.training.cadence import MODEL_POINTS, thinned
from studio.training.state import Parts

STATE = "state.json"
RESUME_POINTS = 3
MODEL_BYTES = 2 * 1024**3
WORTH = 1 << 20
"""Bytes of what does not learn from which on it is kept apart."""
Still = Mapping[str, frozenset[str]]
"""Part -> the names of those of its tensors that do not learn."""
_NONE: Still = {}
PointKind = Literal["resume", "model"]


@dataclass(frozen=True)
class Point:
    """A checkpoint on disk."""

    kind: PointKind
    step: int
    path: Path

    def facts(self) -> dict[str, Any]:
        """What ``state.json`` holds. Raises DamagedError or OSError where it cannot be read."""
        return read_json(self.path / STATE)


@dataclass(frozen=True)
class Loaded:
    """A resume point read whole, and the newer ones that could not be, each with its reason."""

    point: Point
    parts: Parts
    facts: dict[str, Any]
    skipped: tuple[tuple[Point, Text], ...]


class Checkpoints:
    """The folder ``checkpoints`` of a run. ``best``: the measure by which a model point is the best; None: none is."""

    def __init__(self, folder: Path, best: Best | None = None) -> None:
        self.folder = folder
        self._best = best

    def sweep(self) -> None:
        """Remove what interrupted writes left."""
        sweep_leftovers(self.folder)

    def points(self, kind: PointKind) -> list[Point]:
        """The checkpoints of a kind, oldest first; whether they are whole is not looked at."""
        found = [
            p for p in self.folder.glob(f"{kind}-*") if LEFTOVER not in p.name and p.name[len(kind) + 1 :].isdigit()
        ]
        return sorted((Point(kind, int(p.name.rpartition("-")[2]), p) for p in found), key=lambda point: point.step)

    def save_resume(
        self, parts: Parts, facts: Mapping[str, Any], step: int, *, files: Mapping[str, bytes] | None = None,
        still: Still = _NONE,
    ) -> Iterator[Progress]:  # fmt: skip
        """Write a resume point with ``files`` beside its parts, read it back, then drop all but the last three.

        Raises:
            OSError: the disk is full or gone; NotFiniteError: the state must not be kept. Nothing is lost by either.
        """
        yield from self._write(Point("resume", step, self._path("resume", step)), parts, facts, files or {}, still)
        for point in self.points("resume")[:-RESUME_POINTS]:
            shutil.rmtree(point.path)

    def save_model(
        self, parts: Parts, facts: Mapping[str, Any], step: int, *, files: Mapping[str, bytes] | None = None,
        still: Still = _NONE,
    ) -> Iterator[Progress]:  # fmt: skip
        """Write a model point, read it back, then thin the others; the first, the best and the last always stay."""
        yield from self._write(Point("model", step, self._path("model", step)), parts, facts, files or {}, still)
        points = self.points("model")
        size = sum(_share(file) for file in points[-1].path.iterdir())
        best = self.best()
        kept = {points[0].step, points[-1].step, step} | ({best.step} if best else set())
        limit = max(len(kept), min(MODEL_POINTS, MODEL_BYTES // max(1, size)))
        for dropped in thinned([p.step for p in points], kept, limit):
            shutil.rmtree(self._path("model", dropped))

    def best(self) -> Point | None:
        """The model point with the best measure, of equals the earliest; None where none was measured."""
        return next(iter(self.ranked()), None)

    def ranked(self) -> list[Point]:
        """The model points that were measured and whose facts can be read, the best first, of equals the earliest."""
        if self._best is None:
            return []
        sign, measured = 1 if self._best.lowest else -1, []
        for point in self.points("model"):
            value = _readable(point).get("measures", {}).get(self._best.metric)
            if isinstance(value, (int, float)):
                measured.append((sign * value, point.step, point))
        return [point for *_, point in sorted(measured, key=lambda row: row[:2])]

    def newest_good(self, tables: Mapping[str, Table]) -> Loaded | None:
        """The newest resume point that verifies and fits; None where there is no resume point at all.

        Raises:
            DamagedError: there are some, and none is whole.
        """
        skipped: list[tuple[Point, Text]] = []
        for point in reversed(self.points("resume")):
            try:
                parts, facts = read_point(point.path, tables)
                return Loaded(point, parts, facts, tuple(skipped))
            except DamagedError as error:
                skipped.append((point, error.text))
            except OSError as error:
                skipped.append(
                    (point, text("{name} cannot be read ({reason}).", name=point.path.name, reason=error.strerror))
                )
        if skipped:
            reason = skipped[0][1]
            raise DamagedError(
                "No checkpoint of this run can be read; the newest: {reason} Start a new run.", reason=reason
            )
        return None

    def set_aside(self, points: list[Point]) -> list[Path]:
        """Give damaged checkpoints another name, so that none of them is offered again; returns the new paths."""
        moved = []
        for point in points:
            number = 1
            while (target := self.folder / f"damaged-{point.path.name}-{number}").exists():
                number += 1
            moved.append(point.path.rename(target))
        return moved

    def _path(self, kind: PointKind, step: int) -> Path:
        return self.folder / f"{kind}-{step:09d}"

    def _write(
        self, point: Point, parts: Parts, facts: Mapping[str, Any], files: Mapping[str, bytes], still: Still
    ) -> Iterator[Progress]:
        """Write and verify; an older point of the same step comes back if that fails."""
        before = point.path.with_name(f"{point.path.name}{LEFTOVER}before")
        if point.path.exists():
            point.path.rename(before)
        last = next((other.path for other in reversed(self.points(point.kind))), None)
        try:
            with whole_folder(point.path) as folder:
                for done, (part, tensors) in enumerate(parts.items()):
                    yield Progress(text("Saving a checkpoint"), done, len(parts))
                    _write_part(folder / f"{part}.safetensors", tensors, still.get(part, frozenset()), last)
                for name, content in files.items():
                    write_bytes(folder / name, content)
                write_json(folder / STATE, facts)
            verify_manifest(point.path)
        except BaseException:
            if before.exists():
                shutil.rmtree(point.path, ignore_errors=True)
                before.rename(point.path)
            raise
        if before.exists():
            shutil.rmtree(before)


def read_point(path: Path, tables: Mapping[str, Table]) -> tuple[dict[str, dict[str, Tensor]], dict[str, Any]]:
    """All parts named in ``tables`` and the plain facts of a checkpoint.

    Raises:
        DamagedError: something is missing, changed, or not of the architecture.
    """
    verify_manifest(path)
    parts = {part: read_tensors(path / f"{part}.safetensors", table) for part, table in tables.items()}
    return parts, read_json(path / STATE)


def _write_part(path: Path, tensors: Mapping[str, Tensor], still: frozenset[str], last: Path | None) -> None:
    """Write a part; what does not learn is linked to that of the ``last`` checkpoint if it is the same there."""
    apart = {name: tensor for name, tensor in tensors.items() if name in still}
    size = sum(tensor.nbytes for tensor in apart.values())
    if size < WORTH or len(apart) == len(tensors):
        write_tensors(path, tensors)
        return
    write_tensors(path, {name: tensor for name, tensor in tensors.items() if name not in still})
    beside = still_beside(path)
    if last is None or not _linked(last / beside.name, beside, apart):
        write_tensors(beside, apart)


def _linked(source: Path, target: Path, tensors: Mapping[str, Tensor]) -> bool:
    """Link to a file that holds exactly these tensors; not where it does not, or the file system knows no links."""
    try:
        with open_tensors(source) as found:
            same = set(found.shapes) == set(tensors) and all(
                _same(found.read(name), tensor) for name, tensor in tensors.items()
            )
        if same:
            os.link(source, target)
    except (DamagedError, OSError):
        return False
    return same


def _same(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors are, bit by bit."""
    if (one.dtype, one.shape) != (other.dtype, other.shape):
        return False
    bits = [tensor.detach().cpu().contiguous().flatten().view(torch.uint8) for tensor in (one, other)]
    return torch.equal(*bits)


def _share(path: Path) -> int:
    """What a file takes on the disk; of one with several links its part."""
    found = path.stat()
    return found.st_size // max(1, found.st_nlink)


def _readable(point: Point) -> dict[str, Any]:
    """The facts of a point; {} for a damaged one, which then merely cannot be the best."""
    try:
        return point.facts()
    except (DamagedError, OSError):
        return {}
