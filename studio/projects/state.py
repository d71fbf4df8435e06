"""The state of the window and other small values that move often: gathered to one write a second."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Mapping
from typing import Any

from studio.projects.database import Database
from studio.projects.tables import delete, put, select
from studio.projects.writer import transact


class State:
    """Values by key, as JSON holds them. Reading never touches the disk.

    In a project that is open for reading only, changes last as long as the object.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        rows = database.read(lambda connection: select(connection, "state"))
        self._values: dict[str, str] = {row["key"]: row["value"] for row in rows if _is_json(row["value"])}
        self._changed: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        """The value under ``key``; a fresh copy, free to be changed."""
        with self._lock:
            value = self._values.get(key)
        return default if value is None else json.loads(value)

    def set(self, key: str, value: Any) -> None:
        """Keep a value; it is on the disk within about a second, or after :meth:`flush`. None forgets the key.

        Raises:
            TypeError, ValueError: JSON cannot hold the value.
        """
        plain = None if value is None else json.dumps(value, allow_nan=False, separators=(",", ":"))
        with self._lock:
            if self._values.get(key) == plain:
                return
            self._values.pop(key, None)
            if plain is not None:
                self._values[key] = plain
            self._changed.add(key)
        if not self._database.read_only:
            self._database.later("state", self._write)

    def keys(self) -> list[str]:
        """All keys that have a value."""
        with self._lock:
            return sorted(self._values)

    def flush(self) -> None:
        """Write now. Raises StudioError where that fails; it stays to be written."""
        self._database.flush("state")

    def _write(self, connection: sqlite3.Connection) -> None:
        """Write what has changed since the last commit; runs in the writer's thread. Forgotten only once committed."""
        with self._lock:
            changes = {key: self._values.get(key) for key in self._changed}
        transact(connection, lambda c: _apply(c, changes))
        with self._lock:
            self._changed -= {key for key, value in changes.items() if self._values.get(key) == value}


def _is_json(value: str) -> bool:
    """Whether it is: a project from a stranger may hold anything under a good seal."""
    try:
        json.loads(value)
    except (ValueError, RecursionError):
        return False
    return True


def _apply(connection: sqlite3.Connection, changes: Mapping[str, str | None]) -> None:
    for key, value in changes.items():
        if value is None:
            delete(connection, "state", key)
        else:
            put(connection, "state", {"key": key, "value": value})
