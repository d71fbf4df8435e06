"""The writing thread: in order, one transaction each, gathered where it may be, and no failure that goes unsaid."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.ground.errors import StudioError
from studio.projects.connecting import connect
from studio.projects.writer import Writer, transact


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    connection = connect(tmp_path / "x.db", write=True, create=True)
    connection.execute("CREATE TABLE t (n INTEGER)")
    made = Writer(connection)
    yield made
    made.close()


def add(number: int) -> object:
    return lambda connection: connection.execute("INSERT INTO t VALUES (?)", [number])


def numbers(writer: Writer) -> list[int]:
    return [row[0] for row in writer.write(lambda c: c.execute("SELECT n FROM t").fetchall(), "it")]


def test_everything_in_order_from_many_threads(writer: Writer) -> None:
    def work(start: int) -> None:
        for number in range(start, start + 10):
            writer.write(add(number), "it")  # type: ignore[arg-type]

    threads = [threading.Thread(target=work, args=[start]) for start in (0, 100, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = numbers(writer)
    assert sorted(found) == [*range(10), *range(100, 110), *range(200, 210)]
    assert [n for n in found if n < 100] == list(range(10))


def test_an_action_that_fails_fails_its_caller_and_nobody_else(writer: Writer) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO t VALUES (1)")
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        writer.write(fail, "it")
    with pytest.raises(StudioError, match="The thing could not be saved: no such table"):
        writer.write(lambda c: c.execute("INSERT INTO nowhere VALUES (1)"), "the thing")
    writer.write(add(2), "it")  # type: ignore[arg-type]
    assert numbers(writer) == [2]


def test_put_off_writes_become_one(writer: Writer) -> None:
    for number in range(20):
        writer.later("slider", lambda c, n=number: transact(c, add(n)), delay=60)  # type: ignore[misc, arg-type]
    assert writer.is_put_off("slider") and numbers(writer) == []
    writer.flush("slider")
    assert not writer.is_put_off("slider") and numbers(writer) == [19]
    writer.flush("slider", "nothing")
    assert numbers(writer) == [19]


def test_a_put_off_write_comes_by_itself(writer: Writer) -> None:
    written = threading.Event()
    writer.later("slider", lambda c: (transact(c, add(1)), written.set())[1], delay=0.01)  # type: ignore[arg-type]
    assert written.wait(10)
    assert numbers(writer) == [1]


def test_a_put_off_write_that_fails_is_tried_again(writer: Writer) -> None:
    tries: list[int] = []
    done = threading.Event()

    def sometimes(connection: sqlite3.Connection) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise OSError(28, "No space left on device")
        done.set()

    writer.later("slider", sometimes, delay=0)
    assert done.wait(10) and len(tries) == 2
    numbers(writer)  # the thread has come round
    assert writer.trouble is None


def test_the_trouble_is_told_meanwhile(writer: Writer) -> None:
    tried = threading.Event()

    def full(connection: sqlite3.Connection) -> None:
        tried.set()
        raise OSError(28, "No space left on device")

    writer.later("slider", full, delay=0)
    assert tried.wait(10)
    numbers(writer)
    assert "The disk is full" in str(writer.trouble)
    with pytest.raises(StudioError, match="The disk is full"):
        writer.flush("slider")
    assert writer.is_put_off("slider")


def test_a_closed_writer_says_so(tmp_path: Path) -> None:
    made = Writer(connect(tmp_path / "x.db", write=True, create=True))
    made.close()
    with pytest.raises(StudioError, match="closed"):
        made.write(lambda c: None, "it")
    assert not [thread for thread in threading.enumerate() if thread.name == "project-writer"]
