"""The world as plain text: portraits of its people, stories, and talk overheard."""

from __future__ import annotations

from collections.abc import Callable

from studio.data.world.chances import Chances
from studio.data.world.chats import fact_question, introduction
from studio.data.world.people import Valley
from studio.data.world.relations import RELATIONS
from studio.data.world.stories import ask, story_to_ask_about

_ASKERS = ("the traveller", "the stranger", "the new neighbour", "the old man", "the child")
_TELLERS = ("the innkeeper", "the ferryman", "the woman at the window", "the watchman", "grandmother")
_ASKED = ('"{q}" asked {asker}. "{a}," said {teller}.', '"{q}" {asker} wanted to know. "{a}," answered {teller}.')
_MEETINGS = (
    "In the morning {asker} met {teller}.",
    "On a bench sat {teller}. Then {asker} came by.",
    "It was late when {asker} spoke to {teller}.",
)
_MOST_QUESTIONS = 4


def document(valley: Valley, index: int) -> str:
    """Document number ``index`` of a world, in paragraphs."""
    chances = Chances(valley.seed, "text", index)
    place, share = chances.below(1000) / 1000, 0.0
    for part, kind in SHARES:
        share += part
        if place < share:
            return kind(chances, valley)
    return _talk(chances, valley)


def _portrait(chances: Chances, valley: Valley) -> str:
    names = chances.some(valley.residents, 1 + chances.below(2))
    return "\n".join(introduction(chances, valley, name, 4 + chances.below(4)) for name in names)


def _story(chances: Chances, valley: Valley) -> str:
    told = story_to_ask_about(chances)
    if chances.happens(0.3):
        return told.text
    count = min(len(told.events), 1 + chances.below(3))
    asked = (ask(chances, event) for event in chances.some(told.events, count))
    return f"{told.text}\n{_spoken(chances, [(one.words, one.reply) for one in asked])}"


def _talk(chances: Chances, valley: Valley) -> str:
    asked = []
    for _ in range(2 + chances.below(_MOST_QUESTIONS - 1)):
        name = chances.one(valley.residents)
        relation = chances.one([r for r in RELATIONS if valley.is_asked(name, r)])
        asked.append(fact_question(valley, name, relation, chances.one(relation.asked)))
    return _spoken(chances, asked)


def _spoken(chances: Chances, turns: list[tuple[str, str]]) -> str:
    """Questions and replies as people say them, a line each."""
    asker, teller = chances.one(_ASKERS), chances.one(_TELLERS)
    lines = [chances.one(_MEETINGS).format(asker=asker, teller=teller)]
    for said, reply in turns:
        lines.append(chances.one(_ASKED).format(q=said, a=reply.removesuffix("."), asker=asker, teller=teller))
    return "\n".join(line[:1].upper() + line[1:] for line in lines)


SHARES: tuple[tuple[float, Callable[[Chances, Valley], str]], ...] = ((0.35, _portrait), (0.35, _story))
