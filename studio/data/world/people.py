"""Who lives in the world, what is known of them, and how a sentence speaks of somebody."""

from __future__ import annotations

from functools import cached_property

from studio.data.world.chances import Chances
from studio.data.world.names import NAMES, is_girl
from studio.data.world.relations import RELATIONS, Relation

RESIDENTS = 120
"""People of whom everything is known; the others only occur in stories."""
_UNASKED = 6
_RELATION = {relation.name: place for place, relation in enumerate(RELATIONS)}


class Valley:
    """The people of one seed.

    Attributes:
        residents: the names of those of whom all relations are known.
    """

    def __init__(self, seed: int, residents: int = RESIDENTS) -> None:
        self.seed = seed
        self.residents = tuple(Chances(seed, "residents").some(NAMES, residents))
        self._places = {name: place for place, name in enumerate(self.residents)}

    @cached_property
    def _facts(self) -> dict[tuple[str, str], str]:
        """Each value of a relation belongs to about as many people as any other."""
        facts = {}
        for relation in RELATIONS:
            chances = Chances(self.seed, "facts", relation.name)
            for begin in range(0, len(self.residents), len(relation.values)):
                some = self.residents[begin : begin + len(relation.values)]
                for name, value in zip(some, chances.some(relation.values, len(some)), strict=True):
                    facts[name, relation.name] = value
        return facts

    def value(self, name: str, relation: Relation) -> str:
        """What is true of a resident."""
        return self._facts[name, relation.name]

    def is_asked(self, name: str, relation: Relation) -> bool:
        """Whether training texts ask for this fact; the others they tell, and never ask for."""
        return (self._places[name] + 7 * _RELATION[relation.name]) % _UNASKED != 0


def tell(sentence: str, name: str, value: str, *, pronoun: bool = False) -> str:
    """A relation's or an event's sentence about somebody, by name or by pronoun."""
    girl = is_girl(name)
    words = {
        "who": ("she" if girl else "he") if pronoun else name,
        "whom": ("her" if girl else "him") if pronoun else name,
        "whose": ("her" if girl else "his") if pronoun else f"{name}'s",
        "own": "her" if girl else "his",
        "v": value,
    }
    return capital(sentence.format(**words))


def capital(words: str) -> str:
    """With a capital letter at the beginning."""
    return words[:1].upper() + words[1:]
