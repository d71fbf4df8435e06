"""What the user did that takes long to write: done beside the window, in the order in which it was asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from studio.ground.errors import text
from studio.ground.events import Ended, Event

if TYPE_CHECKING:
    from studio.ui.session import Session
    from studio.workers.chores import ChoreWorker

_PATIENCE = 30.0


class Chores(QObject):
    """`do` a function of the open project. Until all are done the lists stay as they were told, for they are right."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._last: ChoreWorker | None = None
        self._waiting = 0

    def do(
        self,
        work: Callable[[], Any],
        doing: str,
        on_done: Callable[[Any], None] | None = None,
        on_end: Callable[[], None] | None = None,
    ) -> None:
        """Call `work` in a thread; what it returns comes to `on_done`, what goes wrong is shown, and lists read anew.

        `on_end` is called last, however it ended.
        """
        from studio.workers.chores import ChoreWorker

        def on_event(event: Event) -> None:
            if isinstance(event, Ended):
                self._end(event, doing, on_done)
                if on_end is not None:
                    on_end()

        self._waiting += 1
        self._session.lists.hold(True)
        self._last = ChoreWorker(work, self._last)
        self._session.board.start(self._last, on_event=on_event, quiet=True)
        self._session.begin()

    def finish(self) -> None:
        """Wait for what was begun: something that reads the project from the disk is about to start."""
        if self._last is not None and not self._last.over.is_set():
            self._last.over.wait(_PATIENCE)

    def _end(self, ended: Ended, doing: str, on_done: Callable[[Any], None] | None) -> None:
        self._waiting -= 1
        if not self._waiting:
            self._last = None
            self._session.lists.hold(False)
        if ended.status == "finished":
            if on_done is not None:
                on_done(ended.result)
            return
        self._session.report(ended.error or text("It ended without saying why."), doing, ended.trace)
        self._session.changed_on_disk()
