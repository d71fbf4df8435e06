"""Small pictures of a data set, asked for as they come into view and read by another thread, piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from studio.jobs.browsing import ReadThumbnails, Thumbnail
from studio.ui.widgets.pictures import to_image
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.session import Session

_PIECE = 48


class Thumbnails(QObject):
    """`want` what is seen now; the pictures come with `came`. What was wanted before and is out of sight is dropped."""

    came = Signal(object)
    """Position -> QImage; a null image for a picture that cannot be read."""
    failed = Signal(str)

    def __init__(self, session: Session, key: str = "thumbnails", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._key = key
        self._folder, self._side, self._background = "", 64, "#ffffff"
        self._left: list[int] = []
        self._asked = False
        session.browser.dropped.connect(self._on_dropped)

    def look_at(self, folder: str, side: int, background: str) -> None:
        """Read from this data set from now on, at most `side` pixels a picture."""
        if (folder, side, background) != (self._folder, self._side, self._background):
            self.stop()
            self._folder, self._side, self._background = folder, side, background

    def want(self, positions: Sequence[int]) -> None:
        """Read these, and nothing else that was wanted before."""
        self._left = list(positions)
        self._next()

    def stop(self) -> None:
        """Nobody looks any more."""
        self._left, self._asked = [], False
        self._session.browser.forget(self._key)

    def _on_dropped(self) -> None:
        self._asked = False
        QTimer.singleShot(0, self, self._next)

    def _next(self) -> None:
        if self._asked or not self._left or not self._folder:
            return
        self._asked = True
        request = ReadThumbnails(
            folder=self._folder, positions=tuple(self._left[:_PIECE]), side=self._side, background=self._background
        )
        self._session.browse(self._key, request, self._on_answer)

    def _on_answer(self, answer: Any) -> None:
        if not answer.done:
            return
        self._asked = False
        found: dict[int, Thumbnail] = answer.result or {}
        if not found:
            self._left = []
            if answer.error is not None:
                self.failed.emit(spoken(answer.error))
            return
        self._left = [position for position in self._left if position not in found]
        self.came.emit({at: QImage() if picture is None else to_image(picture) for at, picture in found.items()})
        self._next()
