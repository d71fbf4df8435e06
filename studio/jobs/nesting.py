"""One job inside another: its events pass through, its ending becomes a value or an exception."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

from studio.ground.errors import StudioError
from studio.ground.events import Ended, Event, Started


class Stopped(Exception):
    """The user asked to stop, and the inner work has obeyed."""


class InnerFailure(StudioError):
    """Inner work failed; carries its ending whole, with the trace of where it happened."""

    def __init__(self, ended: Ended) -> None:
        super().__init__("{reason}", reason=ended.error or "The work failed.")
        if ended.error is not None:
            self.text = ended.error
        self.ended = ended


def nested(events: Iterator[Event], *, announced: bool = True) -> Generator[Event, None, Any]:
    """Pass all events on but the ending, whose result is returned; ``announced``: also that it begins.

    Raises:
        Stopped, InnerFailure: it ended otherwise.
    """
    ending: Ended | None = None
    try:
        for event in events:
            if isinstance(event, Ended):
                ending = event
            elif announced or not isinstance(event, Started):
                yield event
    finally:
        close = getattr(events, "close", None)
        if close is not None:
            close()
    if ending is None or ending.status == "failed":
        raise InnerFailure(ending or Ended("failed"))
    if ending.status != "finished":
        raise Stopped
    return ending.result
