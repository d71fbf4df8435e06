"""Pairs of sentences in files: two files line by line, tables with tabs or commas, JSON, translation memories.

Nothing of a source is changed, letters stay as they are, with their case and accents. One bad line is named and passed
over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from studio.data.store import Skipped
from studio.data.texts import plain_data, tmx
from studio.data.texts.conversations import ANSWERING, ASKING
from studio.data.texts.decoding import encoding_of, lines_of, pieces_of
from studio.data.texts.pair_columns import (
    Cells,
    Column,
    code_of,
    csv_rows,
    sides_of,
    speaks,
    tab_rows,
    told_by_names,
    where,
)
from studio.data.trees import UnreadableFile, beginning, unpack_gzip
from studio.ground.errors import StudioError, Text, UsageError, text

LONGEST = 100_000
"""Characters of one side: what is longer is no sentence."""
_LARGEST = 1 << 30  # bytes
_NAMED = 1000  # bad lines that are kept by name
_FIRST = 1 << 16  # bytes that tell whether there are pairs
_LOOKED_AT = 200  # lines that tell whether there are tabs
Form = Literal["tabs", "table", "jsonl", "json", "tmx"]
_FORMS: Mapping[str, Form] = {
    ".tsv": "tabs", ".tab": "tabs", ".csv": "table", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json",
    ".tmx": "tmx",
}  # fmt: skip
Row = tuple[int, str, str]
"""The number of a line, row or unit, and both sides."""


@dataclass(slots=True)
class PairSource:
    """One file with pairs, or two whose lines belong together.

    ``columns``: which of a table hold the sides, by number from 0 or by name; none: told by their names, else the first
    two that are no numbers. ``read``: the bytes of a file, or of its beginning. ``skipped``: what could not be read;
    grows with :meth:`pairs`. ``offered``: the columns there are, ``chosen`` those of them that are read, known once the
    first pair is. ``head``: whether the first line of a table names its columns. ``languages``: codes, where they are
    known. ``blank``: lines that are empty on both sides.
    """

    source: Path
    target: Path | None = None
    columns: tuple[str, ...] = ()
    read: Callable[[Path], bytes] = lambda path: unpack_gzip(path, _LARGEST)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)
    offered: tuple[Column, ...] = ()
    chosen: tuple[str, ...] = ()
    head: bool = False
    languages: tuple[str, str] = ("", "")
    bad: int = 0
    blank: int = 0

    def __post_init__(self) -> None:
        if self.columns and len(set(self.columns)) != 2:
            raise UsageError("Pairs have two columns, as in --columns 0,1, not {count}.", count=len(set(self.columns)))

    @property
    def title(self) -> str:
        """What the source is called."""
        return self.source.name if self.target is None else f"{self.source.name} + {self.target.name}"

    @property
    def total(self) -> int:
        """Bytes on the disk."""
        return sum(path.stat().st_size for path in (self.source, self.target) if path is not None)

    def pairs(self) -> Iterator[Row]:
        """Every pair, also those with an empty side; lines that are empty on both are left out.

        Raises:
            StudioError: a file cannot be read or holds no pairs.
        """
        try:
            for number, one, other in self._two_files() if self.target is not None else self._one_file():
                one, other = _tidy(one), _tidy(other)
                if max(len(one), len(other)) > LONGEST:
                    self._pass_over(number, _too_long())
                elif one or other:
                    yield number, one, other
                else:
                    self.blank += 1
        except UnreadableFile as error:
            raise StudioError("{name} {reason}.", name=self.title, reason=str(error)) from error
        if self.bad:
            self.notes.append(text("{count} lines, rows or units were passed over.", count=self.bad))

    def _two_files(self) -> Iterator[Row]:
        """Lines that stand at the same place; where one file is longer, its end is named."""
        assert self.target is not None
        self.languages = _language_of(self.source), _language_of(self.target)
        one_side, other_side = self._lines(self.source), self._lines(self.target)
        while True:
            one, other = next(one_side, None), next(other_side, None)
            if one is None or other is None:
                break
            if one[1] is None or other[1] is None:
                self._pass_over(one[0], _too_long())
            else:
                yield one[0], one[1], other[1]
        if one is not None:
            self._uneven(self.source.name, one[0], 1 + sum(1 for _ in one_side))
        elif other is not None:
            self._uneven(self.target.name, other[0], 1 + sum(1 for _ in other_side))

    def _uneven(self, name: str, number: int, count: int) -> None:
        left = text("has no counterpart: the other file ends before it; so many lines are left over: {count}",
                    count=count)  # fmt: skip
        self.skipped.append(Skipped(f"{name} {number}", left))
        warning = text(
            "{name} has more lines than the other file: {count}. If a line is missing somewhere in the middle, all "
            "pairs behind it are wrong.",
            name=name, count=count,
        )  # fmt: skip
        self.notes.append(warning)

    def _one_file(self) -> Iterator[Row]:
        data = self.read(self.source)
        form = self._form(data)
        if form == "tmx":
            yield from self._memory(data)
            return
        pieces = pieces_of(data, encoding_of(data))
        if form in ("tabs", "table"):
            yield from self._table(tab_rows(pieces) if form == "tabs" else csv_rows(pieces))
            return
        rows = plain_data.json_lines(pieces) if form == "jsonl" else plain_data.json_items("".join(pieces))
        for number, found in rows:
            try:
                yield (number, *self._of_plain(found))
            except UnreadableFile as error:
                self._pass_over(number, error.text)

    def _form(self, data: bytes) -> Form:
        name = self.source.name.lower().removesuffix(".gz")
        found = next((form for suffix, form in _FORMS.items() if name.endswith(suffix)), None)
        if found is not None:
            return found
        lines = [line for line in data[: 1 << 18].split(b"\n")[:_LOOKED_AT] if line.strip()]
        if not data.strip() or (lines and sum(b"\t" in line for line in lines) >= 0.5 * len(lines)):
            return "tabs"
        raise UnreadableFile(
            "holds no pairs that can be told apart; name a second file with the translations, or use a table with tabs "
            "(.tsv), CSV, JSONL or TMX"
        )

    def _table(self, rows: Iterator[tuple[int, Cells]]) -> Iterator[Row]:
        first = next(rows, None)
        if first is None:
            return
        named = first[1] if isinstance(first[1], list) else []
        found = where(named, self.columns)
        self.languages, self.head = found.languages, found.head
        keys = [cell.strip() if found.head else str(place) for place, cell in enumerate(named)]
        self.offered = tuple(Column(key, cell.strip()) for key, cell in zip(keys, named, strict=True))
        self.chosen = tuple(keys[place] for place in found.places)
        if not found.head:
            yield from self._cells(*first, found.places)
        for number, cells in rows:
            yield from self._cells(number, cells, found.places)

    def _cells(self, number: int, cells: Cells, places: tuple[int, int]) -> Iterator[Row]:
        if isinstance(cells, Text):
            self._pass_over(number, cells)
        elif not any(cell.strip() for cell in cells):
            self.blank += 1
        elif len(cells) <= max(places):
            self._pass_over(number, text("has too few columns: {count}", count=len(cells)))
        else:
            yield number, cells[places[0]], cells[places[1]]

    def _of_plain(self, found: Any) -> tuple[str, str]:
        """Both sides in an object or list. Raises UnreadableFile."""
        if isinstance(found, Text):
            raise UnreadableFile(found.template, **dict(found.params))
        if isinstance(found, Mapping) and isinstance(found.get("translation"), Mapping):
            found = found["translation"]
        if isinstance(found, list):
            found = {str(place): value for place, value in enumerate(found)}
        if not isinstance(found, Mapping):
            raise UnreadableFile("is no pair of texts")
        told = {str(key).lower(): value for key, value in found.items() if isinstance(value, str)}
        self._offer(told)
        self.chosen = wanted = self._wanted(list(told))
        if not any(self.languages):
            self.languages = code_of(wanted[0]), code_of(wanted[1])
        return told[wanted[0]], told[wanted[1]]

    def _offer(self, names: Iterable[str]) -> None:
        known = {column.key for column in self.offered}
        self.offered = (*self.offered, *(Column(name, name) for name in names if name not in known))

    def _wanted(self, names: Sequence[str]) -> tuple[str, str]:
        if not self.columns:
            if len(names) < 2:
                raise UnreadableFile("has fewer than two texts")
            first, second = sides_of(names)
            return names[first], names[second]
        one, other = (column.lower() for column in self.columns)
        for column in (one, other):
            if column not in names:
                raise UnreadableFile("has no text called {name}", name=column)
        return one, other

    def _memory(self, data: bytes) -> Iterator[Row]:
        """Units of a translation memory, in the two languages asked for or those of its first whole unit."""
        wanted = tuple(column.lower() for column in self.columns)
        for number, unit in tmx.units(data):
            self._offer(unit)
            if not wanted and len(unit) >= 2:
                wanted = tuple(unit)[:2]
            found = [next((unit[code] for code in unit if speaks(code, one)), None) for one in wanted]
            if len(found) < 2 or found[0] is None or found[1] is None:
                self._pass_over(number, text("is not in both languages"))
                continue
            self.languages = self.chosen = wanted[0], wanted[1]
            yield number, found[0], found[1]

    def _lines(self, path: Path) -> Iterator[tuple[int, str | None]]:
        data = self.read(path)
        return lines_of(pieces_of(data, encoding_of(data)), LONGEST)

    def _pass_over(self, number: int, reason: Text) -> None:
        self.bad += 1
        if self.bad <= _NAMED:
            self.skipped.append(Skipped(f"{self.source.name} {number}", reason))


def holds_pairs(source: Path) -> bool:
    """Whether a file says by itself that it holds pairs: its columns are called by languages or sides."""
    opened = PairSource(source, read=lambda path: beginning(path, _FIRST))
    try:
        next(opened.pairs(), None)
    except StudioError:
        return False
    names = {column.title.lower() for column in opened.offered}
    return told_by_names(opened.chosen) and not (names & ASKING and names & ANSWERING)


def _language_of(path: Path) -> str:
    """The language that the suffix of a file names: ``train.fr``."""
    return code_of(Path(path.name.lower().removesuffix(".gz")).suffix[1:])


def _too_long() -> Text:
    return text("has more than {most} characters", most=LONGEST)


def _tidy(side: str) -> str:
    """In one line, without spaces around it; everything else stays."""
    return side.replace("\ufeff", "").replace("\n", " ").strip()
