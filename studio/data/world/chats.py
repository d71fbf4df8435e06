"""Conversations about the world: questions on its people, introductions, stories with questions, small talk."""

from __future__ import annotations

from collections.abc import Callable

from studio.config.texts import Message
from studio.data.world.chances import Chances
from studio.data.world.people import Valley, tell
from studio.data.world.relations import RELATIONS, Question, Relation
from studio.data.world.stories import Story, ask, story, story_to_ask_about

Turn = tuple[str, str]
"""What a user says, and the reply."""
_POLITE = ("Please tell me: {q}", "I would like to know: {q}", "Hello! {q}", "Another question: {q}")
_INTRODUCE = (
    "Who is {n}?",
    "Tell me about {n}.",
    "What do you know about {n}?",
    "Please introduce {n}.",
    "I have never met {n}.",
)
_TELL = ("Tell me a story.", "Do you know a story?", "Please tell me a story.", "I would like to hear a story.")
_LISTEN = ("{s} {q}", "{s} {q}", "Listen to this story. {s} {q}", "Here is a story: {s} Now tell me: {q}")
_AGAIN = ("{s} Please tell it again.", "{s} Say it again.", "Listen, and tell it again. {s}")
_IN_SHORT = ("{s} Please sum it up.", "{s} What happened?", "Here is a story. Sum it up. {s}")
SMALL_TALK: tuple[Turn, ...] = (
    ("Hello!", "Hello! Ask me about the people here, or tell me a story."),
    ("Good morning.", "Good morning! Whom would you like to hear about?"),
    ("Good evening.", "Good evening! Would you like to hear a story?"),
    ("Hi!", "Hi! Ask me about anybody you know."),
    ("How are you?", "I am very well, thank you."),
    ("Who are you?", "I am a small language model. I know the people of this valley."),
    ("What can you do?", "I answer questions about the people of this valley and about stories that you tell me."),
    ("Thank you.", "You are welcome."),
    ("Thanks a lot!", "It was a pleasure."),
    ("Goodbye.", "Goodbye! Come back soon."),
    ("Good night.", "Good night! Sleep well."),
    ("That is interesting.", "I am glad that you like it."),
)
_MOST_TURNS, _MOST_QUESTIONS = 3, 5
_TOLD_AGAIN, _SUMMED_UP = 4, 8  # per cent of the stories that users tell


def chat(valley: Valley, index: int) -> tuple[Message, ...]:
    """Conversation number ``index`` of a valley."""
    chances = Chances(valley.seed, "chat", index)
    place, share = chances.below(1000) / 1000, 0.0
    for part, kind in SHARES:
        share += part
        if place < share:
            return messages(kind(chances, valley))
    return messages(_small_talk(chances, valley))


def messages(turns: list[Turn]) -> tuple[Message, ...]:
    """A conversation of these turns."""
    pairs = ((Message(role="user", content=said), Message(role="assistant", content=reply)) for said, reply in turns)
    return tuple(message for pair in pairs for message in pair)


def fact_question(valley: Valley, name: str, relation: Relation, question: Question) -> Turn:
    """A question about a resident, and its reply."""
    return question.ask.format(n=name), tell(relation.told[question.answer], name, valley.value(name, relation))


def introduction(chances: Chances, valley: Valley, name: str, count: int) -> str:
    """Some of what is known of a resident, in sentences."""
    told = []
    for number, relation in enumerate(chances.some(RELATIONS, count)):
        pronoun = number > 0 and chances.happens(0.5)
        told.append(tell(chances.one(relation.told), name, valley.value(name, relation), pronoun=pronoun))
    return " ".join(told)


def _facts(chances: Chances, valley: Valley) -> list[Turn]:
    turns = []
    for number in range(1 + chances.below(_MOST_TURNS)):
        name = chances.one(valley.residents)
        relation = chances.one([r for r in RELATIONS if valley.is_asked(name, r)])
        said, reply = fact_question(valley, name, relation, chances.one(relation.asked))
        if number == 0 and chances.happens(0.2):
            said = chances.one(_POLITE).format(q=said)
        turns.append((said, reply))
    return turns


def _introductions(chances: Chances, valley: Valley) -> list[Turn]:
    turns = []
    for name in chances.some(valley.residents, 1 + chances.below(2)):
        said = chances.one(_INTRODUCE).format(n=name)
        turns.append((said, introduction(chances, valley, name, 3 + chances.below(3))))
    return turns


def _heard(chances: Chances, valley: Valley) -> list[Turn]:
    """A story that the user tells: asked about, to be summed up, or to be told again."""
    told, place = story_to_ask_about(chances), chances.below(100)
    if place < _TOLD_AGAIN:
        return [(chances.one(_AGAIN).format(s=told.text), told.text)]
    if place < _TOLD_AGAIN + _SUMMED_UP:
        return [(chances.one(_IN_SHORT).format(s=told.text), " ".join(event.sentence for event in told.events))]
    turns = _questions(chances, told)
    first, reply = turns[0]
    return [(chances.one(_LISTEN).format(s=told.text, q=first), reply), *turns[1:]]


def _told(chances: Chances, valley: Valley) -> list[Turn]:
    """A story that the reply tells."""
    told = story(chances)
    return [(chances.one(_TELL), told.text), *_questions(chances, told)]


def _questions(chances: Chances, told: Story) -> list[Turn]:
    events = chances.some(told.events, min(len(told.events), _MOST_QUESTIONS))
    asked = (ask(chances, event) for event in events)
    return [(one.words, one.reply) for one in asked]


def _small_talk(chances: Chances, valley: Valley) -> list[Turn]:
    return chances.some(SMALL_TALK, 1 + chances.below(2))


SHARES: tuple[tuple[float, Callable[[Chances, Valley], list[Turn]]], ...] = (
    (0.27, _facts),
    (0.21, _introductions),
    (0.47, _heard),
    (0.03, _told),
)
