"""Sentences of texts, and documents put together again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.data.texts.documents import document_of
from studio.data.texts.sentences import split


@pytest.mark.parametrize(
    ("words", "sentences"),
    [
        ("", []),
        (" \n\n ", []),
        ("Hello. How are you?", ["Hello.", "How are you?"]),
        ("Mr. Smith came at 3 p.m. today. Good!", ["Mr. Smith came at 3 p.m. today.", "Good!"]),
        ("It costs 3.50 euros... Really? Yes.", ["It costs 3.50 euros...", "Really?", "Yes."]),
        ('"Go!" he said. "Why?" She left.', ['"Go!" he said.', '"Why?"', "She left."]),
        ("Bonjour ! Ça va ? « Oui. »", ["Bonjour !", "Ça va ?", "« Oui. »"]),
        ("Élise dort. Été comme hiver.", ["Élise dort.", "Été comme hiver."]),
        ("J. R. Tolkien wrote it.", ["J. R. Tolkien wrote it."]),
        ("1. First\n2. Second", ["1. First", "2. Second"]),
        ("one line\nand another", ["one line", "and another"]),
        ("他来了。他走了。", ["他来了。", "他走了。"]),
        ("no end", ["no end"]),
    ],
)
def test_sentences(words: str, sentences: list[str]) -> None:
    assert [sentence for _, sentence in split(words).sentences] == sentences


@given(st.text(alphabet="aB .?!\n\t«é\"1,", max_size=60))
def test_nothing_is_lost_between_sentences(words: str) -> None:
    found = split(words)
    own = [sentence for _, sentence in found.sentences]
    assert found.joined(own) == words
    assert all(sentence.strip() == sentence != "" for sentence in own)


def test_a_text_keeps_its_lines() -> None:
    words = "Title\n\nFirst. Second!\n   indented\n\n\nLast."
    document = document_of(words, subtitles=False)
    made = document.written([f"<{sentence}>" for sentence in document.sentences])
    assert made == "<Title>\n\n<First.> <Second!>\n   <indented>\n\n\n<Last.>"
    assert document.written(["two\nlines"] * 5).count("\n") == words.count("\n")


SUBTITLES = """1
00:00:01,000 --> 00:00:02,500
<i>Hello there,
my old friend.</i>

2
00:00:03,000 --> 00:00:04,000 X1:10
- Who is it?
- Me. Open!

3
00:00:05,000 --> 00:00:06,000

4
00:00:07,000 --> 00:00:08,000
{\\an8}Bye.
"""


def test_subtitles_keep_numbers_times_and_tags() -> None:
    document = document_of(SUBTITLES, subtitles=True)
    assert document.sentences == ("Hello there, my old friend.", "Who is it?", "Me.", "Open!", "Bye.")
    assert document.written(document.sentences) == SUBTITLES
    said = ["Bonjour, mon très vieil ami de toujours.", "Qui est-ce ?", "Moi.", "Ouvre !", "Au revoir."]
    made = document.written(said)
    assert made == (
        SUBTITLES.replace("Hello there,\nmy old friend.", "Bonjour, mon très\nvieil ami de toujours.")
        .replace("Who is it?", "Qui est-ce ?").replace("Me. Open!", "Moi. Ouvre !").replace("Bye.", "Au revoir.")
    )  # fmt: skip


def test_what_is_no_subtitle_stays() -> None:
    words = "just a note\n\n1\n00:00:01,000 --> 00:00:02,000\nHi.\n"
    document = document_of(words, subtitles=True)
    assert document.sentences == ("Hi.",)
    assert document.written(["Salut."]) == words.replace("Hi.", "Salut.")
    assert document_of("", subtitles=True).written([]) == ""
