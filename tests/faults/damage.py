"""The shared fuzzer: damages of a file at positions spread over it, the same in every run, and an exact comparison.

Whoever uses it brings a table of kinds of files and a function that reads all that a user could see.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio.projects.pictures import encode_png

POSITIONS = 10
PAGE = 4096
CASES_OF_A_KIND = 4 * POSITIONS + 1


def other_database(path: Path) -> None:
    """A sound database of some other program."""
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE about (key TEXT, value TEXT)")
    connection.execute("INSERT INTO about VALUES ('version', '1')")
    connection.commit()
    connection.close()


def other_picture(path: Path) -> None:
    """A sound picture that nobody kept, with a note that fits itself."""
    path.write_bytes(encode_png(np.zeros((48, 12, 3), np.uint8), {"step": 3, "items": 5, "count": 4, "notes": []}))


def folder_instead(path: Path) -> None:
    """A folder that is not empty."""
    path.unlink()
    path.mkdir()
    (path / "x").write_text("x")


def as_bytes(data: bytes) -> Callable[[Path], None]:
    """Write other bytes."""

    def write(path: Path) -> None:
        path.write_bytes(data)

    return write


WRONG: tuple[Callable[[Path], None], ...] = (
    as_bytes(b"This is a shopping list.\n" * 20),
    as_bytes(b"[1, 2, 3]"),
    as_bytes(b"{}"),
    as_bytes(b'{"seal": null, "state": "finished", "step": -1}'),
    as_bytes(np.random.default_rng(1).bytes(5000)),
    as_bytes(b"[" * 100_000),
    as_bytes(b"\xff\xfe{\x00}"),
    other_database,
    other_picture,
    folder_instead,
)


@dataclass(frozen=True)
class Case:
    """One damage to one file."""

    kind: str
    damage: str
    number: int

    def __str__(self) -> str:
        return f"{self.kind}-{self.damage}-{self.number}"


def all_cases(kinds: Iterable[str]) -> Iterator[Case]:
    """Every kind x every damage x ten positions (an empty file has but one form)."""
    for kind in kinds:
        for damage in ("truncated", "flipped", "zeroed", "wrong"):
            yield from (Case(kind, damage, number) for number in range(POSITIONS))
        yield Case(kind, "empty", 0)


def damage_file(path: Path, case: Case) -> None:
    """Do what ``case`` says; positions are spread over the file, the same in every run."""
    data = bytearray(path.read_bytes())
    if case.damage == "empty":
        path.write_bytes(b"")
        return
    if case.damage == "wrong":
        WRONG[case.number](path)
        return
    jitter = np.random.default_rng([len(data), case.number]).random()
    place = min(len(data) - 1, int(len(data) * (case.number + jitter) / POSITIONS)) if data else 0
    if case.damage == "truncated":
        del data[place:]
    elif case.damage == "flipped" and data:
        used = np.flatnonzero(
            np.frombuffer(data, np.uint8)
        )  # most of a database is empty, and empty bytes hold nothing
        data[used[len(used) * place // len(data)]] ^= 1 << (case.number % 8)
    elif case.damage == "zeroed":
        start = place // PAGE * PAGE if len(data) > 2 * PAGE else place
        end = min(len(data), start + PAGE)
        data[start:end] = bytes(end - start)
    path.write_bytes(data)


def same(first: Any, second: Any) -> bool:
    """Equal, arrays bit by bit."""
    if isinstance(first, np.ndarray) or isinstance(second, np.ndarray):
        both = isinstance(first, np.ndarray) and isinstance(second, np.ndarray)
        return both and first.shape == second.shape and first.tobytes() == second.tobytes()
    if isinstance(first, tuple) and isinstance(second, tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return type(first) is type(second) and first == second


def different(found: dict[str, Any], original: dict[str, Any]) -> list[str]:
    """The parts that are not what they were."""
    return [name for name in original if not same(found.get(name), original[name])] + sorted(
        found.keys() - original.keys()
    )
