"""A disk of a few megabytes that really fills up: mounted where the tests may mount, else a limit on the size of files.

Where neither is to be had (Windows), flushing to the disk says that it is full.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

_BALLAST = ".ballast"
_PIECE = 1 << 20


def mount(options: str, place: Path) -> bool:
    """Mount a file system in memory; whether that may be done here."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return False
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    try:
        return subprocess.run(command, capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[SmallDisk]:
    """``place`` (a new folder) as a disk of its own for the length of the block."""
    place.mkdir()
    real = mount(f"size={megabytes}m,mode=0755", place)
    disk = SmallDisk(place, real=real)
    try:
        yield disk
    finally:
        disk.free()
        if real:
            subprocess.run(["umount", "-l", str(place)], capture_output=True, timeout=20, check=False)


class SmallDisk:
    """``real``: it is a disk of its own; else what it does holds for every file that this process writes."""

    def __init__(self, path: Path, *, real: bool) -> None:
        self.path, self.real = path, real
        self._undo = ExitStack()

    def fill(self, leave: int = 0) -> None:
        """Leave no more room than so many bytes."""
        self.free()
        if self.real:
            self._write_ballast(leave)
        elif sys.platform != "win32":
            self._limit(max(leave, 1))
        else:
            self._pretend()

    def free(self) -> None:
        """Make room again."""
        self._undo.close()

    def _write_ballast(self, leave: int) -> None:
        ballast = self.path / _BALLAST
        self._undo.callback(ballast.unlink, missing_ok=True)
        with ballast.open("wb", buffering=0) as handle:
            for size in (_PIECE, 4096, 1):
                _write_until_full(handle, size)
            handle.truncate(max(0, handle.tell() - leave))

    def _limit(self, size: int) -> None:
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        self._undo.callback(resource.setrlimit, resource.RLIMIT_FSIZE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))

    def _pretend(self) -> None:
        patch = self._undo.enter_context(pytest.MonkeyPatch.context())

        def full(descriptor: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        patch.setattr(os, "fsync", full)


def _write_until_full(handle: Any, size: int) -> None:
    try:
        while handle.write(bytes(size)):
            pass
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
