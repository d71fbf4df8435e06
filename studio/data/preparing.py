"""Preparing: from an imported data set to uint8 pictures of one size, once for all runs that use them.

The folder's name is made from the content of the data set, the settings and the choices, so a cache that fits is
found again by its name, and one that does not fit is never used. A damaged one is made anew.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from studio.config.data import Choices, PrepareSettings
from studio.data.decoding import BrokenPicture, flatten, load, open_picture, plain
from studio.data.folders import FolderWriter, HashedFile, check_space
from studio.data.labels import Labels, relabelled
from studio.data.prepared import (
    ABOUT,
    CAPTIONS,
    CHECKS,
    HASHES,
    INDICES,
    LABELS,
    NAMES,
    PIXELS,
    VERSION,
    PreparedPictures,
)
from studio.data.store import PictureStore, code_type, join_texts, pack_codes
from studio.data.work import Meter, Stop, Stopped, ends, in_order, never
from studio.ground.errors import DamagedError, StudioError, text
from studio.ground.events import Ended, Event, Notice, Started

_PIECE = 32


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some prepared pictures: pixels of all as bytes, and for each its place in the store, CRC-32 and hash."""

    indices: list[int]
    pixels: bytes
    checks: list[int]
    hashes: list[int]
    lost: list[str]


@dataclass(slots=True)
class _Made:
    """What has been written so far."""

    indices: list[int] = field(default_factory=list)
    checks: list[int] = field(default_factory=list)
    hashes: list[int] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def add(self, piece: _Piece) -> None:
        self.indices += piece.indices
        self.checks += piece.checks
        self.hashes += piece.hashes
        self.lost += piece.lost


@ends
def prepare(
    store: PictureStore,
    cache_folder: Path,
    settings: PrepareSettings,
    choices: Choices,
    stop: Stop = never,
) -> Iterator[Event]:
    """Prepare ``store`` in a folder of its own inside ``cache_folder``, or find it prepared already.

    The last event is ``Ended(result=PreparedPictures)``, or failed with a sentence, or stopped; then nothing is left.
    """
    kept = chosen(store, choices)
    if not len(kept):
        raise StudioError("No pictures are left: all {count} of the data set are left out.", count=len(store))
    folder = cache_folder / cache_name(store, settings, choices)
    yield Started("prepare", folder.name, total=len(kept))
    found = yield from _find(folder, len(kept), stop)
    if found is None:
        found = yield from _make(store, folder, kept, _Plan(settings, choices), stop)
    yield Ended("finished", result=found)


def chosen(store: PictureStore, choices: Choices) -> np.ndarray:
    """Positions (n,) int64 in the store that are not left out."""
    out = set(choices.leave_out)
    return np.array([i for i, name in enumerate(store.names) if name not in out], np.int64)


def cache_name(store: PictureStore, settings: PrepareSettings, choices: Choices) -> str:
    """The name of the folder for these pictures, settings and choices."""
    digest = hashlib.sha256(store.items["sha256"].tobytes())
    digest.update(join_texts(store.names))
    for name, column in store.labels.items():
        digest.update(join_texts((name, *column.values)) + column.codes.tobytes())
    if store.text_columns:
        digest.update(b"captions" + join_texts(store.captions))
    of_square = settings.model_dump(exclude=None if settings.height else {"height"})  # whose caches are older than it
    plain = {"version": VERSION, "settings": of_square, "choices": _relevant(store, choices)}
    digest.update(json.dumps(plain, sort_keys=True).encode())
    size = f"{settings.size}x{settings.height}" if settings.height else str(settings.size)
    return f"{size}x{settings.channels}-{digest.hexdigest()[:20]}"


def _relevant(store: PictureStore, choices: Choices) -> dict[str, object]:
    """Choices in a form that does not depend on the order in which they were made."""
    plain = choices.model_dump(exclude={"headers"}) | {"leave_out": sorted(set(choices.leave_out) & set(store.names))}
    changes = {(change.name, change.label): change.value for change in choices.relabelled}
    del plain["relabelled"]
    return plain | ({"relabelled": sorted([*key, value] for key, value in changes.items())} if changes else {})


@dataclass(frozen=True, slots=True)
class _Plan:
    settings: PrepareSettings
    choices: Choices

    @property
    def item_bytes(self) -> int:
        height, width = self.settings.shape
        return self.settings.channels * height * width


def _find(folder: Path, count: int, stop: Stop) -> Generator[Event, None, PreparedPictures | None]:
    """An existing cache, fully checked; a damaged or incomplete one is removed."""
    if not folder.exists():
        return None
    meter = Meter(text("Checking the prepared pictures"), count)
    try:
        found = PreparedPictures(folder)
        try:
            for done in found.verify():
                yield from meter.progress(done)
                if stop():
                    raise Stopped
            found.check_texts()
        except BaseException:
            found.close()
            raise
        if not found.lost:
            return found
        found.close()
    except (DamagedError, KeyError, TypeError, ValueError):
        title = text("The prepared pictures were damaged")
        yield Notice("cache-damaged", "info", title, text("They are made anew from the data set; nothing is lost."))
    shutil.rmtree(folder)
    return None


def _make(
    store: PictureStore, folder: Path, kept: np.ndarray, plan: _Plan, stop: Stop
) -> Generator[Event, None, PreparedPictures]:
    """Prepare in parallel."""
    check_space(folder, len(kept) * (plan.item_bytes + 64))
    meter = Meter(text("Preparing pictures"), len(kept))
    made = _Made()
    pieces = [kept[i : i + _PIECE] for i in range(0, len(kept), _PIECE)]
    with FolderWriter(folder) as writer:
        pixels = writer.open(PIXELS)
        for piece in in_order(lambda some: _prepare_piece(store, some, plan), pieces, stop=stop):
            if piece is not None:
                pixels.write(piece.pixels)
                made.add(piece)
            yield from meter.progress(len(made.indices) + len(made.lost))
        yield from _report_lost(store, made)
        _write_tables(writer, store, made, plan, pixels)
        _give_name(writer)
    yield from meter.progress(len(kept), always=True)
    return PreparedPictures(folder)


def _give_name(writer: FolderWriter) -> None:
    try:
        writer.finish()
    except StudioError:
        # Another program prepared the same meanwhile: same name, same content.
        if not writer.path.is_dir():
            raise


def _report_lost(store: PictureStore, made: _Made) -> Iterator[Event]:
    if not made.indices:
        raise DamagedError("All pictures of the data set {name} are damaged; import it again.", name=store.folder.name)
    if made.lost:
        shown = ", ".join(made.lost[:5]) + (" …" if len(made.lost) > 5 else "")
        body = text(
            "{count} of them no longer hold what was imported and are left out: {shown}.",
            count=len(made.lost),
            shown=shown,
        )
        yield Notice("pictures-damaged", "warning", text("Pictures of the data set are damaged"), body)


def _write_tables(writer: FolderWriter, store: PictureStore, made: _Made, plan: _Plan, pixels: HashedFile) -> None:
    indices = np.array(made.indices, "<i8")
    columns = relabelled(store.labels, store.names, plan.choices.relabelled)
    labels = {name: Labels(column.values, column.codes[indices]) for name, column in columns.items()}
    codes = b"".join(pack_codes(column) for column in labels.values())
    hashes = np.array(made.hashes, "<u8")
    about = {
        "version": VERSION,
        "count": len(indices),
        "size": plan.settings.size,
        "channels": plan.settings.channels,
        **({"height": plan.settings.height} if plan.settings.height else {}),
        "shape": plan.choices.shape,
        "background": plan.choices.background,
        "labels": {name: {"values": c.values, "type": code_type(c).str} for name, c in labels.items()},
        "lost": made.lost,
    }
    content = json.dumps(about, sort_keys=True).encode() + hashes.tobytes() + codes
    about["fingerprint"] = hashlib.sha256(content + np.array(made.checks, "<u4").tobytes()).hexdigest()
    writer.write(CHECKS, np.array(made.checks, "<u4").tobytes())
    writer.write(HASHES, hashes.tobytes())
    writer.write(INDICES, indices.tobytes())
    writer.write(LABELS, codes)
    writer.write(NAMES, join_texts([store.names[i] for i in made.indices]))
    captions = store.captions
    writer.write(CAPTIONS, join_texts([captions[i] for i in made.indices] if captions else ()))
    about["captions"] = bool(captions)  # no part of the fingerprint: who learns from captions looks after them
    writer.write_json(ABOUT, about)


def _prepare_piece(store: PictureStore, indices: Sequence[int] | np.ndarray, plan: _Plan) -> _Piece:
    piece = _Piece([], b"", [], [], [])
    pixels = []
    for index in np.asarray(indices).tolist():
        try:
            data = prepare_picture(store, index, plan.settings, plan.choices)
        except (DamagedError, BrokenPicture):
            piece.lost.append(store.names[index])
            continue
        pixels.append(data)
        piece.indices.append(index)
        piece.checks.append(zlib.crc32(data))
        piece.hashes.append(int.from_bytes(hashlib.sha256(data).digest()[:8], "big"))
    return _Piece(piece.indices, b"".join(pixels), piece.checks, piece.hashes, piece.lost)


def prepare_picture(store: PictureStore, index: int, settings: PrepareSettings, choices: Choices) -> bytes:
    """One picture as bytes of (C, H, W) uint8: cut or filled to the shape, resized, flattened.

    Raises:
        DamagedError, BrokenPicture: it cannot be read any more.
    """
    return prepare_image(store.picture(index, near=2 * max(settings.shape)), settings, choices)


def prepare_bytes(data: bytes, settings: PrepareSettings, choices: Choices) -> np.ndarray:
    """A picture's file as (H, W, C) uint8: exactly what preparing an imported data set makes of it.

    Raises:
        BrokenPicture: it cannot be read; the text is the end of 'This file …'.
    """
    image = open_picture(data)
    load(image, near=2 * max(settings.shape))
    return pixels_HWC(prepare_image(plain(image), settings, choices), settings)


def pixels_HWC(data: bytes, settings: PrepareSettings) -> np.ndarray:
    """The bytes of a prepared picture as (H, W, C) uint8."""
    pixels = np.frombuffer(data, np.uint8).reshape(settings.channels, *settings.shape)
    return np.ascontiguousarray(pixels.transpose(1, 2, 0))


def prepare_image(image: Image.Image, settings: PrepareSettings, choices: Choices) -> bytes:
    """A plain picture (L, LA, RGB, RGBA) as bytes of (C, H, W) uint8."""
    fitting = fit(image, settings.shape, choices)
    if settings.channels == 1:
        return (fitting if fitting.mode == "L" else fitting.convert("L")).tobytes()
    colour = fitting if fitting.mode == "RGB" else fitting.convert("RGB")
    return np.ascontiguousarray(np.asarray(colour).transpose(2, 0, 1)).tobytes()


def fit(image: Image.Image, shape: tuple[int, int], choices: Choices) -> Image.Image:
    """A plain picture of ``shape`` (height, width) without transparency (L or RGB)."""
    if choices.shape == "crop":
        return flatten(_crop(image, shape), choices.background)
    return _pad(image, shape, choices.background)


def _crop(image: Image.Image, shape: tuple[int, int]) -> Image.Image:
    """The largest middle part of the shape, resized."""
    size = shape[1], shape[0]
    scale = min(image.width / size[0], image.height / size[1])
    width, height = size[0] * scale, size[1] * scale
    left, top = (image.width - width) / 2, (image.height - height) / 2
    if image.size == size:
        return image
    return _resize(image, size, (left, top, left + width, top + height))


def _pad(image: Image.Image, shape: tuple[int, int], background: str) -> Image.Image:
    """The whole picture in the middle, borders of ``background``."""
    size = shape[1], shape[0]
    scale = max(image.width / size[0], image.height / size[1])
    width, height = (max(1, round(side / scale)) for side in image.size)
    if image.size != (width, height):
        image = _resize(image, (width, height), (0, 0, *image.size))
    flat = flatten(image, background)
    if (width, height) == size:
        return flat
    ground = Image.new("RGB", size, background)
    ground.paste(flat, ((size[0] - width) // 2, (size[1] - height) // 2))
    return ground


def _resize(image: Image.Image, target: tuple[int, int], box: tuple[float, float, float, float]) -> Image.Image:
    """Lanczos when it becomes smaller (after a box reduction if much smaller), bicubic when it grows."""
    smaller = target[0] < box[2] - box[0]
    method = Image.Resampling.LANCZOS if smaller else Image.Resampling.BICUBIC
    return image.resize(target, method, box=box, reducing_gap=3.0 if smaller else None)
