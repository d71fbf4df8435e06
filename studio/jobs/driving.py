"""Drives a trainer: its events pass, and between two of them what the user says is obeyed, also while it is paused.

Commands come from two sides: the queue of whoever runs the job, and the inbox in the run's folder, where another
process may leave them. Stop is obeyed at any event. Everything else waits for the end of a step, so that no command
meets a half-written checkpoint.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from typing import Protocol

from studio.ground.errors import StudioError, text
from studio.ground.events import Command, Continue, Ended, Event, Metrics, Notice, Pause, Stop
from studio.jobs.steering import CommandQueue
from studio.projects.inbox import Inbox

POLL_SECONDS = 0.5


class Steered(Protocol):
    """What can be driven: ``studio.training.trainer.Trainer``."""

    def run(self) -> Iterator[Event]:
        """Train to the end."""

    def apply(self, command: Command) -> Iterator[Event]:
        """Obey between two events."""


class Steering:
    """Commands from the queue and from the inbox, in one line."""

    def __init__(self, commands: CommandQueue, inbox: Inbox, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._commands, self._inbox, self._clock = commands, inbox, clock
        self._polled_at = clock() - POLL_SECONDS

    def take(self) -> list[Command]:
        """What has been said since the last call; the inbox is looked into twice a second."""
        found = self._commands.drain()
        if self._clock() - self._polled_at >= POLL_SECONDS:
            self._polled_at = self._clock()
            found += self._inbox.poll()
        return found

    def wait(self) -> None:
        """Sleep until somebody says something through the queue, or until it is time to look into the inbox."""
        self._commands.wait(POLL_SECONDS)

    def refused(self) -> list[Notice]:
        """What lay in the inbox and was no command."""
        return [
            Notice("refused", "warning", text("A command was not understood"), words) for words in self._inbox.refused()
        ]


class Driver:
    """Runs one trainer to its end."""

    def __init__(self, trainer: Steered, steering: Steering) -> None:
        self._trainer, self._steering = trainer, steering
        self._waiting: deque[Command] = deque()
        self._paused = False

    def drive(self) -> Generator[Event, None, Ended]:
        """All events but the ending, which is returned."""
        events = self._trainer.run()
        try:
            for event in events:
                if isinstance(event, Ended):
                    return event
                yield event
                yield from self._listen(between_steps=isinstance(event, Metrics))
        finally:
            close = getattr(events, "close", None)
            if close is not None:
                close()
        return Ended("failed", text("The training ended without saying how; please report this."))

    def _listen(self, *, between_steps: bool) -> Iterator[Event]:
        yield from self._hear()
        if between_steps:
            while self._waiting:
                yield from self._obey(self._waiting.popleft())
            while self._paused:
                self._steering.wait()
                yield from self._hear()
                while self._waiting:
                    yield from self._obey(self._waiting.popleft())

    def _hear(self) -> Iterator[Event]:
        """Take commands in; a stop counts at once, whatever else waits."""
        for command in self._steering.take():
            if isinstance(command, Stop):
                yield from self._obey(command)
            else:
                self._waiting.append(command)
        yield from self._steering.refused()

    def _obey(self, command: Command) -> Iterator[Event]:
        already = isinstance(command, Pause) == self._paused
        if isinstance(command, Pause | Continue) and already:
            return
        if isinstance(command, Pause | Continue | Stop):
            self._paused = isinstance(command, Pause)
        if isinstance(command, Stop):
            self._waiting.clear()
        try:
            for event in self._trainer.apply(command):
                yield event
                yield from self._hear()
        except StudioError as error:
            yield Notice("refused", "warning", text("That cannot be done now"), error.text)
