"""Chance in the phrase world: words and phrases that fit each other, drawn from one stream a sentence.

Whatever belongs together in a sentence (a verb and its object, a noun and its adjective, ...) is noted as a *bond*, by
which ``pairs`` tells what is held out.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from functools import cache
from typing import TypeVar

from studio.data.bilingual.syntax import Determiner, Features, Named, Phrase, Place, Pronoun, Someone, Thing
from studio.data.bilingual.words import Adjective, Both, Name, Noun, Verb, Words, words

_T = TypeVar("_T")
_LIKING = frozenset({"aimer", "adorer", "détester", "préférer", "apprécier"})
_DETERMINERS: tuple[tuple[int, Determiner], ...] = (
    (40, "the"), (28, "a"), (9, "this"), (3, "many"), (3, "several"), (3, "every"), (3, "all"),
)  # fmt: skip
_INSIDE = Both("in", "dans")
_RELATIONS = (
    Both("behind", "derrière"), Both("in front of", "devant"), Both("near", "près de"),
    Both("next to", "à côté de"), Both("opposite", "en face de"), Both("far from", "loin de"),
)  # fmt: skip
_ON = (Both("on", "sur"), Both("under", "sous"))
I = Features(1)  # noqa: E741 - the word that it is
WE = Features(1, plural=True)
YOU = Features(2)
HE = Features()
SHE = Features(gender="f")
THEY = Features(plural=True)


class Draw:
    """One sentence's chance: a function of seed and index alone, with the bonds of what was drawn."""

    def __init__(self, seed: int, index: int) -> None:
        digest = hashlib.sha256(f"bilingual 1/{seed}/{index}".encode()).digest()
        self._chance = random.Random(int.from_bytes(digest[:8], "little")).random
        self.words: Words = words()
        self.bonds: set[str] = set()

    def chance(self, share: float) -> bool:
        """True in ``share`` of the cases."""
        return self._chance() < share

    def one(self, some: Sequence[_T]) -> _T:
        """Any of them."""
        return some[int(self._chance() * len(some))]

    def weighted(self, some: Sequence[tuple[int, _T]]) -> _T:
        """Any of them, as often as its weight says."""
        place = self._chance() * sum(weight for weight, _ in some)
        for weight, found in some:
            place -= weight
            if place < 0:
                return found
        return some[-1][1]

    def number(self, least: int, most: int) -> int:
        """A whole number, both ends included."""
        return least + int(self._chance() * (most - least + 1))

    def bond(self, *parts: object) -> None:
        """Note that these belong together."""
        self.bonds.add("|".join(map(str, parts)))

    def noun(self, *kinds: str) -> Noun:
        """A noun of any of these kinds."""
        return self.one(_nouns(frozenset(kinds)))

    def name(self) -> Name:
        """A person."""
        return self.one(self.words.people)

    def person(self, *, agreeing: bool = False) -> Phrase:
        """Somebody who does something. ``agreeing``: French must know the gender, which "I" and "you" do not tell."""
        kind = self.weighted(
            ((30, "name"), (8, "names"), (26, "pronoun"), (26, "noun"), (5, "relative"), (5, "someone"))
        )
        if kind == "name":
            return Named((self.name(),))
        if kind == "names":
            first, second = self.name(), self.name()
            return Named((first, second) if first != second else (first,))
        if kind == "pronoun":
            choices = (HE, SHE, WE, THEY) if agreeing else (I, I, YOU, YOU, HE, SHE, WE, THEY)
            return Pronoun(self.one(choices))
        if kind == "someone":
            return Someone(self.one(("everybody", "nobody", "somebody")))
        noun = self.noun("person")
        if kind == "relative":
            owner = self.one((I, YOU, HE, SHE, WE, THEY))
            return Thing(noun, plural=self.chance(0.3), owner=owner)
        return self.thing(noun, subject=True, adjective=0.25)

    def subject(self, verb: Verb, *, agreeing: bool = False) -> Phrase:
        """Somebody or something that does this."""
        kinds = verb.subjects
        if "person" in kinds and (len(kinds) == 1 or self.chance(0.7)):
            found = self.person(agreeing=agreeing)
        else:
            found = self.thing(self.noun(*kinds - {"person"}), subject=True)
        if isinstance(found, Thing):
            self.bond("subject", found.noun.english, verb.key)
        return found

    def object(self, verb: Verb, subject: Phrase | None, kinds: frozenset[str] | None = None) -> Thing:
        """What the verb is done to, which is not the doer."""
        wanted = (kinds or verb.objects) - {"city", "country"}
        noun = self.noun(*wanted)
        while isinstance(subject, Thing) and noun == subject.noun:
            noun = self.noun(*wanted)
        self.bond("object", verb.key, noun.english)
        if noun.kinds & {"tongue", "game"}:
            return Thing(noun, determiner="")
        if verb.french in _LIKING and "person" not in noun.kinds:
            if noun.mass or self.chance(0.5):
                return Thing(noun, plural=not noun.mass, determiner="")
            return Thing(noun, plural=self.chance(0.3), determiner="this", adjectives=self.adjectives(noun, 0.2))
        return self.thing(noun, subject=False, owner=subject)

    def thing(self, noun: Noun, *, subject: bool, adjective: float = 0.3, owner: Phrase | None = None) -> Thing:
        """A noun with a determiner, perhaps a number, an owner, an adjective."""
        adjectives = self.adjectives(noun, adjective)
        if noun.mass:
            determiner: Determiner = self.one(("the", "a")) if not subject else "the"
            return Thing(noun, determiner=determiner, adjectives=adjectives)
        plural = self.chance(0.3)
        if owner is not None and self.chance(0.2):
            whose = self._whose(owner)
            return Thing(noun, plural=plural, owner=whose, adjectives=adjectives)
        if self.chance(0.08):
            return Thing(noun, plural=plural, owner=self.owner(noun), adjectives=adjectives)
        if self.chance(0.07):
            return Thing(noun, plural=True, number=self.number(2, 20), adjectives=adjectives)
        determiner = self.weighted(_DETERMINERS)
        if determiner in ("many", "several", "all"):
            plural = True
        if determiner == "every":
            plural = False
        if subject and determiner == "a" and plural:
            determiner = "the"
        return Thing(noun, plural=plural, determiner=determiner, adjectives=adjectives)

    def _whose(self, subject: Phrase) -> Features:
        """The doer's own, or that of somebody in the conversation."""
        features = subject.features
        if features.thing or isinstance(subject, Someone) or self.chance(0.4):
            return self.one((I, WE)) if features.person != 2 else I
        return features

    def owner(self, noun: Noun) -> Phrase:
        """Whose it is, by name or by noun."""
        if self.chance(0.5):
            return Named((self.name(),))
        whose = self.noun("person")
        while whose == noun:
            whose = self.noun("person")
        self.bond("owner", whose.english, noun.english)
        return Thing(whose, plural=self.chance(0.2))

    def adjectives(self, noun: Noun, share: float) -> tuple[Adjective, ...]:
        """None, or one, rarely one on each side of the noun."""
        if not self.chance(share):
            return ()
        fitting = fitting_adjectives(noun.kinds)
        if not fitting:
            return ()
        found = [self.one(fitting)]
        if self.chance(0.15):
            other = self.one(fitting)
            if other.before != found[0].before:
                found.append(other)
        for adjective in found:
            self.bond("adjective", adjective.english, noun.english)
        return tuple(sorted(found, key=lambda adjective: not adjective.before))

    def place(self, key: str) -> Place:
        """Where something happens; ``key`` is what happens there."""
        kind = self.weighted(((50, "in"), (35, "beside"), (15, "on")))
        if kind == "in":
            relation, noun = _INSIDE, self.noun("room", "building")
        elif kind == "beside":
            relation, noun = self.one(_RELATIONS), self.noun("building", "room", "nature", "part", "furniture")
        else:
            relation, noun = self.one(_ON), self.noun("furniture")
        self.bond("place", key, relation.english, noun.english)
        determiner: Determiner = self.weighted(((80, "the"), (10, "this"), (10, "a")))
        return Place(relation, Thing(noun, determiner=determiner))


@cache
def _nouns(kinds: frozenset[str]) -> list[Noun]:
    found = words().nouns_of(*kinds)
    if not found:
        raise KeyError(f"no noun is {' or '.join(sorted(kinds))}")
    return found


@cache
def fitting_adjectives(kinds: frozenset[str]) -> list[Adjective]:
    """The adjectives that may describe what stands under these headings."""
    return [adjective for adjective in words().adjectives if adjective.kinds & kinds]
