"""Tables with pairs of sentences: their rows, and which two of their columns are meant."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from studio.data.texts.decoding import lines_of
from studio.data.trees import UnreadableFile
from studio.ground.errors import Text, text

_SOURCES = ("source", "src", "original", "english", "sentence1", "text1", "input")
_TARGETS = ("target", "tgt", "trg", "translation", "french", "sentence2", "text2", "output", "reference")
_CODES = frozenset(
    [
        "af",
        "ar",
        "bg",
        "bn",
        "bs",
        "ca",
        "cs",
        "cy",
        "da",
        "de",
        "el",
        "en",
        "eo",
        "es",
        "et",
        "eu",
        "fa",
        "fi",
        "fr",
        "ga",
        "gl",
        "gu",
        "he",
        "hi",
        "hr",
        "hu",
        "hy",
        "is",
        "it",
        "ja",
        "ka",
        "kk",
        "km",
        "ko",
        "lt",
        "lv",
        "mk",
        "ml",
        "mn",
        "mr",
        "ms",
        "mt",
        "nb",
        "ne",
        "nl",
        "nn",
        "no",
        "pl",
        "ps",
        "pt",
        "ro",
        "ru",
        "sk",
        "sl",
        "sq",
        "sr",
        "sv",
        "sw",
        "ta",
        "te",
        "th",
        "tl",
        "tr",
        "uk",
        "ur",
        "vi",
        "yi",
        "zh",
    ]
)
"""Languages (ISO 639-1) by which columns and files are named."""
_LONGEST_ROW = 400_000  # characters
Cells = list[str] | Text
"""The cells of a row, or why it could not be read."""


@dataclass(frozen=True, slots=True)
class Column:
    """What can be chosen of a source: ``key`` is how it is asked for, ``title`` what it is called, or begins with."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class Where:
    """Which columns hold the sides; ``head``: the first row is the names of the columns."""

    places: tuple[int, int]
    head: bool
    languages: tuple[str, str] = ("", "")


def tab_rows(pieces: Iterator[str]) -> Iterator[tuple[int, Cells]]:
    """Rows parted by tabs, numbered from 1; a quotation mark is a letter like any other."""
    for number, line in lines_of(pieces, _LONGEST_ROW):
        yield number, text("has more than {most} characters", most=_LONGEST_ROW) if line is None else line.split("\t")


def csv_rows(pieces: Iterator[str]) -> Iterator[tuple[int, Cells]]:
    """Rows of a table, numbered from 1 as lines are, parted by what its first line has most of."""
    lines = (f"{line}\n" for _, line in lines_of(pieces, _LONGEST_ROW) if line is not None)
    head = next(lines, "")
    delimiter = max(",;\t|", key=head.count)
    csv.field_size_limit(2 * _LONGEST_ROW)

    def every() -> Iterator[str]:
        yield head
        yield from lines

    rows = csv.reader(every(), delimiter=delimiter)
    while True:
        number = rows.line_num + 1
        try:
            yield number, next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, text("cannot be read ({reason})", reason=str(error))


def where(first: Sequence[str], columns: Sequence[str]) -> Where:
    """Which columns are meant, by number from 0, by name, or told by the first row.

    Raises:
        UnreadableFile: there is no such column, or only one.
    """
    names = [name.strip().lower() for name in first]
    told = [cell.strip() for cell in first]
    if not columns:
        if len(names) < 2:
            raise UnreadableFile("has only one column, and pairs need two")
        return _with_head(told, sides_of(names))
    if all(column.isdecimal() for column in columns):
        one, other = (int(column) for column in columns)
        if max(one, other) >= len(names):
            raise UnreadableFile(
                "has no column {number}: they are 0 to {last}", number=max(one, other), last=len(names) - 1
            )
        return _with_head(told, (one, other))
    for column in columns:
        if column.lower() not in names:
            known = ", ".join(first)[:200]
            raise UnreadableFile("has no column {name}; it has: {known}", name=column, known=known)
    one, other = (names.index(column.lower()) for column in columns)
    return Where((one, other), True, (code_of(names[one]), code_of(names[other])))


def sides_of(names: Sequence[str]) -> tuple[int, int]:
    """Where the two sides are, told by their names; else the first two that are no numbers."""
    first = next((place for place, name in enumerate(names) if name in _SOURCES), None)
    second = next((place for place, name in enumerate(names) if name in _TARGETS), None)
    if first is not None and second is not None:
        return first, second
    codes = [place for place, name in enumerate(names) if code_of(name)]
    if len(codes) == 2:
        return codes[0], codes[1]
    words = [place for place, name in enumerate(names) if not name.strip().isdecimal()]
    return (words[0], words[1]) if len(words) > 1 else (0, 1)


def code_of(name: str) -> str:
    """The name of a column where it is the code of a language, else nothing."""
    lower = name.strip().lower()
    return lower if re.split("[-_]", lower)[0] in _CODES and len(lower) <= 11 and not name.istitle() else ""


def speaks(code: str, wanted: str) -> bool:
    """``fr-ca`` speaks ``fr``."""
    return code == wanted or re.split("[-_]", code)[0] == wanted


def told_by_names(names: Sequence[str]) -> bool:
    """Whether these are names of sides or codes of languages."""
    return bool(names) and all(name.lower() in (*_SOURCES, *_TARGETS) or code_of(name) for name in names)


def _with_head(names: Sequence[str], places: tuple[int, int]) -> Where:
    cells = [names[place] for place in places]
    head = told_by_names(cells)
    languages = (code_of(cells[0]), code_of(cells[1])) if head else ("", "")
    return Where(places, head, languages)
