"""Reading what holds many texts in one file: JSON, JSONL, CSV, and the lists of ChatterBot, one after the other."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import Any

from studio.data.texts.decoding import lines_of
from studio.data.trees import UnreadableFile
from studio.ground.errors import Text

LONGEST_LINE = 16_000_000
"""Characters of one JSON object: longer ones would stop the window while they are read."""
_LISTS = ("data", "rows", "items", "examples", "train", "conversations", "dialogs", "dialogues")
Found = tuple[int, Any]
"""A number to name it by, and plain data, or a :class:`Text` that says why it could not be read."""


def json_lines(pieces: Iterator[str]) -> Iterator[Found]:
    """The lines of a JSONL file, numbered from 1; empty ones are passed over."""
    for number, line in lines_of(pieces, LONGEST_LINE):
        if line is None:
            yield number, _too_long()
        elif line.strip():
            yield number, _parsed(line)


def json_items(words: str) -> Iterator[Found]:
    """The elements of a JSON file that is a list, or an object with one; else the one object that it is.

    Raises:
        UnreadableFile: it is no JSON.
    """
    start = len(words) - len(words.lstrip("\ufeff \t\r\n"))
    if words[start : start + 1] != "[":
        yield from _object_items(words)
        return
    decoder, place, number = json.JSONDecoder(), start + 1, 0
    while True:
        place = _skip(words, place, ", \t\r\n")
        if words[place : place + 1] == "]":
            return
        number += 1
        try:
            found, place = decoder.raw_decode(words, place)
        except (ValueError, RecursionError) as error:
            raise UnreadableFile("is no whole JSON: its element {number} cannot be read", number=number) from error
        yield number, found


def csv_rows(pieces: Iterator[str]) -> Iterator[Found]:
    """The rows of a table with a head, as objects; separated by comma, semicolon or tab."""
    lines = (f"{line}\n" for _, line in lines_of(pieces, LONGEST_LINE) if line is not None)
    head = next(lines, "")
    delimiter = max(",;\t", key=head.count)
    csv.field_size_limit(LONGEST_LINE)
    names = [name.strip() for name in next(csv.reader([head], delimiter=delimiter), [])]
    rows = csv.reader(lines, delimiter=delimiter)
    number = 1
    while True:
        number += 1
        try:
            row = next(rows, None)
        except csv.Error as error:
            yield number, Text("cannot be read ({reason})", (("reason", str(error)),))
            continue
        if row is None:
            return
        if any(cell.strip() for cell in row):
            yield number, dict(zip(names, row, strict=False))


def chatterbot(pieces: Iterator[str]) -> Iterator[Found]:
    """The conversations of a file of the ChatterBot corpus: its small part of YAML.

    Raises:
        UnreadableFile: it is another YAML.
    """
    begun, number, sentences = False, 0, list[str]()
    for _, line in lines_of(pieces, LONGEST_LINE):
        if line is None or (not begun and line.strip() != "conversations:"):
            continue
        if not begun:
            begun = True
        elif line.startswith(("- - ", "- -\t")) or line.strip() == "- -":
            if sentences:
                number += 1
                yield number, _unquoted(sentences)
            sentences = [line[4:].strip()]
        elif line.startswith("  - ") or line.rstrip() == "  -":
            sentences.append(line[4:].strip())
        elif line.strip() and line.startswith("   ") and sentences:
            sentences[-1] = f"{sentences[-1]} {line.strip()}"
        elif line.strip() and not line.startswith((" ", "-", "#")):
            begun = False
    if not begun and not number and not sentences:
        raise UnreadableFile("is YAML of another kind than lists of conversations")
    if sentences:
        yield number + 1, _unquoted(sentences)


def _object_items(words: str) -> Iterator[Found]:
    if len(words) > LONGEST_LINE:
        raise UnreadableFile(
            "is one JSON object of more than {limit} MB; save it as JSONL", limit=LONGEST_LINE // 10**6
        )
    found = _parsed(words)
    if isinstance(found, Text):
        raise UnreadableFile("is no JSON")
    if isinstance(found, dict):
        for key in _LISTS:
            inner = found.get(key)
            if isinstance(inner, list) and inner and isinstance(inner[0], dict | list) and not _is_message(inner[0]):
                yield from enumerate(inner, 1)
                return
    yield 1, found


def _is_message(found: object) -> bool:
    return isinstance(found, dict) and any(key in found for key in ("role", "from", "speaker"))


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return Text("is no JSON")


def _too_long() -> Text:
    return Text("is longer than {limit} MB", (("limit", LONGEST_LINE // 10**6),))


def _skip(words: str, place: int, over: str) -> int:
    while place < len(words) and words[place] in over:
        place += 1
    return place


def _unquoted(sentences: list[str]) -> list[str]:
    return [
        one[1:-1].replace("''", "'").replace('\\"', '"')
        if len(one) > 1 and one[0] == one[-1] and one[0] in "'\""
        else one
        for one in sentences
    ]
