"""Documents to be translated: the sentences in them, and how the whole is put together again.

A text keeps its lines, a file of subtitles (``.srt``) its numbers and times. Nothing but sentences is changed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from studio.data.texts.sentences import Split, split

_TIME = re.compile(r"\s*\d{1,3}:\d{2}:\d{2}[,.]\d{1,3}\s*-->\s*\d{1,3}:\d{2}:\d{2}[,.]\d{1,3}.*")
_AROUND = re.compile(r"^((?:<[^>\n]{1,40}>|\{\\[^}\n]{1,40}\}|\s)*)(.*?)((?:</[^>\n]{1,40}>|\s)*)$", re.DOTALL)
_TAG = re.compile(r"</?[a-zA-Z][^>\n]{0,40}>|\{\\[^}\n]{1,40}\}")
_WIDE = 42
"""Characters of a line of subtitles, as far as they can be kept."""


class Document(Protocol):
    """A document.

    Attributes:
        sentences: what is translated, in order.
    """

    sentences: tuple[str, ...]

    def written(self, translations: Sequence[str]) -> str:
        """The document with a translation in the place of each sentence."""


def document_of(words: str, *, subtitles: bool) -> Document:
    """A text as a document, or subtitles."""
    return Subtitles(words) if subtitles else PlainText(words)


class PlainText:
    """A text: as many lines as before, the same ones empty."""

    def __init__(self, words: str) -> None:
        self._split: Split = split(words)
        self.sentences = tuple(sentence for _, sentence in self._split.sentences)

    def written(self, translations: Sequence[str]) -> str:
        """The text with its translations; a translation stays in one line."""
        return self._split.joined([_in_one_line(words) for words in translations])


@dataclass(frozen=True, slots=True)
class _Cue:
    """What one subtitle says: its number, time and all that is kept; ``spoken`` the parts that are translated."""

    head: tuple[str, ...]
    spoken: tuple[tuple[str, Split, str, int], ...]


class Subtitles:
    """Subtitles: numbers, times and tags around a text are kept; lines of a subtitle are one text."""

    def __init__(self, words: str) -> None:
        self._cues: list[_Cue | str] = []
        for block in re.split(r"(\n(?:[ \t]*\n)+)", words.strip("\n")):
            self._cues.append(_cue(block) or block)
        self._end = words[len(words.rstrip("\n")) :]
        self.sentences = tuple(
            sentence for cue in self._cues if isinstance(cue, _Cue)
            for _, found, _, _ in cue.spoken for _, sentence in found.sentences
        )  # fmt: skip

    def written(self, translations: Sequence[str]) -> str:
        """The subtitles with their translations, in about as many lines as before."""
        left = iter(translations)
        made = []
        for cue in self._cues:
            if isinstance(cue, str):
                made.append(cue)
                continue
            lines = list(cue.head)
            for before, found, after, count in cue.spoken:
                said = found.joined([_in_one_line(next(left)) for _ in found.sentences])
                lines.append(f"{before}{_wrapped(said, count)}{after}")
            made.append("\n".join(lines))
        return "".join(made) + self._end


def _cue(block: str) -> _Cue | None:
    """A subtitle; None for what is none."""
    lines = block.split("\n")
    time = next((place for place, line in enumerate(lines[:3]) if _TIME.fullmatch(line)), None)
    if time is None:
        return None
    said = [line for line in lines[time + 1 :] if line.strip()]
    if not said:
        return _Cue(tuple(lines), ())
    speakers = len(said) > 1 and all(line.lstrip().startswith(("-", "–", "—")) for line in said)
    parts = said if speakers else ["\n".join(said)]
    return _Cue(tuple(lines[: time + 1]), tuple(_part(part) for part in parts))


def _part(words: str) -> tuple[str, Split, str, int]:
    """Tags before, sentences, tags behind, and how many lines it had."""
    found = _AROUND.match(words)
    assert found is not None
    before, inner, after = found.groups()
    dash = re.match(r"[-–—]\s*", inner)
    if dash:
        before, inner = before + dash.group(), inner[dash.end() :]
    plain = " ".join(_TAG.sub("", inner).split())
    return before, split(plain), after, words.count("\n") + 1


def _wrapped(words: str, lines: int) -> str:
    """In so many lines of about equal length, as far as words allow; a short text in one."""
    if lines < 2 or len(words) <= _WIDE // 2:
        return words
    pieces, made = words.split(" "), [""]
    wanted = len(words) / lines
    for piece in pieces:
        longer = f"{made[-1]} {piece}".strip()
        if made[-1] and len(longer) > wanted + len(piece) / 2 and len(made) < lines:
            made.append(piece)
        else:
            made[-1] = longer
    return "\n".join(made)


def _in_one_line(words: str) -> str:
    return " ".join(words.split("\n")).strip()
