"""What can be taken back: every deletion leaves an entry that brings the deleted back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from studio.ground.errors import Text

_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Undoable:
    """One thing done: its sentence and the function that takes it back."""

    number: int
    what: Text
    undo: Callable[[], None]


class UndoStack(QObject):
    """The newest first; an entry can also be taken back out of order, as from the toast that announced it."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: list[Undoable] = []
        self._number = 0

    def push(self, what: Text, undo: Callable[[], None]) -> int:
        """Remember how to take something back; returns the number under which `undo` finds it."""
        self._number += 1
        self._entries.append(Undoable(self._number, what, undo))
        del self._entries[:-_LIMIT]
        self.changed.emit()
        return self._number

    def top(self) -> Undoable | None:
        """What `undo` would take back."""
        return self._entries[-1] if self._entries else None

    def undo(self, number: int | None = None) -> Undoable | None:
        """Take back the newest entry, or that of a number; None where there is none (any more).

        The entry goes even where taking back fails: the exception comes through to the caller.
        """
        wanted = next((e for e in reversed(self._entries) if number in (None, e.number)), None)
        if wanted is None:
            return None
        self._entries.remove(wanted)
        self.changed.emit()
        wanted.undo()
        return wanted

    def clear(self) -> None:
        """Forget everything, as when the project closes."""
        self._entries.clear()
        self.changed.emit()
