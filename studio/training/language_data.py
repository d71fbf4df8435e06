"""Prepared texts as the language family learns them: batches of packed rows, fixed rows to be measured on, beginnings
that samples go on from.

Shapes: B rows, N places; a segment is one text in a row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from studio.config.facts import TextFacts
from studio.config.texts import TextKind
from studio.data.splitting import Parts
from studio.data.tokenisers import FileTokeniser
from studio.ground.errors import UsageError
from studio.training.language_packing import Packed, packed, places_of

_BEGINNING = 16  # tokens of a plain text that a sample goes on from
_EVALUATED_AT_ONCE = 4096  # places


class Texts(Protocol):
    """Prepared texts, as ``studio.data.prepared_texts`` gives them."""

    fingerprint: str
    kind: TextKind
    facts: TextFacts
    tokeniser: FileTokeniser
    tokeniser_text: str
    template: str
    parts: Parts
    lengths: np.ndarray

    def window(self, index: int, start: int, count: int | None) -> np.ndarray:
        """Tokens (n,) int32 of an item."""

    def answers_window(self, index: int, start: int, count: int | None) -> np.ndarray:
        """Which of them (n,) bool the assistant has to learn."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows to learn from, on the host.

    Attributes:
        tokens, next: (B, N) int64: what stands there, and what comes next. learnt: (B, N) bool: which of those count.
        segments: (B, N) int64, which text a place is of; None where no row has more than one.
        places: (B, N) int64, how far from the beginning of its piece; None as above.
    """

    tokens: Tensor
    next: Tensor
    learnt: Tensor
    segments: Tensor | None
    places: Tensor | None

    def of(self, rows: Tensor) -> Rows:
        """Some of the rows."""
        segments = None if self.segments is None else self.segments[rows]
        places = None if self.places is None else self.places[rows]
        return Rows(self.tokens[rows], self.next[rows], self.learnt[rows], segments, places)

    def to(self, device: torch.device) -> Rows:
        """The same on a device, but for what counts, which the host has to know."""
        moved = [None if t is None else t.to(device, non_blocking=True) for t in (self.segments, self.places)]
        return Rows(self.tokens.to(device), self.next.to(device), self.learnt, *moved)

    def mask(self) -> Tensor | None:
        """Who may look at whom, (B, N, N): every place at itself and those before it in its text."""
        if self.segments is None:
            return None
        count = self.segments.shape[1]
        back = torch.ones(count, count, dtype=torch.bool, device=self.segments.device).tril()
        return (self.segments[:, :, None] == self.segments[:, None, :]) & back


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a sample goes on from, and what really follows, with what is shown of both."""

    tokens: list[int]
    shown: str
    reference: str


class LanguageData:
    """What a run learns from.

    Args:
        width: places in a row. answers_only: of conversations nothing else is learnt.
    """

    def __init__(self, data: Texts, width: int, *, answers_only: bool) -> None:
        self.data, self.width = data, width
        self._masked = data.kind == "chat" and answers_only
        self._training = data.parts.training
        places = places_of(data.lengths[self._training])
        if places < 1:
            raise UsageError("There is no text to learn from; the data set needs at least two tokens.")
        self._places = places
        self._epoch: tuple[int, Packed] | None = None

    # --- batches -----------------------------------------------------------------------------------------------

    def batch(self, seed: int, step: int, count: int) -> Rows:
        """The rows of a step: all texts once, in a new order and other windows each time."""
        steps = max(1, self._places // (self.width * count))
        epoch, place = divmod(step, steps)
        if self._epoch is None or self._epoch[0] != epoch:
            lengths = self.data.lengths[self._training]
            self._epoch = epoch, packed(self._training, lengths, self.width, seed=seed, epoch=epoch)
        rows = self._epoch[1]
        return self.rows(rows, [(place * count + i) % len(rows) for i in range(count)])

    def rows(self, found: Packed, numbers: list[int]) -> Rows:
        """Rows of these numbers."""
        shape = len(numbers), self.width
        tokens, following = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        learnt, segments = np.zeros(shape, bool), np.full(shape, -1, np.int64)
        places = np.tile(np.arange(self.width), (len(numbers), 1))
        several = False
        for row, number in enumerate(numbers):
            begin, pieces = 0, found.row(number)
            several = several or len(pieces) > 1
            for segment, (item, start, count) in enumerate(pieces):
                here = slice(begin, begin + count)
                piece = self.data.window(item, start, count + 1)
                tokens[row, here], following[row, here] = piece[:-1], piece[1:]
                learnt[row, here] = self._learnt(item, start, count)
                segments[row, here], places[row, here] = segment, np.arange(count)
                begin += count
        whole = [torch.from_numpy(each) for each in (tokens, following, learnt)]
        apart = [torch.from_numpy(each) if several else None for each in (segments, places)]
        return Rows(*whole, *apart)

    def _learnt(self, item: int, start: int, count: int) -> np.ndarray | bool:
        return self.data.answers_window(item, start, count + 1)[1:] if self._masked else True

    # --- what it is measured on --------------------------------------------------------------------------------

    @property
    def measured_items(self) -> np.ndarray:
        """The validation part; where it has nothing, the training part."""
        held_out = self.data.parts.validation
        return held_out if places_of(self.data.lengths[held_out]) else self._training

    def measured(self, most: int) -> Iterator[Rows]:
        """Always the same rows, of ``most`` places in all, spread evenly over the validation part."""
        items = self.measured_items
        rows = packed(items, self.data.lengths[items], self.width)
        count = min(len(rows), max(1, most // self.width))
        numbers = [int(i * len(rows) / count) for i in range(count)]
        at_once = max(1, _EVALUATED_AT_ONCE // self.width)
        for begin in range(0, count, at_once):
            yield self.rows(rows, numbers[begin : begin + at_once])

    def bytes_of(self, rows: Rows) -> int:
        """How many bytes of text the learnt tokens of rows stand for."""
        learnt = rows.next[rows.learnt].tolist()
        return len(self.data.tokeniser.decode(learnt).encode())

    # --- samples -----------------------------------------------------------------------------------------------

    def beginnings(self, count: int, most: int) -> list[Beginning]:
        """So many beginnings of at most ``most`` tokens: of conversations up to the first answer, of texts from even
        places."""
        items = self.measured_items
        if self.data.kind == "chat":
            found = [self._question(int(item), most) for item in items[:: max(1, len(items) // (4 * count))]]
            return [each for each in found if each is not None][:count]
        if len(items) >= count:
            chosen = [(int(items[i * len(items) // count]), 0) for i in range(count)]
        else:
            several = count // len(items) + 1
            chosen = []
            for i in range(count):
                item = int(items[i % len(items)])
                chosen.append((item, int(self.data.lengths[item]) * (i // len(items)) // several))
        return [self._text(item, start, most) for item, start in chosen]

    def _text(self, item: int, start: int, most: int) -> Beginning:
        length = min(_BEGINNING, most)
        tokens = self.data.window(item, start, 4 * length).tolist()
        decode = self.data.tokeniser.decode
        return Beginning(tokens[:length], decode(tokens[:length]), decode(tokens[length:]))

    def _question(self, item: int, most: int) -> Beginning | None:
        """A conversation up to its first answer; None where that is too far."""
        tokens = self.data.window(item, 0, 4 * most)
        answers = self.data.answers_window(item, 0, 4 * most)
        if not answers.any():
            return None
        first = int(answers.argmax())
        after = first + int((~answers[first:]).argmax()) if not answers[first:].all() else len(tokens)
        if not 0 < first <= most:
            return None
        asked, answer = tokens[:first].tolist(), tokens[first:after].tolist()
        return Beginning(asked, self._lines(asked), self._lines(answer))

    def _lines(self, tokens: list[int]) -> str:
        """The text of tokens with a new line wherever marks stand."""
        tokeniser, lines, line = self.data.tokeniser, list[str](), list[int]()
        for token in tokens:
            if tokeniser.is_mark(token):
                lines.append(tokeniser.decode(line))
                line = []
            else:
                line.append(token)
        return "\n".join(each for each in (*lines, tokeniser.decode(line)) if each)
