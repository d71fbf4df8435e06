"""Requests of which only the newest counts, as a slider makes them: one worker that keeps its models loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from studio.config.base import Settings
    from studio.projects.project import Project
    from studio.workers.latest import Answer, LatestWins, Server

OnAnswer = Callable[["Answer"], None]


class LiveRequests(QObject):
    """One `LatestWins` worker for the open project, begun with the first request. ``make`` makes what answers."""

    dropped = Signal()
    """All requests were dropped unanswered: who still wants something asks again, once the caller is through."""

    def __init__(self, parent: QObject | None = None, make: Callable[[Path], Server] | None = None) -> None:
        super().__init__(parent)
        self._make = make
        self._project: Project | None = None
        self._worker: LatestWins | None = None
        self._listeners: dict[str, tuple[int, OnAnswer]] = {}

    def attach(self, project: Project | None) -> None:
        """Serve another project, or none; the models of the one before are let go."""
        self.rest()
        self._project = project

    def rest(self) -> None:
        """Drop all requests and end the thread, so that no file stays open; the next request begins a new one."""
        waited = bool(self._listeners)
        self._listeners.clear()
        if self._worker is not None:
            self._worker.close()
            self._worker = None
        if waited:
            self.dropped.emit()

    def ask(self, key: str, request: Settings, on_answer: OnAnswer) -> None:
        """Ask; what was asked before under the key is void. Growing answers come, then one that is ``done``."""
        if self._project is None:
            return
        if self._worker is None:
            from studio.workers.latest import LatestWins

            self._worker = LatestWins(self._project.path, make=self._make)
            self._worker.start()
        self._listeners[key] = (self._worker.ask(request, key), on_answer)

    def forget(self, key: str) -> None:
        """Nobody wants the answer any more."""
        self._listeners.pop(key, None)
        if self._worker is not None:
            self._worker.forget(key)

    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._worker is not None and bool(self._listeners)

    def drain(self) -> None:
        """Hand out what was answered; called by the session's timer."""
        if self._worker is None:
            return
        for answer in self._worker.take():
            number, listener = self._listeners.get(answer.slot, (-1, None))
            if number != answer.number or listener is None:
                continue
            if answer.done:
                del self._listeners[answer.slot]
            listener(answer)
