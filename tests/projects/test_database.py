"""project.db opened: repaired from its copy, migrated after keeping the old one, read without being touched."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from studio.ground.errors import StudioError
from studio.projects import repair
from studio.projects.connecting import connect
from studio.projects.database import Database, create_database, open_for_reading, open_for_writing
from studio.projects.tables import MIGRATIONS, Migration, begin, find, insert, select


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "a folder? #1 %20 ä"
    place.mkdir()
    create_database(place, "Name")
    return place


def keep(database: Database, key: str) -> None:
    database.write(lambda c: insert(c, "state", {"key": key, "value": "1"}), "it")


def keys(database: Database) -> list[str]:
    return [row["key"] for row in database.read(lambda c: select(c, "state", "ORDER BY key"))]


def tree(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def damage(path: Path) -> None:
    """Overwrite the first page but for the head that makes it a database."""
    data = bytearray(path.read_bytes())
    data[100:4096] = bytes(3996)
    path.write_bytes(data)


def test_the_connection_is_the_safe_one(folder: Path) -> None:
    connection = connect(folder / "project.db", write=True)
    pragmas = ("journal_mode", "synchronous", "trusted_schema", "cell_size_check", "mmap_size")
    values = [connection.execute(f"PRAGMA {name}").fetchall() for name in pragmas]
    connection.close()
    assert [value[0][0] if value else 0 for value in values] == ["delete", 3, 0, 1, 0]


def test_what_is_written_is_there_again(folder: Path) -> None:
    database = open_for_writing(folder)
    keep(database, "a")
    assert keys(database) == ["a"] and not database.read_only
    database.close()
    assert sorted(tree(folder)) == ["project.db", "project.db.backup"]
    database = open_for_reading(folder)
    assert keys(database) == ["a"] and database.read_only
    with pytest.raises(StudioError, match="reading only"):
        keep(database, "b")
    database.close()


def test_reading_touches_nothing(folder: Path) -> None:
    before = tree(folder)
    open_for_reading(folder).close()
    assert tree(folder) == before


def test_a_failed_action_leaves_nothing(folder: Path) -> None:
    database = open_for_writing(folder)

    def fail(connection: sqlite3.Connection) -> None:
        insert(connection, "state", {"key": "a", "value": "1"})
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        database.write(fail, "it")
    assert keys(database) == []
    keep(database, "b")
    database.close()


def test_a_full_disk_is_named_and_loses_nothing(folder: Path) -> None:
    database = open_for_writing(folder)
    keep(database, "a")
    pages = database.read(lambda c: c.execute("PRAGMA page_count").fetchone()[0])
    assert database._writer is not None
    database._writer.flush("backup")
    limit = lambda c: c.execute(f"PRAGMA max_page_count = {pages}")  # noqa: E731
    database.write(limit, "it")
    with pytest.raises(StudioError, match="The disk is full: the thing could not be saved"):
        database.write(lambda c: insert(c, "state", {"key": "b", "value": "x" * 100_000}), "the thing")
    assert keys(database) == ["a"]
    database.write(lambda c: c.execute("PRAGMA max_page_count = 1000000"), "it")
    keep(database, "b")
    database.close()
    database = open_for_reading(folder)
    assert keys(database) == ["a", "b"]
    database.close()


def test_a_damaged_database_is_replaced_by_its_copy(folder: Path) -> None:
    database = open_for_writing(folder)
    keep(database, "a")
    database.close()
    damage(folder / "project.db")
    broken = (folder / "project.db").read_bytes()
    reading = open_for_reading(folder)
    assert keys(reading) == ["a"] and "replaced by its copy" in str(reading.losses[0])
    reading.close()
    assert (folder / "project.db").read_bytes() == broken
    database = open_for_writing(folder)
    assert keys(database) == ["a"]
    assert "kept as project.db.damaged-1" in str(database.losses[0])
    database.close()
    assert (folder / "project.db.damaged-1").read_bytes() == broken
    open_for_writing(folder).close()
    assert not (folder / "project.db.damaged-2").exists()


def test_what_can_be_read_is_saved_where_there_is_no_copy(folder: Path) -> None:
    database = open_for_writing(folder)
    for key in "abcdef":
        keep(database, key)
    database.close()
    (folder / "project.db.backup").unlink()
    connection = sqlite3.connect(folder / "project.db")
    connection.execute("UPDATE state SET value = 'changed' WHERE key = 'c'")
    connection.commit()
    connection.close()
    database = open_for_writing(folder)
    assert keys(database) == list("abdef")
    assert database.read(lambda c: find(c, "about", "name")) == {"key": "name", "value": "Name"}
    assert "7 entries could still be read" in str(database.losses[0])
    database.close()


def test_a_copy_that_is_damaged_is_made_anew(folder: Path) -> None:
    database = open_for_writing(folder)
    keep(database, "a")
    database.close()
    damage(folder / "project.db.backup")
    database = open_for_writing(folder)
    assert database.losses == ()
    keep(database, "b")
    database.close()
    connection = connect(folder / "project.db.backup", write=False)
    assert [row["key"] for row in select(connection, "state", "ORDER BY key")] == ["a", "b"]
    connection.close()


def test_the_copy_is_not_replaced_by_something_damaged(folder: Path) -> None:
    database = open_for_writing(folder)
    keep(database, "a")
    database.close()
    good = (folder / "project.db.backup").read_bytes()
    connection = connect(folder / "project.db", write=True)
    connection.execute("UPDATE state SET value = 'changed'")
    with pytest.raises(StudioError, match="damaged while it was open"):
        repair.make_backup(folder, connection)
    connection.close()
    assert (folder / "project.db.backup").read_bytes() == good
    assert sorted(path.name for path in folder.iterdir()) == ["project.db", "project.db.backup"]


def hot_journal(folder: Path, tmp_path: Path) -> Path:
    """A project whose writer died in the middle of a transaction: half of it is in the file, the journal beside it."""
    database = open_for_writing(folder)
    keep(database, "a")
    database.close()
    torn = tmp_path / "torn"
    connection = connect(folder / "project.db", write=True)
    connection.execute("PRAGMA cache_size = 1")
    connection.execute("BEGIN IMMEDIATE")
    for number in range(200):
        insert(connection, "state", {"key": f"lost {number}", "value": "x" * 1000})
    shutil.copytree(folder, torn)
    connection.execute("ROLLBACK")
    connection.close()
    assert (torn / "project.db-journal").stat().st_size > 1000
    return torn


def test_a_torn_transaction_is_rolled_back(folder: Path, tmp_path: Path) -> None:
    torn = hot_journal(folder, tmp_path)
    database = open_for_writing(torn)
    assert keys(database) == ["a"] and database.losses == ()
    database.close()
    assert not (torn / "project.db-journal").exists()


def test_a_torn_transaction_is_read_past_without_touching_it(folder: Path, tmp_path: Path) -> None:
    torn = hot_journal(folder, tmp_path)
    before = tree(torn)
    database = open_for_reading(torn)
    assert keys(database) == ["a"] and database.losses == ()
    database.close()
    assert tree(torn) == before


def test_a_journal_of_something_else_does_no_harm(folder: Path, tmp_path: Path) -> None:
    torn = hot_journal(folder, tmp_path)
    data = bytearray((torn / "project.db-journal").read_bytes())
    for place in range(600, len(data), 97):
        data[place] ^= 0x10
    (torn / "project.db-journal").write_bytes(data)
    database = open_for_writing(torn)
    assert keys(database) == ["a"]
    assert database.losses != ()
    database.close()
    database = open_for_writing(torn)
    assert keys(database) == ["a"] and database.losses == ()
    database.close()


NEXT = Migration(
    len(MIGRATIONS) + 1,
    lambda c: [c.execute("ALTER TABLE state ADD COLUMN room TEXT NOT NULL DEFAULT 'hall'")][0] and None,
)


def test_an_older_format_is_brought_up_and_kept(tmp_path: Path) -> None:
    """A project of the first version, made by the step that is kept for ever."""
    folder = tmp_path / "old"
    folder.mkdir()
    with repair.new_database(folder) as connection:
        begin(connection, MIGRATIONS[:1])
    old = open_for_writing(folder, MIGRATIONS[:1])
    keep(old, "a")
    old.close()
    before = tree(folder)
    reading = open_for_reading(folder, (*MIGRATIONS, NEXT))
    assert reading.read(lambda c: find(c, "state", "a")) == {"key": "a", "value": "1", "room": "hall"}
    reading.close()
    assert tree(folder) == before
    database = open_for_writing(folder, (*MIGRATIONS, NEXT))
    assert database.read(lambda c: find(c, "state", "a")) == {"key": "a", "value": "1", "room": "hall"}
    assert database.losses == ()
    database.close()
    kept = connect(folder / "project.db.version-1", write=False)
    assert find(kept, "state", "a") == {"key": "a", "value": "1"}
    kept.close()
    with pytest.raises(StudioError, match="newer version"):
        open_for_writing(folder)


def test_another_program_in_the_way_is_no_damage(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.projects.connecting._PATIENCE", 0.05)
    other = sqlite3.connect(folder / "project.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    before = tree(folder)
    for way in (open_for_writing, open_for_reading):
        with pytest.raises(StudioError, match="another program"):
            way(folder)
    other.execute("ROLLBACK")
    other.close()
    assert sorted(tree(folder)) == sorted(name for name in before if "journal" not in name)
