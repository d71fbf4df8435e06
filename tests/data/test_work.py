"""Work in pieces: in order, bounded, stopped at once, with one ending."""

import errno
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from studio.data.work import Meter, Stopped, beside, ends, in_order, never
from studio.ground.errors import StudioError, UsageError, text
from studio.ground.events import Ended, Event, Started


def test_results_come_in_the_order_of_the_pieces() -> None:
    waits = [0.02, 0.0, 0.01, 0.0] * 10
    found = [
        r for r in in_order(lambda n: (time.sleep(waits[n]), n)[1], range(40), stop=never, threads=4) if r is not None
    ]
    assert found == list(range(40))


def test_only_a_few_pieces_are_under_way() -> None:
    taken, done = [0], [0]
    worst = [0]

    def pieces() -> Iterator[int]:
        for n in range(60):
            taken[0] += 1
            worst[0] = max(worst[0], taken[0] - done[0])
            yield n

    for result in in_order(lambda n: n, pieces(), stop=never, threads=2):
        done[0] += result is not None
    assert done[0] == 60 and worst[0] <= 7


def test_an_error_in_a_thread_comes_out_and_ends_the_rest() -> None:
    def work(n: int) -> int:
        if n == 5:
            raise ValueError("five")
        return n

    with pytest.raises(ValueError, match="five"):
        list(in_order(work, range(100), stop=never, threads=2))


def test_stopping_does_not_wait_for_what_is_under_way() -> None:
    release, begun = threading.Event(), time.monotonic()
    with pytest.raises(Stopped):
        list(in_order(lambda n: release.wait(20), range(9), stop=lambda: time.monotonic() > begun + 0.2, threads=2))
    assert time.monotonic() - begun < 2.0
    release.set()


def test_nothing_is_yielded_but_beats_until_the_result() -> None:
    found = list(beside(lambda: (time.sleep(0.35), "result")[1], never))
    assert found[-1] == "result" and found[:-1] == [None] * (len(found) - 1) and len(found) >= 3


@pytest.mark.parametrize(
    ("error", "status", "word", "refused"),
    [
        (Stopped(), "stopped", "None", False),
        (StudioError("it {what}", what="broke"), "failed", "it broke", False),
        (UsageError("no"), "failed", "no", True),
        (OSError(errno.ENOSPC, "No space left on device"), "failed", "disk is full", False),
        (
            PermissionError(errno.EACCES, "Permission denied", "/a/b.png"),
            "failed",
            "write b.png: Permission denied",
            False,
        ),
        (ZeroDivisionError("x"), "failed", "unexpected", False),
        (MemoryError(), "failed", "unexpected", False),
    ],
)
def test_whatever_is_raised_becomes_the_one_ending(error: Exception, status: str, word: str, refused: bool) -> None:
    @ends
    def job() -> Iterator[Event]:
        yield Started("job")
        raise error

    events = list(job())
    last: Any = events[-1]
    assert len(events) == 2 and isinstance(last, Ended)
    assert last.status == status and word in str(last.error) and last.refused is refused


def test_the_meter_says_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    meter = Meter(text("Working"), 100)
    assert list(meter.progress(1)) == []
    now[0] += 2.0
    (event,) = meter.progress(20)
    assert (event.done, event.total, event.rate, event.seconds_left) == (20, 100, 10.0, 8.0)
