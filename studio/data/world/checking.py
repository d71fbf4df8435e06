"""What a model has learned of the world: questions with their answers, who judges a reply, and two ways to guess.

*Fact questions* are about facts that training texts tell and never ask for, in wordings that they do not contain.
*Story questions* give a story of combinations that no training story contains, with their question, in one message.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from studio.config.texts import Message
from studio.data.world.chances import Chances
from studio.data.world.chats import Turn, fact_question
from studio.data.world.events import DEEDS
from studio.data.world.names import NAMES
from studio.data.world.people import Valley
from studio.data.world.relations import RELATIONS
from studio.data.world.stories import ask, story

_WORD = re.compile(r"[a-z]+")
_ANSWERS: dict[str, tuple[str, ...]] = {
    **{relation.name: relation.values for relation in RELATIONS},
    **{deed.name: deed.values for deed in DEEDS},
}
_ALL = frozenset(word.lower() for words in (*_ANSWERS.values(), NAMES) for word in words)


@dataclass(frozen=True, slots=True)
class WorldQuestion:
    """``prompt`` is what a user says, ``asked`` its last sentence; the right ``answer`` is a word of its ``kind``."""

    prompt: str
    asked: str
    answer: str
    kind: str


def fact_questions(valley: Valley, count: int = 200) -> tuple[WorldQuestion, ...]:
    """Questions on different facts."""
    chances = Chances(valley.seed, "fact questions")
    facts = [(name, r) for name in valley.residents for r in RELATIONS if not valley.is_asked(name, r)]
    questions = []
    for name, relation in chances.some(facts, count):
        asked, _ = fact_question(valley, name, relation, chances.one(relation.unread))
        questions.append(WorldQuestion(asked, asked, valley.value(name, relation), relation.name))
    return tuple(questions)


def story_questions(valley: Valley, count: int = 200) -> tuple[WorldQuestion, ...]:
    """Questions on different stories."""
    chances = Chances(valley.seed, "story questions")
    questions = []
    for _ in range(count):
        told = story(chances, held_out=True)
        asked = ask(chances, chances.one(told.events))
        questions.append(WorldQuestion(f"{told.text} {asked.words}", asked.words, asked.answer, asked.kind))
    return tuple(questions)


def is_right(question: WorldQuestion, reply: str) -> bool:
    """Whether a reply names the answer, and nothing and nobody else of the world but what was asked about."""
    named, answer = _known(reply), question.answer.lower()
    return answer in named and named <= _known(question.asked) | {answer}


def score(questions: Sequence[WorldQuestion], replies: Sequence[str]) -> float:
    """The share of right replies."""
    return sum(map(is_right, questions, replies)) / len(questions)


def turns_of(conversations: Iterable[Sequence[Message]]) -> list[Turn]:
    """What users say in them, each with the reply."""
    turns = []
    for messages in conversations:
        pairs = itertools.pairwise(messages)
        turns += [(said.content, reply.content) for said, reply in pairs if reply.role == "assistant"]
    return turns


def commonest(questions: Sequence[WorldQuestion], turns: Sequence[Turn]) -> list[str]:
    """For each question the most frequent answer of its kind in training replies."""
    words = Counter(word for _, reply in turns for word in _WORD.findall(reply.lower()))
    best = {kind: max(answers, key=lambda answer: words[answer.lower()]) for kind, answers in _ANSWERS.items()}
    return [best[question.kind] for question in questions]


def nearest(questions: Sequence[WorldQuestion], turns: Sequence[Turn]) -> list[str]:
    """For each question the reply of the training turn whose words are most like its own.

    Words weigh what they are worth in search (their inverse document frequency); likeness is the cosine.
    """
    having: dict[str, list[int]] = {}
    for place, (said, _) in enumerate(turns):
        for word in set(_WORD.findall(said.lower())):
            having.setdefault(word, []).append(place)
    weights = {word: math.log(len(turns) / len(places)) ** 2 for word, places in having.items()}
    found = {word: np.array(places) for word, places in having.items()}
    lengths = np.full(len(turns), 1e-9)
    for word, places in found.items():
        lengths[places] += weights[word]
    replies = []
    for question in questions:
        likeness = np.zeros(len(turns))
        for word in set(_WORD.findall(question.prompt.lower())) & found.keys():
            likeness[found[word]] += weights[word]
        replies.append(turns[int((likeness / np.sqrt(lengths)).argmax())][1])
    return replies


def _known(text: str) -> frozenset[str]:
    return _ALL & set(_WORD.findall(text.lower()))
