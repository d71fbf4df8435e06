"""Work on the project that is open in the window, in a thread beside it: what takes long there and is no job.

A job is given a request and opens the project for itself, to read. A chore changes what only the owner of the project
may change; it is a function, and the database of a project takes questions and changes from any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from studio.config.base import Settings
from studio.ground.events import Ended, Event
from studio.jobs.steering import CommandQueue
from studio.workers.pump import Worker


class Chore(Settings):
    """The request of a chore: it says nothing, for it is neither kept nor asked again."""


class ChoreWorker(Worker):
    """Calls one function; ``Ended.result`` is what it returns. It begins when the chore `after` it has ended."""

    over: threading.Event

    def __init__(self, work: Callable[[], Any], after: ChoreWorker | None = None) -> None:
        super().__init__(Chore(), Path(), jobs=self._events)
        self._work: Callable[[], Any] | None = work
        self._before = after.over if after is not None else None
        self.over = threading.Event()

    def _events(self, request: Settings, path: Path, commands: CommandQueue) -> Iterator[Event]:
        try:
            if self._before is not None:
                self._before.wait()
            work, self._work = self._work, None
            yield Ended("finished", result=work() if work is not None else None)
        finally:
            self.over.set()
