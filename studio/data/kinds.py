"""Whether a source is one of pictures, of texts or of pairs of sentences, told by the names in it."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path, PurePosixPath
from typing import Literal

from studio.data import arrays, tables
from studio.data.decoding import SUFFIXES as PICTURES
from studio.data.texts.pair_columns import code_of
from studio.data.texts.pair_reading import holds_pairs
from studio.data.texts.reading import OneFile, form_of, tree_of
from studio.data.trees import Tick
from studio.data.work import Meter, Stop, Stopped, beside
from studio.ground.errors import text
from studio.ground.events import Event

_ARCHIVES = (".zip", ".tar", ".tgz", ".gz", ".xz", ".txz", ".bz2", ".tbz2")

Kind = Literal["pictures", "texts", "pairs"]


def look_at_kind(source: Path, stop: Stop) -> Generator[Event, None, Kind]:
    """:func:`kind_of_source` in a thread, with progress. Raises Stopped when told to."""
    found = [0]

    def tick(count: int) -> None:
        found[0] = count
        if stop():
            raise Stopped

    meter = Meter(text("Looking at {name}", name=source.name))
    for kind in beside(lambda: kind_of_source(source, tick), stop):
        yield from meter.progress(found[0])
        if kind is not None:
            return kind
    raise AssertionError("a function in a thread ends with its result or its error")


def kind_of_source(source: Path, tick: Tick = lambda count: None) -> Kind:
    """What ``source`` is to be imported as: texts if there is no picture, and most of it is text.

    Raises:
        StudioError: it is not there, or no archive that can be read.
    """
    tree = tree_of(source)
    try:
        if isinstance(tree, OneFile):
            return _of_file(source)
        files = tree.files(tick)
    finally:
        tree.close()
    suffixes = {PurePosixPath(entry.path).suffix.lower() for entry in files}
    if suffixes & {*PICTURES, *_ARCHIVES}:
        return "pictures"
    told = sum(entry.size for entry in files if form_of(entry.path) is not None)
    return "texts" if told * 2 >= sum(entry.size for entry in files) and told else "pictures"


def _of_file(source: Path) -> Kind:
    name = source.name.lower()
    if name.endswith(".gz") and arrays.is_idx(source):
        return "pictures"
    plain = name.removesuffix(".gz")
    form = form_of(plain)
    if form == "table" and not name.endswith(".gz") and _names_pictures(source):
        return "pictures"
    if plain.endswith(".tmx") or code_of(PurePosixPath(plain).suffix[1:]):
        return "pairs"
    if form in ("table", "lines", "json") and holds_pairs(source):
        return "pairs"
    return "pictures" if form is None else "texts"


def _names_pictures(source: Path) -> bool:
    """Whether a table lists files of pictures."""
    if source.stat().st_size > tables.MAX_TABLE_BYTES:
        return False
    table = tables.read_table(source.name, source.read_bytes())
    return table is not None and any(Path(name).suffix.lower() in PICTURES for name in table.files[:100])
