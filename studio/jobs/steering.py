"""How a job is told things while it goes on: a queue that any thread may fill and the job's thread empties.

A job looks into it between two events. A signal handler may fill it too: ``SimpleQueue.put`` may be entered again
while it runs in the same thread.
"""

from __future__ import annotations

import queue
from collections import deque

from studio.ground.events import Command, Stop


class CommandQueue:
    """Commands on their way to one job. Many may :meth:`put`; only the job's own thread takes them out."""

    def __init__(self) -> None:
        self._incoming: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._waiting: deque[Command] = deque()
        self._stop = False

    @property
    def stop_requested(self) -> bool:
        """Whether a :class:`Stop` was ever put, taken out already or not."""
        return self._stop

    def put(self, command: Command) -> None:
        """Tell the job something; returns at once."""
        self._stop = self._stop or isinstance(command, Stop)
        self._incoming.put(command)

    def drain(self) -> list[Command]:
        """Take all commands out, oldest first."""
        while not self._incoming.empty():
            self._waiting.append(self._incoming.get())
        taken = list(self._waiting)
        self._waiting.clear()
        return taken

    def wait(self, timeout: float) -> bool:
        """Sleep until a command is there, at most ``timeout`` seconds; the command stays in the queue."""
        if not self._waiting:
            try:
                self._waiting.append(self._incoming.get(timeout=timeout))
            except queue.Empty:
                return False
        return True

    def stopping(self) -> bool:
        """The same as :attr:`stop_requested`, as the function that long loops of the data floor ask."""
        return self._stop
