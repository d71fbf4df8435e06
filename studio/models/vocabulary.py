"""Words: how a text is cut into them, and which of them a model knows. No torch, so that the window reads alike.

Shapes: N texts, T tokens.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

PAD, UNKNOWN, BEGIN = 0, 1, 2
SPECIAL = 3  # tokens that stand for no word
MOST_WORDS = 4096
LONGEST = 64  # tokens of a text, the beginning included
_MARKS, _JOINERS = frozenset(",;:.!?"), frozenset(("and", "with"))
_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
_READ = 4096  # characters of a text that are looked at: no caption of 64 words needs more


@dataclass(frozen=True)
class Encoded:
    """A text as tokens (T,) int64, the words that the vocabulary lacks, and those beyond the longest text."""

    tokens_T: np.ndarray
    unknown: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()


def words_of(text: str) -> list[str]:
    """Words and marks in lower case. Of endless texts the first 4,096 characters are read."""
    return _WORD.findall(text[:_READ].casefold())


class Vocabulary:
    """The words that a model knows, in the order of their tokens.

    Args:
        words: without the special tokens. length: T, tokens of every text.
    """

    def __init__(self, words: Sequence[str], length: int) -> None:
        self.words, self.length = tuple(words), length
        self._tokens = {word: SPECIAL + place for place, word in enumerate(self.words)}

    @classmethod
    def of(cls, texts: Iterable[str]) -> Vocabulary:
        """The words of captions, by letters, so that the same words always have the same tokens.

        Of more than ``MOST_WORDS`` the most frequent. Texts are as long as the longest, in multiples of 16, up to 64.
        """
        counts: Counter[str] = Counter()
        longest = 0
        for text in texts:
            words = words_of(text)
            counts.update(words)
            longest = max(longest, len(words))
        frequent = sorted(counts, key=lambda word: (-counts[word], word))[:MOST_WORDS]
        return cls(sorted(frequent), min(LONGEST, -(-(1 + longest) // 16) * 16))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and (self.words, self.length) == (other.words, other.length)

    def __hash__(self) -> int:
        return hash((self.words, self.length))

    @property
    def size(self) -> int:
        """How many different tokens there are."""
        return SPECIAL + len(self.words)

    def encode(self, text: str) -> Encoded:
        """The tokens of a text, filled up to ``length``; the empty text is the beginning alone."""
        words = words_of(text)
        kept, cut = words[: self.length - 1], words[self.length - 1 :]
        tokens = [BEGIN, *(self._tokens.get(word, UNKNOWN) for word in kept)]
        row = np.full(self.length, PAD, np.int64)
        row[: len(tokens)] = tokens
        unknown = tuple(dict.fromkeys(w for w in kept if w not in self._tokens and w[0].isalnum()))
        return Encoded(row, unknown, tuple(cut))

    def clauses(self, tokens_NT: np.ndarray) -> np.ndarray:
        """To which clause of its text each token belongs, (N, T) int64: 0 before the first mark, and so on; -1 for what
        is no word. A clause begins with a mark, or with “and” or “with”, and has words behind it.
        """
        begins = [word in _MARKS or word in _JOINERS for word in self.words]
        opens_NT = np.isin(tokens_NT, SPECIAL + np.flatnonzero(begins))
        opens_NT[:, 1:] &= ~opens_NT[:, :-1]  # “, and” begins one clause
        found: np.ndarray = np.where(np.isin(tokens_NT, (PAD, BEGIN)), -1, np.cumsum(opens_NT, axis=1))
        return found

    def encode_all(self, texts: Iterable[str]) -> np.ndarray:
        """Tokens (N, T) int64."""
        rows = [self.encode(text).tokens_T for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self.length), np.int64)


def unknown_places(vocabulary: Vocabulary, text: str) -> list[tuple[int, int]]:
    """Where in a text, as it was written, the words stand that are not known: first letter, and behind the last."""
    known = frozenset(vocabulary.words)
    return [
        found.span()
        for found in _WORD.finditer(text[:_READ])
        if found[0][0].isalnum() and found[0].casefold() not in known
    ]
