"""Sentences of two languages as tokens: our own tokeniser, and those of Marian models beside transformers' reading."""

import io
import json
from pathlib import Path

import pytest
import sentencepiece
import transformers

import tests.foreign_languages  # noqa: F401  (offline, and quiet)
from studio.data.pair_tokenisers import JointTokeniser, MarianTokeniser
from studio.data.tokenisers import FileTokeniser
from studio.ground.errors import DamagedError
from tests.tiny_pairs import tokeniser_text

ENGLISH = ["the cat sat on the mat", "a dog and a cat", "that is the hat of the cat"] * 8
FRENCH = ["le chat est sur le tapis", "un chien et un chat", "c'est le chapeau du chat"] * 8


def pieces(texts: list[str], size: int) -> bytes:
    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts), model_writer=made, vocab_size=size, minloglevel=2, hard_vocab_limit=False
    )
    return made.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tokenisers as a Marian folder has them: two models of pieces, one list of words."""
    found = tmp_path_factory.mktemp("marian")
    words = ["</s>", "<unk>", ">>fra<<"]
    for name, texts in (("source.spm", ENGLISH), ("target.spm", FRENCH)):
        (found / name).write_bytes(pieces(texts, 60))
        model = sentencepiece.SentencePieceProcessor(model_file=str(found / name))
        words += [piece for n in range(3, model.get_piece_size()) if (piece := model.id_to_piece(n)) not in words]
    words.append("<pad>")
    (found / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
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
