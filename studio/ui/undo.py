"""What can be taken back and done again: a deletion, a name, a note, what was left out of a data set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.ground.errors import Text

_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Undoable:
    """One thing done: its sentence, the function that takes it back, and the one that does it again (if any)."""

    number: int
    what: Text
    undo: Callable[[], object]
    redo: Callable[[], object] | None = None


class Deed:
    """Something that is done, taken back and done again: what `do` returns, `take_back` needs (a token of the bin)."""

    def __init__(self, do: Callable[[], Any], take_back: Callable[[Any], None]) -> None:
        self._do, self._take_back = do, take_back
        self._held: Any = None

    def do(self) -> None:
        """Do it, for the first time or again."""
        self._held = self._do()

    def undo(self) -> None:
        """Take back what was done last."""
        self._take_back(self._held)


class UndoStack(QObject):
    """The newest first; an entry can also be taken back out of order, as from the toast that announced it."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: list[Undoable] = []
        self._undone: list[Undoable] = []
        self._number = 0

    def push(self, what: Text, undo: Callable[[], object], redo: Callable[[], object] | None = None) -> int:
        """Remember how to take something back; returns the number under which `undo` finds it.

        What was taken back before cannot be done again after something new.
        """
        self._number += 1
        self._entries.append(Undoable(self._number, what, undo, redo))
        del self._entries[:-_LIMIT]
        self._undone.clear()
        self.changed.emit()
        return self._number

    def top(self) -> Undoable | None:
        """What `undo` would take back."""
        return self._entries[-1] if self._entries else None

    def next(self) -> Undoable | None:
        """What `redo` would do again."""
        return self._undone[-1] if self._undone else None

    def undo(self, number: int | None = None) -> Undoable | None:
        """Take back the newest entry, or that of a number; None where there is none (any more).

        The entry goes even where taking back fails: the exception comes through to the caller.
        """
        wanted = next((e for e in reversed(self._entries) if number in (None, e.number)), None)
        if wanted is None:
            return None
        self._entries.remove(wanted)
        try:
            wanted.undo()
            if wanted.redo is not None:
                self._undone.append(wanted)
        finally:
            self.changed.emit()
        return wanted

    def redo(self) -> Undoable | None:
        """Do again what was taken back last; None where there is nothing. As with `undo`, failures come through."""
        if not self._undone:
            return None
        wanted = self._undone.pop()
        try:
            if wanted.redo is not None:
                wanted.redo()
            self._entries.append(wanted)
        finally:
            self.changed.emit()
        return wanted

    def clear(self) -> None:
        """Forget everything, as when the project closes."""
        self._entries.clear()
        self._undone.clear()
        self.changed.emit()
