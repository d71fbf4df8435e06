"""Translations by a model, token by token: many sentences at once, each with several translations beside each other.

Sources are read once; every step asks what was computed of them then. Translations of one sentence are places beside
each other that look at their own past alone, so when one goes on in several ways nothing is moved; sentences that are
over leave the batch.

Shapes: B sentences, M tokens of a source, K translations beside each other, V different tokens.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from studio.config.decoding import Decoding
from studio.config.writing import Writing
from studio.generation.token_choice import candidates, drawn
from studio.generation.translation_search import Choice, Drawing, Hypothesis, LookedAt, Search
from studio.ground.errors import UsageError
from studio.models.transformer_cache import TokenCache
from studio.models.translation import Source, TranslationModel

_ROOM = 16  # places beyond the source's length that a cache begins with
_ROWS_APART = 1_000_003  # between the seeds of translations
_SENTENCES_APART = 7_919


@dataclass(frozen=True, slots=True)
class Marks:
    """Tokens that stand for no text: before a translation, after every text, and those that are never written."""

    begin: int
    end: int
    never: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step: how many tokens there are now, and of each sentence that goes on what was looked at."""

    place: int
    choices: dict[int, tuple[Choice, ...]]


@dataclass(slots=True)
class _Live:
    """Sentences that go on.

    ``numbers``: which they are. ``seen``: what is added to how much each translation looks at each place so far; None
    where each sentence has one translation.
    """

    numbers: list[int]
    source: Source
    cache: TokenCache
    seen: Tensor | None
    tokens_BK: Tensor
    history: Tensor | None


class Decoder:
    """Writes translations with a model in eval mode.

    Args:
        joined: the model is its own, and its layers are joined for speed (``TranslationModel.join``).
    """

    def __init__(self, model: TranslationModel, marks: Marks, *, joined: bool = True) -> None:
        self.model, self.marks = model.eval(), marks
        if joined:
            self.model.join()

    @torch.inference_mode()
    def decode(
        self, sources: Sequence[Sequence[int]], decoding: Decoding, *, prefixes: Sequence[Sequence[int]] = (),
        seeds: Sequence[int] = (), traced: bool = False,
    ) -> Generator[Step, None, list[list[Hypothesis]]]:  # fmt: skip
        """Translations of each source, the best first; between two steps nothing is under way.

        Args:
            sources: with their end marks. prefixes: what each translation has to begin with.
            seeds: of each sentence's draws, from ``decoding.seed`` on; its place among ``sources`` where not given.
            traced: steps tell what was looked at.

        Raises:
            UsageError: a source or what it has to begin with is longer than the model can read.
        """
        if not sources:
            return []
        self._must_fit(sources, prefixes)
        width = decoding.beside
        kind = Drawing if decoding.temperature > 0 else Search
        begins = [tuple(prefix) for prefix in prefixes] or [()] * len(sources)
        searches = [kind(width, self.marks.end, decoding.length_penalty, begin) for begin in begins]
        rooms = [self._room(source, begin, decoding) for source, begin in zip(sources, begins, strict=True)]
        randoms = [
            [torch.Generator().manual_seed(decoding.seed + _SENTENCES_APART * seed + _ROWS_APART * row)
             for row in range(width)]
            for seed in (seeds or range(len(sources)))
        ] if decoding.temperature > 0 else []  # fmt: skip
        live = self._begin(sources, width, decoding)
        for place in range(max(rooms)):
            logits_BKV = self._next(live, place, width)
            self._limit(logits_BKV, live, place, searches, rooms, decoding.no_repeat)
            if decoding.temperature > 0:
                looked_at = self._drawn(logits_BKV, live, searches, decoding, randoms)
            else:
                looked_at = self._likeliest(logits_BKV, live, searches, width)
            yield self._go_on(live, place, searches, looked_at, traced)
            self._drop(live, [number for number in live.numbers if searches[number].over or place + 1 >= rooms[number]])
            if not live.numbers:
                break
        return [search.found(decoding.count) for search in searches]

    # --- the state -------------------------------------------------------------------------------------------------

    def _begin(self, sources: Sequence[Sequence[int]], width: int, decoding: Decoding) -> _Live:
        longest = max(map(len, sources))
        tokens_BM = torch.full((len(sources), longest), self.marks.end)
        real_BM = torch.zeros(len(sources), longest, dtype=torch.bool)
        for row, source in enumerate(sources):
            tokens_BM[row, : len(source)] = torch.tensor(source)
            real_BM[row, : len(source)] = True
        mask = None if bool(real_BM.all()) else real_BM.to(self._device)
        offered = self.model.offer(tokens_BM.to(self._device), mask)
        cache = self.model.new_cache(rows=len(sources), capacity=(longest + _ROOM) * width)
        begin = torch.full((len(sources), width), self.marks.begin, device=self._device)
        history = begin.new_zeros(len(sources), width, 0) if decoding.no_repeat else None
        seen = None if width == 1 else offered.offered[0].new_zeros(len(sources), width, 0)
        return _Live(list(range(len(sources))), offered, cache, seen, begin, history)

    def _next(self, live: _Live, place: int, width: int) -> Tensor:
        """What is likely to come next, (B, K, V) float32."""
        if (place + 1) * width > live.cache.capacity:
            live.cache = live.cache.with_room(2 * live.cache.capacity)
        if live.seen is not None:
            own = live.seen.new_full((width, width), -torch.inf).fill_diagonal_(0)
            live.seen = torch.cat([live.seen, own.expand(len(live.numbers), -1, -1)], dim=2)
        return self.model.write(live.tokens_BK, live.source, live.cache, live.seen).float()

    def _go_on(
        self, live: _Live, place: int, searches: Sequence[Search | Drawing], looked_at: Sequence[LookedAt],
        traced: bool,
    ) -> Step:  # fmt: skip
        parents, tokens, told = list[list[int]](), list[list[int]](), dict[int, tuple[Choice, ...]]()
        for number, found in zip(live.numbers, looked_at, strict=True):
            one, next_ones, choices = searches[number].step(place, found)
            parents.append(one)
            tokens.append(next_ones)
            if traced:
                told[number] = tuple(choices)
        live.tokens_BK = torch.tensor(tokens, device=self._device)
        if live.seen is not None:
            rows = torch.tensor(parents, device=self._device)[:, :, None]
            live.seen = live.seen.take_along_dim(rows, dim=1)
            if live.history is not None:
                live.history = live.history.take_along_dim(rows, dim=1)
        if live.history is not None:
            live.history = torch.cat([live.history, live.tokens_BK[:, :, None]], dim=2)
        return Step(place + 1, told)

    def _drop(self, live: _Live, over: Sequence[int]) -> None:
        """Sentences that are over leave the batch."""
        if not over:
            return
        rows = [row for row, number in enumerate(live.numbers) if number not in over]
        live.numbers = [live.numbers[row] for row in rows]
        if not rows:
            return
        kept = torch.tensor(rows, device=self._device)
        live.source, live.cache = live.source.of(kept), live.cache.of(kept)
        live.tokens_BK = live.tokens_BK[kept]
        live.seen = None if live.seen is None else live.seen[kept]
        live.history = None if live.history is None else live.history[kept]

    # --- what comes next -------------------------------------------------------------------------------------------

    def _limit(
        self, logits_BKV: Tensor, live: _Live, place: int, searches: Sequence[Search | Drawing], rooms: Sequence[int],
        no_repeat: int,
    ) -> None:  # fmt: skip
        """Make likelihoods of ``logits_BKV`` in place, and impossible what may not come: (B, K, V) logarithms."""
        logits_BKV -= logits_BKV.logsumexp(dim=2, keepdim=True)
        if self.marks.never:
            logits_BKV[:, :, list(self.marks.never)] = -torch.inf
        if live.history is not None and place + 1 >= no_repeat:
            _ban_repeats(logits_BKV, live.history, no_repeat)
        for row, number in enumerate(live.numbers):
            forced = searches[number].prefix[place : place + 1] or (
                (self.marks.end,) if place + 1 >= rooms[number] else ()
            )
            if forced:
                logits_BKV[row] = -torch.inf
                logits_BKV[row, :, forced[0]] = 0.0

    def _likeliest(
        self, likely_BKV: Tensor, live: _Live, searches: Sequence[Search | Drawing], width: int
    ) -> list[LookedAt]:
        """For each sentence the best 2 K continuations: (score, parent, token)."""
        count = min(2 * width, likely_BKV.shape[2])
        values, tokens = likely_BKV.topk(count, dim=2)
        scores = torch.tensor([searches[number].scores for number in live.numbers], device=self._device)
        values, places = (values + scores[:, :, None]).flatten(1).topk(min(2 * width, width * count), dim=1)
        tokens = tokens.flatten(1).gather(1, places)
        found = zip(values.tolist(), (places // count).tolist(), tokens.tolist(), strict=True)
        return [list(zip(*one, strict=True)) for one in found]

    def _drawn(
        self, likely_BKV: Tensor, live: _Live, searches: Sequence[Search | Drawing], decoding: Decoding,
        randoms: Sequence[Sequence[torch.Generator]],
    ) -> list[LookedAt]:  # fmt: skip
        writing = Writing(temperature=decoding.temperature, top_k=decoding.top_k, top_p=decoding.top_p)
        likely_BKV, looked_at = likely_BKV.cpu(), list[LookedAt]()
        for row, number in enumerate(live.numbers):
            search, found = searches[number], []
            for place, likely_V in enumerate(likely_BKV[row]):
                token = drawn(candidates(likely_V, writing), randoms[number][place])
                found.append((search.scores[place] + float(likely_V[token]), place, token))
            looked_at.append(found)
        return looked_at

    def _room(self, source: Sequence[int], prefix: Sequence[int], decoding: Decoding) -> int:
        """The most tokens of a translation, its end mark included."""
        wanted = decoding.tokens or 2 * len(source) + 20
        if self.model.config.network.positions == "learned":
            wanted = min(wanted, self.model.context)
        return max(wanted, len(prefix) + 1)

    def _must_fit(self, sources: Sequence[Sequence[int]], prefixes: Sequence[Sequence[int]]) -> None:
        if not all(sources):
            raise ValueError("a source without any token")
        longest = max(len(text) for text in (*sources, *prefixes))
        if self.model.config.network.positions == "learned" and longest > self.model.context:
            raise UsageError(
                "The text has {count} tokens, the model reads at most {most}; shorten it.",
                count=longest, most=self.model.context,
            )  # fmt: skip

    @property
    def _device(self) -> torch.device:
        return self.model.source_words.weight.device


def finished(work: Generator[Step, None, list[list[Hypothesis]]]) -> list[list[Hypothesis]]:
    """What a search finds, without a look on the way."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def _ban_repeats(likely_BKV: Tensor, history_BKN: Tensor, size: int) -> None:
    """Make impossible, in place, what would be a sequence of ``size`` tokens for the second time."""
    count = history_BKN.shape[2]
    if count < size:
        return
    windows = history_BKN.unfold(2, size, 1)
    if size == 1:
        likely_BKV.scatter_(2, history_BKN, -torch.inf)
        return
    same = (windows[..., :-1] == history_BKN[:, :, None, count - size + 1 :]).all(dim=3)
    rows = same.nonzero(as_tuple=True)
    likely_BKV[rows[0], rows[1], windows[..., -1][rows]] = -torch.inf
