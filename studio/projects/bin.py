"""The project's bin: what was deleted can be brought back until the bin is emptied.

A data set or a run moves with its whole folder to ``bin/<token>/content``; ``entry.json`` beside it says what it was.
Where the folder lies decides whether the thing is deleted, so that a crash at any moment leaves one or the other.
Creations and conversations stay where they are and bear the token in their row: one commit deletes a thousand.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from studio.ground.errors import DamagedError, StudioError, Text, UsageError, text
from studio.ground.files import read_json, replace, write_json
from studio.projects.saving import saving

_CONTENT = "content"
_ENTRY = "entry.json"


@dataclass(frozen=True, slots=True)
class BinEntry:
    """Something deleted. ``deleted`` in seconds since 1970, ``size`` in bytes, ``count`` of things (creations)."""

    token: str
    kind: str
    name: str
    deleted: float
    size: int
    count: int = 1
    damage: Text | None = None


class BinnedRows(Protocol):
    """What the bin asks of the gallery and of the conversations; of a token that is not theirs there is nothing."""

    def binned(self) -> list[BinEntry]:
        """What was deleted, one entry for each deletion."""

    def restore(self, token: str) -> bool:
        """Bring back what was deleted under ``token``; whether there was anything."""

    def forget(self, token: str) -> int:
        """Destroy what was deleted under ``token``; the bytes that were freed."""


Restored = Callable[[Mapping[str, Any]], None]


class Bin:
    """What was deleted in a project."""

    def __init__(self, project: Path, rows: Sequence[BinnedRows], *, read_only: bool) -> None:
        self._project = project
        self._folder = project / "bin"
        self._rows = tuple(rows)
        self._read_only = read_only
        self._restored: dict[str, Restored] = {}

    def on_restored(self, kind: str, action: Restored) -> None:
        """``action(record)`` is called when a folder of ``kind`` has come back."""
        self._restored[kind] = action

    def move_in(self, folder: Path, *, kind: str, name: str, record: Mapping[str, Any]) -> str:
        """Move a folder of the project into the bin; returns the token that brings it back."""
        self._check_writable()
        home = folder.relative_to(self._project).as_posix()
        with saving("the deletion"):
            token, place = self._new_place(folder.name)
            entry = {"kind": kind, "name": name, "home": home, "deleted": time.time(), "record": dict(record)}
            write_json(place / _ENTRY, entry)
            replace(folder, place / _CONTENT)
        return token

    def undo(self, token: str) -> None:
        """Bring back what was deleted under ``token``.

        Raises:
            UsageError: nothing lies there any more, or its place is taken.
        """
        self._check_writable()
        if any(rows.restore(token) for rows in self._rows):
            return
        if token not in {entry.token for entry in self.list(measured=False)}:
            raise UsageError("That is no longer in the bin and cannot be brought back.")
        place = self._folder / token
        entry = _readable(place)
        if entry is None:
            raise DamagedError("The note about {name} is damaged; it must be brought back by hand.", name=token)
        home = self._home(entry)
        if home.exists():
            raise UsageError("{name} cannot be brought back: there is a new one in its place.", name=entry["name"])
        with saving(f"{entry['name']}"):
            home.parent.mkdir(parents=True, exist_ok=True)
            replace(place / _CONTENT, home)
            self._come_back(place, entry)

    def list(self, *, measured: bool = True) -> list[BinEntry]:
        """Everything in the bin, the newest first.

        Args:
            measured: with the sizes of folders, for which every file in them is asked; else those are 0.
        """
        places = sorted(self._folder.iterdir()) if self._folder.is_dir() else []
        entries = [_entry(place, measured=measured) for place in places if (place / _CONTENT).exists()]
        entries += [entry for rows in self._rows for entry in rows.binned()]
        return sorted(entries, key=lambda e: (-e.deleted, e.token))

    def empty(self) -> int:
        """Destroy everything in the bin; returns the bytes that were freed."""
        self._check_writable()
        freed = 0
        for entry in self.list():
            freed += self._destroy(entry)
        return freed

    def recover(self) -> None:
        """After a crash in the middle of a deletion or of its undoing: finish what the folders say."""
        for place in list(self._folder.iterdir()) if self._folder.is_dir() else []:
            if (place / _CONTENT).exists() or not place.is_dir():
                continue
            entry = _readable(place)
            if entry is not None and self._home(entry).exists():
                self._come_back(place, entry)
            else:
                shutil.rmtree(place)

    def deleted_folders(self) -> dict[str, tuple[str, str]]:
        """The homes of the folders in the bin (``data/portraits``) with kind and name."""
        places = list(self._folder.iterdir()) if self._folder.is_dir() else []
        entries = [_readable(place) for place in places if (place / _CONTENT).exists()]
        return {str(e["home"]): (str(e["kind"]), str(e["name"])) for e in entries if e is not None}

    def _destroy(self, entry: BinEntry) -> int:
        place = self._folder / entry.token
        with saving("the emptied bin"):
            if not place.is_dir():
                return sum(rows.forget(entry.token) for rows in self._rows)
            shutil.rmtree(place)
        return entry.size

    def _come_back(self, place: Path, entry: Mapping[str, Any]) -> None:
        action = self._restored.get(str(entry["kind"]))
        if action is not None:
            action(entry["record"])
        shutil.rmtree(place)

    def _home(self, entry: Mapping[str, Any]) -> Path:
        """Where the folder came from; never outside the project."""
        home = (self._project / str(entry["home"])).resolve()
        if home.parent.parent != self._project.resolve():
            raise DamagedError("The bin holds something whose place in the project is not known.")
        return self._project / str(entry["home"])

    def _new_place(self, name: str) -> tuple[str, Path]:
        number = time.time_ns()
        while (place := self._folder / f"{number}-{name}").exists():
            number += 1
        place.mkdir(parents=True)
        return place.name, place

    def _check_writable(self) -> None:
        if self._read_only:
            raise StudioError("The project is open for reading only, so nothing can be deleted or brought back here.")


def folder_size(folder: Path, *, freed: bool = False) -> int:
    """Bytes of all files in a folder; what vanishes meanwhile counts nothing.

    Of a file with several links its part counts; with ``freed`` nothing of it, for it stays when the folder goes.
    """
    total = 0
    for path in folder.rglob("*") if folder.is_dir() else []:
        try:
            found = path.lstat()
            if not path.is_dir():
                links = max(1, found.st_nlink)
                total += found.st_size // links if not freed or links == 1 else 0
        except FileNotFoundError:
            continue
    return total


def _entry(place: Path, *, measured: bool) -> BinEntry:
    size = folder_size(place) if measured else 0
    try:
        data = read_json(place / _ENTRY)
        return BinEntry(place.name, str(data["kind"]), str(data["name"]), float(data["deleted"]), size)
    except (OSError, DamagedError, KeyError, ValueError):
        words = text("The note about {name} in the bin is damaged; it must be brought back by hand.", name=place.name)
        return BinEntry(place.name, "unknown", place.name, 0.0, size, damage=words)


def _readable(place: Path) -> dict[str, Any] | None:
    try:
        return read_json(place / _ENTRY)
    except (OSError, DamagedError):
        return None
