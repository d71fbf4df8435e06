"""Importing: every picture of a source decoded once, described, and packed into the project.

Reading, decoding and hashing happen on all cores; the pack is written by the thread that asks for the events. One
broken file is skipped and listed; a source that goes away ends the import in one sentence; stopping leaves nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from studio.data.arrays import RawPicture
from studio.data.decoding import BrokenPicture, Look, look, thumb
from studio.data.folders import check_space
from studio.data.sources import Listing, list_source
from studio.data.store import RAW, Columns, Item, PictureStore, Skipped, StoreWriter
from studio.data.trees import UnreadableFile
from studio.data.work import Meter, Stop, Stopped, beside, ends, in_order, never
from studio.ground.errors import StudioError, Text, text
from studio.ground.events import Ended, Event, Notice, Progress, Started

_PIECE_COUNT, _PIECE_BYTES = 24, 4 << 20


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What was imported, as the project records and shows it.

    ``size`` is the median (height, width); ``labels``: name -> value -> how many pictures;
    ``captions``: how many are described in words.
    """

    name: str
    folder: Path
    count: int
    size: tuple[int, int]
    channels: int
    labels: dict[str, dict[str, int]]
    texts: tuple[str, ...]
    captions: int
    source: str
    kind: str
    bytes: int
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some pictures of a listing; ``payloads`` are read already where a source is only readable in order."""

    indices: range
    payloads: Sequence[bytes | RawPicture | Text] | None = None


@dataclass(slots=True)
class _Kept:
    indices: list[int] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


@ends
def import_pictures(source: Path, folder: Path, name: str, stop: Stop = never) -> Iterator[Event]:
    """Import ``source`` as data set ``name`` into ``folder``, which must not exist.

    Progress comes at least twice a second. The last event is ``Ended(result=ImportSummary)``, or failed with one
    sentence, or stopped; in the last two cases nothing is left in ``folder``.
    """
    if folder.exists():
        raise StudioError("There is a data set {name} already; choose another name.", name=name)
    yield Started("import", name)
    listing = yield from _look_through(source, stop)
    try:
        check_space(folder, int(listing.sizes.sum()) + 500 * len(listing.names))
        store = yield from _pack(listing, folder, stop)
    finally:
        listing.close()
    with store:
        summary = summarise(store, name, notes=listing.notes)
    yield from _notices(summary)
    yield Ended("finished", result=summary)


def summarise(store: PictureStore, name: str, *, notes: tuple[Text, ...] = ()) -> ImportSummary:
    """What the project records of a data set."""
    return ImportSummary(
        name=name,
        folder=store.folder,
        count=len(store),
        size=store.typical_size(),
        channels=1 if store.is_grey() else 3,
        labels={column: labels.counts() for column, labels in store.labels.items()},
        texts=store.text_columns,
        captions=sum(map(bool, store.captions)),
        source=store.source,
        kind=store.kind,
        bytes=int(store.items["length"].sum()),
        skipped=store.skipped,
        notes=notes,
    )


def _look_through(source: Path, stop: Stop) -> Generator[Event, None, Listing]:
    """List the source in a thread, with progress."""
    found = [0]

    def tick(count: int) -> None:
        found[0] = count
        if stop():
            raise Stopped

    meter = Meter(text("Looking through {name}", name=source.name))
    for listing in beside(lambda: list_source(source, tick), stop):
        yield from meter.progress(found[0])
        if listing is not None:
            return listing
    raise AssertionError("a function in a thread ends with its result or its error")


def _pack(listing: Listing, folder: Path, stop: Stop) -> Generator[Event, None, PictureStore]:
    kept = _Kept(skipped=list(listing.skipped))
    meter = Meter(text("Importing pictures"), len(listing.names))
    with StoreWriter(folder) as writer:
        done = 0
        for results in in_order(lambda piece: _read_piece(listing, piece, stop), _pieces(listing), stop=stop):
            for index, item in results or ():
                _add(writer, kept, listing.names[index], index, item)
                done += 1
            yield from meter.progress(done)
        if not len(writer):
            raise _nothing_readable(listing, kept)
        yield from meter.progress(done, always=True)
        return (yield from _finish(writer, listing, kept))


def _finish(writer: StoreWriter, listing: Listing, kept: _Kept) -> Generator[Event, None, PictureStore]:
    """Write the index in a thread; not to be stopped any more, since the data set is about to take its name."""

    def finish() -> PictureStore:
        columns = _columns(listing.columns, kept)
        return writer.finish(source=listing.title, kind=listing.kind, columns=columns, skipped=kept.skipped)

    meter = Meter(text("Writing to the disk"), len(writer))
    yield Progress(text("Writing to the disk"), 0, len(writer))
    for store in beside(finish, never):
        yield from meter.progress(0)
        if store is not None:
            return store
    raise AssertionError("a function in a thread ends with its result or its error")


def _add(writer: StoreWriter, kept: _Kept, name: str, index: int, item: Item | Text) -> None:
    if isinstance(item, Item):
        writer.add(name, item)
        kept.indices.append(index)
    else:
        kept.skipped.append(Skipped(name, item))


def _columns(columns: Columns, kept: _Kept) -> Columns:
    """The columns of the pictures that were imported."""
    indices = np.array(kept.indices, np.int64)
    labels = {name: column.take(indices) for name, column in columns.labels.items()}
    texts = {name: [column[i] for i in kept.indices] for name, column in columns.texts.items()}
    return Columns(labels, texts)


def _pieces(listing: Listing) -> Iterator[_Piece]:
    """Neighbouring pictures, few enough that no thread holds much or takes long."""
    start, total, count = 0, 0, len(listing.names)
    for index, size in enumerate(listing.sizes.tolist()):
        if index > start and (index - start >= _PIECE_COUNT or total + size > _PIECE_BYTES):
            yield _piece(listing, range(start, index))
            start, total = index, 0
        total += size
    yield _piece(listing, range(start, count))


def _piece(listing: Listing, indices: range) -> _Piece:
    return _Piece(indices, [_load(listing, i) for i in indices] if listing.sequential else None)


def _load(listing: Listing, index: int) -> bytes | RawPicture | Text:
    try:
        return listing.load(index)
    except UnreadableFile as error:
        return error.text


def _read_piece(listing: Listing, piece: _Piece, stop: Stop) -> list[tuple[int, Item | Text]]:
    """Runs in the pool: read, decode and describe."""
    found: list[tuple[int, Item | Text]] = []
    for place, index in enumerate(piece.indices):
        if stop():
            raise Stopped
        payload = piece.payloads[place] if piece.payloads is not None else _load(listing, index)
        found.append((index, payload if isinstance(payload, Text) else describe(payload)))
    return found


def describe(payload: bytes | RawPicture) -> Item | Text:
    """An item for the pack, or why it cannot be one."""
    if isinstance(payload, RawPicture):
        return describe_raw(payload)
    try:
        return Item(payload, hashlib.sha256(payload).digest(), look(payload))
    except BrokenPicture as error:
        return error.text


def describe_raw(raw: RawPicture) -> Item:
    image = Image.frombytes(raw.mode, (raw.width, raw.height), raw.data)
    seen = Look(raw.width, raw.height, raw.mode, RAW, transparent=False, animated=False, thumb=thumb(image))
    return Item(raw.data, hashlib.sha256(raw.data).digest(), seen)


def _nothing_readable(listing: Listing, kept: _Kept) -> StudioError:
    first = kept.skipped[0]
    return StudioError(
        "None of the {count} files in {source} is a picture that can be read; the first, {name}, {reason}.",
        count=len(listing.names), source=listing.title, name=first.name, reason=str(first.reason),
    )  # fmt: skip


def _notices(summary: ImportSummary) -> Iterator[Event]:
    if summary.skipped:
        shown = ", ".join(s.name for s in summary.skipped[:3]) + (" …" if len(summary.skipped) > 3 else "")
        title = text("{count} files were skipped", count=len(summary.skipped))
        body = text(
            "They could not be read as pictures: {shown}. The check of the data set lists each with its reason.",
            shown=shown,
        )
        yield Notice("files-skipped", "warning", title, body)
    for note in summary.notes:
        yield Notice("import-note", "info", text("About {name}", name=summary.source), note)
