"""Prepared texts: what is in them, how they are divided, found again, and made anew where damaged."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from studio.config.data import Choices
from studio.config.texts import BytePairs, Characters, Inherited, PrepareTexts
from studio.data.prepared_texts import PreparedTexts
from studio.data.preparing_texts import prepare_texts
from studio.data.texts.store import TextStore
from studio.data.texts.tokeniser_training import trained
from studio.ground.errors import DamagedError
from studio.ground.events import Ended, Notice
from tests.data.texts.conftest import said

PAIRS = PrepareTexts(tokens=BytePairs(size=300))
SENTENCES = [f"Sentence number {i} is about the {i * 7} bears of house {i % 13}." for i in range(120)]


def test_one_long_text_is_divided_by_place(written: Callable[..., TextStore], prepared: Callable) -> None:
    words = " ".join(SENTENCES) * 40  # longer than what is turned into tokens at once
    for settings in (PrepareTexts(tokens=Characters()), PAIRS):
        data: PreparedTexts = prepared(written([words], name=settings.tokens.kind), settings)
        first = int(len(words) * 0.9)
        assert data.parts.training.tolist() == [0] and data.parts.validation.tolist() == [1]
        assert data.tokeniser.decode(data.tokens(0).tolist()) == words[:first]
        assert data.tokeniser.decode(data.tokens(1).tolist()) == words[first:]
        assert data.tokens(0).tolist() == data.tokeniser.encode_plain([words[:first]])[0]
        assert data.characters.tolist() == [first, len(words) - first] and data.bytes.sum() == len(words)
        assert data.facts.count == 1 and data.facts.characters == len(words)


def test_documents_end_with_the_mark_and_are_divided_whole(
    written: Callable[..., TextStore], prepared: Callable
) -> None:
    data: PreparedTexts = prepared(written(SENTENCES))
    parts = data.parts
    together = np.concatenate([parts.training, parts.validation, parts.test])
    assert sorted(together.tolist()) == list(range(len(SENTENCES)))
    assert len(parts.validation) == len(parts.test) == 16
    for index in (0, 7, 119):
        ids = data.tokens(index)
        assert ids.dtype == np.int32 and ids[-1] == data.tokeniser.mark("<|end|>")
        assert data.tokeniser.decode(ids.tolist()) == SENTENCES[index]
        assert data.lengths[index] == len(ids) and data.names[index] == str(index)
    assert [ids.tolist() for ids in data.read([5, 2, 5])] == [data.tokens(i).tolist() for i in (5, 2, 5)]
    assert data.window(3, 2, 4).tolist() == data.tokens(3)[2:6].tolist()
    assert not len(data.window(3, 10_000, 4))


def test_equal_and_nearly_equal_texts_share_a_part(written: Callable[..., TextStore], prepared: Callable) -> None:
    long = [" ".join(f"w{(i * 31 + j * j * 7) % 997}" for j in range(200)) for i in range(40)]
    near = [words.replace(" ", "  ").upper() + "!" for words in long]
    one_word = [words.replace(words.split()[100], "other", 1) for words in long]
    data: PreparedTexts = prepared(written([*long, *near, *one_word]), PAIRS)
    part = np.zeros(120, int)
    part[data.parts.validation], part[data.parts.test] = 1, 2
    assert (part[:40] == part[40:80]).all() and (part[:40] == part[80:]).all()
    assert set(part) == {0, 1, 2}


def test_the_data_sets_own_split_rules(written: Callable[..., TextStore], prepared: Callable) -> None:
    splits = ["training"] * 80 + ["test"] * 30 + ["validation"] * 10
    texts = [*SENTENCES[:79], SENTENCES[80], *SENTENCES[80:]]  # one of the test is in training too
    data: PreparedTexts = prepared(written(texts, splits))
    assert data.parts.test.tolist() == list(range(80, 110))
    assert data.parts.validation.tolist() == list(range(110, 120))
    assert data.parts.training.tolist() == list(range(79))


def test_conversations_know_their_answers(written: Callable[..., TextStore], prepared: Callable) -> None:
    talks = [said(f"Where is {i}?", f"There {i}") for i in range(40)]
    data: PreparedTexts = prepared(written(talks))
    rows = data.tokens(7)[data.answers(7)].tolist()
    assert data.tokeniser.decode(rows) == "There 7" and rows[-1] == data.tokeniser.mark("<|end|>")
    assert data.bytes[7] == len("There 7") and data.answers_window(7, 1, 3).tolist() == data.answers(7)[1:4].tolist()


def test_pairs_have_two_sides_and_stay_together(written: Callable[..., TextStore], prepared: Callable) -> None:
    pairs = [[f"house {i // 2}", f"maison {i}"] for i in range(80)]
    data: PreparedTexts = prepared(written(pairs), PAIRS)
    assert data.tokeniser.decode(data.source(9).tolist()) == "house 4"
    assert data.tokeniser.decode(data.target(9).tolist()) == "maison 9"
    assert data.source_lengths[9] + data.target_lengths[9] == data.lengths[9]
    assert data.source(9)[-1] == data.target(9)[-1] == data.tokeniser.mark("<|end|>")
    part = np.zeros(80, int)
    part[data.parts.validation], part[data.parts.test] = 1, 2
    assert (part[::2] == part[1::2]).all()
    with pytest.raises(ValueError, match="no answers"):
        data.answers(0)


def test_it_is_found_again_and_every_change_counts(written: Callable[..., TextStore], prepared: Callable) -> None:
    store = written(SENTENCES)
    first: PreparedTexts = prepared(store)
    assert prepared(store).folder == first.folder
    others = [prepared(store, PAIRS), prepared(store, choices=Choices(leave_out=("3",)))]
    assert len({data.folder for data in (first, *others)}) == len({d.fingerprint for d in (first, *others)}) == 3
    assert others[1].count == first.count - 1 and "3" not in others[1].names
    assert first.fingerprint == prepared(store).fingerprint


@pytest.mark.parametrize("name", ["tokens.bin", "items.bin", "tokenizer.json", "tokens.checks", "answers.bin"])
def test_a_damaged_cache_is_made_anew(
    written: Callable[..., TextStore], prepared: Callable, ending: Callable, tmp_path: Path, name: str
) -> None:
    store = written([said(f"Where is {i}?", f"There {i}") for i in range(40)])
    before: PreparedTexts = prepared(store)
    path = before.folder / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises((DamagedError, ValueError)), PreparedTexts(before.folder, memory_bytes=0) as broken:
        list(broken.verify())
    events = list(prepare_texts(store, tmp_path / "cache", PrepareTexts(tokens=Characters()), Choices()))
    assert [event.code for event in events if isinstance(event, Notice)] == ["cache-damaged"]
    mended = events[-1].result
    assert mended.fingerprint == before.fingerprint and mended.tokens(3).tolist() == before.tokens(3).tolist()
    mended.close()


def test_read_from_the_disk_it_is_the_same(written: Callable[..., TextStore], prepared: Callable) -> None:
    data: PreparedTexts = prepared(written([" ".join(SENTENCES) * 20, "short"]))
    with PreparedTexts(data.folder, memory_bytes=0) as other:
        for index in range(data.count):
            assert other.tokens(index).tolist() == data.tokens(index).tolist()
        place = 70_000
        assert other.window(0, place, 50).tolist() == data.tokens(0)[place : place + 50].tolist()
        with pytest.raises(IndexError):
            other.tokens(data.count)


def test_a_damaged_text_is_left_out_and_named(
    written: Callable[..., TextStore], tmp_path: Path, ending: Callable[..., Ended]
) -> None:
    store = written(SENTENCES)
    path = store.folder / "texts.bin"
    path.write_bytes(path.read_bytes().replace(b"number 7 ", b"number X "))
    events = list(prepare_texts(store, tmp_path / "cache", PAIRS, Choices()))
    with events[-1].result as data:
        assert data.lost == ("7",) and "7" not in data.names and data.count == len(SENTENCES) - 1
    assert "texts-damaged" in [event.code for event in events if isinstance(event, Notice)]


def test_stopping_leaves_nothing(written: Callable[..., TextStore], tmp_path: Path) -> None:
    for after in range(4):
        asked = iter(range(100))
        events = prepare_texts(
            written(SENTENCES, name=f"set{after}"), tmp_path / "cache", PAIRS, Choices(),
            stop=lambda asked=asked, after=after: next(asked) >= after,
        )  # fmt: skip
        assert list(events)[-1].status == "stopped"
        assert not list((tmp_path / "cache").glob("*")) if (tmp_path / "cache").exists() else True


def test_nothing_left_is_said_in_a_sentence(
    written: Callable[..., TextStore], tmp_path: Path, ending: Callable[..., Ended]
) -> None:
    ended = ending(prepare_texts(written(["", "a"]), tmp_path, PAIRS, Choices(leave_out=("1",))))
    assert str(ended.error) == "No texts are left: all 2 of the data set are left out or empty."


def test_inherited_tokens_are_those_given(written: Callable[..., TextStore], prepared: Callable) -> None:
    words = trained(BytePairs(size=310), SENTENCES)
    settings = PrepareTexts(tokens=Inherited(), tokeniser=words, template="{{ messages[0].content }}")
    data: PreparedTexts = prepared(written(SENTENCES), settings)
    assert data.tokeniser_text == words and data.template == "{{ messages[0].content }}"


def test_a_short_text_can_be_prepared(written: Callable[..., TextStore], prepared: Callable) -> None:
    data: PreparedTexts = prepared(written(["a"]))
    assert data.count == 1 and data.parts.training.tolist() == [0] and not len(data.parts.validation)
