"""The data sets of a project: a row each in project.db; what they hold in ``data/<slug>/``, the data floor's matter.

A sealed copy of the row lies beside the folder, from which it is taken up again should the database be lost.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from studio.config.base import validated
from studio.config.data import Choices
from studio.ground.errors import DamagedError, Text, UsageError, text
from studio.ground.files import LEFTOVER, read_json, write_json
from studio.projects.bin import Bin
from studio.projects.database import Database
from studio.projects.naming import check_name, is_slug, not_found, slug
from studio.projects.saving import saving
from studio.projects.tables import delete, find, insert, select, update

_DATA = "data"
_RECORD = ".record.json"
_MISSING = "The folder of the data set {name} is missing: {folder}."
_TAKEN_UP = "The data set {name} was missing from the list and was taken up again."


@dataclass(frozen=True, slots=True)
class DataSetRecord:
    """A data set as the project lists it.

    ``kind`` is one of ``studio.config.texts.DataKind``, ``size`` the typical (height, width) of pictures in pixels,
    ``labels`` counts the items of each value of each label, ``created`` is in seconds since 1970, ``folder`` relative
    to the project.
    """

    name: str
    folder: str = ""
    kind: str = "pictures"
    count: int = 0
    size: tuple[int, int] = (0, 0)
    channels: int = 3
    labels: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    source: str = ""
    created: float = 0.0
    choices: Choices = field(default_factory=Choices)
    former: tuple[str, ...] = ()
    """Names that it bore before: runs know their data set by the name that it had when they began."""
    captions: int | None = None
    """How many items are described in words; None where it was imported before that was counted."""
    characters: int = 0
    """Of texts: in all of them. ``distinct``: different ones. ``longest``: of one item."""
    distinct: int = 0
    longest: int = 0

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        plain = asdict(replace(self, choices=Choices()))
        return plain | {
            "size": list(self.size),
            "choices": self.choices.model_dump(mode="json"),
            "former": list(self.former),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> DataSetRecord:
        """The inverse. Raises DamagedError for anything else."""
        try:
            height, width = (int(side) for side in data["size"])
            choices = validated(Choices, data["choices"])
            former = tuple(str(name) for name in data.get("former", ()))
            record = cls(**(dict(data) | {"size": (height, width), "choices": choices, "former": former}))
        except (KeyError, TypeError, ValueError, UsageError) as error:
            raise DamagedError("The entry of a data set is damaged.") from error
        _slug_of(record)
        return record


class DataSets:
    """The data sets of one project."""

    def __init__(self, project: Path, database: Database, bin_: Bin, changed: Callable[[], None]) -> None:
        self._project = project
        self._database = database
        self._bin = bin_
        self._changed = changed
        self._read: dict[str, tuple[str, DataSetRecord]] = {}
        bin_.on_restored("data set", self._come_back)

    def all(self) -> list[DataSetRecord]:
        """All data sets by name."""
        rows = self._database.read(lambda c: select(c, "datasets", "ORDER BY name"))
        return [self._record(row) for row in rows]

    def get(self, name: str) -> DataSetRecord:
        """One data set, also by a name that it bore before. Raises UsageError with the nearest where there is none."""
        row = self._database.read(lambda c: find(c, "datasets", name))
        if row is not None:
            return self._record(row)
        records = self.all()
        renamed = next((record for record in records if name in record.former), None)
        if renamed is None:
            raise not_found("data set", name, (record.name for record in records))
        return renamed

    def folder(self, name: str) -> Path:
        """Where the pictures of a data set lie.

        Raises:
            DamagedError: the folder is gone.
        """
        record = self.get(name)
        found = self._project / record.folder
        if not found.is_dir():
            raise DamagedError(_MISSING, name=name, folder=record.folder)
        return found

    def check_new_name(self, name: str) -> str:
        """The name as it will be kept. Raises UsageError for one that is taken or cannot be a name."""
        name = check_name(name, "data set")
        for record in self.all():
            if record.name == name:
                raise UsageError("There is a data set {name} already; choose another name.", name=name)
            if name in record.former:
                raise UsageError(
                    "{other} was called {name} before, and its runs still know it by that name; choose another.",
                    other=record.name,
                    name=name,
                )
        return name

    def new_folder(self, name: str) -> Path:
        """A folder for the pictures of a new data set, not yet made; a job fills it, then :meth:`add` lists it."""
        data = self._project / _DATA
        present = data.iterdir() if data.is_dir() else ()
        taken = {path.name.partition(LEFTOVER)[0].removesuffix(_RECORD) for path in present}
        return data / slug(self.check_new_name(name), taken, "data")

    def add(self, record: DataSetRecord) -> DataSetRecord:
        """List a data set whose folder has been filled.

        Raises:
            UsageError: the name is taken, or the folder is none in ``data/``.
        """
        record = replace(record, name=self.check_new_name(record.name))
        if not (self._project / _DATA / _slug_of(record)).is_dir():
            raise UsageError("The data set {name} has no folder in the project.", name=record.name)
        with saving(f"the data set {record.name}"):
            self._write_beside(record)
        self._database.write(lambda c: insert(c, "datasets", _row(record)), f"the data set {record.name}")
        self._changed()
        return record

    def update(self, record: DataSetRecord) -> None:
        """Replace the entry of the data set of the same name."""
        before = self.get(record.name)
        record = replace(record, folder=before.folder)
        row = _row(record)
        self._database.write(lambda c: update(c, "datasets", [record.name], row), f"the data set {record.name}")
        self._read[record.name] = (row["record"], record)
        with saving(f"the data set {record.name}"):
            self._write_beside(record)
        self._changed()

    def rename(self, name: str, new: str) -> DataSetRecord:
        """Give a data set another name; its folder stays, and its runs still find it.

        Raises:
            UsageError: there is no such data set, or the new name is taken.
        """
        record = self.get(name)
        if new.strip() not in (record.name, *record.former):
            new = self.check_new_name(new)
        new = check_name(new, "data set")
        if new == record.name:
            return record
        former = tuple(dict.fromkeys(old for old in (*record.former, record.name) if old != new))
        renamed = replace(record, name=new, former=former)
        self._database.write(lambda c: _replace(c, record.name, renamed), f"the data set {record.name}")
        with saving(f"the data set {new}"):
            self._write_beside(renamed)
        self._changed()
        return renamed

    def remove(self, name: str) -> str:
        """Move a data set to the bin; returns the token that brings it back."""
        record = self.get(name)
        folder = self.folder(name)
        token = self._bin.move_in(folder, kind="data set", name=name, record=record.to_json())
        self._forget(record)
        self._changed()
        return token

    def forget_missing(self, name: str) -> None:
        """Take a data set whose folder is gone from the list."""
        record = self.get(name)
        if (self._project / record.folder).is_dir():
            raise UsageError("The data set {name} is there; delete it instead.", name=name)
        self._forget(record)
        self._changed()

    def recover(self) -> tuple[Text, ...]:
        """On opening: finish what a crash left half done; says which data sets lack their folder or came back."""
        binned = {home for home, (kind, _) in self._bin.deleted_folders().items() if kind == "data set"}
        losses: list[Text] = []
        for record in self.all():
            if (self._project / record.folder).is_dir():
                continue
            if record.folder in binned:
                self._forget(record)
            else:
                losses.append(missing_folder(record))
        return (*losses, *self._take_up())

    def _take_up(self) -> list[Text]:
        """List again what lies in ``data/`` with its record and is not in the database."""
        known = {record.name for record in self.all()}
        found: list[Text] = []
        for path in sorted((self._project / _DATA).glob(f"*{_RECORD}")):
            record = _read_beside(path)
            if record is None or record.name in known or not (self._project / record.folder).is_dir():
                continue
            self._insert(record)
            found.append(text(_TAKEN_UP, name=record.name))
        return found

    def _come_back(self, data: Mapping[str, Any]) -> None:
        """Back from the bin; under another name where a new data set has taken its own."""
        record = DataSetRecord.from_json(data)
        others = {other.name: other for other in self.all()}
        if record.name in others and others[record.name].folder != record.folder:
            free = next(n for i in range(2, len(others) + 3) if (n := f"{record.name} ({i})") not in others)
            record = replace(record, name=free)
        if record.name not in others:
            self._insert(record)
        self._write_beside(record)
        self._changed()

    def _record(self, row: Mapping[str, Any]) -> DataSetRecord:
        """The record of a row; one that has not changed is not read again, for it may hold ten thousands of names."""
        name, words = row["name"], row["record"]
        known = self._read.get(name)
        if known is None or known[0] != words:
            known = self._read[name] = (words, _record(row))
        return known[1]

    def _insert(self, record: DataSetRecord) -> None:
        self._database.write(lambda c: insert(c, "datasets", _row(record)), f"the data set {record.name}")

    def _forget(self, record: DataSetRecord) -> None:
        self._database.write(lambda c: delete(c, "datasets", record.name), f"the data set {record.name}")
        self._beside(record).unlink(missing_ok=True)

    def _beside(self, record: DataSetRecord) -> Path:
        return self._project / _DATA / f"{_slug_of(record)}{_RECORD}"

    def _write_beside(self, record: DataSetRecord) -> None:
        write_json(self._beside(record), record.to_json())


def _replace(connection: sqlite3.Connection, name: str, record: DataSetRecord) -> None:
    """Put another row in the place of one, in the transaction of the caller."""
    delete(connection, "datasets", name)
    insert(connection, "datasets", _row(record))


def missing_folder(record: DataSetRecord) -> Text:
    """The sentence for a data set whose folder is gone."""
    return text(_MISSING, name=record.name, folder=record.folder)


def _slug_of(record: DataSetRecord) -> str:
    """The last part of ``data/<slug>``. Raises DamagedError for a folder anywhere else."""
    parent, _, name = record.folder.partition("/")
    if parent != _DATA or not is_slug(name):
        raise DamagedError("The data set {name} points outside the project.", name=record.name)
    return name


def _row(record: DataSetRecord) -> dict[str, str]:
    return {"name": record.name, "record": json.dumps(record.to_json())}


def _record(row: Mapping[str, Any]) -> DataSetRecord:
    try:
        return DataSetRecord.from_json(json.loads(row["record"]))
    except (ValueError, RecursionError) as error:
        raise DamagedError("The entry of the data set {name} is damaged.", name=row["name"]) from error


def _read_beside(path: Path) -> DataSetRecord | None:
    try:
        return DataSetRecord.from_json(read_json(path))
    except (OSError, DamagedError):
        return None
