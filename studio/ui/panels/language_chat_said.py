"""What was said in a conversation, read ahead in small pieces, so that under a long one a message is sent at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from PySide6.QtCore import QObject, QTimer

from studio.config.texts import Message
from studio.ground.errors import StudioError
from studio.projects.conversations import KeptMessage

_PIECE, _PAUSE = 60, 20
"""So many messages are read in about a millisecond, so many milliseconds apart."""
Read = Callable[[Sequence[int]], Mapping[int, str]]


class Said(QObject):
    """The messages of the conversation that is open. ``peek`` reads some quietly, or gives none while it cannot."""

    def __init__(self, peek: Read, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._peek = peek
        self._known: dict[int, Message] = {}
        self._left: list[KeptMessage] = []
        self._timer = QTimer(self)
        self._timer.setInterval(_PAUSE)
        self._timer.timeout.connect(self._on_time)

    def follow(self, path: Sequence[KeptMessage]) -> None:
        """This is what is said now; what of it is not known is read while nothing else is to be done."""
        known = self._known
        self._left = [message for message in path if message.id not in known and message.length]
        self._timer.start() if self._left else self._timer.stop()

    def forget(self) -> None:
        """Another conversation is open."""
        self._known.clear()
        self._left = []
        self._timer.stop()

    def ahead(self) -> bool:
        """Whether all that can be read ahead was."""
        return not self._left

    def messages(self, path: Sequence[KeptMessage], read: Read) -> list[Message]:
        """All that has words, in order; what is not known yet is read now."""
        self._keep([message for message in path if not self._knows(message)], read)
        return [self._known[message.id] for message in path if message.id in self._known]

    def _knows(self, message: KeptMessage) -> bool:
        """Whether its text is known as it is: one that was being written has grown since."""
        known = self._known.get(message.id)
        return known is not None and len(known.content) == message.length and message.state != "writing"

    def _keep(self, messages: Sequence[KeptMessage], read: Read) -> None:
        texts = read([message.id for message in messages]) if messages else {}
        for message in messages:
            self._known.pop(message.id, None)
            if texts.get(message.id):
                self._known[message.id] = Message(role=message.role, content=texts[message.id])

    def _on_time(self) -> None:
        piece, self._left = self._left[-_PIECE:], self._left[:-_PIECE]
        with suppress(StudioError):  # who sends is told
            self._keep(piece, self._peek)
        if not self._left:
            self._timer.stop()
