"""A creation: a PNG file in ``gallery/`` that carries the request that made it, and the row that lists it."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio.ground.errors import DamagedError, UsageError
from studio.ground.files import LEFTOVER, replace, sync
from studio.projects.pictures import decode_png, encode_png, read_note
from studio.projects.tables import insert

_LONGEST_TEXT = 4096  # of what a search looks in; longer is a picture, not words


@dataclass(frozen=True, slots=True)
class Creation:
    """A kept picture. ``created`` in seconds since 1970, ``bytes`` of its file, ``request_json`` as :attr:`request`."""

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
        try:
            found = json.loads(self.request_json)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):  # a project from a stranger may hold anything under a good seal
            raise DamagedError("The creation {id} does not say how it was made.", id=self.id)
        return found


@dataclass(frozen=True, slots=True)
class Filter:
    """Which creations: all words of ``text`` appear in note, run, family, labels or prompt; None means any."""

    text: str = ""
    run: str | None = None
    family: str | None = None
    kind: str | None = None
    starred: bool | None = None


def read_birth_certificate(path: Path) -> dict[str, Any]:
    """How a picture was made, from its file alone: ``request``, ``run``, ``family``, ``kind``, ``note``, ``created``,
    and the digest of its ``pixels``.

    Raises:
        UsageError: the studio did not make it, or there is no such file.
        DamagedError: it cannot be read.
    """
    note = read_note(path)
    if not isinstance(note.get("request"), dict):
        raise UsageError("{name} does not say how it was made.", name=path.name)
    return {name: note.get(name) for name in ("request", "run", "family", "kind", "note", "created", "pixels")}


def write_files(folder: Path, pictures: np.ndarray, notes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Write all files, flush them, then let them appear; returns their rows. Nothing stays where one fails."""
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
            rows.append(row_of(path.name, data, picture.shape, note))
        for part, path in zip(parts[:-1], paths[:-1], strict=True):
            part.rename(path)
        replace(parts[-1], paths[-1])
    except BaseException:
        for path in (*parts, *paths):
            path.unlink(missing_ok=True)
        raise
    return rows


def moved_in(folder: Path, files: Sequence[Path]) -> list[dict[str, Any]]:
    """Move finished files of ours into ``folder``, on the same disk; returns their rows. What is none of ours stays
    where it is.
    """
    folder.mkdir(exist_ok=True)
    stem = f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:8]}"
    rows = []
    for number, file in enumerate(files):
        for row in found_again(file.parent, [file.name]):
            path = folder / f"{stem}-{number:06d}.png"
            replace(file, path)
            rows.append(row | {"file": path.name})
    return rows


def found_again(folder: Path, names: Iterable[str]) -> list[dict[str, Any]]:
    """Rows for files of ours that no row lists; other files are left alone."""
    rows = []
    for name in names:
        try:
            data = (folder / name).read_bytes()
            pixels, note = decode_png(data, name)
        except (OSError, DamagedError):
            continue
        if isinstance(note.get("request"), dict):
            rows.append(row_of(name, data, pixels.shape, note))
    return rows


def row_of(name: str, data: bytes, shape: tuple[int, ...], note: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a file: ``data`` are its bytes, ``shape`` is (H, W, C), ``note`` what it carries."""
    about = {key: str(note[key]) for key in ("kind", "family", "run", "note")}
    words = search_words(note["request"], note=about["note"], run=about["run"], family=about["family"])
    size = {"height": int(shape[0]), "width": int(shape[1]), "bytes": len(data)}
    marks = {"starred": 0, "binned": "", "words": words, "created": float(note["created"])}
    seal = {"file": name, "sha256": hashlib.sha256(data).hexdigest(), "request": json.dumps(note["request"])}
    return about | size | marks | seal


def insert_rows(connection: sqlite3.Connection, rows: Iterable[Mapping[str, Any]]) -> list[int]:
    """List files; returns their new ids."""
    first = int(connection.execute("SELECT coalesce(max(id), 0) FROM creations").fetchone()[0]) + 1
    ids = []
    for id, row in enumerate(rows, first):
        insert(connection, "creations", dict(row) | {"id": id})
        ids.append(id)
    return ids


def creation_of(row: Mapping[str, Any]) -> Creation:
    """The creation that a row lists."""
    taken = {name: row[name] for name in Creation.__slots__ if name in row}
    return Creation(**(taken | {"starred": bool(row["starred"]), "request_json": row["request"]}))


def where_clause(filter: Filter | str) -> tuple[str, list[Any]]:
    """The clause with ``?`` marks that lets through what the filter does and is not in the bin, and the values."""
    filter = Filter(text=filter) if isinstance(filter, str) else filter
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


def search_words(request: Mapping[str, Any], *, note: str, run: str, family: str) -> str:
    """What a search looks in: the user's note, run and family, and the texts inside the request (labels, prompts)."""
    words = " ".join([note, run, family, *_texts(request)])
    return " ".join(words.lower().split())


def _texts(value: Any) -> list[str]:
    """All texts inside a request, with the keys that lead to one (``hair``: ``red``); pictures inside are none."""
    if isinstance(value, str):
        return [value] if len(value) <= _LONGEST_TEXT else []
    if isinstance(value, Mapping):
        pairs = ((str(key), _texts(inner)) for key, inner in value.items())
        return [word for key, inner in pairs if inner for word in (key, *inner)]
    return [word for inner in value for word in _texts(inner)] if isinstance(value, (list, tuple)) else []


def time_of(token: str) -> float:
    """When a deletion was made (seconds since 1970), from its token."""
    digits = token.rpartition("-")[2]
    return int(digits) / 1e9 if digits.isdecimal() else 0.0
