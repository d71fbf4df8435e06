"""Leaving a project while something works in it: ask, stop with a checkpoint, wait, then go."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from studio.ui.session import Session

_MOMENT = 0.5  # seconds in which small work ends, so that closing need not come back for it


class Leaving(QObject):
    """`leave` calls what comes next once every job has ended; at once where none runs."""

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._window = window
        self._then: Callable[[], None] | None = None
        self._go_on = ""
        session.jobs_changed.connect(self._check)

    @property
    def under_way(self) -> bool:
        """Whether jobs have been asked to stop and are awaited."""
        return self._then is not None

    def leave(self, then: Callable[[], None], *, ask: bool = True) -> bool:
        """Call `then` when nothing works any more. False: the user stays, or it is under way already.

        Without `ask` a run that trains is stopped with a checkpoint: the system itself wants the program to end.
        """
        if self.under_way:
            return False
        live = self._session.training
        if live is not None and ask:
            from studio.ui import dialogs

            answer = dialogs.ask_closing(self._window, live.name)
            if answer == "stay":
                return False
            self._go_on = live.name if answer == "detach" else ""
        self._session.line.held = True
        self._session.closing = True
        self._then = then
        self._session.board.stop_all()
        self._session.reality_changed.emit()
        if live is None and len(self._session.board):
            self._session.board.join(_MOMENT)
        self._check()
        return True

    def _check(self) -> None:
        if self._then is None or len(self._session.board):
            return
        then, self._then = self._then, None
        self._detach()
        self._session.closing = False
        then()

    def _detach(self) -> None:
        """Go on with the run in a process of its own, from the checkpoint just written."""
        project, run, self._go_on = self._session.project, self._go_on, ""
        if run and project is not None:
            with self._session.reporting(self.tr("Going on without the window")):
                start_detached(project.path, run)


def start_detached(project: Path, run: str) -> None:
    """Begin ``studio resume`` in a process that outlives this one; what it says goes into a file of the run."""
    command = [sys.executable, "-m", "studio", "resume", str(project), run]
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    nowhere = subprocess.DEVNULL
    subprocess.Popen(
        command,
        stdin=nowhere,
        stdout=nowhere,
        stderr=nowhere,
        start_new_session=True,
        creationflags=flags,
        close_fds=True,
    )
