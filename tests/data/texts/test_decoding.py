"""Bytes to text: the encoding is told, ends of lines are plain, and what is no text is refused in a sentence."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.data.texts.decoding import encoding_of, lines_of, pieces_of
from studio.data.trees import UnreadableFile

FRENCH = (
    "Longtemps, je me suis couché de bonne heure. Parfois, à peine ma bougie éteinte, mes yeux se fermaient si vite "
    "que je n'avais pas le temps de me dire : « Je m'endors. » Élève à Noël, où est-ce que ça a été ?"
)
RUSSIAN = (
    "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему. Все смешалось в доме "
    "Облонских. Жена узнала, что муж был в связи с бывшею в их доме француженкою-гувернанткой, и объявила мужу."
)
POLISH = (
    "Litwo! Ojczyzno moja! ty jesteś jak zdrowie. Ile cię trzeba cenić, ten tylko się dowie, kto cię stracił. Dziś "
    "piękność twą w całej ozdobie widzę i opisuję, bo tęsknię po tobie. Panno Święta, co Jasnej bronisz Częstochowy."
)


def text_of(data: bytes) -> str:
    return "".join(pieces_of(data, encoding_of(data)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("words", ["Hello 😀 and שלום to all of you.\n", FRENCH, RUSSIAN])
def test_unicode_in_any_dress(encoding: str, words: str) -> None:
    assert text_of(words.encode(encoding)) == words


@pytest.mark.parametrize(
    ("words", "encoding"),
    [(FRENCH, "latin-1"), (FRENCH, "cp1252"), (RUSSIAN, "cp1251"), (RUSSIAN, "koi8-r"), (POLISH, "cp1250")],
)
def test_older_encodings_are_told_by_their_letters(words: str, encoding: str) -> None:
    assert text_of(words.encode(encoding)) == words
    assert words == POLISH or text_of(b"plain " * 100_000 + words.encode(encoding)).endswith(words)


@pytest.mark.parametrize("place", [0, 100, (1 << 18) - 1, 1 << 18])
def test_ends_of_lines_are_plain(place: int) -> None:
    data = b"x" * place + b"\r\nb\rc\n\r\r\n"
    assert text_of(data) == "x" * place + "\nb\nc\n\n\n"


WORDS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn"), exclude_characters="\ufeff"))


@settings(max_examples=50)
@given(WORDS, st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]))
def test_any_text_comes_back(words: str, encoding: str) -> None:
    assert text_of(words.encode(encoding)) == words


@pytest.mark.parametrize("data", [b"abc\0def" * 10, b"\x00\x01\x02\x03" * 100])
def test_zero_bytes_are_a_sentence(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match="holds zero bytes, the first at place"):
        encoding_of(data)


def test_nothing_is_an_empty_text() -> None:
    assert text_of(b"") == ""


def test_lines_are_counted_and_long_ones_dropped() -> None:
    pieces = iter(["a\nb", "b\n\nlong", "long", "long\nend"])
    assert list(lines_of(pieces, 8)) == [(1, "a"), (2, "bb"), (3, ""), (4, None), (5, "end")]
    assert list(lines_of(iter(["x\n"]), 8)) == [(1, "x")]
    assert list(lines_of(iter([""]), 8)) == []
