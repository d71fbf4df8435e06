"""Texts as they are noted, what is new in them, and what stands before a token: without any window."""

import math

from studio.generation.replies import ReadText, ReadToken
from studio.ui.panels.read_words import begun, bytes_of, is_broken, last_turn, loss_of, surprise, text_of
from studio.ui.panels.sample_texts import SampleText, Turn, parts, sample_text, sample_texts


def test_whatever_is_odd_is_left_out() -> None:
    notes = {"texts": [{"prompt": "a", "text": "b"}, 7, {"odd": 1}, "plain", {"messages": [{"content": "x"}, 3, {}]}]}
    assert sample_texts(notes) == [SampleText("b", "a"), SampleText("plain"), SampleText("", turns=(Turn("", "x"),))]
    assert sample_texts({}) == sample_texts({"texts": "no"}) == [] and sample_text(None) is None


def test_all_of_a_text_goes_to_the_clipboard() -> None:
    assert SampleText(" there", prompt="Once").whole() == "Once there"
    assert SampleText("oui", source="yes", reference="si").whole() == "yes\noui\nsi"
    assert SampleText("", turns=(Turn("user", "hi"),)).whole() == "user: hi"


def test_new_words_are_told_apart() -> None:
    assert parts("a red house", "a blue house") == [("a ", False), ("blue", True), (" house", False)]
    assert parts(None, "all") == parts("all", "all") == [("all", False)]
    assert parts("gone", "") == []
    assert "".join(words for words, _ in parts("x y z", "a  b\nc, d!")) == "a  b\nc, d!"


def test_long_texts_are_compared_by_their_ends() -> None:
    old, new = "word " * 3000 + "end", "word " * 2000 + "new " + "word " * 1000 + "end"
    found = parts(old, new)
    assert "".join(words for words, _ in found) == new
    assert [is_new for _, is_new in found] == [False, True, False] and "new" in found[1][0]


# --- what was read ---------------------------------------------------------------------------------------------------


def tokens(*texts: str) -> tuple[ReadToken, ...]:
    return tuple(ReadToken(at, text.removeprefix("#"), text.startswith("#"), 0.1) for at, text in enumerate(texts))


def test_surprise_grows_where_less_was_expected() -> None:
    found = [surprise(share) for share in (None, 1.0, 0.5, 0.1, 0.01, 1e-4, 0.0)]
    assert found[:3] == [0.0, 0.0, 0.0] and found[3] < found[4] < found[5] == found[6] == 1.0
    assert math.isclose(loss_of(tokens("a", "b")), math.log(10)) and math.isnan(loss_of(()))


def test_bytes_of_tokens() -> None:
    assert bytes_of("a<e2><99>é") == b"a\xe2\x99" + "é".encode()
    assert bytes_of("<b>") == b"<b>" and not is_broken("<b>") and is_broken(" <c3>")


def test_the_text_before_a_token() -> None:
    read = tokens("Gr", "<c3>", "<bc>", "n", " <e2>")
    assert text_of(read[:3], "Grün <e2>") == "Grü"
    assert text_of(read, "Grün") == "Grün ", "half a letter is left out"
    assert text_of(tokens("a", " <e2>"), "a <e2>") == "a <e2>", "that is what the user wrote"


def test_where_a_text_can_be_gone_on_with() -> None:
    read = ReadText(tokens("Gr", "<c3>", "<bc>", "n"), (), 1)
    assert begun(read, 1, "Grün", None) == "Gr" and begun(read, 4, "Grün", None) == "Grün"
    assert begun(read, 2, "Grün", None) is None, "in the middle of a letter"
    assert begun(read, 0, "Grün", None) == ""


def test_only_the_reply_of_a_conversation_can_be_gone_on_with() -> None:
    read = ReadText(tokens("#user", "Who", "?", "#end", "#assistant", "A", " fox", "#end"), (), 1)
    assert last_turn(read) == (5, 7)
    assert [begun(read, at, "", "A fox") for at in range(8)] == [None, None, None, None, None, "", "A", "A fox"]


def test_words_of_a_template_before_a_reply_are_not_part_of_it() -> None:
    read = ReadText(tokens("#<|im_start|>", "assistant", "\n", "A", " fox", "#<|im_end|>", "#<|end|>"), (), 1)
    assert [begun(read, at, "", "A fox") for at in (1, 2, 3, 4, 5)] == [None, None, "", "A", "A fox"]
