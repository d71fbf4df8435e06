"""Small pictures of creations, asked for as they come into view and read by another thread, piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from studio.jobs.browsing import ReadCreations, Thumbnail
from studio.ui.widgets.pictures import to_image

if TYPE_CHECKING:
    from studio.ui.session import Session

_PIECE = 48
_MOST = 400  # wishes that are kept: what was seen longer ago is out of sight


class CreationThumbnails(QObject):
    """`want` keys; the pictures come with `came`. `find` turns keys into names of files, unknown ones left out."""

    came = Signal(dict)  # key -> QImage, null where it cannot be read

    def __init__(
        self, session: Session, find: Callable[[Sequence[str]], Mapping[str, str]], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._find = session, find
        self._left: dict[str, None] = {}
        self._asked: dict[str, str] = {}
        self.side = 128

    def want(self, keys: Sequence[str]) -> list[str]:
        """Read these first, then what was wanted before; returns wishes that were given up."""
        older = [key for key in self._left if key not in set(keys)]
        wanted = [*keys, *older]
        self._left = dict.fromkeys(wanted[:_MOST])
        self._next()
        return wanted[_MOST:]

    def stop(self) -> None:
        """Nobody looks any more."""
        self._left.clear()
        self._asked = {}
        self._session.browser.forget("creations")

    def _next(self) -> None:
        while self._left and not self._asked:
            keys = list(self._left)[:_PIECE]
            found = self._find(keys)
            self._asked = {name: key for key, name in found.items()}
            gone = [key for key in keys if key not in found]
            for key in gone:
                del self._left[key]
            if gone:
                self.came.emit({key: QImage() for key in gone})
            if self._asked:
                request = ReadCreations(names=tuple(self._asked), side=self.side)
                self._session.browse("creations", request, self._on_answer)

    def _on_answer(self, answer: Any) -> None:
        if not answer.done:
            return
        asked, self._asked = self._asked, {}
        found: dict[str, Thumbnail] = answer.result or {}
        keys = {asked[name]: picture for name, picture in found.items() if name in asked}
        if not keys:  # the whole answer failed: their places stay empty
            keys = dict.fromkeys(asked.values())
        for key in keys:
            self._left.pop(key, None)
        self.came.emit({key: QImage() if one is None else to_image(one) for key, one in keys.items()})
        self._next()
