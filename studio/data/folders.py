"""Folders of large binary files: written in a place apart with their hashes taken on the way, read by position.

Like ``studio.ground.files.whole_folder``, but gigabytes are not read a second time for the manifest, and the data
reaches the disk as it is written, so that finishing takes a moment and can be stopped before.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from studio.ground.errors import DamagedError, StudioError
from studio.ground.files import LEFTOVER, MANIFEST, read_json, replace, sha256, sync, write_json

_SYNC_BYTES = 64 << 20
_SPARE_BYTES = 50 << 20


class HashedFile:
    """A file that grows at its end and knows its length and SHA-256."""

    def __init__(self, path: Path) -> None:
        self._handle: BinaryIO = path.open("xb", buffering=1 << 20)
        self._hash = hashlib.sha256()
        self._unsynced = 0
        self.length = 0

    def write(self, data: bytes | memoryview) -> int:
        """Append; return the position where ``data`` begins."""
        position = self.length
        self._handle.write(data)
        self._hash.update(data)
        self.length += len(data)
        self._unsynced += len(data)
        if self._unsynced >= _SYNC_BYTES:
            self._to_disk()
        return position

    def close(self, *, keep: bool = True) -> dict[str, Any]:
        """Close; with ``keep`` flush to the disk first. Returns the manifest's entry."""
        try:
            if keep:
                self._to_disk()
        finally:
            self._close()
        return {"bytes": self.length, "sha256": self._hash.hexdigest()}

    def _close(self) -> None:
        try:
            self._handle.close()
        except OSError:
            # Closing tries to flush once more; on a full disk that fails again, and the first error is on its way.
            self._handle = None  # type: ignore[assignment]

    def _to_disk(self) -> None:
        self._handle.flush()
        os.fsync(self._handle.fileno())
        self._unsynced = 0


class FolderWriter:
    """A folder in the making; it takes its name in :meth:`finish` and vanishes if the block ends without it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.place = path.with_name(f"{path.name}{LEFTOVER}{uuid.uuid4().hex[:8]}")
        self._open: dict[str, HashedFile] = {}
        self._entries: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Self:
        self.place.mkdir(parents=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._open.values():
            file.close(keep=False)
        if self.place.exists():
            shutil.rmtree(self.place)

    def open(self, name: str) -> HashedFile:
        """Begin a file."""
        self._open[name] = HashedFile(self.place / name)
        return self._open[name]

    def write(self, name: str, data: bytes) -> None:
        """Write a whole file."""
        self.open(name).write(data)

    def write_json(self, name: str, data: Mapping[str, Any]) -> None:
        """Write a sealed JSON file."""
        write_json(self.place / name, data)
        path = self.place / name
        self._entries[name] = {"bytes": path.stat().st_size, "sha256": sha256(path)}

    def finish(self) -> None:
        """Write the manifest and give the folder its name. Raises StudioError if the name is taken."""
        while self._open:
            name, file = self._open.popitem()
            self._entries[name] = file.close()
        write_json(self.place / MANIFEST, {"files": self._entries})
        sync(self.place)
        if self.path.exists():
            raise StudioError("There is a folder {name} already; choose another name.", name=self.path.name)
        replace(self.place, self.path)


class FolderReader:
    """A finished folder: small files whole and checked, large ones by position."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._files = self._manifest()

    def _manifest(self) -> dict[str, Any]:
        if not self.path.is_dir():
            raise DamagedError("The folder {name} is missing.", name=self.path.name)
        try:
            files = read_json(self.path / MANIFEST)["files"]
        except (FileNotFoundError, IsADirectoryError, KeyError) as error:
            raise DamagedError("{name} is not whole: its manifest is missing.", name=self.path.name) from error
        return dict(files)

    def bytes(self, name: str) -> bytes:
        """A whole file, checked against the manifest. Raises DamagedError."""
        try:
            data = (self.path / name).read_bytes()
        except (FileNotFoundError, IsADirectoryError) as error:
            raise self._missing(name) from error
        entry = self._files.get(name)
        if entry is None or len(data) != entry["bytes"] or hashlib.sha256(data).hexdigest() != entry["sha256"]:
            raise DamagedError("In {folder}, the file {name} is damaged.", folder=self.path.name, name=name)
        return data

    def json(self, name: str) -> dict[str, Any]:
        """A sealed JSON file. Raises DamagedError."""
        try:
            return read_json(self.path / name)
        except (FileNotFoundError, IsADirectoryError) as error:
            raise self._missing(name) from error

    def positions(self, name: str) -> PositionReader:
        """A large file for reading by position; its length is checked here, its content by who reads it."""
        path = self.path / name
        if not path.is_file():
            raise self._missing(name)
        if name not in self._files or path.stat().st_size != self._files[name]["bytes"]:
            raise DamagedError("In {folder}, the file {name} is damaged.", folder=self.path.name, name=name)
        return PositionReader(path)

    def _missing(self, name: str) -> DamagedError:
        return DamagedError("In {folder}, the file {name} is missing.", folder=self.path.name, name=name)


class PositionReader:
    """Reads pieces of one file from any thread; not mapped, so a file that is cut short is an error and no crash."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = path.open("rb", buffering=0)
        self._lock = threading.Lock()

    def read(self, position: int, length: int) -> bytes:
        """``length`` bytes from ``position``. Raises DamagedError where the file ends before."""
        buffer = bytearray(length)
        self.read_into(memoryview(buffer), position)
        return bytes(buffer)

    def read_into(self, target: memoryview, position: int) -> None:
        """Fill ``target`` (bytes) from ``position``. Raises DamagedError where the file ends before."""
        done = 0
        while done < len(target):
            count = self._some(target[done:], position + done)
            if count <= 0:
                raise DamagedError("The file {name} is damaged: it was cut short.", name=self._path.name)
            done += count

    def _some(self, target: memoryview, position: int) -> int:
        if hasattr(os, "preadv"):
            return os.preadv(self._handle.fileno(), [target], position)
        with self._lock:
            self._handle.seek(position)
            return self._handle.readinto(target) or 0

    def close(self) -> None:
        """Close the file; reading afterwards raises ValueError."""
        self._handle.close()

    def __del__(self) -> None:
        if hasattr(self, "_handle"):
            self._handle.close()


def check_space(folder: Path, needed: int) -> None:
    """Refuse work whose result would not fit. ``needed`` in bytes. Raises StudioError with both figures in MB."""
    place = folder
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < needed + _SPARE_BYTES:
        raise StudioError(
            "This needs {needed} MB on the disk of the project, and {free} MB are free. Free some space and try again.",
            needed=(needed + _SPARE_BYTES) // 1_000_000,
            free=free // 1_000_000,
        )
