"""What a sentence of the phrase world says, before it is said in either language.

``english`` and ``french`` each turn these into words; neither knows of the other. A sentence is a row of pieces:
clauses, phrases, and words that are the same thought in both languages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from studio.data.bilingual.words import Adjective, Both, Gender, Name, Noun, Profession, Verb

Tense = Literal[
    "present", "progressive", "past", "imperfect", "pluperfect", "future", "near", "just", "conditional", "imperative",
    "doing", "unreal",
]  # fmt: skip
"""``doing``: was doing (imperfect); ``unreal``: what would have to be so, past in English and imperfect in French."""
Negation = Literal["", "not", "never", "no longer"]
Asked = Literal["", "yes", "subject", "object", "where", "why", "when"]
Determiner = Literal["the", "a", "this", "that", "many", "several", "every", "all", "how many", "which", ""]


@dataclass(frozen=True, slots=True)
class Features:
    """What a verb and an adjective agree with. ``polite``: spoken to with ``vous``. ``thing``: said "it" to."""

    person: int = 3
    plural: bool = False
    gender: Gender = "m"
    polite: bool = False
    thing: bool = False


@dataclass(frozen=True, slots=True)
class Pronoun:
    """I, you, he, she, it, we, they."""

    features: Features


@dataclass(frozen=True, slots=True)
class Someone:
    """``everybody``, ``nobody``, ``somebody``, ``who``."""

    which: Literal["everybody", "nobody", "somebody", "who"]

    @property
    def features(self) -> Features:
        """All are masculine and one."""
        return Features()


@dataclass(frozen=True, slots=True)
class Named:
    """People by their names; two make a plural."""

    names: tuple[Name, ...]

    @property
    def features(self) -> Features:
        """Feminine only where all are."""
        gender: Gender = "f" if all(name.gender == "f" for name in self.names) else "m"
        return Features(plural=len(self.names) > 1, gender=gender)


@dataclass(frozen=True, slots=True)
class There:
    """A city or country, as a place or as a thing."""

    name: Name

    @property
    def features(self) -> Features:
        """Never asked for: places are not subjects."""
        return Features(thing=True)


@dataclass(frozen=True, slots=True)
class Thing:
    """A noun with what stands around it.

    ``owner``: whose it is, as a phrase ("the boy's") or as features ("his"). ``number``: so many. ``relative``: a
    clause about it, whose subject or object it is.
    """

    noun: Noun
    plural: bool = False
    determiner: Determiner = "the"
    adjectives: tuple[Adjective, ...] = ()
    number: int = 0
    owner: Phrase | Features | None = None
    relative: Clause | None = None

    @property
    def features(self) -> Features:
        """Animals and things are "it"."""
        return Features(plural=self.plural, gender=self.noun.gender, thing="person" not in self.noun.kinds)


Phrase = Pronoun | Someone | Named | There | Thing


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is: a relation and a phrase."""

    relation: Both
    phrase: Phrase


@dataclass(frozen=True, slots=True)
class Comparison:
    """``taller than Marie`` (more), ``as tall as Marie`` (not more)."""

    adjective: Adjective
    than: Phrase
    more: bool = True


@dataclass(frozen=True, slots=True)
class Modal:
    """What stands before another verb: can, must, wants to. ``auxiliary`` of English needs no "do"."""

    english: tuple[str, str, str]
    french: str
    auxiliary: bool = False
    french_preposition: str = ""


@dataclass(frozen=True, slots=True)
class Clause:
    """Who does what, or who is what.

    ``verb`` None: something is its ``predicate``. ``recipient``: to whom something is given. ``gap``: what the clause
    leaves to the noun that it describes. ``often`` stands in the middle, ``ends`` follow. ``asked``: what is asked for.
    """

    subject: Phrase
    verb: Verb | None
    tense: Tense = "present"
    object: Phrase | None = None
    recipient: Phrase | None = None
    predicate: Adjective | Comparison | Profession | Place | Both | None = None
    negation: Negation = ""
    modal: Modal | None = None
    often: Both | None = None
    ends: tuple[Both | Place, ...] = ()
    asked: Asked = ""
    gap: Literal["", "subject", "object"] = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """Something is named first, and spoken of then: ``The letter, Paul read it.``"""

    phrase: Phrase


@dataclass(frozen=True, slots=True)
class Sentence:
    """Pieces one after the other; the last word is followed by ``mark``."""

    pieces: tuple[Clause | Phrase | Both | Topic, ...]
    mark: Literal[".", "?", "!"] = "."
    bonds: frozenset[str] = field(default=frozenset(), compare=False)
    """Which of its words belong together; what is held out is told by them."""
