"""Stories of the world: a few people, each of whom does a few things on one day, and questions on them."""

from __future__ import annotations

from dataclasses import dataclass

from studio.data.world.chances import Chances
from studio.data.world.events import DEEDS, Deed, combined
from studio.data.world.names import NAMES
from studio.data.world.people import tell

_OPENINGS = (
    "One sunny morning {cast} left the house early.",
    "It was a quiet day in autumn for {cast}.",
    "This is the story of {cast}.",
    "Last winter {cast} had a long day.",
)
_OPENINGS_OF_MANY = (
    "Once upon a time there were {number} friends, {cast}.",
    "{cast} were neighbours.",
    "One rainy afternoon {cast} were bored.",
    "{cast} had known each other for years.",
)
_CLOSINGS = ("It was a day to remember.", "And that was the end of the day.", "Nobody else ever heard of it.")
_CLOSINGS_OF_MANY = (
    "In the evening they told each other everything.",
    "At night they were tired and happy.",
    "They laughed about it for a long time.",
)
_NEXT = ("Then {rest}", "After that {rest}", "Later {rest}", "Soon {rest}")
_OTHERS = ("Meanwhile {rest}", "On the same day {rest}", "{rest}", "{rest}")
_NUMBERS = {2: "two", 3: "three"}
_LONG = ((2, 2), (2, 3), (3, 2))
_SIZES = ((1, 1), (1, 2), (2, 1), (2, 1), (2, 1), (3, 1), *_LONG)
"""How many people, and how many deeds of each."""
_PLAIN = 0.4
_CASTS = (3, 4, 4, 5)
"""The share of stories that are plain where they are asked about, and of how many people these tell."""


@dataclass(frozen=True, slots=True)
class Event:
    """Somebody did something."""

    name: str
    deed: Deed
    value: str

    @property
    def sentence(self) -> str:
        """In the simplest words."""
        return tell(self.deed.told[0], self.name, self.value)


@dataclass(frozen=True, slots=True)
class Story:
    """A story as it is told, and what happens in it."""

    text: str
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in ``words``, its reply, the one word in it that answers, and what kind of thing it asks for."""

    words: str
    reply: str
    answer: str
    kind: str


def story(chances: Chances, *, held_out: bool = False) -> Story:
    """A new story. ``held_out``: of combinations of people and things that no training story contains, alone."""
    cast_size, deed_count = chances.one(_LONG if held_out else _SIZES)
    cast, deeds = chances.some(NAMES, cast_size), chances.some(DEEDS, deed_count)
    events = _events(chances, cast, deeds, held_out=held_out)
    told = _by_person(chances, events) if chances.happens(0.65) else _by_deed(chances, events)
    if chances.happens(0.6):
        told.insert(0, _opening(chances, cast))
    if chances.happens(0.4):
        told.append(chances.one(_CLOSINGS if len(cast) == 1 else _CLOSINGS + _CLOSINGS_OF_MANY))
    return Story(" ".join(told), tuple(e for row in events for e in row))


def story_to_ask_about(chances: Chances) -> Story:
    """A new story, of several people of whom each did the same, in the plainest words; or one as :func:`story` tells.

    By plain ones a model learns within few steps to look up what somebody did; in the others it goes on to find it
    among other words.
    """
    if not chances.happens(_PLAIN):
        return story(chances)
    rows = _events(chances, chances.some(NAMES, chances.one(_CASTS)), chances.some(DEEDS, 1), held_out=False)
    events = tuple(event for row in rows for event in row)
    return Story(" ".join(event.sentence for event in events), events)


def ask(chances: Chances, event: Event) -> Asked:
    """A question about an event.

    The reply says again what was asked before it comes to the answer, and does not begin with the name: at the
    beginning of a message it is another token than within a story.
    """
    words = chances.one(event.deed.asked).format(n=event.name)
    return Asked(words, f"In the story {event.sentence}", event.value, event.deed.name)


def _opening(chances: Chances, cast: list[str]) -> str:
    if len(cast) == 1:
        return chances.one(_OPENINGS).format(cast=cast[0])
    listed = ", ".join(cast[:-1]) + " and " + cast[-1]
    return chances.one(_OPENINGS + _OPENINGS_OF_MANY).format(cast=listed, number=_NUMBERS[len(cast)])


def _events(chances: Chances, cast: list[str], deeds: list[Deed], *, held_out: bool) -> list[list[Event]]:
    """Of each person all deeds, of each deed another value for everybody."""
    used = set[str]()
    rows = []
    for name in cast:
        row = []
        for deed in deeds:
            values = [value for value in combined(name, deed, held_out=held_out) if value not in used]
            row.append(Event(name, deed, chances.one(values)))
            used.add(row[-1].value)
        rows.append(row)
    return rows


def _by_person(chances: Chances, rows: list[list[Event]]) -> list[str]:
    told = []
    for number, (first, *others) in enumerate(rows):
        sentence = _sentence(chances, first)
        if number:
            sentence = chances.one(_OTHERS).format(rest=sentence)
        if others and chances.happens(0.4):
            sentence = f"{sentence[:-1]} and {_deed_alone(chances, others.pop(0))}"
        told.append(sentence)
        for event in others:
            if chances.happens(0.6):
                told.append(chances.one(_NEXT).format(rest=_lower(_sentence(chances, event, pronoun=True))))
            else:
                told.append(_sentence(chances, event, pronoun=chances.happens(0.5)))
    return told


def _by_deed(chances: Chances, rows: list[list[Event]]) -> list[str]:
    told = []
    for number, events in enumerate(zip(*rows, strict=True)):
        order = chances.some(events, len(events)) if number else list(events)
        if len(order) == 2 and chances.happens(0.5):
            told.append(f"{_sentence(chances, order[0])[:-1]}, and {_sentence(chances, order[1])}")
        else:
            told += [_sentence(chances, event) for event in order]
    return told


def _sentence(chances: Chances, event: Event, *, pronoun: bool = False) -> str:
    return tell(chances.one(event.deed.told), event.name, event.value, pronoun=pronoun)


def _deed_alone(chances: Chances, event: Event) -> str:
    """Without the person: "found a key."."""
    return chances.one(event.deed.told).removeprefix("{who} ").format(v=event.value)


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
