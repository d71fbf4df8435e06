"""The search for one sentence's translations: which of the likely next tokens are gone on with, which are at an end.

By the rules of beam search as transformers has them (with ``early_stopping`` off), which give the same texts with the
same scores: of 2 K continuations the first K that do not end are gone on with; an end among the first K is kept with
its score; over is the search once K are kept and none in view, at its present length, is better than the worst of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

NEVER = -1e9
"""The score of places in the beam where nothing stands yet."""
LookedAt = Sequence[tuple[float, int, int]]
"""Continuations of one sentence: (score, parent, token)."""
Gone = tuple[list[int], list[int], list["Choice"]]
"""For each place of the beam its parent and its token, and what was looked at."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A translation.

    Attributes:
        tokens: without the end mark, with what it had to begin with.
        score: the sum of ``likelihoods`` divided by the length (with the end mark) to the power of the length penalty.
        likelihoods: logarithm of each token's probability, the end mark's last; what was forced counts as certain.
    """

    tokens: tuple[int, ...]
    score: float
    likelihoods: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the continuations that were looked at in a step: ``token`` after the one in place ``parent``.

    ``score``: the sum of logarithms so far. ``place``: where it is gone on with; -1 where it ended, -2 where it fell.
    """

    parent: int
    token: int
    score: float
    place: int


@dataclass(frozen=True, slots=True)
class _Node:
    """A token and those before it; None before the first."""

    before: _Node | None
    token: int
    likelihood: float


@dataclass(slots=True)
class Search:
    """The search for translations of one sentence.

    Args:
        width: K. end: the end mark. penalty: of lengths. prefix: tokens that a translation has to begin with.
    """

    width: int
    end: int
    penalty: float
    prefix: tuple[int, ...] = ()
    scores: list[float] = field(default_factory=list)
    over: bool = False
    _beams: list[_Node | None] = field(default_factory=list)
    _kept: list[tuple[float, _Node]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scores = [0.0] + [NEVER] * (self.width - 1)
        self._beams = [None] * self.width

    def step(self, place: int, looked_at: LookedAt) -> Gone:
        """Go on by one token.

        Args:
            place: how many tokens there are already. looked_at: the likeliest 2 K continuations, the best first.
        """
        length, free = max(1, place + 1 - len(self.prefix)), place >= len(self.prefix)
        beams, choices = list[tuple[int, int, float, _Node | None]](), list[Choice]()
        for rank, (score, parent, token) in enumerate(looked_at):
            alive, goes_on, ends = score > NEVER / 2, -2, free and token == self.end
            node = _Node(self._beams[parent], token, score - self.scores[parent]) if alive else None
            if ends and rank < self.width and node is not None:
                self._keep(score / length**self.penalty, node)
                goes_on = -1
            elif not ends and len(beams) < self.width:
                goes_on = len(beams)
                beams.append((parent, token, score if alive else NEVER, node))
            if alive:
                choices.append(Choice(parent, token, score, goes_on))
        beams += [(0, self.end, NEVER, None)] * (self.width - len(beams))  # places of which nothing comes any more
        self.scores, self._beams = [score for _, _, score, _ in beams], [node for *_, node in beams]
        self.over = self._is_over(length)
        return [parent for parent, *_ in beams], [token for _, token, _, _ in beams], choices

    def found(self, count: int) -> list[Hypothesis]:
        """The best translations, the best first."""
        return [_told(node, score, self.end) for score, node in self._kept[:count]]

    def _is_over(self, length: int) -> bool:
        best = self.scores[0]
        if best <= NEVER / 2 or (self.width == 1 and self._kept):
            return True
        return len(self._kept) == self.width and best / length**self.penalty <= self._kept[-1][0]

    def _keep(self, score: float, node: _Node) -> None:
        self._kept.append((score, node))
        self._kept.sort(key=lambda one: -one[0])
        del self._kept[self.width :]


@dataclass(slots=True)
class Drawing:
    """Translations of one sentence that are drawn, each for itself; asked like :class:`Search`."""

    width: int
    end: int
    penalty: float
    prefix: tuple[int, ...] = ()
    scores: list[float] = field(default_factory=list)
    over: bool = False
    _beams: list[_Node | None] = field(default_factory=list)
    _kept: dict[int, tuple[float, _Node]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.scores, self._beams = [0.0] * self.width, [None] * self.width

    def step(self, place: int, drawn: LookedAt) -> Gone:
        """Go on with what was drawn for each place: (its score, its place, the token)."""
        choices, length = [], max(1, place + 1 - len(self.prefix))
        for score, row, token in drawn:
            if row in self._kept:
                continue
            node = _Node(self._beams[row], token, score - self.scores[row])
            self._beams[row], self.scores[row] = node, score
            ends = token == self.end and place >= len(self.prefix)
            if ends:
                self._kept[row] = score / length**self.penalty, node
            choices.append(Choice(row, token, score, -1 if ends else row))
        self.over = len(self._kept) == self.width
        return list(range(self.width)), [token for *_, token in drawn], choices

    def found(self, count: int) -> list[Hypothesis]:
        """The translations in the order of their draws."""
        return [_told(node, score, self.end) for score, node in (self._kept[row] for row in range(count))]


def _told(node: _Node, score: float, end: int) -> Hypothesis:
    tokens, likelihoods = list[int](), list[float]()
    here: _Node | None = node
    while here is not None:
        tokens.append(here.token)
        likelihoods.append(here.likelihood)
        here = here.before
    return Hypothesis(tuple(tokens[:0:-1]), score, tuple(likelihoods[::-1]))
