"""The words of the embedded phrase world, as the tables under ``resources/bilingual`` have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from studio.data.bilingual import english_forms
from studio.data.bilingual.french_sounds import plural_of
from studio.ground.resources import resource

Gender = Literal["m", "f"]


@dataclass(frozen=True, slots=True)
class Noun:
    """A thing in both languages. ``kinds``: the headings that it stands under; ``mass``: it cannot be counted."""

    english: str
    english_plural: str
    french: str
    french_plural: str
    gender: Gender
    kinds: frozenset[str]
    mass: bool = False


@dataclass(frozen=True, slots=True)
class Adjective:
    """A property. ``before``: it stands before the French noun; ``kinds``: what it may describe."""

    english: str
    comparative: str
    masculine: str
    feminine: str
    masculine_plural: str
    before: bool
    kinds: frozenset[str]

    @property
    def alike(self) -> bool:
        """Whether a man and a woman are described by the same French form."""
        return self.masculine == self.feminine


@dataclass(frozen=True, slots=True)
class Verb:
    """A deed in both languages.

    ``english``: base, past, participle; ``tail``: words that follow it always; ``preposition`` leads to its object, a
    ``particle`` follows a pronoun. ``french`` may have a tail, too (``avoir faim``); ``reflexive``: with ``se``.
    ``state``: what lasts, so that its past is the imperfect; ``felt``: it is not said to be going on.
    """

    english: tuple[str, str, str]
    tail: str
    preposition: str
    particle: str
    french: str
    french_tail: str
    french_preposition: str
    reflexive: bool
    subjects: frozenset[str]
    objects: frozenset[str]
    state: bool = False
    felt: bool = False

    @property
    def key(self) -> str:
        """What tells it from every other verb."""
        parts = (self.english[0], self.tail, self.preposition, self.particle, self.french, self.french_preposition)
        return " ".join(filter(None, parts))


@dataclass(frozen=True, slots=True)
class Both:
    """The same words in both languages."""

    english: str
    french: str


@dataclass(frozen=True, slots=True)
class Name:
    """A person, or a city or country (``gender`` then empty, or that of the country; ``plural`` of some)."""

    english: str
    french: str
    gender: str
    kind: Literal["person", "city", "country"]
    plural: bool = False


@dataclass(frozen=True, slots=True)
class Profession:
    """What a person is, in both genders."""

    english: str
    masculine: str
    feminine: str


@dataclass(frozen=True, slots=True)
class Words:
    """All words of the world, in the order of their tables."""

    nouns: tuple[Noun, ...]
    adjectives: tuple[Adjective, ...]
    verbs: tuple[Verb, ...]
    giving: tuple[Verb, ...]
    people: tuple[Name, ...]
    places: tuple[Name, ...]
    professions: tuple[Profession, ...]
    adverbs: Mapping[str, tuple[Both, ...]]

    def nouns_of(self, *kinds: str) -> list[Noun]:
        """Those of any of these kinds, in their order."""
        return [noun for noun in self.nouns if not noun.kinds.isdisjoint(kinds)]


@cache
def words() -> Words:
    """The world's words, read once."""
    names = list(_rows("names.txt"))
    adverbs: dict[str, list[Both]] = {}
    for (kind, *_), line in _rows("adverbs.txt"):
        adverbs.setdefault(kind, []).append(Both(*_sides(line)))
    return Words(
        nouns=tuple(_noun(kinds, line) for kinds, line in _rows("nouns.txt")),
        adjectives=tuple(_adjective(kinds, line) for kinds, line in _rows("adjectives.txt")),
        verbs=tuple(_verb(line) for _, line in _rows("verbs.txt")),
        giving=tuple(_verb(_as_giving(line)) for _, line in _rows("giving.txt")),
        people=tuple(Name(name, name, gender, "person") for (kind, *_), line in names if kind == "people"
                     for name, gender in [line.split()]),
        places=tuple(_place(kind, line) for (kind, *_), line in names if kind in {"city", "country"}),
        professions=tuple(_profession(line) for (kind, *_), line in names if kind == "profession"),
        adverbs={kind: tuple(some) for kind, some in adverbs.items()},
    )  # fmt: skip


def _rows(name: str) -> Iterator[tuple[list[str], str]]:
    """Every line of a table with the words of the heading above it."""
    heading = [""]
    for line in resource("bilingual", name).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            heading = line.strip("[]").split()
        elif line and not line.startswith("#"):
            yield heading, line


def _sides(line: str) -> tuple[str, str]:
    english, _, french = line.partition(" = ")
    return english, french


def _noun(kinds: list[str], line: str) -> Noun:
    english, french = _sides(line)
    french, _, gender = french.rpartition(" ")
    one, _, many = english.partition("/")
    un, _, des = french.partition("/")
    assert gender in ("m", "f"), line
    return Noun(
        one, many or english_forms.plural_of(one), un, des or plural_of(un), "m" if gender == "m" else "f",
        frozenset(kinds) - {"mass"}, "mass" in kinds,
    )  # fmt: skip


def _adjective(kinds: list[str], line: str) -> Adjective:
    english, french = _sides(line)
    base, _, comparative = english.partition(" ")
    masculine, feminine, plural = (*french.split("/"), "", "")[:3]
    return Adjective(
        base, comparative or english_forms.comparative_of(base), masculine, feminine or masculine,
        plural or plural_of(masculine), "before" in kinds, frozenset(kinds) - {"before"},
    )  # fmt: skip


def _verb(line: str) -> Verb:
    state = line.endswith("!")
    felt = line.endswith("~")
    words_of_both, _, frame = line.rstrip("!~ ").partition(" : ")
    english, french = _sides(words_of_both)
    english, _, preposition = english.partition(" + ")
    english, _, particle = english.partition(" | ")
    base, *others = english.split()
    past, done = (others[0], others[1]) if len(others) > 1 else (english_forms.past_of(base),) * 2
    french, _, french_preposition = french.partition(" + ")
    reflexive = french.startswith(("se ", "s'"))
    infinitive, _, french_tail = french.removeprefix("se ").removeprefix("s'").partition(" ")
    subjects, _, objects = frame.partition(" > ")
    return Verb(
        (base, past, done), " ".join(others[2:]), preposition, particle, infinitive, french_tail, french_preposition,
        reflexive, frozenset(subjects.split()), frozenset(objects.split()), state, felt,
    )  # fmt: skip


def _as_giving(line: str) -> str:
    both, _, objects = line.partition(" : ")
    return f"{both} : person > {objects}"


def _place(kind: str, line: str) -> Name:
    english, french = _sides(line)
    if kind == "city":
        return Name(english, french, "", "city")
    french, _, gender = french.rpartition(" ")
    return Name(english, french, "m" if gender == "p" else gender, "country", gender == "p")


def _profession(line: str) -> Profession:
    english, french = _sides(line)
    masculine, _, feminine = french.partition("/")
    return Profession(english, masculine, feminine or masculine)
