"""A worker that keeps loaded models and serves the newest request only: what sliders need.

Each purpose on the screen (the grid, the opinion of the discriminator, ...) is a *slot*. A new request in a slot
replaces the one that waits there and asks the one being served to stop; an answer to a request that has been replaced
is dropped. So a slider may ask at every movement.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PySide6.QtCore import QObject, Signal

from studio.config.base import Settings
from studio.ground.errors import Text
from studio.ground.events import Ended, Event, Progress, Samples, Stop, Written
from studio.jobs.registry import failure
from studio.jobs.steering import CommandQueue
from studio.workers.pump import PumpThread


class Server(Protocol):
    """What holds the models (``studio.jobs.serving.ModelServer``)."""

    def serve(self, request: Settings, commands: CommandQueue) -> Iterator[Event]:
        """Events of one request, the last an ending."""

    def close(self) -> None:
        """Let the models go."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The state of the newest request of a slot.

    ``pictures`` (N, H, W, C) uint8 grows until ``done``, the first ``whole`` of them as they will stay, others still
    forming; so do ``texts``, row by row. ``result`` and ``error`` come with the end, ``refused`` where the request
    itself was at fault.
    """

    slot: str
    number: int
    request: Settings
    pictures: np.ndarray | None = None
    whole: int = 0
    texts: tuple[str, ...] = ()
    progress: Progress | None = None
    result: Any = None
    error: Text | None = None
    trace: str = ""
    refused: bool = False
    done: bool = False


@dataclass(slots=True)
class _Order:
    """A request on its way; ``commands`` stops it when a newer one comes. ``rows``: the pieces of the texts so far,
    put together only when somebody takes them, however many tokens have come in between."""

    answer: Answer
    commands: CommandQueue
    rows: list[list[str]] = field(default_factory=list)

    def write(self, event: Written) -> None:
        """A text goes on."""
        while len(self.rows) <= event.row:
            self.rows.append([])
        self.rows[event.row].append(event.text)

    def state(self) -> Answer:
        """The answer by now."""
        for row in self.rows:
            row[:] = ["".join(row)]
        return replace(self.answer, texts=tuple(row[0] for row in self.rows))


class LatestWins(PumpThread):
    """Serves requests slot by slot, the newest only. Start it once, :meth:`ask` at any time, :meth:`close` it."""

    answered = Signal()
    """Something new is to be taken; not sent again before :meth:`take`."""

    def __init__(
        self, project_path: Path, parent: QObject | None = None, *, make: Callable[[Path], Server] | None = None
    ) -> None:
        super().__init__(parent)
        self._project_path = project_path
        self._make = make or _model_server
        self._changed = threading.Condition()
        self._waiting: dict[str, _Order] = {}
        self._serving: _Order | None = None
        self._answers: dict[str, _Order] = {}
        self._newest: dict[str, int] = {}
        self._number = 0
        self._announced = False
        self._closing = False

    def ask(self, request: Settings, slot: str = "") -> int:
        """Ask for something; returns the number of its answer. What was asked before in the slot is void."""
        with self._changed:
            self._number += 1
            self._void(slot)
            self._newest[slot] = self._number
            self._waiting[slot] = _Order(Answer(slot, self._number, request), CommandQueue())
            self._changed.notify()
            return self._number

    def forget(self, slot: str = "") -> None:
        """Nobody wants the answer in this slot any more."""
        with self._changed:
            self._void(slot)
            self._newest.pop(slot, None)

    def stop(self, slot: str = "") -> None:
        """End what is being made in this slot; what there is of it by then is its answer."""
        with self._changed:
            if self._serving is not None and self._serving.answer.slot == slot:
                self._serving.commands.put(Stop())
            elif slot in self._waiting:
                self._waiting[slot].commands.put(Stop())

    def take(self) -> list[Answer]:
        """The state of each slot that has changed since the last call."""
        with self._changed:
            taken = [order.state() for order in self._answers.values()]
            self._answers.clear()
            self._announced = False
        return taken

    def busy(self) -> bool:
        """Whether anything waits or is being served."""
        with self._changed:
            return bool(self._waiting) or self._serving is not None

    def close(self, seconds: float = 30.0) -> bool:
        """Stop what is being served, let the models go, wait for the thread; say whether it has ended in time."""
        with self._changed:
            self._closing = True
            for slot in list(self._newest):
                self._void(slot)
            self._newest.clear()
            self._changed.notify()
        return self.join(seconds)

    def run(self) -> None:
        """The body of the thread."""
        server: Server | None = None
        try:
            while (order := self._next()) is not None:
                try:
                    server = server or self._make(self._project_path)
                    self._serve(server, order)
                except Exception as error:  # noqa: BLE001 - becomes the answer, and the thread goes on serving
                    self._finish(order, failure(error))
        finally:
            if server is not None:
                server.close()

    def _next(self) -> _Order | None:
        """Wait for a request; None when closing. Slots are served in the order of their requests."""
        with self._changed:
            self._serving = None
            self._changed.wait_for(lambda: self._waiting or self._closing)
            if self._closing:
                return None
            slot = min(self._waiting, key=lambda s: self._waiting[s].answer.number)
            self._serving = self._waiting.pop(slot)
            return self._serving

    def _serve(self, server: Server, order: _Order) -> None:
        events = server.serve(order.answer.request, order.commands)
        try:
            for event in events:
                if isinstance(event, Ended):
                    self._finish(order, event)
                    return
                self._advance(order, event)
        finally:
            close = getattr(events, "close", None)
            if close is not None:
                close()

    def _advance(self, order: _Order, event: Event) -> None:
        answer = order.answer
        if isinstance(event, Samples):
            whole = event.notes.get("whole", len(event.pictures))
            answer = replace(answer, pictures=event.pictures, whole=whole)
        elif isinstance(event, Progress):
            answer = replace(answer, progress=event)
        self._publish(order, answer, event if isinstance(event, Written) else None)

    def _finish(self, order: _Order, ended: Ended) -> None:
        found = replace(order.answer, result=ended.result, error=ended.error, trace=ended.trace, refused=ended.refused)
        self._publish(order, replace(found, done=True))

    def _publish(self, order: _Order, answer: Answer, written: Written | None = None) -> None:
        """Keep the answer for :meth:`take` unless a newer request has replaced it."""
        with self._changed:
            order.answer = answer
            if written is not None:
                order.write(written)
            if self._newest.get(answer.slot) != answer.number:
                return
            self._answers[answer.slot] = order
            announce, self._announced = not self._announced, True
        if announce:
            self.answered.emit()

    def _void(self, slot: str) -> None:
        """Drop what waits or was answered in the slot, stop what is served for it. Called with the lock held."""
        self._waiting.pop(slot, None)
        self._answers.pop(slot, None)
        if self._serving is not None and self._serving.answer.slot == slot:
            self._serving.commands.put(Stop())


def _model_server(project_path: Path) -> Server:
    from studio.jobs.serving import ModelServer

    return ModelServer(project_path)
