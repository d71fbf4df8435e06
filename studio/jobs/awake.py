"""Keeps the computer awake while it trains."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import wakepy

from studio.ground.errors import text
from studio.ground.events import Notice


@contextmanager
def kept_awake(*, wanted: bool = True) -> Iterator[Notice | None]:
    """Ask the system, if that is wanted, not to sleep until the block ends; gives a notice where it does not listen."""
    if not wanted:
        yield None
        return
    with wakepy.keep.running(on_fail="pass") as mode:
        yield None if mode.active else _not_kept()


def _not_kept() -> Notice:
    return Notice(
        "awake",
        "info",
        text("This computer may fall asleep"),
        text(
            "The system offers no way to keep it awake, so a long training may stand still while it sleeps. "
            "Nothing is lost then: it goes on when the computer wakes. Switch automatic sleep off to be sure."
        ),
    )
