"""Translations in the words that people click on: which pieces belong together, and what a search looked at."""

from __future__ import annotations

import math
from collections.abc import Sequence

from studio.data.pair_tokenisers import PairTokeniser
from studio.generation.translation_search import Choice, Hypothesis
from studio.generation.translations import Fate, SearchNode, Version, Word


def version(hypothesis: Hypothesis, tokeniser: PairTokeniser) -> Version:
    """A translation as text, and in words with the probability of each: the product of those of its tokens."""
    pieces = tokeniser.written(hypothesis.tokens)
    words = joined(pieces, hypothesis.likelihoods)
    return Version("".join(pieces), hypothesis.score, words)


def joined(pieces: Sequence[str], likelihoods: Sequence[float]) -> tuple[Word, ...]:
    """Pieces with the logarithms of their probabilities as words."""
    words = list[tuple[str, float]]()
    for piece, likelihood in zip(pieces, likelihoods, strict=False):
        if words and continues(words[-1][0], piece):
            text, sum_so_far = words.pop()
            words.append((text + piece, sum_so_far + likelihood))
        else:
            words.append((piece, likelihood))
    return tuple(Word(text, math.exp(min(0.0, likelihood))) for text, likelihood in words)


def continues(before: str, piece: str) -> bool:
    """Whether a piece belongs to the word that ends ``before`` (or has no letters of its own yet)."""
    return not piece or not before.strip() or (_in_word(before[-1]) and _in_word(piece[0]))


def _in_word(letter: str) -> bool:
    return letter.isalnum() or letter in "'’-"


class SearchTree:
    """Puts together what the steps of a search tell."""

    def __init__(self, tokeniser: PairTokeniser) -> None:
        self._tokeniser, self.nodes = tokeniser, list[SearchNode]()
        self._places: dict[int, int] = {0: -1}
        self._texts: dict[int, tuple[int, ...]] = {-1: ()}

    def add(self, step: int, choices: Sequence[Choice]) -> None:
        """The continuations of one more step."""
        places = dict[int, int]()
        for choice in choices:
            parent, number = self._places[choice.parent], len(self.nodes)
            fate: Fate = "kept" if choice.place >= 0 else "ended" if choice.place == -1 else "fell"
            before = self._texts[parent]
            text = ""
            if choice.token != self._tokeniser.end:
                self._texts[number] = (*before, choice.token)
                text = self._tokeniser.written(self._texts[number])[-1]
            self.nodes.append(SearchNode(parent, text, choice.score, step, fate))
            if choice.place >= 0:
                places[choice.place] = number
        self._places = places
