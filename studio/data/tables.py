"""Tables beside pictures: a CSV with a ``file`` column, and the lists that come with CelebA."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from studio.data.labels import Labels, is_caption, is_label, labels_of
from studio.data.matlab import read_arrays
from studio.data.store import Columns
from studio.ground.errors import StudioError

FILE_COLUMNS = ("file", "filename", "file_name", "filepath", "path", "image", "image_id", "image_path", "img", "name")
MAX_TABLE_BYTES = 512 << 20
MAX_CELL = 10_000
CELEBA_ATTRIBUTES = "list_attr_celeba"
CELEBA_PARTITION = "list_eval_partition"
FLOWERS_TABLES = ("imagelabels.mat", "setid.mat")
_FLOWER_PARTS = (("train", "trnid"), ("valid", "valid"), ("test", "tstid"))
_PARTS = {"0": "train", "1": "valid", "2": "test"}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows by file name: ``files`` (n), and for each column its n values; the empty string where there is none."""

    title: str
    files: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]


def read_table(title: str, data: bytes) -> Table | None:
    """Read a CSV (comma, semicolon or tab; UTF-8 or Windows Latin) or a CelebA list; None if it names no files.

    Raises:
        StudioError: it is too large.
    """
    if len(data) > MAX_TABLE_BYTES:
        raise StudioError("The table {name} is larger than {limit} MB.", name=title, limit=MAX_TABLE_BYTES >> 20)
    if title.endswith(".mat"):
        return _flowers(title, data)
    if b"\0" in data[:4096]:
        return None
    words = _decode(data)
    stem = title.rpartition("/")[2].rpartition(".")[0]
    if title.endswith(".txt"):
        return _celeba_list(title, stem, words)
    return _csv(title, stem, words)


def is_table(path: str) -> bool:
    """Whether a file may be a table, by its name."""
    name = path.rpartition("/")[2].lower()
    return name.endswith((".csv", ".tsv")) or name in (
        f"{CELEBA_ATTRIBUTES}.txt",
        f"{CELEBA_PARTITION}.txt",
        *FLOWERS_TABLES,
    )


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _csv(title: str, stem: str, words: str) -> Table | None:
    head = words.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    rows = csv.reader(io.StringIO(words, newline=""), delimiter=delimiter)
    try:
        header = [name.strip() for name in next(rows, [])]
        which = next((i for i, name in enumerate(header) if name.lower() in FILE_COLUMNS), None)
        if which is None:
            return None
        body = [row for row in rows if len(row) > which and row[which].strip()]
    except csv.Error:
        return None
    columns = {name: _column(body, i) for i, name in enumerate(header) if i != which and name}
    return Table(title, tuple(row[which].strip() for row in body), _meanings(stem, columns))


def _column(rows: Sequence[Sequence[str]], index: int) -> tuple[str, ...]:
    known: dict[str, str] = {}
    cells = (row[index].strip()[:MAX_CELL] if index < len(row) else "" for row in rows)
    return tuple(known.setdefault(cell, cell) for cell in cells)


def _celeba_list(title: str, stem: str, words: str) -> Table | None:
    """``list_attr_celeba.txt``: a count, the names, then rows of a file and 1 or -1 a name.

    ``list_eval_partition.txt``: rows of a file and 0, 1 or 2.
    """
    lines = words.splitlines()
    if stem == CELEBA_PARTITION:
        rows = [line.split() for line in lines if line.strip()]
        return _from_rows(title, stem, ["partition"], rows)
    if stem != CELEBA_ATTRIBUTES or len(lines) < 3 or not lines[0].strip().isdecimal():
        return None
    return _from_rows(title, stem, lines[1].split(), [line.split() for line in lines[2:] if line.strip()])


def _flowers(title: str, data: bytes) -> Table | None:
    """The class of each picture of Flowers-102, or the part it belongs to; None if it is another file."""
    try:
        found = read_arrays(data)
    except ValueError:
        return None
    if "labels" in found:
        numbers = range(1, len(found["labels"]) + 1)
        return Table(title, _flower_names(numbers), {"class": tuple(str(int(c)) for c in found["labels"])})
    parts = [(part, found[key].astype(int)) for part, key in _FLOWER_PARTS if key in found]
    numbers_of = [int(n) for _, numbers in parts for n in numbers]
    return Table(title, _flower_names(numbers_of), {"split": tuple(part for part, n in parts for _ in n)})


def _flower_names(numbers: Iterable[int]) -> tuple[str, ...]:
    return tuple(f"image_{number:05d}.jpg" for number in numbers)


def _from_rows(title: str, stem: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Table | None:
    rows = [row for row in rows if len(row) == len(header) + 1]
    columns = {name: _column(rows, i + 1) for i, name in enumerate(header)}
    return Table(title, tuple(row[0] for row in rows), _meanings(stem, columns)) if rows else None


def _meanings(stem: str, columns: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """CelebA's numbers as words: -1 and 1 are no and yes, its parts have names."""
    found = {}
    for name, cells in columns.items():
        values = set(cells)
        if {"-1", "1"} == values or (stem.startswith(CELEBA_ATTRIBUTES) and values <= {"-1", "1"}):
            found[name] = tuple("yes" if cell == "1" else "no" for cell in cells)
        elif stem.startswith(CELEBA_PARTITION) and values <= set(_PARTS):
            found["split"] = tuple(_PARTS[cell] for cell in cells)
        else:
            found[name] = cells
    return found


def match(table: Table, paths: Sequence[str]) -> list[int]:
    """For each path the row that speaks of it, or -1: by whole path, by the end of the path, or by the bare name."""
    rows: dict[str, int] = {}
    for number, file in enumerate(table.files):
        rows.setdefault(_key(file), number)
    bare = _unique_names(rows)
    return [_find(path, rows, bare) for path in paths]


def _find(path: str, rows: Mapping[str, int], bare: Mapping[str, int]) -> int:
    key = _key(path)
    while key not in rows and "/" in key:
        key = key.partition("/")[2]
    return rows.get(key, bare.get(key.rpartition("/")[2], -1))


def _unique_names(rows: Mapping[str, int]) -> dict[str, int]:
    """Bare file names that only one row has."""
    found: dict[str, int] = {}
    for key, number in rows.items():
        name = key.rpartition("/")[2]
        found[name] = -1 if name in found else number
    return found


def _key(path: str) -> str:
    return unicodedata.normalize("NFC", path).replace("\\", "/").removeprefix("./")


def columns_of(tables: Iterable[tuple[Table, Sequence[int]]], taken: Callable[[str], bool]) -> Columns:
    """Columns of matched tables, one value a picture: labels where values repeat, texts where they do not, or where the
    column is called caption or the like."""
    labels: dict[str, Labels] = {}
    texts: dict[str, Sequence[str]] = {}
    for table, rows in tables:
        for name, cells in table.columns.items():
            values = [cells[row] if row >= 0 else "" for row in rows]
            free = _free_name(name, lambda n: taken(n) or n in labels or n in texts)
            if is_label(values) and not is_caption(name, values):
                labels[free] = labels_of(values)
            elif any(values):
                texts[free] = values
    return Columns(labels, texts)


def _free_name(name: str, taken: Callable[[str], bool]) -> str:
    number, free = 2, name
    while taken(free):
        free, number = f"{name} {number}", number + 1
    return free
