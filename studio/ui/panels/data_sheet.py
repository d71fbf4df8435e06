"""A sheet of a data set's own pictures, read piece by piece so that the window never waits for it."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from PIL import Image, ImageOps
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QImage

from studio.data.store import PictureStore
from studio.ground.errors import StudioError

if TYPE_CHECKING:
    from studio.ui.session import Session

COUNT = 40
_SIDE = 128  # pixels of a picture on the sheet
_PIECE_MS = 15
_PIECE_SECONDS = 0.004
_AT_ONCE = 8


class DataSheet(QObject):
    """`show` a data set; its pictures come with `grown`, one after the other, evenly taken from the whole set."""

    grown = Signal(list)  # all QImages so far, with blanks for those to come

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._name = ""
        self._left: list[int] = []
        self._told = 0
        self._store: PictureStore | None = None
        self.images: list[QImage] = []
        self.problem = ""
        self._timer = QTimer(self)
        self._timer.setObjectName("dataSheetTimer")
        self._timer.setInterval(_PIECE_MS)
        self._timer.timeout.connect(self._read_some)

    def show(self, name: str) -> None:
        """Read the pictures of a data set, unless they are here already."""
        if name == self._name:
            if self._left and not self._timer.isActive():
                self._timer.start()
            return
        self.forget()
        self._name = name
        try:
            self._open(name)
        except (OSError, StudioError) as error:
            self.problem = str(error)

    def pause(self) -> None:
        """Nobody looks: read no further."""
        self._timer.stop()

    def forget(self) -> None:
        """Let the data set go."""
        self._timer.stop()
        self._name, self._left, self.images, self.problem, self._told = "", [], [], "", 0
        if self._store is not None:
            self._store.close()
            self._store = None

    def _open(self, name: str) -> None:
        project = self._session.project
        if not name or project is None:
            return
        self._store = PictureStore(project.datasets.folder(name))
        count = len(self._store)
        wanted = min(COUNT, count)
        self._left = sorted({round(at * (count - 1) / max(wanted - 1, 1)) for at in range(wanted)}, reverse=True)
        self._timer.start()

    def _read_some(self) -> None:
        """A piece of a few milliseconds."""
        end = monotonic() + _PIECE_SECONDS
        while self._left and self._store is not None:
            self._read(self._store, self._left.pop())
            if monotonic() > end:
                break
        if not self._left:
            self._timer.stop()
        if self.images and (len(self.images) >= self._told + _AT_ONCE or not self._left):
            self._told = len(self.images)
            self.grown.emit(self.padded())

    def _read(self, store: PictureStore, index: int) -> None:
        try:
            self.images.append(_image(store.picture(index, near=_SIDE)))
        except (OSError, StudioError):
            return  # a damaged picture is named by the check of the data set; here the next one is shown

    def padded(self) -> list[QImage]:
        """The pictures so far, then blanks for those still to come: the grid does not jump while it fills."""
        return self.images + [_blank()] * len(self._left)


def _blank() -> QImage:
    image = QImage(_SIDE, _SIDE, QImage.Format.Format_RGBA8888)
    image.fill(Qt.GlobalColor.transparent)
    return image


def _image(picture: Image.Image) -> QImage:
    """The middle square of a picture, at most 128 pixels a side."""
    side = min(_SIDE, *picture.size)
    square = ImageOps.fit(picture.convert("RGBA"), (side, side), Image.Resampling.BILINEAR)
    return QImage(square.tobytes(), side, side, side * 4, QImage.Format.Format_RGBA8888).copy()
