"""Examines a classifier in the background and remembers what was found, so that going back costs nothing."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from studio.config.requests import QualityRequest
from studio.ground.errors import text
from studio.ground.events import Ended, Event, Progress
from studio.ui.panels.sheet import Model

if TYPE_CHECKING:
    from studio.ui.job_board import Job
    from studio.ui.session import Session

_KEPT = 8


@dataclass(frozen=True, slots=True)
class Examined:
    """What is examined: a checkpoint on a part of its own data set, or on all of another one."""

    model: Model
    part: str = "test"
    dataset: str = ""


class QualityWork(QObject):
    """`look` asks; `found` tells that there is an answer, `failed` that there is none and why, `working` how far."""

    found = Signal()
    failed = Signal(object)
    working = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._kept: OrderedDict[Examined, Any] = OrderedDict()
        self._wanted: Examined | None = None
        self._job: Job | None = None

    def get(self, what: Examined) -> Any | None:
        """What was found, if it has been looked at."""
        return self._kept.get(what)

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._job is not None

    def look(self, what: Examined, *, anew: bool = False) -> None:
        """Examine something, unless that is under way; what was being examined else is let go."""
        if anew:
            self._kept.pop(what, None)
        if self._job is not None and what == self._wanted:
            return
        self.stop()
        request = QualityRequest(
            run=what.model.run,
            checkpoint=what.model.checkpoint,
            part="validation" if what.part == "validation" else "test",
            dataset=what.dataset,
            device=self._session.preferences.device,
        )

        def on_event(event: Event) -> None:
            self._on_event(what, event)

        with self._session.reporting(self.tr("Examining the classifier")):
            title = self.tr("Examining {0}").format(what.model.run)
            self._wanted = what
            self._job = self._session.start(request, on_event, title=title, quiet=True)

    def stop(self) -> None:
        """Nobody waits any more."""
        job, self._job, self._wanted = self._job, None, None
        if job is not None:
            job.stop()

    def forget(self) -> None:
        """Another project, or other labels: everything is looked at anew."""
        self.stop()
        self._kept.clear()

    def _on_event(self, what: Examined, event: Event) -> None:
        if what != self._wanted:
            return
        if isinstance(event, Progress):
            self.working.emit(event)
        elif isinstance(event, Ended):
            self._job, self._wanted = None, None
            self._on_ended(what, event)

    def _on_ended(self, what: Examined, ended: Ended) -> None:
        if ended.status == "finished" and ended.result is not None:
            self._kept[what] = ended.result
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            self.found.emit()
        else:
            self.failed.emit(ended.error or text("Stopped before it was through."))
