"""Files of numbers that are read from any place, each block of them checked against its CRC-32 before it is used."""

from __future__ import annotations

import zlib

import numpy as np

from studio.data.folders import FolderReader, HashedFile, PositionReader
from studio.ground.errors import DamagedError

BLOCK = 1 << 16
"""Bytes that are checked together."""


class BlockWriter:
    """Appends to a file and notes the check of each block."""

    def __init__(self, file: HashedFile) -> None:
        self._file = file
        self._held = bytearray()
        self._checks: list[int] = []

    def write(self, data: bytes) -> None:
        """Append."""
        self._held += data
        full = len(self._held) - len(self._held) % BLOCK
        for start in range(0, full, BLOCK):
            self._put(bytes(self._held[start : start + BLOCK]))
        del self._held[:full]

    def finish(self) -> bytes:
        """Write what is left; returns the checks, to be kept in a file of their own."""
        if self._held:
            self._put(bytes(self._held))
            self._held.clear()
        return np.array(self._checks, "<u4").tobytes()

    def _put(self, block: bytes) -> None:
        self._file.write(block)
        self._checks.append(zlib.crc32(block))


class Blocks:
    """A file of numbers of one type, kept in memory where it is not larger than ``memory_bytes``.

    Raises:
        DamagedError: it is not what was written; later, where that is only found when it is read.
    """

    def __init__(self, reader: FolderReader, name: str, checks: str, kind: str, *, memory_bytes: int) -> None:
        self.kind = np.dtype(kind)
        self._checks = np.frombuffer(reader.bytes(checks), "<u4")
        self._file: PositionReader = reader.positions(name)
        size = (reader.path / name).stat().st_size
        self.bytes, self.count = size, size // self.kind.itemsize
        self._name = name
        self._kept: np.ndarray | None = None
        if len(self._checks) != -(-size // BLOCK):
            raise self._damaged()
        if size <= memory_bytes:
            self._kept = np.frombuffer(self._verified(0, len(self._checks)), self.kind)

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return len(self._checks)

    def verify(self, start: int, end: int) -> None:
        """Check blocks ``start`` to ``end``. Raises DamagedError."""
        if self._kept is None:
            self._verified(start, min(end, self.blocks))

    def read(self, start: int, end: int) -> np.ndarray:
        """Numbers from ``start`` to ``end``; not to be written into. Raises DamagedError, IndexError."""
        if not 0 <= start <= end <= self.count:
            raise IndexError(f"{start} to {end} is not in 0 to {self.count}")
        if self._kept is not None:
            return self._kept[start:end]
        width = self.kind.itemsize
        first, last = start * width // BLOCK, -(-end * width // BLOCK)
        if start == end:
            return np.zeros(0, self.kind)
        return np.frombuffer(self._verified(first, last), self.kind, end - start, start * width - first * BLOCK)

    def close(self) -> None:
        """Close the file; what is kept in memory is let go."""
        self._file.close()
        self._kept = None

    def _verified(self, first: int, last: int) -> bytes:
        length = min(last * BLOCK, self.bytes) - first * BLOCK
        data = self._file.read(first * BLOCK, max(0, length))
        for number in range(first, last):
            place = (number - first) * BLOCK
            if zlib.crc32(memoryview(data)[place : place + BLOCK]) != self._checks[number]:
                raise self._damaged()
        return data

    def _damaged(self) -> DamagedError:
        return DamagedError("The file {name} is damaged; prepare the data set again.", name=self._name)
