"""Pictures that leave the window: to the clipboard, dragged out, exported. Every PNG says how it was made."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from studio.config.requests import GenerateRequest
from studio.ground.files import write_bytes
from studio.projects.pictures import encode_png
from studio.ui.panels.sheet import Entry

_SLICE = 0.004  # seconds of writing between two looks at the mouse


@dataclass(frozen=True)
class NamedPicture:
    """A picture (H, W, C) uint8, the name its file gets, and the request that makes it again."""

    name: str
    picture: np.ndarray
    request: GenerateRequest


def named(entry: Entry) -> NamedPicture | None:
    """An entry of a sheet as a file; None where it has no picture yet."""
    request = entry.request()
    if request is None or entry.picture is None:
        return None
    name = f"{request.run}-{request.checkpoint}-{entry.number:04d}.png"
    return NamedPicture(name, entry.picture, request)


def note_of(request: GenerateRequest, *, family: str) -> dict[str, Any]:
    """The note that a PNG carries; the same as the gallery writes."""
    about = {"run": request.run, "family": family, "kind": "picture", "note": "", "created": time.time()}
    return about | {"request": request.model_dump(mode="json")}


def png_of(picture: NamedPicture, *, family: str) -> bytes:
    """The file of one picture."""
    return encode_png(picture.picture, note_of(picture.request, family=family))


def sheet_picture(pictures: Sequence[np.ndarray], *, columns: int = 0, gap: int = 2) -> np.ndarray:
    """Pictures of one size side by side, (H, W, C) uint8 with white between; about square without `columns`."""
    count = len(pictures)
    columns = min(columns or int(np.ceil(np.sqrt(count))), count)
    height, width, channels = pictures[0].shape
    rows = -(-count // columns)
    laid = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, channels), 255, np.uint8)
    for at, picture in enumerate(pictures):
        top, left = (at // columns) * (height + gap), (at % columns) * (width + gap)
        laid[top : top + height, left : left + width] = picture
    return laid


def whole_request(pictures: Sequence[NamedPicture]) -> GenerateRequest:
    """One request for several pictures of the same model: what a sheet carries."""
    recipes = tuple(recipe for one in pictures for recipe in one.request.recipes)
    return pictures[0].request.model_copy(update={"recipes": recipes})


class DragFiles:
    """Files for pictures that are dragged out: in a temporary folder that goes with this object."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def write(self, pictures: Sequence[NamedPicture], *, family: str) -> list[Path]:
        """Write the pictures; returns their files."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="studio-drag-")
        paths = []
        for one in pictures:
            path = Path(self._folder.name) / one.name
            path.write_bytes(png_of(one, family=family))
            paths.append(path)
        return paths

    def close(self) -> None:
        """Delete what was written."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


class PictureWriter(QObject):
    """Writes many PNG files in slices of a few milliseconds, so that the window stays awake."""

    ended = Signal(object, object)
    """The files written, and the OSError that ended it early or None."""

    def __init__(
        self, folder: Path, pictures: Sequence[NamedPicture], *, family: str, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._folder, self._family = folder, family
        self._left = list(pictures)
        self.files: list[Path] = []
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._on_timer)

    def start(self) -> None:
        """Begin; `ended` comes when all are written."""
        self._timer.start()

    def stop(self) -> None:
        """Write no more."""
        self._timer.stop()

    def _on_timer(self) -> None:
        until = time.monotonic() + _SLICE
        try:
            while self._left and time.monotonic() < until:
                one = self._left.pop(0)
                path = self._folder / one.name
                write_bytes(path, png_of(one, family=self._family))
                self.files.append(path)
        except OSError as error:
            self._end(error)
            return
        if not self._left:
            self._end(None)

    def _end(self, error: OSError | None) -> None:
        self._timer.stop()
        self.ended.emit(self.files, error)
