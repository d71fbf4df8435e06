"""Samples that are texts: what a run noted of them, and what has changed since the kept step before. Knows no Qt."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

_WORDS = re.compile(r"\s+|\w+|[^\w\s]+")
_FIELDS = ("prompt", "text", "source", "reference")
_MOST_COMPARED = 400  # words of each of two texts: comparing takes their product


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side said in a conversation."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class SampleText:
    """A text of the program's or of a data set's.

    ``prompt`` is what it continues, ``source`` what it translates, ``reference`` how it should have been translated,
    ``turns`` the conversation that it answers.
    """

    text: str
    prompt: str = ""
    source: str = ""
    reference: str = ""
    turns: tuple[Turn, ...] = ()

    def whole(self) -> str:
        """All of it as one text, for the clipboard."""
        said = [f"{turn.role}: {turn.text}" for turn in self.turns]
        return "\n".join(filter(None, [*said, self.source, self.prompt + self.text, self.reference]))


def sample_texts(notes: Mapping[str, Any]) -> list[SampleText]:
    """The texts that a family noted of a step; whatever is missing or odd is left out."""
    noted = notes.get("texts")
    rows = noted if isinstance(noted, list | tuple) else ()
    found = [sample for one in rows if (sample := sample_text(one)) is not None]
    return [_answer(sample) for sample in found] if notes.get("kind") == "chat" else found


def _answer(sample: SampleText) -> SampleText:
    """A text that does not continue its prompt but answers it."""
    asked = (Turn("user", sample.prompt),) if sample.prompt else ()
    return replace(sample, prompt="", turns=(*sample.turns, *asked))


def sample_text(noted: object) -> SampleText | None:
    """One text as it is noted: ``text`` and, where there are, ``prompt``, ``source``, ``reference``, ``messages``."""
    if isinstance(noted, str):
        return SampleText(noted)
    if not isinstance(noted, Mapping):
        return None
    fields = {name: noted[name] for name in _FIELDS if isinstance(noted.get(name), str)}
    messages = noted.get("messages")
    turns = tuple(_turns(messages)) if isinstance(messages, list | tuple) else ()
    return SampleText(fields.pop("text", ""), turns=turns, **fields) if fields or turns else None


def _turns(messages: Sequence[Any]) -> Iterator[Turn]:
    for one in messages:
        if isinstance(one, Mapping) and isinstance(one.get("content"), str):
            yield Turn(str(one.get("role", "")), one["content"])


def parts(before: str | None, now: str) -> list[tuple[str, bool]]:
    """A text cut into stretches, each with whether it is new since ``before``; None: there was nothing to compare."""
    if before is None or before == now:
        return [(now, False)] if now else []
    old, new = _WORDS.findall(before), _WORDS.findall(now)
    found: list[tuple[str, bool]] = []
    for first, last, is_new in _changes(old, new):
        stretch = "".join(new[first:last])
        if found and found[-1][1] == is_new:
            found[-1] = (found[-1][0] + stretch, is_new)
        elif stretch:
            found.append((stretch, is_new))
    return _joined(found)


def _joined(parts: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """Blanks between two new words are new with them."""
    found: list[tuple[str, bool]] = []
    for at, (words, is_new) in enumerate(parts):
        between = 0 < at < len(parts) - 1 and not is_new and not words.strip()
        if found and (between or is_new) and found[-1][1]:
            found[-1] = (found[-1][0] + words, True)
        else:
            found.append((words, is_new))
    return found


def _changes(old: list[str], new: list[str]) -> Iterator[tuple[int, int, bool]]:
    """Where words of ``new`` lie from which to which, and whether they are new; of long texts by their ends alone."""
    if max(len(old), len(new)) <= _MOST_COMPARED:
        for tag, _, _, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            yield first, last, tag != "equal"
        return
    most = min(len(old), len(new))
    head = next((at for at in range(most) if old[at] != new[at]), most)
    tail = next((at for at in range(most - head) if old[-1 - at] != new[-1 - at]), most - head)
    yield 0, head, False
    yield head, len(new) - tail, True
    yield len(new) - tail, len(new), False
