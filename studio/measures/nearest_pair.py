"""What a translator without understanding would score: the answer of the nearest sentence that it was taught.

A model that does no better has learned nothing but by heart. Nearest is the sentence that shares most of its words,
rare ones counting more; among the best few it is the one with the fewest words to change (Levenshtein 1966).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

import numpy as np

_WORD = re.compile(r"\w+|[^\w\s]")
_CANDIDATES = 20


def copied_answers(
    asked: Sequence[str],
    sources: Sequence[str],
    answers: Sequence[str],
    tick: Callable[[int], None] = lambda done: None,
) -> list[str]:
    """For each sentence of ``asked`` the answer of the nearest of ``sources``.

    Args:
        tick: told how many are done; may raise to stop.

    Raises:
        ValueError: there are no sources, or not as many answers.
    """
    if not sources or len(sources) != len(answers):
        raise ValueError(f"{len(sources)} sources and {len(answers)} answers")
    known = _Known(sources)
    found = []
    for done, sentence in enumerate(asked):
        tick(done)
        found.append(answers[known.nearest(sentence)])
    return found


class _Known:
    """Sentences by their words."""

    def __init__(self, sources: Sequence[str]) -> None:
        self._words = [_WORD.findall(source.casefold()) for source in sources]
        having: dict[str, list[int]] = {}
        for place, words in enumerate(self._words):
            for word in set(words):
                having.setdefault(word, []).append(place)
        self._having = {word: np.array(places) for word, places in having.items()}
        self._weights = {word: math.log(1 + len(sources) / len(places)) for word, places in having.items()}
        self._sizes = np.array([sum(self._weights[word] for word in set(words)) for words in self._words])

    def nearest(self, sentence: str) -> int:
        """The place of the nearest one; the first of several."""
        words = _WORD.findall(sentence.casefold())
        shared = np.zeros(len(self._words))
        size = 0.0
        for word in set(words):
            weight = self._weights.get(word, math.log(1 + len(self._words)))
            size += weight
            if word in self._having:
                shared[self._having[word]] += weight
        alike = shared / np.maximum(size + self._sizes - shared, 1e-9)
        count = min(_CANDIDATES, len(alike))
        best = np.argpartition(-alike, count - 1)[:count]
        return int(min(best, key=lambda place: (changes(words, self._words[place]), -alike[place], place)))


def changes(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words have to be put in, taken out or exchanged to make one of the other."""
    row = list(range(len(other) + 1))
    for i, word in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, another in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != another))
    return row[-1]
