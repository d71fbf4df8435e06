"""Tokenisers made in the studio: every text comes back, the same texts give the same file."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.config.texts import BytePairs, Characters, Inherited, Tokens
from studio.data.texts.chat_format import MARKS
from studio.data.texts.tokeniser_training import UNKNOWN, shortened, trained
from studio.data.tokenisers import FileTokeniser

TEXTS = ["The cat sat on the mat. 😀\n", "Le chat était là, sur le tapis.\r\n", "cat cat cat hat the the\t"]
PAIRS = FileTokeniser(trained(BytePairs(size=330), TEXTS * 4), "pairs")


@pytest.mark.parametrize("kind", [Characters(), BytePairs(size=330)], ids=lambda kind: kind.kind)
def test_texts_come_back_and_marks_have_the_first_numbers(kind: Tokens) -> None:
    tokeniser = FileTokeniser(trained(kind, TEXTS), "test")
    for words, ids in zip(TEXTS, tokeniser.encode_plain(TEXTS), strict=True):
        assert tokeniser.decode(ids) == words
    assert [tokeniser.mark(mark) for mark in MARKS] == list(range(len(MARKS)))
    assert tokeniser.mark("cat") is None


@settings(max_examples=60)
@given(st.text())
def test_pairs_of_bytes_write_any_text(words: str) -> None:
    assert PAIRS.decode(PAIRS.encode_plain([words])[0]) == words


def test_every_character_is_a_token_and_others_are_unknown() -> None:
    tokeniser = FileTokeniser(trained(Characters(), ["abca", "é"]), "test")
    assert tokeniser.size == len(MARKS) + 1 + len("abcé")
    assert tokeniser.encode_plain(["aéXb"])[0][2] == tokeniser.mark(UNKNOWN)
    assert tokeniser.decode(tokeniser.encode_plain(["aéXb"])[0]) == "aéb"


@pytest.mark.parametrize("kind", [Characters(), BytePairs(size=330)], ids=lambda kind: kind.kind)
def test_the_same_texts_give_the_same_file(kind: Tokens) -> None:
    assert trained(kind, TEXTS) == trained(kind, list(TEXTS))


def test_the_size_is_kept_where_the_texts_suffice() -> None:
    many = " ".join(f"word{i} and{i % 7}more" for i in range(300))
    assert FileTokeniser(trained(BytePairs(size=330), [many] * 2), "many").size == 330
    assert FileTokeniser(trained(BytePairs(size=2000), ["ab"]), "few").size == 256 + len(MARKS)


def test_long_runs_of_no_words_are_cut_short() -> None:
    assert len(shortened("x" * 5000 + " " + "=" * 5000 + " " * 5000 + "end")) < 1000
    assert shortened("short words stay. " * 100) == "short words stay. " * 100


def test_inherited_tokens_are_not_made() -> None:
    with pytest.raises(ValueError, match="come with their tokeniser"):
        trained(Inherited(), TEXTS)
    assert json.loads(trained(Characters(), TEXTS))["version"] == "1.0"
