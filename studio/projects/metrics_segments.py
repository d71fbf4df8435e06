"""One file of metrics: a header with the names of its columns, then records of one width.

A record is a row of 64-bit little-endian words: step and items (integers), the time and one value a column (floats),
and a seal. The seal is a multilinear hash (Carter and Wegman 1979) of the words, of the record's place and of the
header: numpy checks a million records in the time that a loop over CRCs needs for some ten thousand.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.ground.errors import DamagedError

ABSENT_BITS = 0x7FF8000000000ABC
"""The bits of a value that was not given: a not-a-number that no arithmetic makes."""
_MAGIC = b"STUDIO-METRICS-1"
_LONGEST_HEADER = 1 << 20
_FIXED = 3  # step, items, time
_WORD = 8


@dataclass(slots=True)
class Segment:
    """One file: its columns, where its records begin, what its header hashes to, and how many records it holds."""

    path: Path
    columns: tuple[str, ...]
    begin: int
    header_crc: int
    records: int = 0

    @property
    def words(self) -> int:
        """Words in a record, the seal included."""
        return _FIXED + len(self.columns) + 1

    @property
    def end(self) -> int:
        """Where the last whole record ends, in bytes."""
        return self.begin + self.records * self.words * _WORD

    def measure(self) -> None:
        """See how many whole records there are now."""
        self.records = max(0, self.path.stat().st_size - self.begin) // (self.words * _WORD)


def header(columns: tuple[str, ...]) -> bytes:
    """The first bytes of a file with these columns."""
    names = json.dumps(list(columns)).encode()
    start = _MAGIC + len(names).to_bytes(4, "little") + names
    return start + zlib.crc32(start).to_bytes(4, "little")


def read_header(path: Path) -> Segment:
    """What a file says of itself.

    Raises:
        DamagedError: the header is not what was written.
    """
    with path.open("rb") as handle:
        start = handle.read(len(_MAGIC) + 4)
        length = int.from_bytes(start[len(_MAGIC) :], "little")
        names = handle.read(length + 4) if length <= _LONGEST_HEADER else b""
    crc = zlib.crc32(start + names[:-4])
    if start[: len(_MAGIC)] != _MAGIC or len(names) != length + 4 or crc != int.from_bytes(names[-4:], "little"):
        raise DamagedError("The metrics file {name} is damaged.", name=path.name)
    segment = Segment(path, tuple(json.loads(names[:-4])), len(start) + len(names), crc)
    segment.measure()
    return segment


def encode(segment: Segment, step: int, items: int, seconds: float, values: Mapping[str, float]) -> bytes:
    """The next record of ``segment``."""
    row = np.empty(segment.words, "<u8")
    row[:2] = np.array([step, items], "<i8").view("<u8")
    row[_FIXED:] = ABSENT_BITS
    floats = row.view("<f8")
    floats[2] = seconds
    for place, name in enumerate(segment.columns, _FIXED):
        if name in values:
            value = float(values[name])
            floats[place] = value if value == value else np.nan
    row[-1:] = _seals(row[None, :-1], segment, segment.records)
    return row.tobytes()


def read_words(segment: Segment, skip: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The records from number ``skip`` on as words (N, W) without seals, and whether each is what was written."""
    width = segment.words * _WORD
    with segment.path.open("rb") as handle:
        handle.seek(segment.begin + skip * width)
        data = handle.read(max(0, segment.records - skip) * width)
    count = len(data) // width
    rows = np.frombuffer(data, "<u8", count * segment.words).reshape(count, segment.words)
    good = _seals(rows[:, :-1], segment, skip) == rows[:, -1]
    return rows[:, :-1], good


def shorten(segment: Segment, records: int) -> None:
    """Cut a file off after so many records, and bring that to the disk."""
    segment.records = records
    with segment.path.open("r+b") as handle:
        handle.truncate(segment.end)
        os.fsync(handle.fileno())


def _seals(rows: np.ndarray, segment: Segment, first: int) -> np.ndarray:
    """The seals (N,) of rows (N, W) that are number ``first`` and following of a file."""
    count, width = rows.shape
    factors = _factors(width + 2)
    mixed = rows ^ (rows >> np.uint64(32))  # or two changed signs would cancel
    place = np.arange(first, first + count, dtype=np.uint64) * factors[-1]
    whole = np.array([segment.header_crc], np.uint64) * factors[-2:-1]
    seals: np.ndarray = (mixed * factors[:width]).sum(axis=1, dtype=np.uint64) + place + whole
    return seals


def _factors(count: int) -> np.ndarray:
    """Odd 64-bit numbers that never change: the format depends on them (splitmix64; Steele, Lea and Flood 2014)."""
    state = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (state ^ (state >> np.uint64(31))) | np.uint64(1)
