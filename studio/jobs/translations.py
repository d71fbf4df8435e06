"""What comes of translating files and of comparing translations with those of people. Needs no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class TranslatedFile:
    """What a ``TranslateFileRequest`` did.

    ``sentences``: how many the document has; ``done``: how many are translated; ``reused``: how many of these had been
    translated before it was interrupted. ``out`` is None as long as it is not whole.
    """

    out: Path | None
    sentences: int
    done: int
    reused: int
    run: str
    step: int


@dataclass(frozen=True, slots=True)
class ScoredRow:
    """One sentence with the translation of people and that of the model."""

    source: str
    reference: str
    translation: str


@dataclass(frozen=True, slots=True)
class TranslationScores:
    """What a ``ScoreRequest`` found.

    ``scores``: ``bleu`` and ``chrf`` from 0 to 100, ``exact`` in percent. ``copied``: the same of the answers of the
    nearest training sentences, where the data set is the model's own. ``signatures``: how BLEU and chrF were computed.
    """

    scores: dict[str, float]
    copied: dict[str, float]
    signatures: dict[str, str]
    rows: tuple[ScoredRow, ...]
    against: str
    run: str
    step: int
    seconds: float
