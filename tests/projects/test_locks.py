"""A lock goes with its process; its note says whose it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from studio.ground.errors import BusyError, text
from studio.ground.files import write_json
from studio.projects.locks import Lock

HOLD = """
import sys, time
from pathlib import Path
from studio.ground.errors import text
from studio.projects.locks import Lock
lock = Lock(Path(sys.argv[1]), text("It"))
lock.acquire()
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "it.lock"


def test_the_second_hears_who_the_first_is(path: Path) -> None:
    with Lock(path, text("The run {name}", name="<b>")):
        with pytest.raises(BusyError, match=r"The run <b> is in use by .*process \d+ on .*since"):
            Lock(path, text("The run {name}", name="<b>")).acquire(patience=0)
    Lock(path, text("It")).acquire(patience=0)


def test_held_or_not(path: Path) -> None:
    lock, other = Lock(path, text("It")), Lock(path, text("It"))
    assert not other.is_held()
    lock.acquire()
    assert lock.held and other.is_held() and not other.held
    with pytest.raises(BusyError, match="this program already"):
        lock.acquire()
    lock.release()
    assert not lock.held and not other.is_held()
    lock.release()
    assert other.holder() is None and other.holder_words() == "another program"


def test_looking_does_not_hinder_the_one_who_comes(path: Path) -> None:
    lock, other = Lock(path, text("It")), Lock(path, text("It"))
    path.touch()
    for _ in range(50):
        assert not other.is_held()
        lock.acquire()
        assert other.is_held()
        lock.release()


def test_a_killed_process_holds_nothing(path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None and child.stdout.readline() == "held\n"
        lock = Lock(path, text("It"))
        holder = lock.holder()
        assert lock.is_held() and holder is not None and holder.pid == child.pid
    finally:
        child.kill()
        child.communicate()
    assert not lock.is_held()
    lock.acquire(patience=0)  # the note that the dead left behind is in nobody's way
    lock.release()


@pytest.mark.parametrize("note", [b"", b"{}", b"[1]", b"\xff"])
def test_a_damaged_note_changes_nothing(path: Path, note: bytes) -> None:
    with Lock(path, text("It")) as lock:
        lock.note.write_bytes(note)
        assert Lock(path, text("It")).is_held() and lock.holder_words() == "another program"
    write_json(lock.note, {"pid": 1})
    assert lock.holder() is None


def test_a_note_decides_where_the_lock_cannot_be_opened(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import filelock

    class Forbidden:
        def __init__(self, *args: object, **options: object) -> None:
            self.is_locked = False

        def acquire(self, timeout: float = 0) -> None:
            raise PermissionError(13, "Permission denied")

    with Lock(path, text("It")):
        monkeypatch.setattr(filelock, "FileLock", Forbidden)
        assert Lock(path, text("It")).is_held()
        holder = Lock(path, text("It")).holder()
        assert holder is not None
        write_json(path.with_name("it.lock.json"), {**_fields(holder), "process_started": 5.0})
        assert not Lock(path, text("It")).is_held()  # the number of the process was given to another one
        monkeypatch.undo()


def _fields(holder: object) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(holder)  # type: ignore[call-overload]
