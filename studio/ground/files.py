"""Files that appear whole or not at all, and that notice when they were changed afterwards.

Writing goes to a temporary name, is flushed to the disk, renamed into place, and the folder is flushed too; what a
crash leaves behind bears ``LEFTOVER`` in its name and is swept on opening. Since no format here notices a flipped
bit by itself, JSON files carry a seal and folders a manifest with the SHA-256 of every file.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from studio.ground.errors import DamagedError

LEFTOVER = ".part-"
MANIFEST = "manifest.json"
LARGEST_OBJECT = 1 << 20  # bytes
_RETRIES = 25
_RETRY_SECONDS = 0.1


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a binary file that takes its place under ``path`` only when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}{LEFTOVER}{uuid.uuid4().hex[:8]}")
    try:
        with temporary.open("xb") as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Fill a temporary folder that becomes ``path`` (which must not exist) when the block ends without an error.

    A manifest is written last; every file is flushed to the disk before the folder takes its name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}{LEFTOVER}{uuid.uuid4().hex[:8]}")
    temporary.mkdir()
    try:
        yield temporary
        for file in sorted(temporary.rglob("*")):
            if file.is_file():
                sync(file)
        write_manifest(temporary)
        replace(temporary, path)
    finally:
        if temporary.exists():
            shutil.rmtree(temporary)


def replace(source: Path, target: Path) -> None:
    """Rename ``source`` to ``target`` and flush the folder; retried while another program holds the target open."""
    for attempt in range(_RETRIES):
        try:
            source.replace(target)
            break
        except PermissionError:
            if os.name != "nt" or attempt == _RETRIES - 1:
                raise
            time.sleep(_RETRY_SECONDS)
    sync(target.parent)


def sync(path: Path) -> None:
    """Flush a file or a folder to the disk (folders: where the system can)."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` whole or not at all."""
    with whole_file(path) as handle:
        handle.write(data)


def sweep_leftovers(folder: Path) -> list[Path]:
    """Remove what interrupted writes left directly in ``folder``; return what was removed."""
    found = [p for p in folder.glob(f"*{LEFTOVER}*") if folder.is_dir()]
    for path in found:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    return found


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file, read in pieces."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def stamp_of(path: Path) -> tuple[int, int, int]:
    """What changes whenever a file does, cheap to ask for: time, size, number. (0, 0, 0) where there is none."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_mtime_ns, found.st_size, found.st_ino


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write a readable JSON object with a seal over its content, whole or not at all."""
    plain = json.loads(json.dumps(data))
    sealed = {"seal": _seal(plain)} | plain
    write_bytes(path, (json.dumps(sealed, indent=1, ensure_ascii=False, sort_keys=False) + "\n").encode())


def read_json(path: Path) -> dict[str, Any]:
    """Read what :func:`write_json` wrote, without the seal.

    Raises:
        DamagedError: the file was cut, changed, or never one of ours.
        OSError: it cannot be read at all.
    """
    try:
        data = json.loads(path.read_bytes().decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise DamagedError("The file {name} is damaged and cannot be read.", name=path.name) from error
    if not isinstance(data, dict) or data.pop("seal", None) != _seal(data):
        raise DamagedError("The file {name} is damaged: its content is not what was saved.", name=path.name)
    return data


def read_object(path: Path, largest: int = LARGEST_OBJECT) -> dict[str, Any]:
    """The JSON object in a file of another program, of which no more than ``largest`` bytes are read.

    Raises:
        DamagedError: it cannot be read, or holds none.
    """
    try:
        with path.open("rb") as handle:
            data = json.loads(handle.read(largest).decode("utf-8"))
    except OSError as error:
        raise DamagedError("The file {name} cannot be read.", name=path.name) from error
    except (ValueError, RecursionError) as error:
        raise DamagedError("The file {name} is damaged: it holds no JSON.", name=path.name) from error
    if not isinstance(data, dict):
        raise DamagedError("The file {name} is damaged: it holds no settings.", name=path.name)
    return data


def write_manifest(folder: Path) -> None:
    """Write ``manifest.json`` with size and SHA-256 of every other file in ``folder``."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != MANIFEST)
    entries = {p.relative_to(folder).as_posix(): {"bytes": p.stat().st_size, "sha256": sha256(p)} for p in files}
    write_json(folder / MANIFEST, {"files": entries})


def verify_manifest(folder: Path) -> None:
    """Check every file of ``folder`` against its manifest.

    Raises:
        DamagedError: names the first file that is missing, surplus or changed.
    """
    try:
        entries = read_json(folder / MANIFEST)["files"]
    except (OSError, KeyError) as error:
        raise DamagedError("{folder} is not whole: its manifest is missing.", folder=folder.name) from error
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and p.name != MANIFEST}
    for name in sorted(set(entries) ^ present):
        raise DamagedError("In {folder}, {name} is missing or does not belong there.", folder=folder.name, name=name)
    for name, entry in entries.items():
        path = folder / name
        if path.stat().st_size != entry["bytes"] or sha256(path) != entry["sha256"]:
            raise DamagedError("In {folder}, the file {name} is damaged.", folder=folder.name, name=name)


def _seal(data: Mapping[str, Any]) -> str:
    canonical = json.dumps(data, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
