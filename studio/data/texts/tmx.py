"""Translation memories (TMX 1.4): units, each with a segment in every language, read as they come.

A TMX file is XML of strangers: declarations of entities are refused, since a few of them can become gigabytes, and
nothing outside the file is ever fetched.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.parsers import expat

from studio.data.trees import UnreadableFile

_PIECE = 1 << 18
_LONGEST = 1_000_000  # characters of a segment
_CODES = frozenset({"bpt", "ept", "it", "ph", "ut"})
"""Elements inside a segment that hold marks of another format, and no text."""
Unit = dict[str, str]
"""Code of a language in lower case -> its segment."""


def units(data: bytes) -> Iterator[tuple[int, Unit]]:
    """The units of a file, numbered from 1.

    Raises:
        UnreadableFile: it is no XML, declares entities, or is no translation memory.
    """
    reader = _Reader()
    for start in range(0, max(1, len(data)), _PIECE):
        reader.feed(data[start : start + _PIECE], last=start + _PIECE >= len(data))
        yield from reader.taken()


class _Reader:
    """Gathers units while the parser goes through the file."""

    def __init__(self) -> None:
        parser = self._parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.EntityDeclHandler = self._entity
        parser.ExternalEntityRefHandler = self._outside
        self._found: list[tuple[int, Unit]] = []
        self._number = 0
        self._path: list[str] = []
        self._unit: Unit = {}
        self._language = ""
        self._segment: list[str] = []
        self._length = 0

    def feed(self, piece: bytes, *, last: bool) -> None:
        """Read on."""
        try:
            self._parser.Parse(piece, last)
        except expat.ExpatError as error:
            raise UnreadableFile("is no whole XML: {reason}", reason=str(error)) from error

    def taken(self) -> Iterator[tuple[int, Unit]]:
        """What was found since the last call."""
        found, self._found = self._found, []
        return iter(found)

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        if not self._path and name.lower() != "tmx":
            raise UnreadableFile("is XML, but no translation memory: it begins with {name}", name=name[:40])
        self._path.append(name.lower())
        if self._path[-1] == "tu":
            self._number, self._unit = self._number + 1, {}
        elif self._path[-1] == "tuv":
            self._language = (attributes.get("xml:lang") or attributes.get("lang") or "").lower()
        elif self._path[-1] == "seg":
            self._segment, self._length = [], 0

    def _end(self, name: str) -> None:
        ended = self._path.pop()
        if ended == "seg" and self._language:
            self._unit.setdefault(self._language, " ".join("".join(self._segment).split()))
        elif ended == "tu":
            self._found.append((self._number, self._unit))

    def _text(self, words: str) -> None:
        if "seg" in self._path and not _CODES.intersection(self._path):
            self._length += len(words)
            if self._length <= _LONGEST:
                self._segment.append(words)

    def _entity(self, name: str, *about: object) -> None:
        raise UnreadableFile("declares entities of its own ({name}), which is refused", name=name[:40])

    def _outside(self, *about: object) -> int:
        raise UnreadableFile("refers to another file, which is refused")
