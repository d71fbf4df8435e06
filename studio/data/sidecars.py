"""Words beside pictures: ``cat.txt`` or ``cat.caption`` for ``cat.png``, as many tools that describe pictures write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from studio.data.decoding import SUFFIXES
from studio.data.trees import FileEntry, Tick, Tree, UnreadableFile

ENDINGS = (".txt", ".caption")
MOST_BYTES = 1 << 20
MOST_LETTERS = 10_000


@dataclass(frozen=True, slots=True)
class Beside:
    """The texts (n,) beside n pictures, empty where there is none; the files that they are from, used or unreadable."""

    texts: tuple[str, ...] = ()
    files: frozenset[str] = frozenset()
    unreadable: tuple[str, ...] = ()


def texts_beside(tree: Tree, files: Sequence[FileEntry], pictures: Sequence[FileEntry], tick: Tick) -> Beside:
    """Read what is written beside pictures; ``tick`` is told how many texts were read.

    Raises:
        StudioError: the whole source is gone.
    """
    found = _entries(files, {_stem(picture.path) for picture in pictures})
    if not found:
        return Beside()
    words: dict[str, str] = {}
    unreadable = []
    # A packed tar is cheap to read only in its own order, which is that of its files.
    for count, (stem, entry) in enumerate(found.items()):
        tick(count)
        text = _read(tree, entry)
        if text is None:
            unreadable.append(entry.path)
        else:
            words[stem] = text
    texts = tuple(words.get(_stem(picture.path), "") for picture in pictures)
    return Beside(texts, frozenset(entry.path for entry in found.values()), tuple(unreadable))


def _entries(files: Sequence[FileEntry], stems: set[str]) -> Mapping[str, FileEntry]:
    """Stem of a picture -> its text, in the order of ``files``; of several the first ending counts."""
    found: dict[str, FileEntry] = {}
    for entry in files:
        suffix = PurePosixPath(entry.path).suffix.lower()
        if suffix not in ENDINGS:
            continue
        stem = _stem(entry.path)
        known = found.get(stem)
        if stem in stems and (known is None or suffix == ENDINGS[0]):
            found[stem] = entry
    chosen = {entry.path for entry in found.values()}
    return {_stem(entry.path): entry for entry in files if entry.path in chosen}


def _stem(path: str) -> str:
    """The path without the ending; ``cat.png.txt`` belongs to ``cat.png`` as ``cat.txt`` does."""
    pure = PurePosixPath(path)
    if pure.suffix.lower() in ENDINGS or pure.suffix.lower() in SUFFIXES:
        pure = pure.with_suffix("")
    return str(pure.with_suffix("")) if pure.suffix.lower() in SUFFIXES else str(pure)


def _read(tree: Tree, entry: FileEntry) -> str | None:
    """The text in one line; None where it cannot be read or is none."""
    if entry.size > MOST_BYTES:
        return None
    try:
        data = tree.read(entry)
    except UnreadableFile:
        return None
    if b"\0" in data:
        return None
    try:
        words = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        words = data.decode("cp1252", "replace")
    return " ".join(words.split())[:MOST_LETTERS]
