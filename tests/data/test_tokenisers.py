"""Tokenisers: there and back, whole characters only while tokens come, damage named."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers

from studio.data.tokenisers import ByteStream, FileTokeniser, WindowStream
from studio.ground.errors import DamagedError
from tests.foreign_languages import make_tokeniser

MARK = 0
ODD = "naïve café 👩‍👩‍👧 שלום עולם 日本語\r\n\ttabs\u0000 and 𝕏"
BYTEWISE = FileTokeniser(make_tokeniser().to_str(), "tokenizer.json")


def by_letters() -> FileTokeniser:
    """Words begin with a sign for a space, and what is not known is told byte by byte (as Llama 2 and others do)."""
    words = ["<unk>", "▁the", "▁cat", "▁", "a", "t", *(f"<0x{byte:02X}>" for byte in range(256))]
    made = Tokenizer(models.BPE({word: i for i, word in enumerate(words)}, [], unk_token="<unk>", byte_fallback=True))
    made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    made.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return FileTokeniser(made.to_str(), "tokenizer.json")


BY_LETTERS = by_letters()


def streamed(tokeniser: FileTokeniser, tokens: list[int]) -> list[str]:
    stream = tokeniser.stream()
    return [*(stream.add(token) for token in tokens), stream.finish()]


@pytest.mark.parametrize("tokeniser", [BYTEWISE, BY_LETTERS], ids=["bytewise", "by letters"])
def test_there_and_back_at_once_and_token_by_token(tokeniser: FileTokeniser) -> None:
    tokens = tokeniser.encode(ODD)
    pieces = streamed(tokeniser, tokens)
    assert "".join(pieces) == tokeniser.decode(tokens) == ODD
    assert not any("\N{REPLACEMENT CHARACTER}" in piece for piece in pieces)
    assert sum(map(bool, pieces)) > len(ODD) / 3, "it comes in pieces"


def test_each_kind_has_its_stream() -> None:
    assert isinstance(BYTEWISE.stream(), ByteStream) and isinstance(BY_LETTERS.stream(), WindowStream)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30))
def test_any_text_survives(text: str) -> None:
    tokens = BYTEWISE.encode(text)
    assert BYTEWISE.decode(tokens) == "".join(streamed(BYTEWISE, tokens)) == text


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, BYTEWISE.bound - 1), max_size=20))
def test_any_tokens_are_streamed_as_they_are_decoded(tokens: list[int]) -> None:
    """Also those that are no text, such as the second half of a character."""
    assert "".join(streamed(BYTEWISE, tokens)) == BYTEWISE.decode(tokens)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=20).map(BY_LETTERS.encode))
def test_so_are_those_of_other_kinds(tokens: list[int]) -> None:
    assert "".join(streamed(BY_LETTERS, tokens)) == BY_LETTERS.decode(tokens)


def test_half_a_character_is_held_back_and_told_at_the_end() -> None:
    for tokeniser in (BYTEWISE, BY_LETTERS):
        tokens = tokeniser.encode("a👍")[:-1]
        pieces = streamed(tokeniser, tokens)
        assert "".join(pieces[:-1]).strip() == "a" and "\N{REPLACEMENT CHARACTER}" in pieces[-1]


def test_marks_and_unknown_numbers_are_no_text() -> None:
    cat = BYTEWISE.encode("cat")
    assert BYTEWISE.decode([MARK, *cat, 5000]) == "cat" == "".join(streamed(BYTEWISE, [MARK, *cat, 5000]))


def test_a_tokeniser_must_fit_its_model() -> None:
    BYTEWISE.must_fit(BYTEWISE.bound)
    with pytest.raises(DamagedError, match="does not fit the model"):
        BYTEWISE.must_fit(BYTEWISE.bound - 1)


def test_lengths_that_a_file_asks_for_are_not_obeyed(tmp_path: Path) -> None:
    made = make_tokeniser()
    made.enable_truncation(2)
    made.enable_padding(length=9)
    made.save(str(tmp_path / "tokenizer.json"))
    assert FileTokeniser.from_file(tmp_path / "tokenizer.json").encode(ODD) == BYTEWISE.encode(ODD)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff\xfe", b'{"model": 3}'])
def test_damaged_files_are_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "tokenizer.json").write_bytes(content)
    with pytest.raises(DamagedError, match=r"tokenizer\.json is damaged"):
        FileTokeniser.from_file(tmp_path / "tokenizer.json")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DamagedError, match=r"tokenizer\.json cannot be read"):
        FileTokeniser.from_file(tmp_path / "tokenizer.json")
