"""Continues texts token by token; what was read for one text is not read again for the next that begins alike.

Shapes: B texts, N tokens, M tokens so far, V different tokens.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from studio.config.writing import Writing
from studio.generation.token_choice import candidates, drawn, penalised
from studio.ground.errors import UsageError
from studio.models.language import LanguageModel
from studio.models.products import packed
from studio.models.threads import at_most
from studio.models.transformer_cache import TokenCache

_LIGHT = 64 << 20  # bytes of weights that one thread brings in as fast as several that have to be woken each time
_PIECE = 256  # tokens that are read between two chances to stop
_ROWS_APART = 1_000_003  # between the seeds of variants


@dataclass(frozen=True, slots=True)
class Chosen:
    """A token that a row goes on with, and how likely the model held it to be, 0 to 1, before anything was cut off."""

    row: int
    token: int
    probability: float


@dataclass(slots=True)
class _Reading:
    """Texts that have been read: what is likely to come next (B, V), and what is needed to read on."""

    cache: TokenCache
    real: Tensor | None
    logits_BV: Tensor = field(default_factory=lambda: torch.empty(0))


class Writer:
    """A language model that writes, and remembers the last text that it read or wrote alone.

    Give it a model of its own in eval mode; it joins layers for speed (``LanguageModel.join``).

    Args:
        joined: False leaves the layers as they are, for a model that somebody else goes on with.
        int8: compute in numbers of eight bits where there are some (``studio.models.products``).

    Attributes:
        reused: tokens of the last text that had not to be read again.
    """

    def __init__(
        self, model: LanguageModel, ends: Sequence[int] = (), *, joined: bool = True, int8: bool = False
    ) -> None:
        self.model = model.eval()
        if joined:
            packed(self.model.join(), int8=int8)
        self._light = sum(weight.nbytes for weight in self.model.parameters()) <= _LIGHT * (4 if int8 else 1)
        self.ends = frozenset(ends)
        self.reused = 0
        self._cache: TokenCache | None = None
        self._read: list[int] = []

    def write(
        self, prompts: Sequence[Sequence[int]], writing: Writing, ended: set[int] | None = None
    ) -> Iterator[tuple[Chosen, ...]]:
        """Continue each prompt ``writing.count`` times (rows in that order); yields the next token of every row that
        goes on, and nothing (an empty tuple) from time to time while it reads.

        The token after which a text is over is the last of its row. Rows end at the latest where the context is full.

        Args:
            ended: the caller's own: rows in it are not gone on with; those that end are put into it.

        Raises:
            UsageError: a prompt is empty, or as long as the model can read at all.
        """
        self._must_fit(prompts)
        ended = set() if ended is None else ended
        rows = [list(prompt) for prompt in prompts for _ in range(writing.count)]
        room = min(writing.tokens, self.model.context - max(map(len, rows)) + 1)
        reading = yield from self._begin(rows, room)
        with at_most(self._threads(len(rows))):
            yield from self._go_on(reading, rows, room, writing, ended)

    def _threads(self, rows: int) -> int:
        """How many are the fastest. Two that sleep between the products of a single row are slower than one (GPT-2 of
        124 million weights on two cores: 23.5 tokens a second against 27.9, in eight bits 58 against 81)."""
        threads = torch.get_num_threads()
        return 1 if rows == 1 and (self._light or threads == 2) else threads

    def _go_on(
        self, reading: _Reading, rows: list[list[int]], room: int, writing: Writing, ended: set[int]
    ) -> Iterator[tuple[Chosen, ...]]:
        randoms = [torch.Generator().manual_seed(writing.seed + _ROWS_APART * row) for row in range(len(rows))]
        for number in range(room):
            live = [row for row in range(len(rows)) if row not in ended]
            chosen = [self._chosen(row, reading.logits_BV[row], rows[row], writing, randoms[row]) for row in live]
            for one in chosen:
                rows[one.row].append(one.token)
            ended.update(one.row for one in chosen if one.token in self.ends or number == room - 1)
            yield tuple(chosen)
            if len(ended) == len(rows):
                return
            self._read_on(reading, [[row[-1]] for row in rows])

    def _chosen(self, row: int, logits_V: Tensor, seen: list[int], writing: Writing, random: torch.Generator) -> Chosen:
        if writing.repetition_penalty != 1:
            changed = penalised(logits_V, seen, writing.repetition_penalty)
        else:
            changed = logits_V
        token = drawn(candidates(changed, writing), random)
        return Chosen(row, token, float(logits_V.softmax(0)[token]))

    # --- reading -----------------------------------------------------------------------------------------------

    def _begin(self, rows: Sequence[list[int]], more: int) -> Generator[tuple[Chosen, ...], None, _Reading]:
        """Read what the rows begin with, and have room for ``more`` tokens in each."""
        capacity = max(map(len, rows)) + more
        if any(row != rows[0] for row in rows):
            return (yield from self._begin_apart(rows, capacity))
        reading = yield from self._begin_alike(rows[0], capacity)
        if len(rows) > 1:
            cache = reading.cache.with_room(capacity, rows=len(rows))
            reading = _Reading(cache, None, reading.logits_BV.expand(len(rows), -1))
        return reading

    def _begin_alike(self, prompt: list[int], capacity: int) -> Generator[tuple[Chosen, ...], None, _Reading]:
        cache = self._cache or self.model.new_cache(capacity=capacity)
        same = _same_beginning(self._read, prompt[:-1])
        cache.length = self.reused = same
        del self._read[same:]
        self._cache = cache.with_room(capacity)
        reading = _Reading(self._cache, None)
        yield from self._read_pieces(reading, [prompt[same:]])
        return reading

    def _begin_apart(self, rows: Sequence[list[int]], capacity: int) -> Generator[tuple[Chosen, ...], None, _Reading]:
        """Shorter prompts get places before them that nobody looks at."""
        longest, self.reused = max(map(len, rows)), 0
        real = None
        if any(len(row) < longest for row in rows):
            real = torch.ones(len(rows), capacity, dtype=torch.bool, device=self._device)
            for number, row in enumerate(rows):
                real[number, : longest - len(row)] = False
        reading = _Reading(self.model.new_cache(rows=len(rows), capacity=capacity), real)
        yield from self._read_pieces(reading, [[0] * (longest - len(row)) + row for row in rows])
        return reading

    def _read_pieces(self, reading: _Reading, rows: Sequence[list[int]]) -> Iterator[tuple[Chosen, ...]]:
        for begin in range(0, len(rows[0]), _PIECE):
            if begin:
                yield ()
            self._read_on(reading, [row[begin : begin + _PIECE] for row in rows])

    @torch.inference_mode()
    def _read_on(self, reading: _Reading, rows: Sequence[list[int]]) -> None:
        """Read the next tokens of every row."""
        tokens_BN = torch.tensor(rows, device=self._device)
        end = reading.cache.length + tokens_BN.shape[1]
        real = None if reading.real is None else reading.real[:, :end]
        logits = self.model(tokens_BN, real, cache=reading.cache, last=True)
        reading.logits_BV = logits[:, -1].float().cpu()
        if reading.cache is self._cache:
            self._read += rows[0]

    @property
    def _device(self) -> torch.device:
        return self.model.words.weight.device

    def _must_fit(self, prompts: Sequence[Sequence[int]]) -> None:
        if not prompts or not all(prompts):
            raise UsageError("There is nothing to continue; write at least one character.")
        longest = max(map(len, prompts))
        if longest > self.model.context:
            raise UsageError(
                "The text has {count} tokens, the model reads at most {most}; shorten it.",
                count=longest, most=self.model.context,
            )  # fmt: skip


def trimmed(tokens: Sequence[int], *, most: int, kept: int = 0) -> list[int]:
    """At most ``most`` tokens: of a longer text the first ``kept`` (what a conversation stands under) and the last.

    Raises:
        ValueError: ``kept`` leaves no room for anything else.
    """
    if len(tokens) <= most:
        return list(tokens)
    if not 0 <= kept < most:
        raise ValueError(f"{kept} tokens to be kept leave nothing of {most}")
    return [*tokens[:kept], *tokens[len(tokens) - (most - kept) :]]


def _same_beginning(one: Sequence[int], other: Sequence[int]) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
