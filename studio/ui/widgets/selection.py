"""Which of N things are chosen, as file managers do it: click, Ctrl adds, Shift extends. Knows no widget."""

from __future__ import annotations

from collections.abc import Iterable


class Selection:
    """Chosen indices, the current one, and the anchor from which Shift extends."""

    def __init__(self, *, several: bool) -> None:
        self._several = several
        self._chosen: set[int] = set()
        self._anchor = -1
        self.current = -1

    def __len__(self) -> int:
        return len(self._chosen)

    def __contains__(self, index: int) -> bool:
        return index in self._chosen

    def chosen(self) -> list[int]:
        """The chosen indices, ascending."""
        return sorted(self._chosen)

    def set(self, indices: Iterable[int]) -> None:
        """Choose exactly these (only the first of them where only one may be)."""
        wanted = list(indices)
        self._chosen = set(wanted if self._several else wanted[:1])
        self.current = self._anchor = min(self._chosen, default=-1)

    def limit(self, count: int) -> bool:
        """Forget indices from `count` on; says whether any chosen one was forgotten."""
        before = len(self._chosen)
        self._chosen = {index for index in self._chosen if index < count}
        self.current = min(self.current, count - 1)
        self._anchor = min(self._anchor, count - 1)
        return len(self._chosen) != before

    def click(self, index: int, *, add: bool = False, extend: bool = False) -> None:
        """What a click (or Space) on `index` does, with Ctrl (`add`) or Shift (`extend`)."""
        if self._several and extend and self._anchor >= 0:
            low, high = sorted((self._anchor, index))
            span = set(range(low, high + 1))
            self._chosen = self._chosen | span if add else span
        elif add and index in self._chosen:
            self._chosen.discard(index)
            self._anchor = index
        elif add and self._several:
            self._chosen.add(index)
            self._anchor = index
        else:
            self._chosen = {index}
            self._anchor = index
        self.current = index
