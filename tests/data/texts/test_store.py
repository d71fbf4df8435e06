"""The imported texts: what is written comes back, by position, and damage is noticed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.data.texts import store as store_module
from studio.data.texts.store import PIECE, TextStore, TextWriter
from studio.ground.errors import DamagedError
from tests.data.texts.conftest import said

STRANGE = "Ünïcode 😀 שלום\r\n\0 end"


def test_documents_come_back(written: Callable[..., TextStore]) -> None:
    store = written(["one", STRANGE, ""])
    assert [store.document(i) for i in range(3)] == ["one", STRANGE, ""]
    assert store.names == ("0", "1", "2") and store.kind == "text"
    assert store.characters.tolist() == [3, len(STRANGE), 0]
    assert store.bytes.tolist() == [3, len(STRANGE.encode()), 0]
    facts = store.facts()
    assert (facts.count, facts.characters, facts.longest) == (3, 3 + len(STRANGE), len(STRANGE))
    assert facts.distinct == len(set("one" + STRANGE))


def test_conversations_and_pairs_come_back(written: Callable[..., TextStore]) -> None:
    talk = said("Hello <|assistant|>", "Hi 😀", "Bye", "")
    chat = written([talk, said("a", "b")], name="chat")
    assert chat.conversation(0) == talk and chat.texts(1) == ("a", "b")
    assert chat.characters.tolist() == [sum(len(m.content) for m in talk), 2]
    pairs = written([["Go.", "Va !"], ["Hi.", "Salut !"]], name="pairs")
    assert pairs.pair(1) == ("Hi.", "Salut !") and pairs.characters.tolist() == [7, 10]
    with pytest.raises(ValueError, match="holds no text"):
        pairs.document(0)


def test_a_long_text_is_read_in_parts(tmp_path: Path) -> None:
    words = "".join(chr(0x100 + i % 700) for i in range(2 * PIECE + 17))
    with TextWriter(tmp_path / "long", "text") as writer:
        writer.add_document("long", (words[i : i + 999] for i in range(0, len(words), 999)))
        with writer.finish(source="", origin="file") as store:
            assert store.piece_count(0) == 3 and store.document(0) == words
            assert store.excerpt(0, PIECE - 5, PIECE + 5) == words[PIECE - 5 : PIECE + 5]
            assert store.excerpt(0, 2 * PIECE, 9 * PIECE) == words[2 * PIECE :]
            assert store.excerpt(0, 9 * PIECE, 10 * PIECE) == ""


def test_equal_texts_have_equal_hashes(written: Callable[..., TextStore]) -> None:
    long = "x" * (PIECE + 1)
    hashes = written(["a", "b", "a", long, long]).hashes
    assert hashes[0] == hashes[2] != hashes[1] and hashes[3] == hashes[4] and len(np.unique(hashes)) == 3


def test_half_a_character_becomes_a_sign(written: Callable[..., TextStore]) -> None:
    assert written(["a\ud800b"]).document(0) == "a\N{REPLACEMENT CHARACTER}b"


def test_nothing_is_left_without_an_end(tmp_path: Path) -> None:
    with pytest.raises(KeyError), TextWriter(tmp_path / "set", "text") as writer:
        writer.add_document("a", "b")
        raise KeyError
    assert not list(tmp_path.iterdir())


def test_a_changed_text_is_noticed_and_the_others_are_read(written: Callable[..., TextStore]) -> None:
    store = written(["first", "second"])
    path = store.folder / "texts.bin"
    path.write_bytes(path.read_bytes().replace(b"second", b"sEcond"))
    with TextStore(store.folder) as again:
        assert again.document(0) == "first"
        with pytest.raises(DamagedError, match="The text 1 of the data set is damaged"):
            again.document(1)


@pytest.mark.parametrize("name", ["items.bin", "names.bin", "pieces.bin", "texts.json"])
def test_a_damaged_index_is_noticed(written: Callable[..., TextStore], name: str) -> None:
    store = written(["first", "second"])
    path = store.folder / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(DamagedError):
        TextStore(store.folder)


def test_a_text_file_cut_short_is_noticed(written: Callable[..., TextStore]) -> None:
    store = written(["first", "second"])
    path = store.folder / "texts.bin"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DamagedError):
        TextStore(store.folder)


def test_beginnings_of_many_items_come_in_order(written: Callable[..., TextStore], monkeypatch: Any) -> None:
    texts = [f"{i} é" * (i % 7) for i in range(500)]
    for ahead in (64, 4 << 20):
        monkeypatch.setattr(store_module, "_READ_AHEAD", ahead)
        found = list(written(texts, name=str(ahead)).beginnings(12))
        assert found == [text.encode()[:12].decode("utf-8", "ignore") for text in texts]
