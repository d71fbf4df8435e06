"""What translation models answer, as plain data that needs no torch: sentences, their translations, a search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from studio.config.base import Settings

Fate = Literal["kept", "ended", "fell"]
"""What became of a continuation: it was gone on with, it was the end of a translation, or it was not good enough."""


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of a text between two places where one could go on differently, with the space before it.

    ``probability``: how likely the model held it to be there, 0 to 1.
    """

    text: str
    probability: float


@dataclass(frozen=True, slots=True)
class Version:
    """One translation of a sentence; its words together are its text. ``score``: what the search ranks it by."""

    text: str
    score: float
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class TranslatedSentence:
    """A sentence of the text and its translations, the best first.

    ``before``: spaces and line breaks between it and the one before, which stand in the translation too. ``unknown``:
    from where to where in ``source`` the model cannot read what stands there.
    """

    source: str
    before: str
    versions: tuple[Version, ...]
    unknown: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class SearchNode:
    """One continuation that the search looked at: ``text`` after that of node ``parent`` (-1: at the beginning).

    ``score``: the sum of logarithms of probabilities so far. ``step``: at which token, from 0.
    """

    parent: int
    text: str
    score: float
    step: int
    fate: Fate


@dataclass(frozen=True, slots=True, eq=False)
class SeenTranslation:
    """How one sentence was translated: M tokens of the source, N of the best translation, their ends included.

    ``cross``: (layers, heads, N, M) float32, how much each token of the translation looked at each of the source.
    ``encoder``: (layers, heads, M, M), how much those of the source looked at each other. Rows add up to one.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    cross: np.ndarray
    encoder: np.ndarray
    search: tuple[SearchNode, ...]


@dataclass(frozen=True, slots=True)
class Translation:
    """What a ``TranslateRequest`` made. ``request`` names the checkpoint by its step; ``after`` is the end of the text.

    ``next_words``: words that could stand after the request's ``begin``, the likeliest first.
    """

    sentences: tuple[TranslatedSentence, ...]
    after: str
    request: Settings
    step: int
    seconds: float
    next_words: tuple[Word, ...] = ()
    seen: SeenTranslation | None = None

    @property
    def text(self) -> str:
        """The best translation of everything."""
        return "".join(s.before + (s.versions[0].text if s.versions else "") for s in self.sentences) + self.after
