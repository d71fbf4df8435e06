"""The gallery: pictures that the user kept, each with the request that made it.

A creation is a PNG file in ``gallery/`` and a row in project.db. The file carries the request too, so that a picture
that left the project says how it was made, and so that the gallery is found again should the database be lost.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import numpy as np

from studio.ground.errors import DamagedError, StudioError, Text, UsageError, text
from studio.ground.files import sweep_leftovers
from studio.projects.bin import BinEntry
from studio.projects.creations import (
    Creation,
    Filter,
    creation_of,
    found_again,
    insert_rows,
    moved_in,
    read_birth_certificate,
    search_words,
    time_of,
    where_clause,
    write_files,
)
from studio.projects.database import Database
from studio.projects.pictures import checked_pixels, decode_png
from studio.projects.saving import saving
from studio.projects.tables import delete, find, select, update

__all__ = ["Creation", "Filter", "Gallery", "Order", "read_birth_certificate"]

Order = Literal["newest", "oldest"]
_WHAT = "the creations"
_READ_ONLY = "The project is open for reading only, so nothing can be kept in it."
_BUNDLE = 64
_TAKEN_UP = "{count} pictures of the gallery were missing from its list and were taken up again."


class Gallery:
    """The creations of one project."""

    def __init__(self, project: Path, database: Database, changed: Callable[[], None]) -> None:
        self.folder = project / "gallery"
        self._database = database
        self._changed = changed

    def keep(
        self,
        pictures: np.ndarray,
        request: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        run: str = "",
        family: str = "",
        kind: str = "picture",
        note: str = "",
    ) -> list[int]:
        """Keep pictures (N, H, W, C) uint8; returns their ids after everything is on the disk.

        Args:
            request: what makes the pictures again: one for all, or one for each.
            note: the user's own words.

        Raises:
            StudioError: it could not be saved; nothing is kept then.
        """
        pixels = checked_pixels(pictures)
        requests = [request] * len(pixels) if isinstance(request, Mapping) else list(request)
        if len(requests) != len(pixels):
            raise UsageError("{pictures} pictures need one request or as many.", pictures=len(pixels))
        if self._database.read_only:
            raise StudioError(_READ_ONLY)
        about = {"run": run, "family": family, "kind": kind, "note": note, "created": time.time()}
        with saving(_WHAT):
            rows = write_files(self.folder, pixels, [about | {"request": dict(one)} for one in requests])
        ids = self._database.write(lambda c: insert_rows(c, rows), _WHAT)
        self._changed()
        return ids

    def take_up(self, files: Sequence[Path]) -> list[int]:
        """Keep pictures that lie finished elsewhere in the project, each with what makes it again; returns their ids.

        They come in bundles: what a crash cuts off is kept or still lies where it was.

        Raises:
            StudioError: it could not be saved; the bundles before it are kept.
        """
        if self._database.read_only:
            raise StudioError(_READ_ONLY)
        ids: list[int] = []
        for start in range(0, len(files), _BUNDLE):
            with saving(_WHAT):
                rows = moved_in(self.folder, files[start : start + _BUNDLE])
            ids += self._database.write(lambda c, rows=rows: insert_rows(c, rows), _WHAT)  # type: ignore[misc]
        for folder in {file.parent for file in files}:
            with suppress(OSError):  # what is none of ours is still in it
                folder.rmdir()
        self._changed()
        return ids

    def query(
        self, filter: Filter | str = "", *, order: Order = "newest", offset: int = 0, limit: int = 200
    ) -> list[Creation]:
        """Creations that the filter (or the words) let through, by time."""
        clause, values = where_clause(filter)
        down = "DESC" if order == "newest" else "ASC"
        tail = f"{clause} ORDER BY created {down}, id {down} LIMIT ? OFFSET ?"
        rows = self._database.read(lambda c: select(c, "creations", tail, [*values, limit, offset]))
        return [creation_of(row) for row in rows]

    def listing(self, filter: Filter | str = "", *, order: Order = "newest") -> list[tuple[int, bool]]:
        """Ids and stars of all creations that the filter lets through, by time: quick also for ten thousand."""
        clause, values = where_clause(filter)
        down = "DESC" if order == "newest" else "ASC"
        statement = f"SELECT id, starred FROM creations {clause} ORDER BY created {down}, id {down}"
        rows = self._database.read(lambda c: c.execute(statement, values).fetchall())
        return [(int(row[0]), bool(row[1])) for row in rows]

    def some(self, ids: Sequence[int]) -> list[Creation]:
        """The creations of these ids, in the order of their ids; those in the bin and unknown ones are left out."""
        marks = ",".join("?" * len(ids))
        clause = f"WHERE id IN ({marks}) AND binned = '' ORDER BY id"
        rows = self._database.read(lambda c: select(c, "creations", clause, list(ids)))
        return [creation_of(row) for row in rows]

    def kinds(self) -> dict[str, list[str]]:
        """Which values of ``run``, ``family`` and ``kind`` there are among the creations, in their order."""
        names = ("run", "family", "kind")
        statement = "SELECT DISTINCT {0} FROM creations WHERE binned = '' ORDER BY {0}"
        return self._database.read(
            lambda c: {name: [row[0] for row in c.execute(statement.format(name))] for name in names}
        )

    def count(self, filter: Filter | str = "") -> int:
        """How many creations the filter lets through."""
        clause, values = where_clause(filter)
        statement = f"SELECT count(*) FROM creations {clause}"
        return int(self._database.read(lambda c: c.execute(statement, values).fetchone()[0]))

    def get(self, id: int) -> Creation:
        """One creation. Raises UsageError where there is none of that number."""
        row = self._database.read(lambda c: find(c, "creations", id))
        if row is None or row["binned"]:
            raise UsageError("There is no creation {id}.", id=id)
        return creation_of(row)

    def path(self, creation: Creation) -> Path:
        """Its file. Raises DamagedError where the entry points elsewhere."""
        if creation.file != Path(creation.file).name or not creation.file.endswith(".png"):
            raise DamagedError("The entry of the creation {id} points outside the gallery.", id=creation.id)
        return self.folder / creation.file

    def picture(self, creation: Creation) -> np.ndarray:
        """The picture (H, W, C) uint8; any thread may ask.

        Raises:
            DamagedError: the file is gone or is not what was kept.
        """
        path = self.path(creation)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise DamagedError("The picture {name} of the gallery cannot be read.", name=path.name) from error
        if hashlib.sha256(data).hexdigest() != creation.sha256:
            raise DamagedError("The picture {name} of the gallery is damaged: it is not what was kept.", name=path.name)
        return decode_png(data, path.name)[0]

    def star(self, ids: Iterable[int], starred: bool = True) -> None:
        """Mark creations, or take the mark away."""
        self._change(list(ids), {"starred": int(starred)})

    def set_note(self, id: int, note: str) -> None:
        """Change the user's words about a creation."""
        creation = self.get(id)
        words = search_words(creation.request, note=note, run=creation.run, family=creation.family)
        self._change([id], {"note": note, "words": words})

    def delete(self, ids: Iterable[int]) -> str:
        """Move creations to the bin; returns the token that brings them back."""
        token = f"creations-{time.time_ns()}"
        self._change(list(ids), {"binned": token})
        return token

    def recover(self) -> tuple[Text, ...]:
        """On opening: sweep leftovers, take up pictures that the database does not know, name those that are gone."""
        if not self.folder.is_dir():
            return self._missing(set())
        sweep_leftovers(self.folder)
        present = {entry.name for entry in os.scandir(self.folder) if entry.name.endswith(".png")}
        listed = self._database.read(lambda c: c.execute("SELECT file FROM creations").fetchall())
        found = found_again(self.folder, sorted(present - {row[0] for row in listed}))
        losses = self._missing(present)
        if found:
            self._database.write(lambda c: insert_rows(c, found), _WHAT)
            losses += (text(_TAKEN_UP, count=len(found)),)
        return losses

    def check(self) -> tuple[Text, ...]:
        """Read every picture; names those that are damaged."""
        losses: list[Text] = []
        for creation in self.query(limit=-1):
            try:
                self.picture(creation)
            except DamagedError as error:
                losses.append(error.text)
        return tuple(losses)

    # --- the bin asks ----------------------------------------------------------------------------------------

    def binned(self) -> list[BinEntry]:
        """Deleted creations, one entry for each deletion."""
        statement = "SELECT binned, count(*), sum(bytes) FROM creations WHERE binned <> '' GROUP BY binned"
        rows = self._database.read(lambda c: c.execute(statement).fetchall())
        return [BinEntry(row[0], "creations", "", time_of(row[0]), row[2], row[1]) for row in rows]

    def restore(self, token: str) -> bool:
        """Bring back what was deleted under ``token``; whether there was anything."""
        ids = self._binned_ids(token)
        if ids:
            self._change(ids, {"binned": ""}, binned=True)
        return bool(ids)

    def forget(self, token: str) -> int:
        """Destroy what was deleted under ``token``; the bytes that were freed."""
        rows = self._database.read(lambda c: select(c, "creations", "WHERE binned = ?", [token]))
        if not rows:
            return 0
        for row in rows:
            self.path(creation_of(row)).unlink(missing_ok=True)
        self._database.write(lambda c: [delete(c, "creations", row["id"]) for row in rows], _WHAT)
        return sum(int(row["bytes"]) for row in rows)

    def _binned_ids(self, token: str) -> list[int]:
        if not token.startswith("creations-"):
            return []
        rows = self._database.read(lambda c: c.execute("SELECT id FROM creations WHERE binned = ?", [token]).fetchall())
        return [row[0] for row in rows]

    def _change(self, ids: Sequence[int], changes: Mapping[str, Any], *, binned: bool = False) -> None:
        statement = f"SELECT id FROM creations WHERE binned {'<>' if binned else '='} ''"

        def apply(connection: sqlite3.Connection) -> None:
            present = {row[0] for row in connection.execute(statement)}
            for id in ids:
                if id not in present:
                    raise UsageError("There is no creation {id}.", id=id)
            update(connection, "creations", ids, changes)

        self._database.write(apply, _WHAT)
        self._changed()

    def _missing(self, present: set[str]) -> tuple[Text, ...]:
        rows = self._database.read(lambda c: c.execute("SELECT file FROM creations WHERE binned = ''").fetchall())
        gone = sorted({row[0] for row in rows} - present)
        if not gone:
            return ()
        names = ", ".join(gone[:5]) + (", …" if len(gone) > 5 else "")
        return (text("{count} pictures of the gallery are missing: {names}.", count=len(gone), names=names),)
