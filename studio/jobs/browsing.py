"""Looking at an imported data set: what it holds, small pictures of it, and how a model would see them.

None of this is a piece of work to be queued or kept; a window asks as fast as somebody scrolls, and a thread of its
own answers from a data set that stays open in between. No torch, no Qt.
"""

from __future__ import annotations

import itertools
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from studio.config.base import Settings
from studio.config.data import Choices, PrepareSettings
from studio.data.decoding import MAX_BYTES, BrokenPicture, flatten, load, open_picture, orientation, plain
from studio.data.labels import Labels
from studio.data.preparing import prepare_picture
from studio.data.store import TRANSPARENT, PictureStore, Skipped
from studio.data.texts.store import TextStore
from studio.ground.errors import DamagedError, StudioError
from studio.ground.events import Ended, Event
from studio.jobs.browsing_texts import ReadSource, ReadTexts, look_at_source, some_texts
from studio.jobs.steering import CommandQueue
from studio.jobs.text_contents import TextRequest, TextServer
from studio.projects.pictures import decode_png

_PIECE_SECONDS = 0.06
"""After this long an answer goes out with what is ready; the rest is asked for again."""
_OPEN = 3
"""Data sets that stay open."""


class ReadContents(Settings):
    """What is in the data set that lies in ``folder`` (relative to the project)? Answer: :class:`Contents`."""

    folder: str


class FindPictures(Settings):
    """Which names or captions hold all of ``words``? Answer: positions (n,) int64, ascending."""

    folder: str
    words: str


class ReadThumbnails(Settings):
    """Small pictures, at most ``side`` pixels wide and high. Answer: position -> :data:`Thumbnail`, perhaps not all."""

    folder: str
    positions: tuple[int, ...]
    side: int
    background: str = "#ffffff"


class ReadFile(Settings):
    """One picture file of the user's, at most ``side`` pixels wide and high. Answer: (H, W, C) uint8, C 1 or 3."""

    path: Path
    side: int
    background: str = "#ffffff"


class ReadBytes(Settings):
    """A picture as its file is: one of the user's, or one of a data set. Answer: its bytes, which nobody has looked at.

    ``path``, or ``folder`` of a data set and ``position`` in it.
    """

    path: Path | None = None
    folder: str = ""
    position: int = 0


class ReadCreations(Settings):
    """Pictures of the gallery by their files' names, at most ``side`` pixels. Answer: name -> :data:`Thumbnail`."""

    names: tuple[str, ...]
    side: int


class ReadPrepared(Settings):
    """Pictures as they would be prepared. Answer: position -> (size, size, C) uint8, None for unreadable ones."""

    folder: str
    positions: tuple[int, ...]
    settings: PrepareSettings
    choices: Choices


Thumbnail = np.ndarray | None
"""(H, W, C) uint8 with 1 or 3 channels; None for a picture that cannot be read."""


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """A data set at a glance. ``widths``, ``heights`` (N,) in pixels; ``places``: name -> position; ``bytes`` of all
    pictures as they lie in the project; ``captions`` is empty where there are none."""

    folder: str
    kind: str
    names: tuple[str, ...]
    places: Mapping[str, int]
    widths: np.ndarray
    heights: np.ndarray
    labels: Mapping[str, Labels]
    captions: tuple[str, ...]
    bytes: int
    transparent: int
    skipped: tuple[Skipped, ...]

    def __len__(self) -> int:
        return len(self.names)

    def positions(self, names: Sequence[str]) -> np.ndarray:
        """Where these pictures are (n,) int64, in the order of their names; unknown ones are left out."""
        if names == self.names:
            return np.arange(len(names))
        unknown = itertools.repeat(-1)
        found = np.fromiter(map(self.places.get, names, unknown), np.int64, len(names))
        return found[found >= 0]


class PictureServer:
    """Answers the requests above; used by the one thread that made it."""

    def __init__(self, project_path: Path) -> None:
        self._path = project_path
        self._stores: OrderedDict[str, PictureStore] = OrderedDict()
        self._folded: tuple[str, tuple[str, ...]] = ("", ())
        self._texts = TextServer(project_path)

    def close(self) -> None:
        """Close all data sets."""
        self._texts.close()
        for store in self._stores.values():
            store.close()
        self._stores.clear()
        self._folded = ("", ())

    def serve(self, request: Settings, commands: CommandQueue) -> Iterator[Event]:
        """One ending, with the answer as its result. Raises DamagedError where the data set cannot be read."""
        if isinstance(request, ReadContents):
            yield Ended("finished", result=contents(self._open(request.folder, anew=True), request.folder))
        elif isinstance(request, FindPictures):
            yield Ended("finished", result=self._find(request))
        elif isinstance(request, ReadThumbnails):
            yield Ended("finished", result=self._thumbnails(request, commands))
        elif isinstance(request, ReadFile):
            yield Ended("finished", result=picture_file(request))
        elif isinstance(request, ReadBytes):
            path, store = request.path, request.folder
            data = file_bytes(path) if path is not None else self._open(store).file(request.position)
            yield Ended("finished", result=data)
        elif isinstance(request, ReadCreations):
            yield Ended("finished", result=self._creations(request, commands))
        elif isinstance(request, ReadPrepared):
            yield Ended("finished", result=self._prepared(request, commands))
        elif isinstance(request, ReadTexts):
            with TextStore(self._path / request.folder) as texts:
                yield Ended("finished", result=some_texts(texts, request))
        elif isinstance(request, ReadSource):
            yield Ended("finished", result=look_at_source(request, commands))
        elif isinstance(request, TextRequest):
            yield Ended("finished", result=self._texts.answer(request))
        else:
            raise TypeError(f"no data set answers a {type(request).__name__}")

    def _open(self, folder: str, *, anew: bool = False) -> PictureStore:
        if anew and folder in self._stores:
            self._stores.pop(folder).close()
        if folder not in self._stores:
            self._stores[folder] = PictureStore(self._path / folder)
        self._stores.move_to_end(folder)
        while len(self._stores) > _OPEN:
            self._stores.popitem(last=False)[1].close()
        return self._stores[folder]

    def _find(self, request: FindPictures) -> np.ndarray:
        store = self._open(request.folder)
        if self._folded[0] != request.folder:
            captions = store.captions or ("",) * len(store)
            lines = tuple(f"{n}\n{c}".casefold() for n, c in zip(store.names, captions, strict=True))
            self._folded = (request.folder, lines)
        words = request.words.casefold().split()
        found = [i for i, line in enumerate(self._folded[1]) if all(word in line for word in words)]
        return np.array(found, np.int64)

    def _thumbnails(self, request: ReadThumbnails, commands: CommandQueue) -> dict[int, Thumbnail]:
        store, until = self._open(request.folder), time.monotonic() + _PIECE_SECONDS
        found: dict[int, Thumbnail] = {}
        for position in request.positions:
            if 0 <= position < len(store):
                found[position] = thumbnail(store, position, request.side, request.background)
            if time.monotonic() > until or commands.stop_requested:
                break
        return found

    def _creations(self, request: ReadCreations, commands: CommandQueue) -> dict[str, Thumbnail]:
        until = time.monotonic() + _PIECE_SECONDS
        found: dict[str, Thumbnail] = {}
        for name in request.names:
            found[name] = creation(self._path / "gallery", name, request.side)
            if time.monotonic() > until or commands.stop_requested:
                break
        return found

    def _prepared(self, request: ReadPrepared, commands: CommandQueue) -> dict[int, Thumbnail]:
        store = self._open(request.folder)
        found: dict[int, Thumbnail] = {}
        for position in request.positions:
            if commands.stop_requested:
                break
            if 0 <= position < len(store):
                found[position] = prepared(store, position, request.settings, request.choices)
        return found


def contents(store: PictureStore, folder: str) -> Contents:
    """What a data set holds."""
    return Contents(
        folder=folder,
        kind=store.kind,
        names=store.names,
        places={name: place for place, name in enumerate(store.names)},
        widths=store.items["width"].astype(np.int64),
        heights=store.items["height"].astype(np.int64),
        labels=store.labels,
        captions=store.captions,
        bytes=int(store.items["length"].sum()),
        transparent=int(np.count_nonzero(store.items["flags"] & TRANSPARENT)),
        skipped=store.skipped,
    )


def thumbnail(store: PictureStore, position: int, side: int, background: str) -> Thumbnail:
    """One picture at most ``side`` pixels wide and high, never enlarged, on a colour where it is transparent."""
    try:
        image = store.picture(position, near=side)
    except (DamagedError, BrokenPicture):
        return None  # the check of the data set names it; here its place stays empty
    flat = flatten(image, background)
    flat.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return np.atleast_3d(np.asarray(flat))


def picture_file(request: ReadFile) -> np.ndarray:
    """A picture from a file that nobody vouches for, upright, never enlarged.

    Raises:
        StudioError: it cannot be read, or is no picture; says so in a sentence.
    """
    name = request.path.name
    try:
        image = open_picture(file_bytes(request.path))
        load(image, near=request.side)
        flat = flatten(plain(image, orientation(image)), request.background)
    except BrokenPicture as error:
        raise StudioError("{name} {reason}.", name=name, reason=error.text) from error
    flat.thumbnail((request.side, request.side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return np.atleast_3d(np.asarray(flat))


def file_bytes(path: Path) -> bytes:
    """What a picture's file holds. Raises StudioError where it cannot be read, or is too large for a picture."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise StudioError("{name} is larger than a picture can be.", name=path.name)
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise StudioError("{name} cannot be read: {reason}.", name=path.name, reason=reason) from error


def creation(gallery: Path, name: str, side: int) -> Thumbnail:
    """One picture of the gallery, at most ``side`` pixels wide and high, never enlarged."""
    if Path(name).name != name:
        return None
    try:
        pixels_HWC, _ = decode_png((gallery / name).read_bytes(), name)
    except (OSError, DamagedError):
        return None  # opening the project names it; here its place stays empty
    if max(pixels_HWC.shape[:2]) <= side:
        return pixels_HWC
    image = Image.fromarray(pixels_HWC[..., 0] if pixels_HWC.shape[2] == 1 else pixels_HWC)
    image.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return np.atleast_3d(np.asarray(image))


def prepared(store: PictureStore, position: int, settings: PrepareSettings, choices: Choices) -> Thumbnail:
    """One picture exactly as it would be prepared for a run."""
    try:
        data = prepare_picture(store, position, settings, choices)
    except (DamagedError, BrokenPicture):
        return None  # preparing leaves it out and says so; the check names it
    pixels_CHW = np.frombuffer(data, np.uint8).reshape(settings.channels, *settings.shape)
    return np.ascontiguousarray(pixels_CHW.transpose(1, 2, 0))
