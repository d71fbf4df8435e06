"""What language models answer, as plain data that needs no torch: texts with their tokens, and how they read a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from studio.config.base import Settings

Ending = Literal["", "end", "stop", "full"]
"""Why a text is over: the model ended it, a stop text came, or there was no more room; "" where it was stopped."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Tokens to be read. ``begins``: what an answer begins with, that is part of them; ``dropped``: left out."""

    tokens: tuple[int, ...]
    begins: str = ""
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class WrittenToken:
    """What one token adds to a row: often nothing, if it is half a character or may become a stop text.

    ``probability``: how likely the model held the token to be.
    """

    row: int
    text: str
    token: int
    probability: float
    ending: Ending = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """One text that was written; ``tokens`` is how many tokens it took."""

    text: str
    ending: Ending
    tokens: int


@dataclass(frozen=True, slots=True)
class Replies:
    """What a ``ChatRequest`` or ``ContinueRequest`` made.

    ``request`` names the checkpoint by its step. ``reused``: tokens of the prompt that had been read before; ``read``:
    tokens that the prompt has in all; ``dropped``: tokens of the beginning that did not fit; ``seconds`` of writing.
    """

    rows: tuple[Reply, ...]
    request: Settings
    step: int
    read: int
    reused: int
    dropped: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ReadToken:
    """One token of a text that was read.

    ``text``: what it adds to the text (letters of half a character are shown by their bytes, as ``<e2>``); ``mark``:
    it stands for no text of its own (the beginning of a message, ...). ``probability``: how likely the model held it
    to be, 0 to 1, None for the first. ``alternatives``: what it held for likeliest there, (text, token, probability),
    the likeliest first.
    """

    token: int
    text: str
    mark: bool
    probability: float | None
    alternatives: tuple[tuple[str, int, float], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ReadText:
    """What a ``ReadRequest`` found.

    ``next``: what would follow, as ``ReadToken.alternatives``. ``attention``: (layers, heads, N, N) float32, how much
    each of N tokens looks at each token, rows adding up to one; ``logits``: (V,) float32 of the V tokens that could
    come where it was asked for. None where they were not.
    """

    tokens: tuple[ReadToken, ...]
    next: tuple[tuple[str, int, float], ...]
    step: int
    attention: np.ndarray | None = None
    logits: np.ndarray | None = None
