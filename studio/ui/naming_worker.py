"""The worker behind every job of the window; a file of its own, so that the first paint waits for no job's imports."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import cast

from studio.config.base import Settings
from studio.ground.events import Event, Started
from studio.jobs.registry import run_job
from studio.jobs.steering import CommandQueue
from studio.workers.pump import Jobs, Worker


class NamingWorker(Worker):
    """Remembers the name that the first `Started` bears; a mailbox keeps only the latest, which names the family."""

    def __init__(self, request: Settings, project_path: Path, jobs: Jobs = run_job) -> None:
        super().__init__(request, project_path, jobs=self._noting)
        self.first_name = ""
        self._inner = jobs

    def _noting(self, request: Settings, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
        """The job's events, in the worker's thread; only a text is set here."""
        with closing(cast("Generator[Event, None, None]", self._inner(request, project_path, commands))) as events:
            for event in events:
                if isinstance(event, Started) and not self.first_name:
                    self.first_name = event.name
                yield event
