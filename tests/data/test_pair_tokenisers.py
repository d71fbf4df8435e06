"""Sentences of two languages as tokens: our own tokeniser, and those of Marian models beside transformers' reading."""

import json
from pathlib import Path

import pytest
import transformers

from studio.data.pair_tokenisers import JointTokeniser, MarianTokeniser
from studio.data.tokenisers import FileTokeniser
from studio.ground.errors import DamagedError
from tests.foreign_translations import FRENCH, write_tokenisers
from tests.tiny_pairs import tokeniser_text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("marian")
    write_tokenisers(found)
    return found


def marian(folder: Path) -> MarianTokeniser:
    size = len(json.loads((folder / "vocab.json").read_text()))
    return MarianTokeniser(folder, begin=size - 1, end=0, pad=size - 1)


@pytest.mark.filterwarnings("ignore:Recommended")  # a package that makes punctuation uniform before
@pytest.mark.parametrize("text", ["the cat sat", "a zebra, and é!", ">>fra<< the dog", ">>deu<< the dog", "hat  hat"])
def test_sources_are_read_as_transformers_does(folder: Path, text: str) -> None:
    names = {"source_spm": "source.spm", "target_spm": "target.spm", "vocab": "vocab.json"}
    theirs = transformers.MarianTokenizer(**{key: str(folder / name) for key, name in names.items()})
    ours = marian(folder)
    assert ours.read(text) == theirs(text)["input_ids"]
    assert ours.begun("le chat")[:-1] == theirs(text_target="le chat")["input_ids"][:-2]
    assert len(ours.shown(text)) == len(ours.read(text)) and ours.shown(text)[-1] == ""


def test_translations_come_back_piece_by_piece(folder: Path) -> None:
    ours = marian(folder)
    for text in FRENCH[:3]:
        tokens = ours.begun(text)
        assert "".join(ours.written(tokens)) == text and len(ours.written(tokens)) == len(tokens)
    assert ours.written([]) == []


def test_what_a_marian_model_cannot_read_is_told(folder: Path) -> None:
    assert marian(folder).unknown(">>fra<< the жук sat") == ((12, 15),)
    assert marian(folder).unknown(">>deu<< the cat") == ((0, 7),)


def test_folders_that_lack_something_are_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DamagedError, match=r"lacks its tokeniser, the file source\.spm"):
        marian_of(tmp_path)
    for name in ("source.spm", "target.spm", "vocab.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(DamagedError, match="does not fit the model"):
        marian_of(tmp_path).must_fit(10, 10)
    (tmp_path / "vocab.json").write_text('{"a": "b"}')
    with pytest.raises(DamagedError, match=r"vocab\.json is damaged"):
        marian_of(tmp_path)
    (tmp_path / "target.spm").write_bytes(b"nonsense")
    with pytest.raises(DamagedError, match=r"target\.spm is damaged"):
        marian_of(tmp_path)


def marian_of(folder: Path) -> MarianTokeniser:
    return MarianTokeniser(folder, begin=1, end=0, pad=1)


def test_our_own_tokeniser_reads_and_writes() -> None:
    plain = FileTokeniser(tokeniser_text(), "tokenizer.json")
    ours = JointTokeniser(plain, 0, unread=plain.encode_plain(["Ж"])[0])
    tokens = ours.read("one <|end|> two")
    assert tokens[-1] == 0 and tokens.count(0) == 1
    assert "".join(ours.written(tokens[:-1])) == "one <|end|> two" == "".join(ours.shown("one <|end|> two"))
    assert ours.written(ours.begun("été"))[-1] == "é" and "".join(ours.written(ours.begun("été")[:1])) in ("", "\ufffd")
    assert ours.begin == 0 not in ours.never and all(plain.is_mark(token) for token in ours.never)
    assert ours.unknown("one Жук") == ((4, 7),)
