"""*World*: its people, texts and stories, the questions about them, who judges, and how far guessing gets."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio.config.builtin import World
from studio.config.texts import Message
from studio.data.texts.store import TextStore
from studio.data.world.chances import Chances
from studio.data.world.chats import SMALL_TALK, chat
from studio.data.world.checking import (
    WorldQuestion,
    commonest,
    fact_questions,
    is_right,
    nearest,
    score,
    story_questions,
    turns_of,
)
from studio.data.world.documents import document
from studio.data.world.events import DEEDS, is_held_out
from studio.data.world.names import BOYS, GIRLS, NAMES
from studio.data.world.people import RESIDENTS, Valley, tell
from studio.data.world.relations import RELATIONS
from studio.data.world.stories import ask, story, story_to_ask_about
from studio.data.world.writing import write_world
from studio.ground.events import Ended

COUNT = 3000
PLACEHOLDERS = {"who", "whom", "whose", "own", "v", "n"}


@pytest.fixture(scope="module")
def valley() -> Valley:
    return Valley(0)


@pytest.fixture(scope="module")
def chats(valley: Valley) -> list[tuple[Message, ...]]:
    return [chat(valley, index) for index in range(COUNT)]


def words_of(text: str) -> list[str]:
    """In small letters."""
    return re.findall(r"[a-z]+", text.lower())


def told_by(chats: list[tuple[Message, ...]]) -> Iterator[str]:
    """Everything that anybody says."""
    return (message.content for messages in chats for message in messages)


def test_the_world_is_as_large_as_promised() -> None:
    assert len(NAMES) == len(set(NAMES)) >= 300 and len(GIRLS) == len(BOYS)
    assert len(RELATIONS) == 12
    for relation in RELATIONS:
        assert len(set(relation.told)) == 6 <= len(set(relation.asked)) and len(set(relation.unread)) == 2
        assert len(set(relation.values)) == len(relation.values) >= 12


def test_every_word_of_the_world_means_one_thing() -> None:
    groups = [NAMES, *(r.values for r in RELATIONS), *(d.values for d in DEEDS)]
    counts = Counter(word.lower() for group in groups for word in group)
    assert [word for word, count in counts.items() if count > 1] == []
    sentences = [s for r in RELATIONS for s in (*r.told, *(q.ask for q in (*r.asked, *r.unread)))]
    sentences += [s for d in DEEDS for s in (*d.told, *d.asked)]
    sentences += [s for turn in SMALL_TALK for s in turn]
    used = {word for sentence in sentences for word in words_of(sentence)} - PLACEHOLDERS
    assert used & counts.keys() == set()


def test_what_is_known_differs_from_seed_to_seed_and_is_spread_evenly(valley: Valley) -> None:
    other = Valley(1)
    assert len(valley.residents) == RESIDENTS and valley.residents != other.residents
    for relation in RELATIONS:
        counts = Counter(valley.value(name, relation) for name in valley.residents)
        assert max(counts.values()) - min(counts[value] for value in relation.values) <= 1


def test_sentences_fit_whom_they_speak_of() -> None:
    garden = next(r for r in RELATIONS if r.name == "garden")
    assert tell(garden.told[2], "Anna", "roses") == "Anna is proud of her roses."
    assert tell(garden.told[2], "Tom", "roses", pronoun=True) == "He is proud of his roses."
    assert tell(garden.told[1], "Tom", "roses", pronoun=True) == "His garden is full of roses."
    assert tell(RELATIONS[-1].told[-1], "Anna", "fog", pronoun=True) == "Nothing scares her more than fog."
    assert tell(RELATIONS[0].told[-1], "Anna", "Ashby", pronoun=True) == "Ashby is the village where she lives."


def test_a_text_is_a_function_of_seed_and_index(valley: Valley, chats: list[tuple[Message, ...]]) -> None:
    assert [chat(Valley(0), index) for index in (0, 7, 2999)] == [chats[0], chats[7], chats[2999]]
    assert chat(Valley(1), 7) != chats[7]
    assert document(Valley(0), 5) == document(valley, 5) != document(Valley(1), 5)


def test_texts_are_whole_sentences(valley: Valley, chats: list[tuple[Message, ...]]) -> None:
    documents = [document(valley, index) for index in range(300)]
    for text in (*told_by(chats), *documents):
        assert text[0] in '"' or text[0].isupper(), text
        assert text.rstrip('"').endswith((".", "?", "!")) and not re.search(r"[{}]|  |\.\.| \.", text), text
        assert not re.search(r"\ba ([aeio]|u[^n])", text), text


def test_conversations_take_turns(chats: list[tuple[Message, ...]]) -> None:
    assert all([m.role for m in c] == ["user", "assistant"] * (len(c) // 2) and c for c in chats)
    assert len(set(chats)) > 0.9 * COUNT


def test_it_is_written_into_a_data_set(valley: Valley, tmp_path: Path, ending: Callable[..., Ended]) -> None:
    summary = ending(write_world(World(count=30), tmp_path / "chat", "valley")).result
    assert (summary.name, summary.facts.kind, summary.facts.count) == ("valley", "chat", 30)
    with TextStore(tmp_path / "chat") as store:
        assert [store.conversation(index) for index in (0, 29)] == [chat(valley, 0), chat(valley, 29)]
        assert store.names[29] == "000029" and "seed 0" in store.source
    ending(write_world(World(form="text", count=30), tmp_path / "text", "valley"))
    with TextStore(tmp_path / "text") as store:
        assert (store.kind, store.document(7)) == ("text", document(valley, 7))


def test_stopped_nothing_is_left_and_a_taken_name_is_refused(tmp_path: Path, ending: Callable[..., Ended]) -> None:
    assert ending(write_world(World(count=30), tmp_path / "d" / "w", "w", lambda: True)).status == "stopped"
    assert list((tmp_path / "d").iterdir()) == []
    (tmp_path / "d" / "w").mkdir()
    assert "already" in str(ending(write_world(World(), tmp_path / "d" / "w", "w")).error)


def test_facts_asked_about_are_told_in_training_and_never_asked(
    valley: Valley, chats: list[tuple[Message, ...]]
) -> None:
    questions = fact_questions(valley)
    assert len(questions) == len({(q.prompt, q.kind) for q in questions}) == 200
    asked, replies = {said for said, _ in turns_of(chats)}, [reply for _, reply in turns_of(chats)]
    assert not {q.prompt for q in questions} & asked
    for name in valley.residents:
        for relation in RELATIONS:
            answered = {tell(s, name, valley.value(name, relation)) for s in relation.told} & set(replies)
            assert valley.is_asked(name, relation) or not answered


def test_wordings_asked_about_are_new_and_their_words_are_not(chats: list[tuple[Message, ...]]) -> None:
    read = {word for text in told_by(chats) for word in words_of(text)}
    for relation in RELATIONS:
        assert not {q.ask for q in relation.unread} & {q.ask for q in relation.asked}
        for question in relation.unread:
            assert set(words_of(question.ask)) - {"n"} <= read, question


def test_stories_asked_about_are_of_combinations_that_training_has_not(valley: Valley) -> None:
    def combinations(*, held_out: bool) -> set[tuple[str, str, str]]:
        chances = Chances("stories", held_out)
        events = [e for _ in range(1500) for e in story(chances, held_out=held_out).events]
        assert all(is_held_out(e.name, e.deed, e.value) == held_out for e in events)
        return {(e.name, e.deed.name, e.value) for e in events}

    new, known = combinations(held_out=True), combinations(held_out=False)
    assert not new & known and {c[0] for c in new} == {c[0] for c in known} == set(NAMES)
    for deed in DEEDS:
        held = sum(is_held_out(name, deed, value) for name in NAMES for value in deed.values)
        assert held == len(NAMES) * len(deed.values) // 8


def test_replies_to_questions_on_a_story_are_what_it_tells() -> None:
    chances = Chances("asked")
    for _ in range(200):
        told = chances.one((story, story_to_ask_about))(chances)
        event = chances.one(told.events)
        asked = ask(chances, event)
        assert asked.answer == event.value and re.search(rf"\b{asked.answer}\b", told.text)
        assert is_right(WorldQuestion(f"{told.text} {asked.words}", asked.words, asked.answer, asked.kind), asked.reply)
        assert asked.reply.endswith(f" {asked.answer}.") and asked.reply.split()[0] not in NAMES


def test_many_stories_that_are_asked_about_are_plain() -> None:
    chances = Chances("plain")
    stories = [story_to_ask_about(chances) for _ in range(500)]
    plain = [told for told in stories if told.text == " ".join(event.sentence for event in told.events)]
    assert 180 < len(plain) < 280
    assert not any(is_held_out(e.name, e.deed, e.value) for told in stories for e in told.events)


@pytest.mark.parametrize(
    ("reply", "right"),
    [
        ("Anna lives in Ashby.", True),
        ("ashby", True),
        ("Her home is in Ashby, I think.", True),
        ("Anna lives in Barton.", False),
        ("Anna lives in Ashby or Barton.", False),
        ("Tom lives in Ashby.", False),
        ("Anna lives in Ashby. She works as a baker.", False),
        ("I do not know.", False),
        ("", False),
    ],
)
def test_a_reply_is_right_that_names_the_answer_alone(reply: str, right: bool) -> None:
    question = WorldQuestion("Where does Anna live?", "Where does Anna live?", "Ashby", "home")
    assert is_right(question, reply) == right
    assert score([question, question], [reply, "Ashby"]) == (1.0 if right else 0.5)


def test_guessing_does_not_get_far(valley: Valley, chats: list[tuple[Message, ...]]) -> None:
    turns = turns_of(chats)
    for questions in (fact_questions(valley), story_questions(valley)):
        assert score(questions, commonest(questions, turns)) < 0.15
        assert score(questions, nearest(questions, turns)) < 0.30


def test_the_guesses_are_what_they_say() -> None:
    turns = [("Where does Tom live?", "Tom lives in Ashby."), ("What is Eva's job?", "Eva's job is that of a baker.")]
    turns += [("Where does Eva live?", "Eva lives in Barton.")] * 2
    question = WorldQuestion("In which village does Tom live?", "In which village does Tom live?", "Ashby", "home")
    assert commonest([question], turns) == ["Barton"]
    assert nearest([question], turns) == ["Tom lives in Ashby."]
