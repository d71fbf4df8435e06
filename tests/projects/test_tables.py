"""Seals over rows and tables: what was altered, lost, doubled or slipped in is noticed; old formats are brought up."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from studio.ground.errors import DamagedError, StudioError
from studio.projects import tables
from studio.projects.tables import (
    MIGRATIONS,
    Migration,
    begin,
    delete,
    find,
    insert,
    migrate,
    problems,
    put,
    select,
    update,
)

NAMES = ("a", "b", "c")


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    opened = sqlite3.connect(":memory:", isolation_level=None)
    begin(opened)
    for name in NAMES:
        insert(opened, "state", {"key": name, "value": f"value of {name}"})
    yield opened
    opened.close()


def test_rows_come_back_as_they_were(connection: sqlite3.Connection) -> None:
    assert find(connection, "state", "b") == {"key": "b", "value": "value of b"}
    update(connection, "state", ["a", "b"], {"value": "new"})
    put(connection, "state", {"key": "c", "value": "put"})
    assert delete(connection, "state", "b") and not delete(connection, "state", "b")
    assert [row["value"] for row in select(connection, "state", "ORDER BY key")] == ["new", "put"]
    assert find(connection, "state", "b") is None and problems(connection) == []


def test_a_thousand_rows_at_once(connection: sqlite3.Connection) -> None:
    keys = [f"k{n}" for n in range(1234)]
    for key in keys:
        insert(connection, "state", {"key": key, "value": "1"})
    update(connection, "state", keys, {"value": "2"})
    assert {row["value"] for row in select(connection, "state", "WHERE key LIKE 'k%'")} == {"2"}
    assert problems(connection) == []


def test_updating_what_is_not_there(connection: sqlite3.Connection) -> None:
    with pytest.raises(KeyError):
        update(connection, "state", ["a", "z"], {"value": "new"})


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE state SET value = 'other' WHERE key = 'a'",
        "UPDATE state SET value = CAST(value AS BLOB) WHERE key = 'a'",
        "UPDATE state SET seal = seal + 1 WHERE key = 'a'",
        "DELETE FROM state WHERE key = 'a'",
        "DELETE FROM state",
        "DELETE FROM sums",
        "UPDATE sums SET total = total + 1 WHERE name = 'state'",
        "INSERT INTO state SELECT 'd', value, seal FROM state WHERE key = 'a'",
        "CREATE TRIGGER evil AFTER INSERT ON state BEGIN DELETE FROM state; END",
        "CREATE VIEW v AS SELECT * FROM state",
        "DROP INDEX creations_by_time",
        "ALTER TABLE state RENAME COLUMN value TO valve",
        "PRAGMA user_version = 0",
        "PRAGMA user_version = 77",
        "PRAGMA application_id = 1",
    ],
)
def test_a_change_behind_our_back_is_noticed(connection: sqlite3.Connection, change: str) -> None:
    assert problems(connection) == []
    connection.execute(change)
    assert problems(connection) != []


def test_exchanged_rows_are_noticed(connection: sqlite3.Connection) -> None:
    """The sums of the table stay the same: here the seal of each row must speak."""
    connection.execute("UPDATE state SET key = 'x' WHERE key = 'a'")
    connection.execute("UPDATE state SET key = 'a' WHERE key = 'b'")
    connection.execute("UPDATE state SET key = 'b' WHERE key = 'x'")
    assert len(problems(connection)) == 2
    with pytest.raises(DamagedError):
        find(connection, "state", "a")


def test_a_newer_version_is_refused(connection: sqlite3.Connection) -> None:
    migrate(connection, (*MIGRATIONS, Migration(len(MIGRATIONS) + 1, lambda c: None)))
    with pytest.raises(StudioError, match="newer version"):
        problems(connection)


def test_migrations_are_numbered_without_a_gap() -> None:
    assert [step.version for step in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


def test_the_first_version_is_what_it_always_was() -> None:
    """The format of the first release, for ever: a change here breaks the projects of users."""
    connection = sqlite3.connect(":memory:")
    MIGRATIONS[0].apply(connection)
    columns = {name: tables.columns_of(connection, name) for name in ("about", "state", "datasets", "creations")}
    connection.close()
    assert columns == {
        "about": ["key", "value"],
        "state": ["key", "value"],
        "datasets": ["name", "record"],
        "creations": [
            "id", "file", "sha256", "bytes", "width", "height", "kind", "family", "run", "created", "starred", "binned",
            "note", "words", "request",
        ],
    }  # fmt: skip


def test_a_seal_never_changes() -> None:
    assert tables.row_seal("state", ["a", "ä", 1, 2.5, None]) == -5108911268227557134
