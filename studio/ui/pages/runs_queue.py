"""The queue of runs: what trains next, in which order; hidden while nothing waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.config.requests import ResumeRequest, TrainRequest
from studio.ground.errors import text
from studio.jobs.queue import Waiting
from studio.ui.pages.runs_rows import family_title
from studio.ui.text import Label, count_text, duration_text
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.frames import Frame, clear, dense

if TYPE_CHECKING:
    from studio.ui.session import Session


class QueueCard(Frame):
    """One line for each run that waits, with ways to move and to remove it."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("card", padding=12, gap=4, parent=parent)
        self.setObjectName("queueCard")
        self.setAccessibleName(self.tr("Queue"))
        self._session = session
        self._shown: tuple[object, ...] = ()
        self._title = Label(role="strong")
        self._title.setObjectName("queueTitle")
        self._held = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self.begin = Button(self.tr("Begin"), kind="small", icon="play")
        self.begin.setObjectName("queueBegin")
        self.begin.clicked.connect(self._on_begin)
        head = dense(QHBoxLayout(), gap=12)
        head.addWidget(self._title)
        head.addWidget(self._held, 1)
        head.addWidget(self.begin)
        self.body.addLayout(head)
        self._rows = Frame("surface", padding=0, gap=2)
        self.add(self._rows)
        session.line.changed.connect(self.renew)
        self.hide()

    def renew(self) -> None:
        """Show what waits now."""
        line = self._session.line
        waiting = line.queue.waiting
        state = (tuple(one.number for one in waiting), line.held, line.live is None, self._session.can_write)
        if state == self._shown:
            return
        self._shown = state
        clear(self._rows.body)
        for at, one in enumerate(waiting):
            self._rows.add(self._line(one, at, len(waiting)))
        self._title.setText(self.tr("Queue · {0} waiting").format(len(waiting)))
        idle = line.held and line.live is None
        words = self.tr("Left from last time; nothing begins before you say so.")
        self._held.setText(words if idle else self.tr("The next begins when the one that trains has ended."))
        self.begin.setVisible(idle)
        self.begin.set_available(self._session.why_read_only())
        self.setVisible(bool(waiting))

    def _line(self, one: Waiting, at: int, count: int) -> QWidget:
        row = QWidget()
        layout = dense(QHBoxLayout(row), gap=4)
        layout.addWidget(Label(f"{at + 1}", role="dim"))
        layout.addSpacing(8)
        words = Label(request_words(one.request), elide=Qt.TextElideMode.ElideMiddle)
        words.setObjectName(f"queued_{one.number}")
        layout.addWidget(words, 1)
        why = self._session.why_read_only()
        first = why or (self.tr("It is the next already.") if at == 0 else "")
        last = why or (self.tr("It is the last already.") if at == count - 1 else "")
        for name, icon, tip, slot, reason in (
            ("queueUp", "chevron-up", self.tr("Earlier"), self._mover(one, at - 1), first),
            ("queueDown", "chevron-down", self.tr("Later"), self._mover(one, at + 1), last),
            ("queueRemove", "close", self.tr("Take out of the queue"), self._remover(one, at), why),
        ):
            button = icon_button(icon, tip)
            button.setObjectName(f"{name}_{one.number}")
            button.set_available(reason)
            button.clicked.connect(slot)
            layout.addWidget(button)
        return row

    def _mover(self, one: Waiting, position: int) -> Callable[[], None]:
        def move() -> None:
            with self._session.reporting(self.tr("Moving in the queue")):
                self._session.line.queue.move(one.number, position)
                self._session.line.changed.emit()

        return move

    def _remover(self, one: Waiting, position: int) -> Callable[[], None]:
        session = self._session

        held = one.number

        def put_back() -> None:
            nonlocal held
            held = session.line.queue.add(one.request).number
            session.line.queue.move(held, position)
            session.line.changed.emit()

        def take_out() -> None:
            session.line.queue.remove(held)
            session.line.changed.emit()

        def remove() -> None:
            with session.reporting(self.tr("Taking out of the queue")):
                take_out()
                words = text("Took {run} out of the queue", run=request_words(one.request))
                session.deleted(words, put_back, take_out)

        return remove

    def _on_begin(self) -> None:
        self._session.line.held = False
        with self._session.reporting(self.tr("Beginning the next run")):
            self._session.line.advance()


def request_words(request: TrainRequest | ResumeRequest) -> str:
    """A waiting request in a line: what is trained on what, how long."""
    if isinstance(request, ResumeRequest):
        until = f" → {count_text(request.steps)}" if request.steps else ""
        return _tr("{0}, going on").format(request.run) + until
    words = [request.run or request.dataset, family_title(request.family)]
    steps = request.config.get("steps")
    if request.minutes is not None:
        words.append(duration_text(60 * request.minutes))
    elif isinstance(steps, int):
        words.append(_tr("{0} steps").format(count_text(steps)))
    if request.start_run:
        words.append(_tr("from {0}").format(request.start_run))
    return " · ".join(words)


def _tr(words: str) -> str:
    return QCoreApplication.translate("Queue", words)
