"""The gallery: pictures that the user kept, each with the request that made it.

A creation is a PNG file in ``gallery/`` and a row in project.db. The file carries the request too, so that a picture that
left the project says how it was made, and so that the gallery is found again should the database be lost.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from studio.ground.errors import DamagedError, StudioError, Text, UsageError, text
from studio.ground.files import LEFTOVER, replace, sweep_leftovers, sync
from studio.projects.bin import BinEntry
from studio.projects.database import Database
from studio.projects.pictures import checked_pixels, decode_png, encode_png, read_note, words_of
from studio.projects.saving import saving
from studio.projects.tables import delete, find, insert, select, update

Order = Literal["newest", "oldest"]
_WHAT = "the creations"


@dataclass(frozen=True, slots=True)
class Creation:
    """A kept picture. ``created`` in seconds since 1970; ``request_json`` is the request as text, see :attr:`request`."""

    id: int
    file: str
    sha256: str
    bytes: int
    width: int
    height: int
    kind: str
    family: str
    run: str
    created: float
    starred: bool
    note: str
    request_json: str

    @property
    def request(self) -> dict[str, Any]:
        """The request that makes this picture again, as plain data."""
        found: dict[str, Any] = json.loads(self.request_json)
        return found


@dataclass(frozen=True, slots=True)
class Filter:
    """Which creations: all words of ``text`` appear in note, run, family, labels or prompt; None means any."""

    text: str = ""
    run: str | None = None
    family: str | None = None
    kind: str | None = None
    starred: bool | None = None


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
            raise StudioError("The project is open for reading only, so nothing can be kept in it.")
        about = {"run": run, "family": family, "kind": kind, "note": note, "created": time.time()}
        with saving(_WHAT):
            rows = _write_files(self.folder, pixels, [about | {"request": dict(one)} for one in requests])
        ids = self._database.write(lambda c: _insert_rows(c, rows), _WHAT)
        self._changed()
        return ids

    def query(
        self, filter: Filter | str = Filter(), *, order: Order = "newest", offset: int = 0, limit: int = 200
    ) -> list[Creation]:
        """Creations that the filter (or the words) let through, by time."""
        where, values = _where(_as_filter(filter))
        down = "DESC" if order == "newest" else "ASC"
        tail = f"{where} ORDER BY created {down}, id {down} LIMIT ? OFFSET ?"
        rows = self._database.read(lambda c: select(c, "creations", tail, [*values, limit, offset]))
        return [_creation(row) for row in rows]

    def count(self, filter: Filter | str = Filter()) -> int:
        """How many creations the filter lets through."""
        where, values = _where(_as_filter(filter))
        return int(self._database.read(lambda c: c.execute(f"SELECT count(*) FROM creations {where}", values).fetchone()[0]))

    def get(self, id: int) -> Creation:
        """One creation. Raises UsageError where there is none of that number."""
        row = self._database.read(lambda c: find(c, "creations", id))
        if row is None or row["binned"]:
            raise UsageError("There is no creation {id}.", id=id)
        return _creation(row)

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
            raise DamagedError("The picture {name} of the gallery is missing or cannot be read.", name=path.name) from error
        if hashlib.sha256(data).hexdigest() != creation.sha256:
            raise DamagedError("The picture {name} of the gallery is damaged: it is not what was kept.", name=path.name)
        return decode_png(data, path.name)[0]

    def star(self, ids: Iterable[int], starred: bool = True) -> None:
        """Mark creations, or take the mark away."""
        self._change(list(ids), {"starred": int(starred)})

    def set_note(self, id: int, note: str) -> None:
        """Change the user's words about a creation."""
        creation = self.get(id)
        words = _words(creation.request, note=note, run=creation.run, family=creation.family)
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
        found = _found_again(self.folder, sorted(present - {row[0] for row in listed}))
        losses = self._missing(present)
        if found:
            self._database.write(lambda c: _insert_rows(c, found), _WHAT)
            losses += (text("{count} pictures of the gallery were missing from its list and were taken up again.", count=len(found)),)  # noqa: E501
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
        return [BinEntry(row[0], "creations", "", _time_of(row[0]), row[2], row[1]) for row in rows]

    def restore(self, token: str) -> bool:
        """Bring back what was deleted under ``token``; whether there was anything."""
        ids = self._binned_ids(token)
        if ids:
            self._change(ids, {"binned": ""}, binned=True)
        return bool(ids)

    def forget(self, token: str) -> int:
        """Destroy what was deleted under ``token``; the bytes that were freed."""
        rows = self._database.read(lambda c: select(c, "creations", "WHERE binned = ?", [token]))
        for row in rows:
            self.path(_creation(row)).unlink(missing_ok=True)
        self._database.write(lambda c: [delete(c, "creations", row["id"]) for row in rows], _WHAT)
        return sum(int(row["bytes"]) for row in rows)

    def _binned_ids(self, token: str) -> list[int]:
        if not token.startswith("creations-"):
            return []
        rows = self._database.read(lambda c: c.execute("SELECT id FROM creations WHERE binned = ?", [token]).fetchall())
        return [row[0] for row in rows]

    def _change(self, ids: Sequence[int], changes: Mapping[str, Any], *, binned: bool = False) -> None:
        def apply(connection: sqlite3.Connection) -> None:
            for id in ids:
                row = find(connection, "creations", id)
                if row is None or bool(row["binned"]) != binned:
                    raise UsageError("There is no creation {id}.", id=id)
                update(connection, "creations", id, changes)

        self._database.write(apply, _WHAT)
        self._changed()

    def _missing(self, present: set[str]) -> tuple[Text, ...]:
        rows = self._database.read(lambda c: c.execute("SELECT file FROM creations WHERE binned = ''").fetchall())
        gone = sorted({row[0] for row in rows} - present)
        if not gone:
            return ()
        return (text("{count} pictures of the gallery are missing: {names}.", count=len(gone), names=", ".join(gone[:5])),)


def read_birth_certificate(path: Path) -> dict[str, Any]:
    """How a picture was made, from its file alone: ``request``, ``run``, ``family``, ``kind``, ``note``, ``created``.

    Raises:
        UsageError: the studio did not make it, or there is no such file.
        DamagedError: it cannot be read.
    """
    note = read_note(path)
    if not isinstance(note.get("request"), dict):
        raise UsageError("{name} does not say how it was made.", name=path.name)
    return {name: note.get(name) for name in ("request", "run", "family", "kind", "note", "created")}


def _write_files(folder: Path, pictures: np.ndarray, notes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Write all files, flush them, then let them appear; the rows that list them. Nothing stays where one fails."""
    folder.mkdir(exist_ok=True)
    stem = f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:8]}"
    paths = [folder / f"{stem}-{number:03d}.png" for number in range(len(pictures))]
    parts = [path.with_name(f"{path.name}{LEFTOVER}0") for path in paths]
    rows = []
    try:
        for part, path, picture, note in zip(parts, paths, pictures, notes, strict=True):
            data = encode_png(picture, note)
            part.write_bytes(data)
            sync(part)
            rows.append(_row(path.name, data, picture.shape, note))
        for part, path in zip(parts[:-1], paths[:-1], strict=True):
            part.rename(path)
        replace(parts[-1], paths[-1])
    except BaseException:
        for path in (*parts, *paths):
            path.unlink(missing_ok=True)
        raise
    return rows


def _found_again(folder: Path, names: Iterable[str]) -> list[dict[str, Any]]:
    """Rows for files of ours that no row lists; other files are left alone."""
    rows = []
    for name in names:
        try:
            data = (folder / name).read_bytes()
            pixels, note = decode_png(data, name)
        except (OSError, DamagedError):
            continue
        if isinstance(note.get("request"), dict):
            rows.append(_row(name, data, pixels.shape, note))
    return rows


def _row(name: str, data: bytes, shape: tuple[int, ...], note: Mapping[str, Any]) -> dict[str, Any]:
    about = {key: str(note[key]) for key in ("kind", "family", "run", "note")}
    words = _words(note["request"], note=about["note"], run=about["run"], family=about["family"])
    measures = {"height": int(shape[0]), "width": int(shape[1]), "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    state = {"created": float(note["created"]), "starred": 0, "binned": "", "words": words}
    return about | measures | state | {"file": name, "request": json.dumps(note["request"])}


def _insert_rows(connection: sqlite3.Connection, rows: Iterable[Mapping[str, Any]]) -> list[int]:
    first = int(connection.execute("SELECT coalesce(max(id), 0) FROM creations").fetchone()[0]) + 1
    ids = []
    for id, row in enumerate(rows, first):
        insert(connection, "creations", dict(row) | {"id": id})
        ids.append(id)
    return ids


def _creation(row: Mapping[str, Any]) -> Creation:
    taken = {name: row[name] for name in Creation.__slots__ if name in row}
    return Creation(**(taken | {"starred": bool(row["starred"]), "request_json": row["request"]}))


def _as_filter(filter: Filter | str) -> Filter:
    return Filter(text=filter) if isinstance(filter, str) else filter


def _where(filter: Filter) -> tuple[str, list[Any]]:
    clauses, values = ["binned = ''"], []
    for name in ("run", "family", "kind"):
        if getattr(filter, name) is not None:
            clauses.append(f"{name} = ?")
            values.append(getattr(filter, name))
    if filter.starred is not None:
        clauses.append("starred = ?")
        values.append(int(filter.starred))
    for word in filter.text.lower().split():
        clauses.append("instr(words, ?) > 0")
        values.append(word)
    return f"WHERE {' AND '.join(clauses)}", values


def _words(request: Mapping[str, Any], *, note: str, run: str, family: str) -> str:
    """What a search looks in: the user's note, run and family, and the texts inside the request (labels, prompts)."""
    return words_of([note, run, family, *_texts(request)])


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [found for key, inner in value.items() if inner not in (None, "", {}, []) for found in (str(key), *_texts(inner))]
    return [found for inner in value for found in _texts(inner)] if isinstance(value, (list, tuple)) else []


def _time_of(token: str) -> float:
    return int(token.rpartition("-")[2]) / 1e9
