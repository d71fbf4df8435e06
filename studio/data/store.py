"""The imported data set: the original pictures in one pack inside the project, with an index that notices damage.

A moved project or a removed source loses nothing: ``pack.bin`` holds every file's bytes as they were found (or the
raw pixels of sets that come as arrays). ``items.bin`` has one record a picture with its SHA-256, so each reading is
checked; the small files are checked by the manifest when they are opened.
"""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from PIL import Image

from studio.config.facts import DataFacts
from studio.data.decoding import THUMB, Look, load, open_picture, orientation, plain
from studio.data.folders import FolderReader, FolderWriter
from studio.data.labels import Labels, caption_column
from studio.ground.errors import DamagedError, Text
from studio.ground.files import read_json

VERSION = 1
RAW, ABOUT = "RAW", "store.json"
TRANSPARENT, ANIMATED = 1, 2
ITEM = np.dtype(
    [
        ("offset", "<u8"),
        ("length", "<u8"),
        ("hash", "<u8"),
        ("sha256", "u1", (32,)),
        ("width", "<u4"),
        ("height", "<u4"),
        ("mode", "u1"),
        ("format", "u1"),
        ("flags", "u1"),
        ("free", "u1", (5,)),
    ]
)
_RECORD = struct.Struct("<QQQ32sIIBBB5x")
"""ITEM as the writer packs it."""
_HASHED_TOGETHER = 4096
_GREY_MODES = ("1", "L", "LA", "La", "I", "F")


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that did not become a picture of the data set, and why (the end of 'This file …')."""

    name: str
    reason: Text


@dataclass(frozen=True, slots=True)
class Item:
    """One picture on its way into the pack: its bytes (encoded, or raw with format ``RAW``), hash and looks."""

    data: bytes
    sha256: bytes
    look: Look


@dataclass(frozen=True, slots=True)
class Columns:
    """What a data set knows of its pictures besides their pixels."""

    labels: Mapping[str, Labels] = field(default_factory=dict)
    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)


class StoreWriter:
    """Writes a :class:`PictureStore`, whole or not at all: without :meth:`finish`, nothing is left."""

    def __init__(self, folder: Path) -> None:
        self._folder = FolderWriter(folder)
        self._records = bytearray()
        self._names: list[str] = []
        self._thumbs = bytearray()
        self._modes: dict[str, int] = {}
        self._formats: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._folder.__enter__()
        self._pack = self._folder.open("pack.bin")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.__exit__(kind, error, trace)

    def __len__(self) -> int:
        return len(self._names)

    def add(self, name: str, item: Item) -> None:
        """Append one picture."""
        offset = self._pack.write(item.data)
        look = item.look
        mode = self._modes.setdefault(look.mode, len(self._modes))
        kind = self._formats.setdefault(look.format, len(self._formats))
        flags = TRANSPARENT * look.transparent + ANIMATED * look.animated
        self._records += _RECORD.pack(
            offset, len(item.data), 0, item.sha256, look.width, look.height, mode, kind, flags
        )
        self._names.append(name)
        self._thumbs += look.thumb

    def finish(self, *, source: str, kind: str, columns: Columns, skipped: Sequence[Skipped] = ()) -> PictureStore:
        """Write index, names, columns and manifest; the folder takes its name. ``columns`` fit the added pictures."""
        items = np.frombuffer(self._records, ITEM)
        thumbs = np.frombuffer(self._thumbs, np.uint8).reshape(-1, *THUMB, 3)
        for start in range(0, len(items), _HASHED_TOGETHER):
            some = slice(start, start + _HASHED_TOGETHER)
            items["hash"][some] = difference_hash(thumbs[some])
        folder = self._folder
        folder.write("items.bin", items.tobytes())
        folder.write("thumbs.bin", thumbs.tobytes())
        folder.write("names.bin", join_texts(self._names))
        folder.write("labels.bin", b"".join(pack_codes(c) for c in columns.labels.values()))
        folder.write("texts.bin", join_texts([t for column in columns.texts.values() for t in column]))
        folder.write_json(ABOUT, self._description(source=source, kind=kind, columns=columns, skipped=skipped))
        folder.finish()
        return PictureStore(folder.path)

    def _description(self, *, source: str, kind: str, columns: Columns, skipped: Sequence[Skipped]) -> dict[str, Any]:
        return {
            "version": VERSION,
            "count": len(self),
            "kind": kind,
            "source": source,
            "modes": list(self._modes),
            "formats": list(self._formats),
            "labels": {name: {"values": c.values, "type": code_type(c).str} for name, c in columns.labels.items()},
            "texts": list(columns.texts),
            "skipped": [[s.name, s.reason.template, {k: str(v) for k, v in s.reason.params}] for s in skipped],
        }


class PictureStore:
    """An imported data set, opened for reading from any thread.

    Raises:
        DamagedError: a file of it is missing or changed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._reader = FolderReader(folder)
        about = self._reader.json(ABOUT)
        if about.get("version") != VERSION:
            raise DamagedError("The data set {name} was made by a newer version of the studio.", name=folder.name)
        self._about = about
        self.items = np.frombuffer(self._reader.bytes("items.bin"), ITEM)
        self.names: tuple[str, ...] = split_texts(self._reader.bytes("names.bin"))
        self.modes: tuple[str, ...] = tuple(about["modes"])
        self.formats: tuple[str, ...] = tuple(about["formats"])
        self.labels: dict[str, Labels] = unpack_labels(
            about["labels"], self._reader.bytes("labels.bin"), len(self.names)
        )
        if not len(self.names) == len(self.items) == about["count"]:
            raise DamagedError("The index of the data set {name} is damaged.", name=folder.name)
        self._pack = self._reader.positions("pack.bin")
        self._positions: dict[str, int] | None = None

    def __len__(self) -> int:
        return len(self.names)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the pack."""
        self._pack.close()

    @property
    def source(self) -> str:
        """Where the pictures came from, for display."""
        return str(self._about["source"])

    @property
    def kind(self) -> str:
        """What the source was: folder, zip, tar, table, idx, cifar, portraits."""
        return str(self._about["kind"])

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Files of the source that could not be read."""
        return tuple(Skipped(name, Text(t, tuple(params.items()))) for name, t, params in self._about["skipped"])

    def texts(self, column: str) -> tuple[str, ...]:
        """A column of texts, one a picture (empty where it has none). Raises KeyError for an unknown one."""
        position = self._about["texts"].index(column) if column in self._about["texts"] else None
        if position is None:
            raise KeyError(column)
        everything = split_texts(self._reader.bytes("texts.bin"))
        return everything[position * len(self) : (position + 1) * len(self)]

    @property
    def text_columns(self) -> tuple[str, ...]:
        """Names of the text columns."""
        return tuple(self._about["texts"])

    @property
    def captions(self) -> tuple[str, ...]:
        """What describes each picture in words, empty where nothing does; () where there is no column of texts."""
        column = caption_column(self.text_columns)
        return self.texts(column) if column else ()

    def thumbs(self) -> np.ndarray:
        """The tiny pictures (N, 8, 9, 3) uint8 from which duplicates are told."""
        return np.frombuffer(self._reader.bytes("thumbs.bin"), np.uint8).reshape(-1, *THUMB, 3)

    def position(self, name: str) -> int:
        """Where the picture ``name`` is; KeyError if there is none."""
        if self._positions is None:
            self._positions = {n: i for i, n in enumerate(self.names)}
        return self._positions[name]

    def data(self, index: int) -> bytes:
        """The bytes of one picture as they were found. Raises DamagedError if they are no longer the same."""
        item = self.items[index]
        data = self._pack.read(int(item["offset"]), int(item["length"]))
        if hashlib.sha256(data).digest() != item["sha256"].tobytes():
            raise DamagedError("The picture {name} of the data set is damaged.", name=self.names[index])
        return data

    def file(self, index: int) -> bytes:
        """One picture as a file: as it was found; what came as an array becomes a PNG. Raises DamagedError."""
        if self.formats[self.items[index]["format"]] != RAW:
            return self.data(index)
        made = io.BytesIO()
        self.open(index).save(made, "PNG")
        return made.getvalue()

    def read(self, index: int, *, upright: bool = False) -> Image.Image:
        """One picture, decoded, in the mode it was found in; ``upright`` applies its EXIF turn and makes it plain.

        Raises:
            DamagedError: its bytes changed since the import.
        """
        image = self.open(index)
        load(image)
        return plain(image) if upright else image

    def open(self, index: int) -> Image.Image:
        """One picture, not yet decoded (raw ones are)."""
        data, item = self.data(index), self.items[index]
        if self.formats[item["format"]] == RAW:
            return Image.frombytes(self.modes[item["mode"]], (int(item["width"]), int(item["height"])), data)
        return open_picture(data)

    def picture(self, index: int, *, near: int = 0) -> Image.Image:
        """One picture as L, LA, RGB or RGBA, upright; a JPEG reduced to at least ``near`` pixels a side if given."""
        image = self.open(index)
        load(image, near=near)
        return plain(image, orientation(image))

    def is_grey(self) -> bool:
        """Whether no picture has colour, judged by the modes found."""
        used = np.unique(self.items["mode"])
        return all(self.modes[int(m)] in _GREY_MODES or self.modes[int(m)].startswith("I;") for m in used)

    def typical_size(self) -> tuple[int, int]:
        """Median height and width in pixels."""
        if not len(self):
            return 0, 0
        return int(np.median(self.items["height"])), int(np.median(self.items["width"]))

    def facts(self) -> DataFacts:
        """What presets need to know."""
        height, width = self.typical_size()
        values = {name: column.values for name, column in self.labels.items()}
        return DataFacts(
            count=len(self), height=height, width=width, channels=1 if self.is_grey() else 3, labels=values,
            captions=bool(self.text_columns),
        )  # fmt: skip


def has_captions(folder: Path) -> bool:
    """Whether the data set in ``folder`` has a column of texts; looked up without opening the rest of it."""
    try:
        return bool(read_json(folder / ABOUT)["texts"])
    except (DamagedError, OSError, KeyError):
        return False  # whoever opens the data set is told what is wrong with it


def difference_hash(thumbs: np.ndarray) -> np.ndarray:
    """64-bit perceptual hashes (N,) uint64 of thumbs (N, 8, 9, 3): is each darker than its right neighbour?

    The difference hash as described by N. Krawetz, "Kind of like that" (2013).
    """
    grey = thumbs.astype(np.int32) @ np.array([299, 587, 114], np.int32)
    bits = (grey[:, :, 1:] > grey[:, :, :-1]).reshape(len(thumbs), 64)
    return np.packbits(bits, axis=1).view(">u8").reshape(len(thumbs)).astype(np.uint64)


def join_texts(texts: Sequence[str]) -> bytes:
    """Texts as UTF-8, each closed by a zero byte."""
    return b"".join(t.replace("\0", " ").encode("utf-8", "replace") + b"\0" for t in texts)


def split_texts(data: bytes) -> tuple[str, ...]:
    """The inverse of :func:`join_texts`."""
    return tuple(data.decode("utf-8").split("\0")[:-1])


def code_type(labels: Labels) -> np.dtype[Any]:
    """The smallest integer type that holds the codes."""
    return np.dtype("<i1" if len(labels.values) < 127 else "<i2" if len(labels.values) < 32767 else "<i4")


def pack_codes(labels: Labels) -> bytes:
    """Codes in their smallest type."""
    return labels.codes.astype(code_type(labels)).tobytes()


def unpack_labels(about: Mapping[str, Any], data: bytes, count: int) -> dict[str, Labels]:
    """The inverse of :func:`pack_codes` for all columns that ``about`` describes."""
    found, position = {}, 0
    for name, entry in about.items():
        kind = np.dtype(entry["type"])
        codes = np.frombuffer(data, kind, count, position).astype(np.int32)
        codes.flags.writeable = False
        found[name] = Labels(tuple(entry["values"]), codes)
        position += count * kind.itemsize
    return found
