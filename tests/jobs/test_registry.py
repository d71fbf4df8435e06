"""The one door: every request has its job, and everything a job does wrong becomes one ending."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.config import requests
from studio.config.base import Settings
from studio.ground.errors import BusyError, UsageError
from studio.ground.events import Ended, Event, Started
from studio.jobs import registry
from studio.jobs.nesting import InnerFailure, Stopped, nested
from studio.jobs.registry import JOBS, find_job, run_job
from studio.jobs.steering import CommandQueue


def test_every_request_has_a_job_that_can_be_imported():
    known = {cls for name, cls in vars(requests).items() if name.endswith("Request")}
    assert known <= set(JOBS)
    for kind in JOBS:
        assert callable(find_job(kind.model_construct()))


class Odd(Settings):
    pass


def serve(monkeypatch: pytest.MonkeyPatch, job) -> list[Event]:
    monkeypatch.setattr(registry, "find_job", lambda _: job)
    return list(run_job(Odd(), Path(), CommandQueue()))


def raising(error: BaseException):
    def job(*_) -> Iterator[Event]:
        yield Started("odd")
        raise error

    return job


@pytest.mark.parametrize(
    ("error", "words", "refused"),
    [
        (UsageError("No {x}.", x="<b>"), "No <b>.", True),
        (BusyError("Busy."), "Busy.", False),
        (MemoryError(), "memory", False),
        (OSError(28, "No space left on device"), "disk is full", False),
        (PermissionError(13, "Permission denied", "/x/y"), "y", False),
        (RuntimeError("shapes differ"), "RuntimeError: shapes differ", False),
    ],
)
def test_what_a_job_raises_is_its_ending(monkeypatch, error, words, refused):
    *before, end = serve(monkeypatch, raising(error))
    assert before == [Started("odd")]
    assert isinstance(end, Ended)
    assert (end.status, end.refused) == ("failed", refused)
    assert words in str(end.error)
    assert type(error).__name__ in end.trace


def test_a_stop_inside_is_a_stop(monkeypatch):
    assert serve(monkeypatch, raising(Stopped()))[-1] == Ended("stopped")


def test_nothing_comes_after_the_ending_and_one_always_comes(monkeypatch):
    def two(*_) -> Iterator[Event]:
        yield Ended("finished")
        yield Ended("failed")

    def none(*_) -> Iterator[Event]:
        yield Started("odd")

    assert serve(monkeypatch, two) == [Ended("finished")]
    assert serve(monkeypatch, none)[-1].status == "failed"  # type: ignore[attr-defined]


def test_an_unknown_request_is_an_ending_too():
    (end,) = run_job(Odd(), Path(), CommandQueue())
    assert isinstance(end, Ended)
    assert end.status == "failed"


def test_closing_early_closes_the_job(monkeypatch):
    closed = []

    def job(*_) -> Iterator[Event]:
        try:
            yield Started("odd")
            yield Started("odd")
        finally:
            closed.append(True)

    monkeypatch.setattr(registry, "find_job", lambda _: job)
    events = run_job(Odd(), Path(), CommandQueue())
    next(events)
    events.close()  # type: ignore[attr-defined]
    assert closed == [True]


def test_an_inner_job_gives_its_result_or_its_ending():
    def drain(*events: Event, **how: bool) -> tuple[list[Event], object]:
        inner, passed = nested(iter(events), **how), []
        while True:
            try:
                passed.append(next(inner))
            except StopIteration as end:
                return passed, end.value

    assert drain(Started("a"), Ended("finished", result=3)) == ([Started("a")], 3)
    assert drain(Started("a"), Ended("finished"), announced=False) == ([], None)
    with pytest.raises(Stopped):
        drain(Ended("stopped"))
    failed = Ended("failed", UsageError("No.").text, "trace")
    with pytest.raises(InnerFailure) as caught:
        drain(failed)
    assert registry.failure(caught.value) == failed
