"""Lets models write replies into a conversation: every piece is shown, kept within a second, and stopped at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from studio.config.base import Settings
from studio.generation.replies import Replies, Reply
from studio.ground.events import Progress
from studio.projects.conversations import Conversations, State
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.session import Session


@dataclass(slots=True)
class Order:
    """One request on its way; row n of its answer goes into the message ``ids[n]``."""

    conversation: int
    ids: tuple[int, ...]
    request: Settings
    about: Mapping[str, Any]
    texts: list[str] = field(default_factory=list)


class ReplyWriter(QObject):
    """`grew` carries a message and its text so far; `ended` a message that is over. One conversation at a time."""

    grew = Signal(int, str)
    ended = Signal(int)
    working = Signal(str)
    """What the model does before its first word; empty when it writes."""
    changed = Signal()
    """`busy_with` would differ now."""

    def __init__(self, session: Session, family: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._key = f"{family}.chat"
        self._orders: dict[str, Order] = {}
        self._talks: Conversations | None = None
        self.writes: tuple[int, ...] = ()
        """The messages that are being written."""
        session.live.dropped.connect(self._on_dropped)

    def busy_with(self) -> int:
        """The conversation in which something is being written; 0 for none."""
        return next((order.conversation for order in self._orders.values()), 0)

    def text(self, id: int) -> str | None:
        """The text so far of a message that is being written."""
        for order in self._orders.values():
            if id in order.ids:
                return order.texts[order.ids.index(id)]
        return None

    def write(self, talks: Conversations, orders: Sequence[Order]) -> None:
        """Ask for replies; each order's messages are there and wait for their texts."""
        self._talks = talks
        for number, order in enumerate(orders):
            order.texts = [""] * len(order.ids)
            self._orders[f"{self._key}.{number}"] = order
        self._note()
        for key, order in list(self._orders.items()):
            self._session.latest(key, order.request, partial(self._on_answer, key))

    def stop(self) -> None:
        """Stop at once; what was written so far stays."""
        for key in list(self._orders):
            self._session.forget_latest(key)
            self._close(key, "stopped", {})

    # --- what comes --------------------------------------------------------------------------------------------------

    def _on_answer(self, key: str, answer: Any) -> None:
        order = self._orders.get(key)
        if order is None or self._talks is None:
            return
        for row, text in enumerate(answer.texts[: len(order.ids)]):
            self._grow(order, row, text)
        if not answer.done:
            begun = any(order.texts)
            said = spoken(answer.progress.what) if isinstance(answer.progress, Progress) and not begun else ""
            self.working.emit(said)
        elif answer.error is not None:
            self._fail(key, answer)
        elif isinstance(answer.result, Replies):
            self._finish(key, order, answer.result)
        else:
            self._close(key, "stopped", {})

    def _grow(self, order: Order, row: int, text: str) -> None:
        if text != order.texts[row]:
            order.texts[row] = text
            if self._talks is not None:
                self._talks.grow(order.ids[row], text)
            self.grew.emit(order.ids[row], text)

    def _finish(self, key: str, order: Order, result: Replies) -> None:
        facts = {"checkpoint": str(result.step), "seconds": result.seconds, "dropped": result.dropped}
        for row, reply in enumerate(result.rows[: len(order.ids)]):
            self._grow(order, row, reply.text)
        self._close(key, "whole", facts, result.rows)

    def _fail(self, key: str, answer: Any) -> None:
        self._close(key, "failed", {"error": spoken(answer.error)})
        if not answer.refused:
            self._session.report(answer.error, self.tr("Writing a reply"), answer.trace)

    def _close(self, key: str, state: State, facts: Mapping[str, Any], rows: Sequence[Reply] = ()) -> None:
        order = self._orders.pop(key)
        with self._session.reporting(self.tr("Keeping the reply")):
            for at, id in enumerate(order.ids):
                about = {**order.about, **facts}
                mine = state
                if at < len(rows):
                    about |= {"tokens": rows[at].tokens, "ending": rows[at].ending}
                    mine = "whole" if rows[at].ending else "stopped"
                if self._talks is not None:
                    self._talks.finish(id, order.texts[at], mine, about)
        self._note()
        for id in order.ids:
            self.ended.emit(id)

    def _note(self) -> None:
        self.writes = tuple(id for order in self._orders.values() for id in order.ids)
        self.changed.emit()

    def _on_dropped(self) -> None:
        """The models were let go while they wrote: a run was deleted, or the project closes."""
        for key in list(self._orders):
            self._close(key, "stopped", {})
