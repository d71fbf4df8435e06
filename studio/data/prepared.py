"""The prepared pictures of a data set: uint8 at the training size, read by position, larger than memory if need be.

Up to ``MEMORY_BYTES`` everything is read once and kept; beyond, each picture is read when asked for. Either way
every picture is checked against its CRC-32 before anybody trains on it.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from studio.config.data import Choices
from studio.config.facts import DataFacts
from studio.data.folders import FolderReader
from studio.data.splitting import Parts, near_keys, own_split, parts_of, split, split_among
from studio.data.store import split_texts, unpack_labels
from studio.ground.errors import DamagedError

VERSION = 1
MEMORY_BYTES = 512 << 20
"""Prepared data up to this size is kept in memory while it is used; larger data costs no memory at all."""
NEARLY_EQUAL_AMONG = 20_000
"""Among more pictures than these only equal ones are kept together: looking for nearly equal ones would take long."""
_LOOKED = 1024
PIXELS, CHECKS, HASHES, INDICES, LABELS, NAMES, CAPTIONS, ABOUT = (
    "pixels.bin",
    "checks.bin",
    "hashes.bin",
    "indices.bin",
    "labels.bin",
    "names.bin",
    "captions.bin",
    "prepared.json",
)


class PreparedPictures:
    """Prepared pictures, opened for reading from any thread.

    Attributes:
        count: N, how many pictures.
        shape: (C, H, W) of each.
        codes: label name -> (N,) int32, -1 where a picture has none. ``values``: label name -> its values.
        training, held_out: (n,) int64, ascending; equal pictures are never in both. Together they are all positions but
            those of the data set's own test part and copies of these.
        source_indices: (N,) int64, where each picture is in the imported data set.
        facts: what presets need, with the prepared size.
        choices: how they were made square and what lies behind transparent ones.
        fingerprint: SHA-256 over pixels, labels, their order and what is trained on; equal ones mean equal data.
        lost: names of pictures that were damaged when this was prepared, and are left out.

    Raises:
        DamagedError: a file is missing or changed.
    """

    def __init__(self, folder: Path, *, memory_bytes: int = MEMORY_BYTES) -> None:
        self.folder = folder
        self._reader = FolderReader(folder)
        about = self._about(folder)
        self.count: int = about["count"]
        self.shape: tuple[int, int, int] = (about["channels"], about.get("height", about["size"]), about["size"])
        self.choices = Choices(shape=about["shape"], background=about["background"])
        self._content: str = about["fingerprint"]
        self.lost: tuple[str, ...] = tuple(about["lost"])
        labels = unpack_labels(about["labels"], self._reader.bytes(LABELS), self.count)
        self.codes: dict[str, np.ndarray] = {name: column.codes for name, column in labels.items()}
        self.values: dict[str, tuple[str, ...]] = {name: column.values for name, column in labels.items()}
        self.source_indices = self._array(INDICES, "<i8")
        self._checks = self._array(CHECKS, "<u4")
        self._hashes = self._array(HASHES, "<u8")
        self.held_out, self.training, self.fingerprint = self._divided()
        self._parts: Parts | None = None
        self._names: tuple[str, ...] | None = None
        self._captioned = bool(about.get("captions"))
        self._captions: tuple[str, ...] | None = None
        self._pixels = self._reader.positions(PIXELS)
        self._kept: np.ndarray | None = None
        if self.count * self.item_bytes <= memory_bytes:
            self._kept = self._keep()

    def _about(self, folder: Path) -> dict[str, Any]:
        about = self._reader.json(ABOUT)
        if about.get("version") != VERSION:
            raise DamagedError("The prepared pictures in {name} were made by another version.", name=folder.name)
        return about

    def _divided(self) -> tuple[np.ndarray, np.ndarray, str]:
        tested, _ = own_split(self.codes, self.values)
        if tested is None:
            return *split(self._hashes), self._content
        fingerprint = hashlib.sha256(f"{self._content} without its tests".encode()).hexdigest()
        return *split_among(self._hashes, tested), fingerprint

    def follow(self, fingerprint: str) -> None:
        """Divide the pictures as a run with this fingerprint does.

        Runs that were begun before the tests of a data set were kept out of training go on with what they began with.
        Any other fingerprint changes nothing.
        """
        if fingerprint == self._content != self.fingerprint:
            self.fingerprint = self._content
            self.held_out, self.training = split(self._hashes)

    @property
    def parts(self) -> Parts:
        """Training, validation and test: no picture is in two, nor are equal ones.

        Nearly equal ones neither where there are at most ``NEARLY_EQUAL_AMONG``: looked for when first asked, which
        takes a second for that many. Raises DamagedError.
        """
        if self._parts is None:
            keys = self._hashes.astype(np.uint64)
            if self.count <= NEARLY_EQUAL_AMONG:
                pieces = (np.arange(i, min(i + _LOOKED, self.count)) for i in range(0, self.count, _LOOKED))
                keys = near_keys(map(self.read, pieces), keys)
            self._parts = parts_of(keys, self.codes, self.values)
        return self._parts

    def _array(self, name: str, kind: str) -> np.ndarray:
        found = np.frombuffer(self._reader.bytes(name), kind)
        if len(found) != self.count:
            raise self._damaged()
        return found

    def __len__(self) -> int:
        return self.count

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what is kept in memory is let go."""
        self._pixels.close()
        self._kept = None

    @property
    def item_bytes(self) -> int:
        """Bytes of one picture."""
        channels, height, width = self.shape
        return channels * height * width

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the pictures in the data set."""
        if self._names is None:
            self._names = split_texts(self._reader.bytes(NAMES))
        return self._names

    @property
    def captions(self) -> tuple[str, ...]:
        """What describes each picture in words, empty where nothing does; () where the data set has no captions."""
        if self._captions is None:
            self._captions = split_texts(self._reader.bytes(CAPTIONS)) if self._captioned else ()
        return self._captions

    def check_texts(self) -> None:
        """Read names and captions, which otherwise are read when first asked for. Raises DamagedError."""
        if len(self.names) != self.count or len(self.captions) != self.count * self._captioned:
            raise self._damaged()

    @property
    def facts(self) -> DataFacts:
        """What presets need to know, at the prepared size."""
        channels, height, width = self.shape
        return DataFacts(
            count=self.count, height=height, width=width, channels=channels, labels=self.values,
            captions=self._captioned,
        )  # fmt: skip

    def read(self, indices: np.ndarray) -> np.ndarray:
        """Pictures (n, C, H, W) uint8 at ``indices`` (n,), in their order, repeats allowed; the array is the caller's.

        Raises:
            DamagedError: a picture changed on the disk since it was prepared.
            IndexError: an index is not in [0, count).
        """
        where = np.asarray(indices, np.int64)
        if len(where) and not (where.min() >= 0 and where.max() < self.count):
            raise IndexError(f"positions must lie in [0, {self.count})")
        if self._kept is not None:
            return self._kept[where]
        out = np.empty((len(where), self.item_bytes), np.uint8)
        for row, index in enumerate(where.tolist()):
            self._pixels.read_into(out[row].data, index * self.item_bytes)
            if zlib.crc32(out[row]) != self._checks[index]:
                raise self._damaged()
        return out.reshape(len(where), *self.shape)

    def verify(self, *, piece_bytes: int = 8 << 20) -> Iterator[int]:
        """Check every picture, in pieces; yields how many are done. Raises DamagedError."""
        many = max(1, piece_bytes // self.item_bytes)
        for start in range(0, self.count, many):
            end = min(start + many, self.count)
            if self._kept is None:
                self._read_run(start, end)
            yield end

    def _keep(self) -> np.ndarray:
        kept = self._read_run(0, self.count).reshape(self.count, *self.shape)
        kept.flags.writeable = False
        return kept

    def _read_run(self, start: int, end: int) -> np.ndarray:
        """Neighbouring pictures (end - start, bytes), checked."""
        out = np.empty((end - start, self.item_bytes), np.uint8)
        self._pixels.read_into(out.reshape(-1).data, start * self.item_bytes)
        for row in range(end - start):
            if zlib.crc32(out[row]) != self._checks[start + row]:
                raise self._damaged()
        return out

    def _damaged(self) -> DamagedError:
        return DamagedError("The prepared pictures in {name} are damaged; prepare them again.", name=self.folder.name)
