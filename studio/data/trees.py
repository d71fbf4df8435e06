"""Where files come from: a folder, a zip or a tar. Archives are read member by member and never unpacked to a disk."""

from __future__ import annotations

import gzip
import lzma
import os
import stat
import sys
import tarfile
import threading
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from studio.data.decoding import MAX_BYTES
from studio.ground.errors import StudioError, Text, text

MAX_MEMBERS = 500_000
MAX_UNPACKED = 20_000_000_000
MAX_RATIO = 200
_RATIO_FROM = 1_000_000
_PASSING = (OSError, EOFError, zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, NotImplementedError)
_NOISE = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")

Tick = Callable[[int], None]
"""Called now and then while a source is looked through, with how many files were found; may raise to stop."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of a tree: its path with ``/`` (as text that can be shown), its size, and where the tree finds it."""

    path: str
    size: int
    key: object


class UnreadableFile(StudioError):
    """One file cannot be read, while the source itself is there; the text is the end of 'This file …'."""


class Tree(Protocol):
    """Files to read from. ``sequential``: reading is only cheap in the order of :meth:`files`."""

    kind: str
    title: str
    sequential: bool

    def files(self, tick: Tick) -> list[FileEntry]:
        """All files, without links, hidden ones and litter of the system; sorted by path unless sequential."""

    def read(self, entry: FileEntry) -> bytes:
        """The content of a file. Raises UnreadableFile, or StudioError if the whole source is gone."""

    def rewind(self) -> None:
        """Be ready to read from the front again, where that matters."""

    def refused(self) -> list[tuple[str, Text]]:
        """Members that were not taken, and why."""

    def close(self) -> None:
        """Let the source go."""


class FolderTree:
    """A folder of the user's; only read."""

    kind, sequential = "folder", False

    def __init__(self, root: Path) -> None:
        self.root = root
        self.title = root.resolve().name or str(root)
        self._refused: list[tuple[str, Text]] = []
        self._identity = self._who()

    def files(self, tick: Tick) -> list[FileEntry]:
        found: list[FileEntry] = []
        self._walk(self.root, "", found, tick, {self._who()})
        return sorted(found, key=lambda entry: entry.path)

    def _walk(self, folder: Path, prefix: str, found: list[FileEntry], tick: Tick, seen: set[tuple[int, int]]) -> None:
        try:
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda e: e.name)
        except OSError as error:
            if folder == self.root:
                raise self._unreadable(error) from error
            self._gone_or(error)
            self._refused.append((prefix.rstrip("/"), _cannot(error)))
            return
        for entry in listed:
            tick(len(found))
            self._take(entry, prefix, found, tick, seen)

    def _take(
        self, entry: os.DirEntry[str], prefix: str, found: list[FileEntry], tick: Tick, seen: set[tuple[int, int]]
    ) -> None:
        name = prefix + shown(entry.name)
        if is_noise(entry.name):
            return
        try:
            about = entry.stat()
        except OSError as error:
            self._gone_or(error)
            self._refused.append((name, _cannot(error)))
            return
        if stat.S_ISREG(about.st_mode):
            found.append(FileEntry(name, about.st_size, Path(entry.path)))
        elif stat.S_ISDIR(about.st_mode) and _identity(about, entry.path) not in seen:
            seen.add(_identity(about, entry.path))
            self._walk(Path(entry.path), name + "/", found, tick, seen)

    def read(self, entry: FileEntry) -> bytes:
        path = entry.key
        assert isinstance(path, Path)
        if entry.size > MAX_BYTES:
            raise UnreadableFile("is larger than {limit} MB", limit=MAX_BYTES >> 20)
        try:
            return path.read_bytes()
        except OSError as error:
            self._gone_or(error)
            raise UnreadableFile("cannot be read ({reason})", reason=_reason(error)) from error

    def rewind(self) -> None:
        """Any file can be read at any time."""

    def refused(self) -> list[tuple[str, Text]]:
        return self._refused

    def close(self) -> None:
        """Nothing is held open."""

    def _who(self) -> tuple[int, int]:
        try:
            return _identity(self.root.stat(), str(self.root))
        except OSError as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: OSError) -> StudioError:
        return StudioError("The folder {name} cannot be read: {reason}.", name=self.title, reason=_reason(error))

    def _gone_or(self, error: OSError) -> None:
        """Raise the one sentence if the folder itself went away (removed, or its drive unplugged)."""
        if not self._is_there():
            raise StudioError(
                "The folder {name} went away while it was being read. Connect or restore it, and import it again.",
                name=self.title,
            ) from error

    def _is_there(self) -> bool:
        """Whether the folder is the one that was begun with, and not an empty place where its drive had been."""
        try:
            with os.scandir(self.root) as entries:
                empty = next(entries, None) is None
            return not empty and _identity(self.root.stat(), str(self.root)) == self._identity
        except OSError:
            return False


class ZipTree:
    """A zip; links, climbing names and bombs are not taken."""

    kind, sequential = "zip", False

    def __init__(self, path: Path) -> None:
        self.path, self.title = path, path.name
        self._refused: list[tuple[str, Text]] = []
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise StudioError(
                "{name} is not a whole zip; perhaps its download was cut short.", name=path.name
            ) from error

    def files(self, tick: Tick) -> list[FileEntry]:
        infos = self._zip.infolist()
        check_bounds(self.title, len(infos), sum(info.file_size for info in infos))
        found: dict[str, FileEntry] = {}
        for info in infos:
            tick(len(found))
            # Some programs on Windows write backslashes between folders.
            name = shown(info.filename.replace("\\", "/"))
            if name.endswith("/") or (is_noise(name) and not climbs(name)):
                continue
            reason = self._objection(info)
            if reason is None and name in found:
                reason = text("is in the zip twice; the first one was taken")
            if reason is None:
                found[name] = FileEntry(name, info.file_size, info)
            else:
                self._refused.append((name, reason))
        return sorted(found.values(), key=lambda entry: entry.path)

    def _objection(self, info: zipfile.ZipInfo) -> Text | None:
        kind = info.external_attr >> 16
        if climbs(info.filename):
            return text("has a name that climbs out of the zip")
        if stat.S_IFMT(kind) not in (0, stat.S_IFREG):
            return text("is a link or a device, not a file")
        if info.flag_bits & 1:
            return text("is locked with a password")
        if info.file_size > MAX_BYTES:
            return text("is larger than {limit} MB", limit=MAX_BYTES >> 20)
        if info.file_size > _RATIO_FROM and info.file_size > MAX_RATIO * max(1, info.compress_size):
            return text("is packed more than {ratio} times, as only bombs are", ratio=MAX_RATIO)
        return None

    def read(self, entry: FileEntry) -> bytes:
        info = entry.key
        assert isinstance(info, zipfile.ZipInfo)
        try:
            with self._zip.open(info) as handle:
                data = handle.read(entry.size + 1)
        except (*_PASSING, RuntimeError) as error:
            self._check_there(error)
            raise UnreadableFile("is damaged in the zip ({reason})", reason=_reason(error)) from error
        if len(data) > entry.size:
            raise UnreadableFile("is longer than the zip says")
        return data

    def _check_there(self, error: Exception) -> None:
        if not self.path.exists():
            raise StudioError(
                "{name} went away while it was being read. Restore it, and import it again.", name=self.title
            ) from error

    def rewind(self) -> None:
        """Any member can be read at any time."""

    def refused(self) -> list[tuple[str, Text]]:
        return self._refused

    def close(self) -> None:
        self._zip.close()


class TarTree:
    """A tar, packed or not: looked through once for its list, then read once more from front to back."""

    kind, sequential = "tar", True

    def __init__(self, path: Path) -> None:
        self.path, self.title = path, path.name
        self._refused: list[tuple[str, Text]] = []
        self._stream: Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]] | None = None
        self._lock = threading.Lock()

    def files(self, tick: Tick) -> list[FileEntry]:
        found: dict[str, FileEntry] = {}
        total = 0
        for _, info in self._members():
            tick(len(found))
            total += max(0, info.size)
            check_bounds(self.title, len(found), total)
            name = shown(info.name)
            if info.isdir() or (is_noise(name) and not climbs(name)):
                continue
            reason = self._objection(info) or (
                text("is in the archive twice; the first one was taken") if name in found else None
            )
            if reason is None:
                found[name] = FileEntry(name, info.size, info.offset)
            else:
                self._refused.append((name, reason))
        return list(found.values())

    def _objection(self, info: tarfile.TarInfo) -> Text | None:
        if climbs(info.name):
            return text("has a name that climbs out of the archive")
        if not info.isreg():
            return text("is a link or a device, not a file")
        if info.size > MAX_BYTES:
            return text("is larger than {limit} MB", limit=MAX_BYTES >> 20)
        return None

    def read(self, entry: FileEntry) -> bytes:
        with self._lock:
            if self._stream is None:
                self._stream = self._members()
            for archive, info in self._stream:
                if info.offset == entry.key:
                    return self._content(archive, info)
            self._stream = None
        raise UnreadableFile("is no longer in the archive")

    def _content(self, archive: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
        handle = archive.extractfile(info)
        data = handle.read() if handle is not None else b""
        if len(data) != info.size:
            raise UnreadableFile("is cut short in the archive")
        return data

    def rewind(self) -> None:
        """Read from the front again."""
        if self._stream is not None:
            self._stream.close()  # type: ignore[attr-defined]
        self._stream = None

    def _members(self) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
        try:
            with tarfile.open(self.path, "r|*") as archive:
                for info in archive:
                    yield archive, info
                    archive.members = []  # type: ignore[attr-defined]  # or all headers pile up
        except _PASSING as error:
            raise StudioError(
                "{name} is not a whole archive; perhaps its download was cut short.", name=self.title
            ) from error

    def refused(self) -> list[tuple[str, Text]]:
        return self._refused

    def close(self) -> None:
        self.rewind()


def check_bounds(title: str, members: int, unpacked: int) -> None:
    """Refuse archives beyond all use. Raises StudioError."""
    if members > MAX_MEMBERS:
        raise StudioError(
            "{name} holds more than {limit} files, which is more than can be imported.", name=title, limit=MAX_MEMBERS
        )
    if unpacked > MAX_UNPACKED:
        raise StudioError(
            "{name} would unpack to more than {limit} GB and is not imported.", name=title, limit=MAX_UNPACKED // 10**9
        )


def climbs(name: str) -> bool:
    """Whether a member's name is absolute, names a drive, or leaves its folder."""
    path = name.replace("\\", "/")
    return path.startswith("/") or path[1:2] == ":" or ".." in PurePosixPath(path).parts


def is_noise(name: str) -> bool:
    """Whether a path is hidden or litter that systems leave."""
    return any(part in _NOISE or (part.startswith(".") and part not in (".", "..")) for part in name.split("/") if part)


def shown(name: str) -> str:
    """A file name as text: composed accents, ``/`` between folders, and a sign for bytes that are no letters."""
    if any(0xD800 <= ord(c) <= 0xDFFF for c in name):
        name = (
            os.fsencode(name).decode("utf-8", "replace")
            if sys.platform != "win32"
            else name.encode("utf-8", "replace").decode()
        )
    return unicodedata.normalize("NFC", name.replace("\\", "/") if sys.platform == "win32" else name).removeprefix("./")


def unpack_gzip(path: Path, limit: int) -> bytes:
    """The content of a ``.gz`` (or of a plain file). Raises StudioError for a cut one and beyond ``limit`` bytes."""
    data = _unpacked(path, limit + 1)
    if len(data) > limit:
        raise StudioError("{name} holds more than it should and is not imported.", name=path.name)
    return data


def beginning(path: Path, most: int) -> bytes:
    """About the first ``most`` bytes of a ``.gz`` (or of a plain file); of a longer one only whole lines of them.

    Raises StudioError for a cut one.
    """
    data = _unpacked(path, most + 1)
    if len(data) <= most:
        return data
    return data[: data.rfind(b"\n", 0, most) + 1 or data.rfind(b",", 0, most) + 1 or most]


def _unpacked(path: Path, most: int) -> bytes:
    """The first ``most`` bytes of a file, packed or not."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
        with gzip.open(path) if packed else path.open("rb") as handle:
            return handle.read(most)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise StudioError("{name} is not whole; perhaps its download was cut short.", name=path.name) from error


def _identity(about: os.stat_result, path: str) -> tuple[int, int]:
    """What tells a folder from another; Windows' directory entries have no inode numbers."""
    return (about.st_dev, about.st_ino) if about.st_ino else (0, hash(os.path.realpath(path)))


def _reason(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or error or type(error).__name__).rstrip(".")


def _cannot(error: OSError) -> Text:
    return text("cannot be read ({reason})", reason=_reason(error))
