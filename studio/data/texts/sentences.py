"""Sentences of a text, and what stands between them: translated one by one, put together again as they were."""

from __future__ import annotations

import re
from dataclasses import dataclass

_END = re.compile(r"[.!?…。！？]+[\"'”’»)\]]*(?=\s|$)|[。！？]")
_OPENS = re.compile(r"[\"'“‘«(\[¿¡\-–—\s]*[^\W_a-zà-ÿ]")
"""How a sentence begins: with a letter that is not small, or a number, perhaps behind quotation marks."""
_SHORT = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "st",
        "jr",
        "sr",
        "vs",
        "etc",
        "e.g",
        "i.e",
        "a.m",
        "p.m",
        "no",
        "vol",
        "fig",
        "m",
        "mm",
        "mme",
        "mlle",
        "mmes",
        "mgr",
        "ex",
        "p",
        "pp",
        "cf",
        "av",
        "ste",
    ]
)
"""Words that end in a full stop inside a sentence."""


@dataclass(frozen=True, slots=True)
class Split:
    """A text: its sentences, each with the spaces and line breaks before it, and those after the last."""

    sentences: tuple[tuple[str, str], ...]
    after: str

    def joined(self, others: tuple[str, ...] | list[str]) -> str:
        """Other sentences, as many, in the place of these."""
        return "".join(before + other for (before, _), other in zip(self.sentences, others, strict=True)) + self.after


def split(words: str) -> Split:
    """The sentences of a text. A line is never longer than it was: line breaks are between sentences, too."""
    found: list[tuple[str, str]] = []
    before = ""
    for line in re.split(r"(\s*\n\s*)", words):
        if not line.strip():
            before += line
            continue
        start = 0
        for end in _ends(line):
            part = line[start:end]
            found.append((before + part[: len(part) - len(part.lstrip())], part.strip()))
            before, start = part[len(part.rstrip()) :], end
    return Split(tuple(found), before)


def _ends(line: str) -> list[int]:
    """Where sentences of a line end, the last at its end."""
    ends = []
    for match in _END.finditer(line):
        rest = line[match.end() :]
        wide = match.group()[0] in "。！？"
        if not rest.strip() or not (wide or _OPENS.match(rest)):
            continue
        if match.group() == "." and _is_short(line[: match.start()]):
            continue
        ends.append(match.end())
    return [*ends, len(line)]


def _is_short(before: str) -> bool:
    """Whether a full stop belongs to the word before it: an abbreviation, an initial, the number of a list."""
    word = re.split(r"[\s(\"'«“]", before)[-1].lower()
    return word in _SHORT or (len(word) == 1 and word.isalpha()) or (before.strip() == word and word.isdecimal())
