"""The thread that writes project.db: it alone holds the writing connection.

What a user did is written at once and confirmed after its commit. What merely moved (a slider, the window) is put off
and gathered, so that it costs at most one commit a second. A put-off write that fails is tried again.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from studio.ground.errors import StudioError
from studio.projects.connecting import UNREADABLE
from studio.projects.saving import saving_error

GATHER_SECONDS = 1.0
_STATE = "the project's state"
Result = TypeVar("Result")
Action = Callable[[sqlite3.Connection], Result]


class Writer:
    """Runs actions on one connection in one thread, one transaction each, in the order in which they were given."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """``connection`` (made with ``check_same_thread=False``) is the writer's from now on; it closes it."""
        self._connection = connection
        self._wake = threading.Condition()
        self._tasks: deque[tuple[Action[Any], Future[Any]]] = deque()
        self._put_off: dict[str, tuple[float, Callable[[sqlite3.Connection], None]]] = {}
        self._closing = False
        self.trouble: StudioError | None = None
        self._thread = threading.Thread(target=self._run, name="project-writer", daemon=True)
        self._thread.start()

    def is_put_off(self, name: str) -> bool:
        """Whether something given under ``name`` still waits to be written."""
        with self._wake:
            return name in self._put_off

    def write(self, action: Action[Result], what: str) -> Result:
        """Run ``action`` in a transaction and wait for its commit.

        Raises:
            StudioError: it could not be saved; names ``what``. Errors of ``action`` itself come out as they are.
        """
        future: Future[Result] = Future()
        with self._wake:
            if self._closing:
                raise StudioError("The project is closed; open it again to change it.")
            self._tasks.append((_in_transaction(action), future))
            self._wake.notify()
        try:
            return future.result()
        except UNREADABLE as error:
            raise saving_error(error, what) from error

    def later(self, name: str, action: Callable[[sqlite3.Connection], None], delay: float = GATHER_SECONDS) -> None:
        """Run ``action`` (which makes its own transactions) after ``delay`` seconds, once for all calls until then."""
        with self._wake:
            due = self._put_off[name][0] if name in self._put_off else time.monotonic() + delay
            self._put_off[name] = (due, action)
            self._wake.notify()

    def flush(self, *names: str) -> None:
        """Write now what was put off under ``names``, and wait for it. Raises what stands in its way."""
        for name in names:
            with self._wake:
                _, action = self._put_off.pop(name, (0.0, None))
            if action is not None:
                self._flush_one(name, action)

    def close(self) -> None:
        """End the thread after everything given so far; what was put off should have been flushed before."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def _flush_one(self, name: str, action: Callable[[sqlite3.Connection], None]) -> None:
        future: Future[None] = Future()
        with self._wake:
            self._tasks.append((action, future))
            self._wake.notify()
        try:
            future.result()
        except (*UNREADABLE, OSError) as error:
            self.later(name, action)
            raise saving_error(error, _STATE) from error

    def _run(self) -> None:
        try:
            while self._serve():
                pass
        finally:
            self._connection.close()

    def _serve(self) -> bool:
        """Wait for something to do and do it; False when all is done and the writer closes."""
        with self._wake:
            due = self._due()
            if not self._tasks and not due:
                if self._closing:
                    return False
                self._wake.wait(self._seconds_to_wait())
            tasks = list(self._tasks)
            self._tasks.clear()
        for action, future in tasks:
            _complete(future, action, self._connection)
        for name in due:
            self._write_put_off(name)
        return True

    def _due(self) -> list[str]:
        now = time.monotonic()
        return [name for name, (when, _) in self._put_off.items() if when <= now and not self._closing]

    def _seconds_to_wait(self) -> float | None:
        if not self._put_off:
            return None
        return max(0.0, min(when for when, _ in self._put_off.values()) - time.monotonic())

    def _write_put_off(self, name: str) -> None:
        with self._wake:
            _, action = self._put_off.pop(name, (0.0, None))
        if action is None:
            return
        try:
            action(self._connection)
            self.trouble = None
        except (*UNREADABLE, OSError, StudioError) as error:
            self.trouble = error if isinstance(error, StudioError) else saving_error(error, _STATE)
            self.later(name, action)


def transact(connection: sqlite3.Connection, action: Action[Result]) -> Result:
    """Run ``action`` between BEGIN and COMMIT; whatever it raises leaves the database as it was."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = action(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return result


def _in_transaction(action: Action[Result]) -> Action[Result]:
    return lambda connection: transact(connection, action)


def _complete(future: Future[Any], action: Action[Any], connection: sqlite3.Connection) -> None:
    """Run an action for the one who waits for it; whatever it raises is raised there."""
    try:
        result = action(connection)
    except BaseException as error:  # noqa: BLE001 - handed over to the waiting thread
        future.set_exception(error)
    else:
        future.set_result(result)
