"""Keeping the computer awake: only while it is wanted, and said where the system offers no way."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from studio.jobs import awake


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked of the system; it listens while the list begins with ``listens``."""
    said: list[str] = []

    @contextmanager
    def running(on_fail: str) -> Iterator[SimpleNamespace]:
        listens = said[:1] == ["listens"]
        said.append("begin")
        yield SimpleNamespace(active=listens)
        said.append("end")

    monkeypatch.setattr(awake.wakepy.keep, "running", running)
    return said


def test_it_is_asked_for_as_long_as_the_block_lasts(asked: list[str]) -> None:
    asked.append("listens")
    with awake.kept_awake() as notice:
        assert notice is None
        assert asked == ["listens", "begin"]
    assert asked == ["listens", "begin", "end"]


def test_a_system_that_does_not_listen_is_named(asked: list[str]) -> None:
    with awake.kept_awake() as notice:
        assert notice is not None and notice.code == "awake"


def test_unwanted_nothing_is_asked(asked: list[str]) -> None:
    with awake.kept_awake(wanted=False) as notice:
        assert notice is None
    assert asked == []
