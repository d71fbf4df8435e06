"""What a project takes on the disk, by kind, and how to get some of it back without losing what is needed."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from studio.ground.errors import BusyError, DamagedError, UsageError
from studio.ground.files import LEFTOVER, read_json
from studio.projects.bin import Bin, folder_size
from studio.projects.run import CheckpointInfo, Run
from studio.projects.saving import saving

KINDS = ("data sets", "caches", "resume points", "model points", "samples", "gallery", "bin", "other")
_NOT_FREEABLE = "The {kind} cannot be freed as a whole; delete what you do not need, then empty the bin."
_A_DAY = 86_400.0
FREEABLE = ("caches", "resume points", "model points", "samples", "bin")


def disk_use(project: Path, bin_: Bin) -> dict[str, int]:
    """Bytes of each of :data:`KINDS`; deleted creations count to the bin although they still lie in the gallery."""
    use = dict.fromkeys(KINDS, 0)
    use |= {"data sets": folder_size(project / "data"), "caches": folder_size(project / "cache")}
    for run in _runs(project):
        for point in run.checkpoints():
            use[f"{point.kind} points"] += point.size
        use["samples"] += folder_size(run.samples.folder)
    entries = bin_.list()
    deleted = sum(entry.size for entry in entries if entry.kind == "creations")
    use |= {"gallery": folder_size(project / "gallery") - deleted, "bin": sum(entry.size for entry in entries)}
    return use | {"other": max(0, folder_size(project) - sum(use.values()))}


def free(project: Path, bin_: Bin, kind: str) -> int:
    """Free what ``kind`` takes; returns the bytes. Runs that train now are left alone.

    Of every run stay: the newest resume point, the first, best and last model point, the first and last samples.

    Raises:
        UsageError: this kind cannot be made again; it is deleted piece by piece.
    """
    if kind not in FREEABLE:
        raise UsageError(
            "The {kind} cannot be freed as a whole; delete what you do not need, then empty the bin.", kind=kind
        )
    if kind == "bin":
        return bin_.empty()
    with saving("the freed space"):
        if kind == "caches":
            return _free_caches(project)
        ways: dict[str, Callable[[Run], int]] = {
            "resume points": _free_resume_points,
            "model points": _free_model_points,
            "samples": lambda run: run.samples.keep_ends(),
        }
        return sum(_while_idle(run, ways[kind]) for run in _runs(project))


def sweep_cache(folder: Path) -> None:
    """Remove what interrupted preparations left a day ago; younger ones may be at work in another process."""
    for place in folder.glob(f"*{LEFTOVER}*") if folder.is_dir() else ():
        with suppress(FileNotFoundError):  # it has just taken its name, or is gone
            changed = max(path.stat().st_mtime for path in (place, *place.rglob("*")))
            if time.time() - changed > _A_DAY:
                _remove(place)


def _runs(project: Path) -> Iterator[Run]:
    folder = project / "runs"
    yield from (Run(path) for path in sorted(folder.iterdir()) if path.is_dir()) if folder.is_dir() else ()


def _free_caches(project: Path) -> int:
    live = next((run.name for run in _runs(project) if run.is_live()), None)
    if live is not None:
        raise BusyError("The run {run} trains from a cache now; stop it first.", run=live)
    return _remove(project / "cache")


def _while_idle(run: Run, way: Callable[[Run], int]) -> int:
    """Do something to a run while nobody can begin to train it; 0 where somebody does already."""
    if run.is_live():
        return 0
    with run.lock():
        return way(run)


def _free_resume_points(run: Run) -> int:
    points = [point for point in run.checkpoints() if point.kind == "resume"]
    return sum(_remove(point.path) for point in points[:-1])


def _free_model_points(run: Run) -> int:
    points = [point for point in run.checkpoints() if point.kind == "model"]
    kept = {points[0].step, points[-1].step, _best(points)} if points else set()
    return sum(_remove(point.path) for point in points if point.step not in kept)


def _best(points: list[CheckpointInfo]) -> int | None:
    """The step of the model point with the lowest distance, as the points themselves say."""
    measured = [(distance, point.step) for point in points if (distance := _distance(point)) is not None]
    return min(measured)[1] if measured else None


def _distance(point: CheckpointInfo) -> float | None:
    try:
        distance = read_json(point.path / "state.json").get("measures", {}).get("distance")
    except (OSError, DamagedError, AttributeError):
        return None
    return float(distance) if isinstance(distance, (int, float)) else None


def _remove(folder: Path) -> int:
    size = folder_size(folder, freed=True)
    if folder.is_dir():
        shutil.rmtree(folder)
    return size
