"""Fixed terms: a translation is made to hold them, and the rest of it follows.

A model need not know of them. Where a translation lacks a term, it is begun anew up to every gap between its words, the
term is put there, and the model goes on from it; or the term takes the place of one of its words. Of all these the one
that the model holds for likeliest is taken.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from studio.config.requests import Term


def asked_for(sentence: str, glossary: Sequence[Term]) -> tuple[Term, ...]:
    """The terms whose source is in a sentence as whole words, whatever their case; long ones first, each place once."""
    left, found = sentence, list[Term]()
    for term in sorted(glossary, key=lambda term: -len(term.source)):
        place = _place(left, term.source)
        if place is not None and term.target.strip():
            found.append(term)
            left = left[: place.start()] + "\n" * (place.end() - place.start()) + left[place.end() :]
    return tuple(found)


def holds(translation: str, term: Term) -> bool:
    """Whether a translation has the term, as whole words and in its own case but for the first letter."""
    place = _place(translation, term.target)
    return place is not None and place.group()[1:] == term.target.strip()[1:]


def beginnings(translation: str, term: Term, *, after: int = 0) -> list[str]:
    """How a translation with the term could begin: up to each gap between words, and then the term.

    ``after``: characters at the beginning that stay as they are.
    """
    gaps = [found.start() for found in re.finditer(r"\s+|$", translation) if found.start() >= after]
    target = term.target.strip()
    firsts = [] if after else [_capital(target, translation)]
    return list(
        dict.fromkeys([*firsts, *(f"{translation[:gap]} {target}" for gap in gaps if translation[:gap].strip())])
    )


def exchanged(translation: str, term: Term, *, after: int = 0) -> list[str]:
    """The translation with the term in the place of one of its words, each in turn; marks behind a word stay."""
    found = []
    for word in re.finditer(r"\w+(?:[-']\w+)*", translation):
        if word.start() >= after:
            target = _capital(term.target.strip(), translation) if word.start() == 0 else term.target.strip()
            found.append(translation[: word.start()] + target + translation[word.end() :])
    return found


def _place(words: str, term: str) -> re.Match[str] | None:
    wanted = r"\s+".join(map(re.escape, term.split()))
    return re.search(rf"(?<!\w){wanted}(?!\w)", words, re.IGNORECASE) if wanted else None


def _capital(target: str, translation: str) -> str:
    """The term as it begins a sentence, where the translation begins with a capital."""
    return target[0].upper() + target[1:] if translation[:1].isupper() else target
