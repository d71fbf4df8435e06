"""Recognising what the user offers, and listing the pictures in it with their labels.

Nothing is decoded here; :func:`open_source` only says what there is, and :meth:`Source.load` hands out the bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from studio.data import arrays, tables
from studio.data.captions import caption_notes, with_captions
from studio.data.decoding import SUFFIXES
from studio.data.labels import Labels, labels_of
from studio.data.sidecars import Beside, texts_beside
from studio.data.store import Columns, Skipped
from studio.data.tables import Table
from studio.data.trees import FileEntry, FolderTree, TarTree, Tick, Tree, ZipTree
from studio.ground.errors import StudioError, Text, text

CLASS, SPLIT = "class", "split"
_SPLITS = {"train", "training", "test", "testing", "val", "valid", "validation", "dev"}
_ZIPS, _TARS = (".zip",), (".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2")
_SNIFF = (
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"RIFF",
    b"BM",
    b"II*\0",
    b"MM\0*",
    b"P1",
    b"P2",
    b"P3",
    b"P4",
    b"P5",
    b"P6",
)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a source holds: names of the pictures and, for each, what reads it; columns; and what was passed over."""

    kind: str
    title: str
    names: tuple[str, ...]
    sizes: np.ndarray
    load: Callable[[int], bytes | arrays.RawPicture]
    columns: Columns = field(default_factory=Columns)
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[Text, ...] = ()
    sequential: bool = False
    close: Callable[[], None] = lambda: None


def list_source(source: Path, tick: Tick = lambda count: None) -> Listing:
    """Look through a folder, zip, tar, table, or idx file.

    Raises:
        StudioError: it is not there, is of no known kind, or holds no picture; one sentence.
        OSError: it cannot be read at all.
    """
    if not source.exists():
        raise StudioError("There is no file or folder {name}.", name=str(source))
    if source.is_dir():
        return _list_folder(source, tick)
    lowered = source.name.lower()
    if lowered.endswith(_TARS):
        return arrays.list_cifar_tar(source, tick) or _list_tree(TarTree(source), tick)
    if arrays.is_idx(source):
        return arrays.list_idx([source], tick)
    if lowered.endswith(_ZIPS):
        return _list_tree(ZipTree(source), tick)
    if tables.is_table(source.name):
        return _list_table(source, tick)
    if Path(lowered).suffix in SUFFIXES:
        raise StudioError("{name} is a single picture; choose the folder that holds your pictures.", name=source.name)
    raise StudioError(
        "{name} is nothing that can be imported: choose a folder of pictures, a zip, a table (CSV) beside pictures, "
        "or idx files (.gz).",
        name=source.name,
    )


def _list_folder(source: Path, tick: Tick) -> Listing:
    idx = arrays.idx_files(source)
    if idx:
        return arrays.list_idx(idx, tick)
    cifar = arrays.list_cifar_folder(source, tick)
    if cifar:
        return cifar
    return _list_tree(FolderTree(source), tick)


def _list_table(source: Path, tick: Tick) -> Listing:
    """A table chosen by itself: the pictures beside it that it names."""
    table = tables.read_table(source.name, source.read_bytes())
    if table is None or not table.files:
        known = ", ".join(tables.FILE_COLUMNS[:3])
        raise StudioError(
            "The table {name} has no column that names files (such as {known}).", name=source.name, known=known
        )
    tree = FolderTree(source.parent)
    return _list_tree(tree, tick, only=table)


def _list_tree(tree: Tree, tick: Tick, only: Table | None = None) -> Listing:
    try:
        files = tree.files(tick)
        pictures = [f for f in files if _is_picture(f, tree)]
        inner = None if pictures else _inner_archive(files, tree)
        if inner is not None:
            return _list_inner(tree, inner, files, tick)
        return _compose(_Found(tree, tree, files, files, pictures), only, tick)
    except BaseException:
        tree.close()
        raise


def _inner_archive(files: Sequence[FileEntry], tree: Tree) -> Path | None:
    """The one archive in a folder without pictures (CelebA and Flowers-102 as they are downloaded)."""
    archives = [f.key for f in files if f.path.lower().endswith((*_ZIPS, *_TARS))]
    if len(archives) == 1 and isinstance(tree, FolderTree) and isinstance(archives[0], Path):
        return archives[0]
    return None


def _list_inner(outer: Tree, inner: Path, files: Sequence[FileEntry], tick: Tick) -> Listing:
    tree: Tree = ZipTree(inner) if inner.name.lower().endswith(_ZIPS) else TarTree(inner)
    try:
        inside = tree.files(tick)
        pictures = [f for f in inside if _is_picture(f, tree)]
        return _compose(_Found(tree, outer, inside, files, pictures), None, tick)
    except BaseException:
        tree.close()
        raise


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found: ``files`` lie in ``tree``, as the pictures do; ``others`` in ``beside``, as tables do."""

    tree: Tree
    beside: Tree
    files: Sequence[FileEntry]
    others: Sequence[FileEntry]
    pictures: Sequence[FileEntry]


def _compose(found: _Found, only: Table | None, tick: Tick) -> Listing:
    """Names, class folders, tables, and texts beside pictures."""
    tree, pictures = found.tree, found.pictures
    refused = tuple(Skipped(name, reason) for name, reason in tree.refused())
    if not pictures:
        raise _no_pictures(tree, found.others, refused)
    prefix = _common_folder([f.path for f in pictures])
    read = [only] if only is not None else _read_tables(found.beside, found.others)
    matched = [(table, tables.match(table, [f.path for f in pictures])) for table in read]
    matched = [(table, rows) for table, rows in matched if max(rows) >= 0]
    if only is not None:
        if not matched:
            raise StudioError("None of the files that {name} lists is beside it.", name=only.title)
        pictures, matched = _listed_only(pictures, matched[0])
    told = _told_beside(found, pictures, tick)
    names = tuple(f.path.removeprefix(prefix) for f in pictures)
    folders = {} if only is not None else folder_labels(names)
    columns = with_captions(tables.columns_of(matched, taken=lambda name: name in folders), told.texts)
    return Listing(
        kind="table" if only is not None else tree.kind,
        title=only.title if only is not None else tree.title,
        names=names,
        sizes=np.array([f.size for f in pictures], np.int64),
        load=lambda index: tree.read(pictures[index]),
        columns=Columns({**folders, **columns.labels}, columns.texts),
        skipped=refused,
        notes=(*_notes(found.others, pictures, matched, told), *caption_notes(columns)),
        sequential=tree.sequential,
        close=tree.close,
    )


def _told_beside(found: _Found, pictures: Sequence[FileEntry], tick: Tick) -> Beside:
    """The texts beside the pictures; what is read in order begins anew after them and the tables."""
    found.tree.rewind()
    told = texts_beside(found.tree, found.files, pictures, tick)
    found.tree.rewind()
    return told


def _listed_only(
    pictures: Sequence[FileEntry], matched: tuple[Table, list[int]]
) -> tuple[list[FileEntry], list[tuple[Table, list[int]]]]:
    table, rows = matched
    chosen = [(f, row) for f, row in zip(pictures, rows, strict=True) if row >= 0]
    return [f for f, _ in chosen], [(table, [row for _, row in chosen])]


def _read_tables(tree: Tree, files: Sequence[FileEntry]) -> list[Table]:
    found = []
    for entry in files:
        if tables.is_table(entry.path) and entry.size <= tables.MAX_TABLE_BYTES:
            table = tables.read_table(entry.path, tree.read(entry))
            if table is not None:
                found.append(table)
    return found


def _is_picture(entry: FileEntry, tree: Tree) -> bool:
    """By its ending; files without one by their first bytes, where that is cheap."""
    suffix = Path(entry.path).suffix.lower()
    if suffix or not isinstance(entry.key, Path):
        return suffix in SUFFIXES
    try:
        with entry.key.open("rb") as handle:
            return handle.read(8).startswith(_SNIFF)
    except OSError:
        return False  # it will be counted with the files that are no pictures


def folder_labels(names: Sequence[str]) -> dict[str, Labels]:
    """``class`` from the first folder of each path, ``split`` where the first folders are train, test and the like."""
    parts = [name.split("/")[:-1] for name in names]
    first = {p[0].lower() for p in parts if p}
    if not first:
        return {}
    labels = {}
    if first <= _SPLITS and any(len(p) > 1 for p in parts):
        labels[SPLIT] = labels_of([p[0] if p else "" for p in parts])
        parts = [p[1:] for p in parts]
    labels[CLASS] = labels_of([p[0] if p else "" for p in parts])
    return labels


def _common_folder(paths: Sequence[str]) -> str:
    """The folders that all paths begin with, closed by ``/``; empty if there are none."""
    common = ""
    first, last = min(paths), max(paths)
    for folder in first.split("/")[:-1]:
        if not last.startswith(f"{common}{folder}/"):
            break
        common += f"{folder}/"
    return common


def _notes(
    files: Sequence[FileEntry],
    pictures: Sequence[FileEntry],
    matched: Iterable[tuple[Table, Sequence[int]]],
    told: Beside,
) -> Iterable[Text]:
    others = [f for f in files if Path(f.path).suffix.lower() not in SUFFIXES and not tables.is_table(f.path)]
    others = [f for f in others if f.path not in told.files]
    if told.unreadable:
        yield text(
            "{count} texts beside pictures cannot be read; the first is {name}.",
            count=len(told.unreadable), name=told.unreadable[0],
        )  # fmt: skip
    if others:
        yield text("Files that are no pictures were passed over: {kinds}.", kinds=_kinds(others))
    for table, rows in matched:
        unused = len(table.files) - len({row for row in rows if row >= 0})
        if unused:
            yield text("{table} names {count} files that are not there.", table=table.title, count=unused)
        without = sum(row < 0 for row in rows)
        if without:
            yield text(
                "{count} of {total} pictures are not in {table}.", count=without, total=len(pictures), table=table.title
            )


def _kinds(files: Sequence[FileEntry]) -> str:
    counts = Counter(Path(f.path).suffix.lower() or Path(f.path).name for f in files)
    shown = ", ".join(f"{n} × {kind}" for kind, n in counts.most_common(4))
    return shown + (", …" if len(counts) > 4 else "")


def _no_pictures(tree: Tree, files: Sequence[FileEntry], refused: Sequence[Skipped]) -> StudioError:
    if refused:
        first = refused[0]
        return StudioError(
            "{name} holds no picture that can be imported; {count} files were refused. "
            "The first is {file}: it {reason}.",
            name=tree.title, count=len(refused), file=first.name, reason=str(first.reason),
        )  # fmt: skip
    if not files:
        return StudioError("{name} is empty: there is no picture in it.", name=tree.title)
    return StudioError("There is no picture in {name}; found were {kinds}.", name=tree.title, kinds=_kinds(files))
