"""The tables of ``project.db``: how they came to be, and the seals that notice when a row was changed behind our back.

SQLite does not notice a flipped bit (of 200 flips 66 changed an answer, and ``integrity_check`` passed 22 of these).
So every row ends with a seal over its values, and ``sums`` holds for every table the number of its rows and the sum
of their seals, changed in the same transaction. A row that was altered, lost, doubled or slipped in is noticed,
whenever the damage happened; nothing has to be written a second time for it.

:data:`MIGRATIONS` is kept for ever: a project of any age is brought to the present by the steps that it has not taken.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from studio.ground.errors import DamagedError, StudioError
from studio.projects.connecting import UNREADABLE

APPLICATION_ID = 0x47537464  # "GStd"
_MODULUS = 1 << 64
_AT_ONCE = 500
Value = str | int | float | None
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the format: from ``version - 1`` to ``version``."""

    version: int
    apply: Callable[[sqlite3.Connection], None]


def _first_version(connection: sqlite3.Connection) -> None:
    """Data sets, creations, the state of the window, and what the project says of itself."""
    for statement in (
        "CREATE TABLE sums (name TEXT PRIMARY KEY, rows INTEGER NOT NULL, total INTEGER NOT NULL)",
        "CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL, seal INTEGER NOT NULL)",
        "CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL, seal INTEGER NOT NULL)",
        "CREATE TABLE datasets (name TEXT PRIMARY KEY, record TEXT NOT NULL, seal INTEGER NOT NULL)",
        "CREATE TABLE creations (id INTEGER PRIMARY KEY, file TEXT NOT NULL, sha256 TEXT NOT NULL, "
        "bytes INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, kind TEXT NOT NULL, "
        "family TEXT NOT NULL, run TEXT NOT NULL, created REAL NOT NULL, starred INTEGER NOT NULL, "
        "binned TEXT NOT NULL, note TEXT NOT NULL, words TEXT NOT NULL, request TEXT NOT NULL, seal INTEGER NOT NULL)",
        "CREATE INDEX creations_by_time ON creations (binned, created, id)",
        "CREATE INDEX creations_by_run ON creations (binned, run, created, id)",
    ):
        connection.execute(statement)


def _conversations(connection: sqlite3.Connection) -> None:
    """Conversations in folders, and their messages as trees. ``next`` and ``first`` name the chosen child, 0 none."""
    for statement in (
        "CREATE TABLE folders (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, name TEXT NOT NULL, "
        "created REAL NOT NULL, binned TEXT NOT NULL, seal INTEGER NOT NULL)",
        "CREATE TABLE conversations (id INTEGER PRIMARY KEY, folder INTEGER NOT NULL, kind TEXT NOT NULL, "
        "created REAL NOT NULL, changed REAL NOT NULL, first INTEGER NOT NULL, binned TEXT NOT NULL, "
        "title TEXT NOT NULL, settings TEXT NOT NULL, draft TEXT NOT NULL, seal INTEGER NOT NULL)",
        "CREATE TABLE messages (id INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, parent INTEGER NOT NULL, "
        "next INTEGER NOT NULL, role TEXT NOT NULL, state TEXT NOT NULL, created REAL NOT NULL, "
        "length INTEGER NOT NULL, about TEXT NOT NULL, content TEXT NOT NULL, seal INTEGER NOT NULL)",
        "CREATE INDEX messages_by_conversation ON messages (conversation, id)",
    ):
        connection.execute(statement)


MIGRATIONS: tuple[Migration, ...] = (Migration(1, _first_version), Migration(2, _conversations))


# --- rows ------------------------------------------------------------------------------------------------------


def insert(connection: sqlite3.Connection, table: str, row: Mapping[str, Value]) -> None:
    """Add a row; ``row`` must name every column but the seal."""
    columns = columns_of(connection, table)
    values = [row[name] for name in columns]
    seal = row_seal(table, values)
    marks = ", ".join("?" * (len(columns) + 1))
    connection.execute(f"INSERT INTO {table} ({', '.join(columns)}, seal) VALUES ({marks})", [*values, seal])
    _add_to_sum(connection, table, rows=1, seal=seal)


def update(connection: sqlite3.Connection, table: str, keys: Sequence[Value], changes: Mapping[str, Value]) -> None:
    """Change columns of the rows whose first column is in ``keys``. Raises KeyError for a key that has no row."""
    for begin in range(0, len(keys), _AT_ONCE):
        _update_some(connection, table, keys[begin : begin + _AT_ONCE], changes)


def _update_some(
    connection: sqlite3.Connection, table: str, keys: Sequence[Value], changes: Mapping[str, Value]
) -> None:
    columns = columns_of(connection, table)
    marks = ", ".join("?" * len(keys))
    before = select(connection, table, f"WHERE {columns[0]} IN ({marks})", keys)
    if missing := set(keys) - {row[columns[0]] for row in before}:
        raise KeyError(missing.pop())
    rows = [[changes.get(name, row[name]) for name in columns] for row in before]
    seals = [row_seal(table, row) for row in rows]
    settings = ", ".join(f"{name} = ?" for name in (*changes, "seal"))
    values = [[*changes.values(), seal, row[0]] for row, seal in zip(rows, seals, strict=True)]
    connection.executemany(f"UPDATE {table} SET {settings} WHERE {columns[0]} = ?", values)
    old = (row_seal(table, [row[name] for name in columns]) for row in before)
    _add_to_sum(connection, table, rows=0, seal=sum(seals) - sum(old))


def delete(connection: sqlite3.Connection, table: str, key: Value) -> bool:
    """Remove the row whose first column is ``key``; whether there was one."""
    name = columns_of(connection, table)[0]
    found = connection.execute(f"SELECT seal FROM {table} WHERE {name} = ?", [key]).fetchone()
    if found is None:
        return False
    connection.execute(f"DELETE FROM {table} WHERE {name} = ?", [key])
    _add_to_sum(connection, table, rows=-1, seal=-found[0])
    return True


def put(connection: sqlite3.Connection, table: str, row: Mapping[str, Value]) -> None:
    """Add a row in the place of the one with the same key, if there is one."""
    delete(connection, table, row[columns_of(connection, table)[0]])
    insert(connection, table, row)


def find(connection: sqlite3.Connection, table: str, key: Value) -> Row | None:
    """The row whose first column is ``key``, its seal checked."""
    name = columns_of(connection, table)[0]
    rows = select(connection, table, f"WHERE {name} = ?", [key])
    return rows[0] if rows else None


def select(connection: sqlite3.Connection, table: str, where: str = "", values: Sequence[Value] = ()) -> list[Row]:
    """The rows that ``where`` (a constant clause with ``?`` marks) chooses.

    Raises:
        DamagedError: a row is not what was saved.
    """
    columns = columns_of(connection, table)
    found = connection.execute(f"SELECT {', '.join(columns)}, seal FROM {table} {where}", values).fetchall()
    return [_opened(table, columns, row) for row in found]


def columns_of(connection: sqlite3.Connection, table: str) -> list[str]:
    """The columns of a table without the seal, the key first."""
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] != "seal"]


def row_seal(table: str, values: Sequence[Value]) -> int:
    """The seal of a row: 64 bits of BLAKE2b over its table and values, as a signed number."""
    content = json.dumps([table, *values], separators=(",", ":")).encode()
    return int.from_bytes(blake2b(content, digest_size=8).digest(), "big", signed=True)


def _opened(table: str, columns: Sequence[str], row: Sequence[Any]) -> Row:
    *values, seal = row
    if not _is_sealed(table, values, seal):
        raise DamagedError("In project.db an entry of the table {table} is damaged.", table=table)
    return dict(zip(columns, values, strict=True))


def _is_sealed(table: str, values: Sequence[Any], seal: object) -> bool:
    try:
        return row_seal(table, values) == seal
    except TypeError:  # a value has become a blob, which we never write
        return False


def _add_to_sum(connection: sqlite3.Connection, table: str, *, rows: int, seal: int) -> None:
    found = connection.execute("SELECT rows, total FROM sums WHERE name = ?", [table]).fetchone() or (0, 0)
    new = (table, found[0] + rows, _signed(found[1] + seal))
    connection.execute("INSERT OR REPLACE INTO sums (name, rows, total) VALUES (?, ?, ?)", new)


def _signed(number: int) -> int:
    """The number modulo 2**64 as SQLite holds it, from -2**63 on."""
    return (number + _MODULUS // 2) % _MODULUS - _MODULUS // 2


# --- versions and checks ---------------------------------------------------------------------------------------


def version_of(connection: sqlite3.Connection) -> int:
    """The version of the format that the file says it has."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Take the steps that the file has not taken, and seal anew what they changed. Call inside a transaction."""
    for step in migrations[version_of(connection) :]:
        step.apply(connection)
        connection.execute(f"PRAGMA user_version = {step.version:d}")
    _seal_all(connection)
    put(connection, "about", {"key": "version", "value": str(migrations[-1].version)})


def begin(connection: sqlite3.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Make the tables of the present version in an empty database. Call inside a transaction."""
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
    migrate(connection, migrations)


def problems(connection: sqlite3.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> list[str]:
    """What is wrong with a project's database, in short English notes for the log; empty where it is whole.

    Raises:
        StudioError: it is whole, but no project of ours or made by a newer version.
        sqlite3.Error: it cannot even be read.
    """
    version = version_of(connection)
    if version > migrations[-1].version and _rows_hold(connection):
        raise StudioError("This project was made by a newer version of the studio; update the studio to open it.")
    if not 1 <= version <= migrations[-1].version:
        return [f"version {version}"]
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        return ["application id"]
    checked = [row[0] for row in connection.execute("PRAGMA integrity_check(3)")]
    if checked != ["ok"]:
        return [str(note) for note in checked]
    if _schema(connection) != _schema_of_version(migrations, version):
        return ["schema"]
    return list(_row_problems(connection, version))


def sealed_rows(connection: sqlite3.Connection, table: str) -> Iterator[Row]:
    """The rows of a damaged database that still are what was saved, as far as SQLite can read."""
    try:
        columns = columns_of(connection, table)
        for *values, seal in connection.execute(f"SELECT {', '.join(columns)}, seal FROM {table}"):
            if _is_sealed(table, values, seal):
                yield dict(zip(columns, values, strict=True))
    except UNREADABLE:
        return


def sealed_tables(connection: sqlite3.Connection) -> list[str]:
    """The names of the tables that hold sealed rows."""
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [name for name in names if name != "sums" and not name.startswith("sqlite_")]


def _row_problems(connection: sqlite3.Connection, version: int) -> Iterator[str]:
    for table in sealed_tables(connection):
        found, total = 0, 0
        for *values, seal in connection.execute(f"SELECT * FROM {table}"):
            found, total = found + 1, total + (seal if isinstance(seal, int) else 0)
            if not _is_sealed(table, values, seal):
                yield f"a row of {table}"
        held = connection.execute("SELECT rows, total FROM sums WHERE name = ?", [table]).fetchone() or (0, 0)
        if (found, _signed(total)) != tuple(held):
            yield f"{table} has {found} rows, {held[0]} were saved"
    if select(connection, "about", "WHERE key = 'version'") != [{"key": "version", "value": str(version)}]:
        yield "version"


def _rows_hold(connection: sqlite3.Connection) -> bool:
    """Whether a file that says it is newer than we know was not merely damaged into saying so."""
    held = connection.execute("SELECT value FROM about WHERE key = 'version'").fetchone()
    return held is not None and str(held[0]) == str(version_of(connection))


def _seal_all(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM sums")
    for table in sealed_tables(connection):
        rows = connection.execute(f"SELECT {', '.join(columns_of(connection, table))} FROM {table}").fetchall()
        _reseal(connection, table, rows)


def _reseal(connection: sqlite3.Connection, table: str, rows: Iterable[Sequence[Any]]) -> None:
    key = columns_of(connection, table)[0]
    for values in rows:
        seal = row_seal(table, values)
        connection.execute(f"UPDATE {table} SET seal = ? WHERE {key} = ?", [seal, values[0]])
        _add_to_sum(connection, table, rows=1, seal=seal)


def _schema(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
    rows = connection.execute("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master").fetchall()
    return sorted(rows, key=repr)  # damage may have made bytes of a text


def _schema_of_version(migrations: Sequence[Migration], version: int) -> list[tuple[Any, ...]]:
    """What the schema must be: that of an empty database that took the same steps."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        for step in migrations[:version]:
            step.apply(connection)
        return _schema(connection)
    finally:
        connection.close()
