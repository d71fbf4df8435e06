"""Importing pairs: what each kind of source becomes, and that bad input is a sentence or a correct result."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio.data.importing_pairs import import_pairs
from studio.data.texts.store import TextStore
from studio.ground.events import Ended, Notice


@pytest.fixture
def imported(tmp_path: Path, ending: Callable[..., Ended]) -> Iterator[Callable[..., TextStore]]:
    """A function (source, more) that imports it and opens the data set; closed after the test."""
    opened: list[TextStore] = []

    def run(source: Path, **more: object) -> TextStore:
        ended = ending(import_pairs(source, tmp_path / "data" / f"{len(opened)}", "set", **more))
        assert ended.status == "finished", (str(ended.error), ended.trace)
        opened.append(TextStore(ended.result.folder))
        return opened[-1]

    yield run
    for store in opened:
        store.close()


@pytest.fixture
def refused(tmp_path: Path, ending: Callable[..., Ended]) -> Callable[..., str]:
    """A function (source, more) whose import must fail: returns the sentence, having seen that nothing was left."""

    def run(source: Path, **more: object) -> str:
        ended = ending(import_pairs(source, tmp_path / "data" / "refused", "refused", **more))
        assert ended.status == "failed" and ended.error is not None and not ended.trace
        assert not list((tmp_path / "data").glob("*"))
        return str(ended.error)

    return run


def put(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def pairs(store: TextStore) -> list[tuple[str, str]]:
    return [store.pair(place) for place in range(len(store))]


def test_two_files_belong_together_line_by_line(tmp_path: Path, imported: Callable[..., TextStore]) -> None:
    source = put(tmp_path / "train.en", "Hello.\r\nGood night.\r\n\r\nJohn.\r\n")
    store = imported(source, target=put(tmp_path / "train.fr", "Bonjour.\nBonne nuit, Zoé.\n\n\n"))
    assert pairs(store) == [("Hello.", "Bonjour."), ("Good night.", "Bonne nuit, Zoé."), ("John.", "")]
    assert store.names == ("train.en 1", "train.en 2", "train.en 4")
    assert store.languages == ("en", "fr") and store.kind == "parallel"


def test_packed_files_are_unpacked(tmp_path: Path, imported: Callable[..., TextStore]) -> None:
    source = put(tmp_path / "a.en.gz", gzip.compress(b"Hello.\n"))
    store = imported(source, target=put(tmp_path / "a.fr.gz", gzip.compress("Bonjour à tous.\n".encode())))
    assert pairs(store) == [("Hello.", "Bonjour à tous.")]
    assert store.languages == ("en", "fr")


def test_files_of_unequal_length_are_warned_of(tmp_path: Path) -> None:
    source, target = put(tmp_path / "a", "one\ntwo\nthree\nfour\n"), put(tmp_path / "b", "un\ndeux\n")
    events = list(import_pairs(source, tmp_path / "set", "set", target=target))
    said = [str(event.body) for event in events if isinstance(event, Notice)]
    assert any("more lines than the other file: 2" in words for words in said)
    assert events[-1].result.facts.count == 2
    assert events[-1].result.skipped[0].name == "a 3"


def test_latin_1_is_told(tmp_path: Path, imported: Callable[..., TextStore]) -> None:
    target = put(tmp_path / "b.fr", "L'été à la forêt, où est le garçon ?\nÇa va très bien.\n".encode("latin-1"))
    store = imported(put(tmp_path / "a.en", "one\ntwo\n"), target=target)
    assert [other for _, other in pairs(store)] == ["L'été à la forêt, où est le garçon ?", "Ça va très bien."]


@pytest.mark.parametrize("name", ["set.txt", "set.tsv", "set.tab"])
def test_tables_with_tabs_have_any_number_of_columns(
    name: str, tmp_path: Path, imported: Callable[..., TextStore]
) -> None:
    source = put(tmp_path / name, 'Go.\tVa !\tCC-BY 1\nHe said "hi".\t"Salut", dit-il.\tCC-BY 2\n\nalone\n')
    store = imported(source)
    assert pairs(store) == [("Go.", "Va !"), ('He said "hi".', '"Salut", dit-il.')]
    assert [(s.name, str(s.reason)) for s in store.skipped] == [(f"{name} 4", "has too few columns: 1")]
    assert pairs(imported(source, columns=("1", "0")))[0] == ("Va !", "Go.")
    assert pairs(imported(source, columns=("0", "2")))[0] == ("Go.", "CC-BY 1")


def test_tables_with_commas_are_told_by_their_heads(tmp_path: Path, imported: Callable[..., TextStore]) -> None:
    source = put(tmp_path / "set.csv", 'id,fr,en,note\n1,"Bonjour, toi",Hello you,x\n2,"a ""b""",c,y\n3\n')
    store = imported(source)
    assert pairs(store) == [("Bonjour, toi", "Hello you"), ('a "b"', "c")]
    assert store.languages == ("fr", "en")
    assert pairs(imported(source, columns=("en", "fr")))[0] == ("Hello you", "Bonjour, toi")
    source = put(tmp_path / "other.csv", "number;target;source\n1;rouge;red\n")
    assert pairs(imported(source)) == [("red", "rouge")]


def test_a_first_row_that_is_a_pair_is_no_head(tmp_path: Path, imported: Callable[..., TextStore]) -> None:
    assert pairs(imported(put(tmp_path / "a.tsv", "Go\tVa\nHi\tSalut\n"))) == [("Go", "Va"), ("Hi", "Salut")]
    assert pairs(imported(put(tmp_path / "b.tsv", "en\tfr\nHi\tSalut\n"))) == [("Hi", "Salut")]


def test_json_in_its_usual_forms(tmp_path: Path, imported: Callable[..., TextStore]) -> None:
    content = '{"translation": {"en": "a", "fr": "b"}}\n["x", "y"]\n{"target": "t", "source": "s"}\nnope\n{"en": "a"}'
    store = imported(put(tmp_path / "set.jsonl", content))
    assert pairs(store) == [("a", "b"), ("x", "y"), ("s", "t")]
    assert len(store.skipped) == 2
    store = imported(put(tmp_path / "set.json", '[{"fr": "un", "en": "one"}]'), columns=("en", "fr"))
    assert pairs(store) == [("one", "un")]


MEMORY = """<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE tmx SYSTEM "tmx14.dtd">
<tmx version="1.4"><header/><body>
<tu><tuv xml:lang="en-GB"><seg>Hello <ph>{0}</ph><hi>dear</hi>
  friend.</seg></tuv><tuv xml:lang="de"><seg>Hallo.</seg></tuv>
<tuv xml:lang="fr"><seg>Salut &amp; bien.</seg></tuv></tu>
<tu><tuv xml:lang="en-GB"><seg>Alone.</seg></tuv></tu></body></tmx>"""


def test_translation_memories(tmp_path: Path, imported: Callable[..., TextStore]) -> None:
    source = put(tmp_path / "set.tmx", MEMORY)
    assert pairs(imported(source)) == [("Hello dear friend.", "Hallo.")]
    store = imported(source, columns=("en", "fr"))
    assert pairs(store) == [("Hello dear friend.", "Salut & bien.")]
    assert store.languages == ("en", "fr")
    assert store.skipped[0].name == "set.tmx 2"
    assert pairs(imported(put(tmp_path / "wide.tmx", MEMORY.replace("UTF-8", "UTF-16").encode("utf-16"))))


@pytest.mark.parametrize(
    "declared",
    ['<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">', '<!ENTITY a SYSTEM "file:///etc/hostname">',
     '<!ENTITY % a SYSTEM "http://localhost/x">'],
)  # fmt: skip
def test_entities_are_refused(declared: str, tmp_path: Path, refused: Callable[..., str]) -> None:
    evil = f'<?xml version="1.0"?><!DOCTYPE tmx [{declared}]><tmx><body/></tmx>'
    assert "declares entities of its own" in refused(put(tmp_path / "evil.tmx", evil))


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.txt", "just words\nmore words\n", "name a second file"),
        ("a.tsv", "", "is empty: there is no pair in it."),
        ("a.tsv", "alone\nalone\n", "has only one column"),
        ("a.tmx", "<html></html>", "no translation memory"),
        ("a.tmx", "<tmx><body>", "no whole XML"),
        ("a.jsonl", "nope\n", "Nothing in a.jsonl is a pair"),
        ("a.tsv", b"a\0b\tc\0d\n", "holds zero bytes"),
    ],
)
def test_bad_sources_are_a_sentence(
    name: str, content: str | bytes, sentence: str, tmp_path: Path, refused: Callable[..., str]
) -> None:
    assert sentence in refused(put(tmp_path / name, content))


def test_columns_that_are_not_there(tmp_path: Path, refused: Callable[..., str]) -> None:
    source = put(tmp_path / "a.tsv", "en\tfr\nHi\tSalut\n")
    assert "has no column 7: they are 0 to 1" in refused(source, columns=("0", "7"))
    assert "has no column de; it has: en, fr" in refused(source, columns=("en", "de"))
    assert "Pairs have two columns" in refused(source, columns=("0",))


def test_a_side_that_is_too_long_is_passed_over(tmp_path: Path, imported: Callable[..., TextStore]) -> None:
    store = imported(put(tmp_path / "a.tsv", "word " * 30_000 + "\tmot\nHi\tSalut\n"))
    assert pairs(store) == [("Hi", "Salut")]
    assert str(store.skipped[0].reason) == "has more than 100000 characters"


def test_a_stop_leaves_nothing(tmp_path: Path, ending: Callable[..., Ended]) -> None:
    source = put(tmp_path / "a.tsv", "Hi\tSalut\n" * 600)
    assert ending(import_pairs(source, tmp_path / "data" / "set", "set", stop=lambda: True)).status == "stopped"
    assert not list((tmp_path / "data").glob("*"))
