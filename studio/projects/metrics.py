"""The numbers of a run: records appended as they come and read while they are written.

``metrics/0000.bin`` begins with the names of its columns; when a number appears that no column has, ``0001.bin``
begins with more of them (:mod:`studio.projects.metrics_segments` has the format). A torn last record is what a crash
leaves and is ignored; a record that was changed is left out and named.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.ground.errors import DamagedError, Text, text
from studio.ground.files import read_json, replace, write_bytes, write_json
from studio.projects.metrics_segments import ABSENT_BITS, Segment, encode, header, read_header, read_words, shorten

ABSENT = float(np.array([ABSENT_BITS], np.uint64).view(np.float64)[0])
_SEAMS = "seams.json"
_DAMAGED = "{count} metrics records are damaged and left out (from {where})."


@dataclass(frozen=True, slots=True)
class MetricsTable:
    """The records from number ``first`` up to ``total``. ``values`` has one float64 array a column.

    ``time`` is in seconds since 1970. Ask for ``total`` and following next time. ``first`` is 0 although more was asked
    for when the run was resumed since: then all of it is here anew.
    """

    first: int
    total: int
    step: np.ndarray
    items: np.ndarray
    time: np.ndarray
    values: Mapping[str, np.ndarray]
    losses: tuple[Text, ...] = ()

    def series(self, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Steps, items and values of one column where it was given. A recorded not-a-number stays; of two records of
        one step the later counts."""
        values = self.values.get(name)
        if values is None:
            return self.step[:0], self.items[:0], np.zeros(0)
        given = np.flatnonzero(~is_absent(values))
        last = np.append(np.diff(self.step[given]) != 0, True)[: len(given)]
        chosen = given[last]
        return self.step[chosen], self.items[chosen], values[chosen]


def is_absent(values: np.ndarray) -> np.ndarray:
    """Where a value was not given (as opposed to: given, and not a number)."""
    absent: np.ndarray = np.ascontiguousarray(values, np.float64).view(np.uint64) == np.uint64(ABSENT_BITS)
    return absent


class MetricsFile:
    """The numbers in ``folder``. One process appends; any number read meanwhile, each with an object of its own.

    ``expected`` says how many records are known to be on the disk; where there are fewer, :meth:`read` names the loss.
    """

    def __init__(self, folder: Path, expected: Callable[[], int] = lambda: 0) -> None:
        self.folder = folder
        self._expected = expected
        self._segments: list[Segment] = []
        self._unreadable: list[Text] = []
        self._handle: int | None = None
        self._generation = 0

    # --- writing ---------------------------------------------------------------------------------------------

    def append(self, step: int, items: int, values: Mapping[str, float]) -> None:
        """Write one record. It survives the death of the process at once, and a power cut after :meth:`flush`.

        Raises:
            OSError: it could not be written; the file is as it was.
        """
        if self._handle is None:
            self._load()
        segment = self._segments[-1] if self._segments else None
        if segment is None or not values.keys() <= set(segment.columns):
            segment = self._begin_segment(segment, values)
        handle = self._handle if self._handle is not None else self._open(segment)
        data = encode(segment, step, items, time.time(), values)
        try:
            written = os.write(handle, data)
        except OSError:
            os.ftruncate(handle, segment.end)
            raise
        if written != len(data):
            os.ftruncate(handle, segment.end)
            raise OSError(28, "No space left on device", str(segment.path))
        segment.records += 1

    def flush(self) -> int:
        """Bring everything written to the disk; the number of records that are there now."""
        if self._handle is not None:
            os.fsync(self._handle)
        return self.count()

    def truncate_after(self, step: int) -> int:
        """Make ready to go on from ``step``: keep what is cut aside, mark a seam; how many were later.

        What a crash left torn at the end is cut off too. Where nothing was recorded yet, nothing is done; a seam is
        marked only where something stays before it.
        """
        self.close()
        self._load()
        recorded = self.count()
        moved = self._cut_after(step)
        if recorded:
            before, generation = self._seams_to_go_on()
            seams = [seam for seam in before if seam < step] + ([step] if self.count() else [])
            write_json(self.folder / _SEAMS, {"seams": seams, "generation": generation + 1})
        return moved

    def close(self) -> None:
        """End writing; what was written is brought to the disk."""
        if self._handle is not None:
            os.fsync(self._handle)
            os.close(self._handle)
            self._handle = None

    # --- reading ---------------------------------------------------------------------------------------------

    def count(self) -> int:
        """How many records there are."""
        self._refresh()
        return sum(segment.records for segment in self._segments)

    def columns(self) -> tuple[str, ...]:
        """The names of all numbers so far."""
        self._refresh()
        return tuple(dict.fromkeys(name for segment in self._segments for name in segment.columns))

    def seams(self) -> list[int]:
        """The steps from which the run was resumed. Raises DamagedError where they cannot be read."""
        return self._read_seams()[0]

    def read(self, since_record: int = 0) -> MetricsTable:
        """The records from number ``since_record`` on; damaged ones are left out and named in ``losses``."""
        expected = self._expected()  # asked first: what is appended meanwhile must not look like a loss
        self._refresh()
        losses = list(self._unreadable)
        recorded = sum(segment.records for segment in self._segments)
        first = 0 if self._was_cut(losses) or since_record > recorded else since_record
        parts = [self._read_part(segment, first, expected, losses) for segment in self._segments]
        total = recorded - (parts[-1].torn if parts else 0)
        missing = expected - total
        if missing > 0:
            losses.append(text("{count} metrics records are missing at the end.", count=missing))
        return _table(first, total, [part for part in parts if len(part.rows)], tuple(losses), self.columns())

    # --- the files -------------------------------------------------------------------------------------------

    def _begin_segment(self, before: Segment | None, values: Mapping[str, float]) -> Segment:
        self.close()
        known = before.columns if before is not None else ()
        columns = (*known, *(name for name in values if name not in known))
        number = max((int(path.stem) for path in self._paths()), default=-1) + 1
        path = self.folder / f"{number:04d}.bin"
        write_bytes(path, header(columns))
        self._segments.append(read_header(path))
        return self._segments[-1]

    def _open(self, segment: Segment) -> int:
        """Open the last file to append to, without the torn record that a crash may have left."""
        self._handle = os.open(segment.path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0))
        os.ftruncate(self._handle, segment.end)
        return self._handle

    def _paths(self) -> list[Path]:
        found = self.folder.glob("*.bin") if self.folder.is_dir() else []
        return sorted(path for path in found if path.stem.isdecimal())

    def _load(self) -> None:
        self._segments, self._unreadable = [], []
        for path in self._paths():
            try:
                self._segments.append(read_header(path))
            except (OSError, DamagedError):
                self._unreadable.append(text("The metrics file {name} is damaged and was left out.", name=path.name))

    def _refresh(self) -> None:
        """See what another process has appended; the writer knows without looking."""
        if self._handle is not None:
            return
        if len(self._segments) + len(self._unreadable) != len(self._paths()) or self._unreadable:
            self._load()
        for segment in self._segments:
            segment.measure()

    def _read_part(self, segment: Segment, first: int, expected: int, losses: list[Text]) -> _Part:
        """The good records of one file from number ``first`` (counted over all files) on."""
        before = sum(other.records for other in self._segments[: self._segments.index(segment)])
        skip = min(max(0, first - before), segment.records)
        rows, good = read_words(segment, skip)
        torn = self._torn(segment, good, before + skip, expected)
        bad = np.flatnonzero(~good[: len(good) - torn])
        if len(bad):
            where = f"{segment.path.name}, {before + skip + int(bad[0]) + 1}"
            losses.append(text(_DAMAGED, count=len(bad), where=where))
        return _Part(segment.columns, rows[good], torn)

    def _torn(self, segment: Segment, good: np.ndarray, first: int, expected: int) -> int:
        """How many records at the very end a power cut may have torn: bad, and never known to be on the disk.

        ``good`` belongs to the records from number ``first`` (counted over all files) on.
        """
        if segment is not self._segments[-1] or good.all():
            return 0
        trailing = len(good) - (int(np.flatnonzero(good)[-1]) + 1 if good.any() else 0)
        return min(trailing, max(0, first + len(good) - expected))

    def _cut_after(self, step: int) -> int:
        moved = 0
        for segment in self._segments:
            rows, good = read_words(segment)
            later = np.flatnonzero(good & (rows[:, 0].view("<i8") > step))
            keep = int(later[0]) if len(later) else segment.records - self._torn(segment, good, 0, 0)
            if keep < segment.records:
                self._keep_aside(segment, keep)
            moved += len(later)
            shorten(segment, keep)
        return moved

    def _keep_aside(self, segment: Segment, keep: int) -> None:
        """Copy a file that will be cut, whole, to ``<file>.before-N``: it stays readable with the same code."""
        number = 1
        while (aside := segment.path.with_suffix(f".before-{number}")).exists():
            number += 1
        write_bytes(aside, segment.path.read_bytes())

    # --- seams -----------------------------------------------------------------------------------------------

    def _was_cut(self, losses: list[Text]) -> bool:
        """Whether the run was resumed since the last reading."""
        try:
            generation = self._read_seams()[1]
        except DamagedError as error:
            losses.append(error.text)
            return False
        cut, self._generation = generation != self._generation, generation
        return cut

    def _read_seams(self) -> tuple[list[int], int]:
        try:
            data = read_json(self.folder / _SEAMS)
        except FileNotFoundError:
            return [], 0
        except OSError as error:
            raise DamagedError("The file {name} is damaged and cannot be read.", name=_SEAMS) from error
        return [int(step) for step in data["seams"]], int(data["generation"])

    def _seams_to_go_on(self) -> tuple[list[int], int]:
        try:
            return self._read_seams()
        except DamagedError:
            replace(self.folder / _SEAMS, self.folder / f"{_SEAMS}.damaged-{time.time_ns()}")
            return [], time.time_ns()  # a number that no reader has seen


@dataclass(frozen=True, slots=True)
class _Part:
    columns: tuple[str, ...]
    rows: np.ndarray
    torn: int


def _table(
    first: int, total: int, parts: Sequence[_Part], losses: tuple[Text, ...], columns: tuple[str, ...]
) -> MetricsTable:
    count = sum(len(part.rows) for part in parts)
    values = np.full((len(columns), count), ABSENT_BITS, "<u8")
    fixed = np.empty((3, count), "<u8")
    begin = 0
    for part in parts:
        end = begin + len(part.rows)
        fixed[:, begin:end] = part.rows[:, :3].T
        places = [columns.index(name) for name in part.columns]
        values[places, begin:end] = part.rows[:, 3:].T
        begin = end
    named = {name: values[i].view("<f8") for i, name in enumerate(columns)}
    return MetricsTable(first, total, fixed[0].view("<i8"), fixed[1].view("<i8"), fixed[2].view("<f8"), named, losses)
