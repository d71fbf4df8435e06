"""Sheets of a data set's own items, read beside the window, whatever the size of the set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QImage

from studio.ui.pages.data_thumbs import Thumbnails
from studio.ui.panels.stage import Sheet
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.session import Session

COUNT = 40
_SIDE = 128  # pixels of a picture on the sheet
_READ = 192  # as they are read: what is not square is then cut


class PictureSheet(Sheet):
    """Pictures as QImages: they come some at a time, evenly taken from the whole set, with blanks for those to come."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._name = ""
        self._left: list[int] = []
        self._reads = False
        self._thumbs = Thumbnails(session, f"sheet {id(self)}", self)
        self._thumbs.came.connect(self._on_came)
        self._thumbs.failed.connect(self._on_failed)
        self.images: list[QImage] = []
        self.problem = ""

    def show(self, name: str) -> None:
        """Read the pictures of a data set, unless they are here already."""
        if name != self._name:
            self.forget()
            self._name = name
            self._choose(name)
        if self._left and not self._reads:
            self._reads = True
            self._thumbs.want(self._left)

    def pause(self) -> None:
        """Nobody looks: read no further."""
        if self._reads:
            self._reads = False
            self._thumbs.stop()

    def forget(self) -> None:
        """Let the data set go."""
        self.pause()
        self._name, self._left, self.images, self.problem = "", [], [], ""

    def _choose(self, name: str) -> None:
        record = self._session.lists.dataset(name)
        if record is None or not record.count:
            return
        wanted = min(COUNT, record.count)
        self._left = sorted({round(at * (record.count - 1) / max(wanted - 1, 1)) for at in range(wanted)})
        self._thumbs.look_at(record.folder, _READ, record.choices.background)

    def _on_came(self, found: dict[int, QImage]) -> None:
        """Some of the pictures; a damaged one is named by the check of the data set, here the next one is shown."""
        self.images += [_square(found[at]) for at in sorted(found) if not found[at].isNull()]
        self._left = [at for at in self._left if at not in found]
        self._reads = self._reads and bool(self._left)
        self.grown.emit(self.items())

    def _on_failed(self, problem: str) -> None:
        self._reads, self._left, self.problem = False, [], problem
        self.grown.emit(self.items())

    def items(self) -> list[QImage]:
        """The pictures so far, then blanks for those still to come: the grid does not jump while it fills."""
        return self.images + [_blank()] * len(self._left)


class TextSheet(Sheet):
    """The beginnings of some texts as plain data, read at once."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._name = ""
        self._key = f"texts {id(self)}"
        self._texts: list[dict[str, Any]] = []

    def show(self, name: str) -> None:
        if name == self._name:
            return
        self.forget()
        record = self._session.lists.dataset(name)
        if record is not None and record.count:
            from studio.jobs.browsing_texts import ReadTexts

            self._name = name
            self._session.browse(self._key, ReadTexts(folder=record.folder), self._on_answer)

    def items(self) -> list[dict[str, Any]]:
        return list(self._texts)

    def forget(self) -> None:
        if self._name:
            self._session.browser.forget(self._key)
        self._name, self._texts, self.problem = "", [], ""

    def _on_answer(self, answer: Any) -> None:
        if answer.done:
            self._texts = list(answer.result or ())
            self.problem = spoken(answer.error)
            self.grown.emit(self.items())


def _blank() -> QImage:
    image = QImage(_SIDE, _SIDE, QImage.Format.Format_RGBA8888)
    image.fill(Qt.GlobalColor.transparent)
    return image


def _square(image: QImage) -> QImage:
    """The middle square of a picture, at most 128 pixels a side."""
    side = min(image.width(), image.height())
    middle = image.copy((image.width() - side) // 2, (image.height() - side) // 2, side, side)
    if side <= _SIDE:
        return middle
    return middle.scaled(_SIDE, _SIDE, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
