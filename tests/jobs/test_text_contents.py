"""Looking at texts: what a data set holds, and page by page what a model will read of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.config.data import Choices
from studio.config.texts import Characters, Message, PrepareTexts
from studio.data.preparing_texts import prepare_texts
from studio.data.texts.store import TextStore, TextWriter
from studio.jobs.text_contents import (
    PAGE_LETTERS,
    PAGE_TOKENS,
    FindTexts,
    ReadSnippets,
    ReadTextContents,
    ReadTextPage,
    TextContents,
    TextPage,
    TextServer,
)

LONG = "".join(f"Line {i} of a long text.\n" for i in range(2000))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TextServer]:
    """A project's folder with documents, conversations and pairs."""
    with TextWriter(tmp_path / "data/books", "text") as writer:
        writer.add_document("long.txt", LONG)
        writer.add_document("short.txt", "Short\n and\tsimple.")
        writer.finish(source="s", origin="file").close()
    with TextWriter(tmp_path / "data/talks", "chat") as writer:
        for i in range(30):
            talk = [Message(role="user", content=f"Who is {i}?"), Message(role="assistant", content=f"She is {i}.")]
            writer.add_conversation(f"talk {i}", talk)
        writer.finish(source="s", origin="file").close()
    with TextWriter(tmp_path / "data/pairs", "parallel") as writer:
        writer.add_pair("1", "Go.", "Va !")
        writer.finish(source="s", origin="file").close()
    found = TextServer(tmp_path)
    yield found
    found.close()


def page(server: TextServer, folder: str, position: int, **more: object) -> TextPage:
    found = server.answer(ReadTextPage(folder=f"data/{folder}", position=position, **more))
    assert isinstance(found, TextPage)
    return found


def test_contents_and_beginnings(server: TextServer) -> None:
    found = server.answer(ReadTextContents(folder="data/books"))
    assert isinstance(found, TextContents)
    assert (found.kind, found.names, len(found)) == ("text", ("long.txt", "short.txt"), 2)
    assert found.characters.tolist() == [len(LONG), 18] and found.positions(("short.txt", "gone")).tolist() == [1]
    assert server.answer(ReadSnippets(folder="data/books", positions=(1, 9))) == {1: "Short and simple."}
    assert server.answer(ReadSnippets(folder="data/talks", positions=(3,))) == {3: "Who is 3? · She is 3."}
    assert list(server.answer(FindTexts(folder="data/talks", words="WHO 7"))) == [7, 17, 27]  # type: ignore[call-overload]


def test_a_long_text_comes_in_pages(server: TextServer) -> None:
    first, last = page(server, "books", 0), page(server, "books", 0, page=999)
    assert first.pages == -(-len(LONG) // PAGE_LETTERS) and last.page == first.pages - 1
    pages = [page(server, "books", 0, page=number) for number in range(first.pages)]
    assert "".join(piece.text for found in pages for piece in found.pieces) == LONG


def test_marks_and_answers_are_told_apart(server: TextServer) -> None:
    assert [(piece.text, piece.look) for piece in page(server, "talks", 4).pieces] == [
        ("<|user|>", "mark"), ("Who is 4?", "text"), ("<|end|>", "mark"), ("<|assistant|>", "mark"),
        ("She is 4.", "answer"), ("<|end|>", "mark"),
    ]  # fmt: skip
    assert [piece.text for piece in page(server, "pairs", 0).pieces] == ["Go.", "<|end|>", "Va !", "<|end|>"]


@pytest.mark.parametrize("folder", ["books", "talks"])
def test_tokens_are_those_that_a_run_reads(server: TextServer, tmp_path: Path, folder: str) -> None:
    assert not page(server, folder, 0, reading="characters").made

    with TextStore(tmp_path / "data" / folder) as store:
        done = list(prepare_texts(store, tmp_path / "cache", PrepareTexts(tokens=Characters()), Choices()))[-1]
    found = page(server, folder, 0, reading="characters")
    assert found.made and found.vocabulary == done.result.tokeniser.size
    tokens = [piece.token for piece in found.pieces if piece.token >= 0]
    assert tokens == done.result.tokens(0).tolist()[:PAGE_TOKENS]
    assert found.pieces[0].look == "note" and found.pieces[0].text == "training"
    if folder == "talks":
        answers = "".join(piece.text for piece in found.pieces if piece.look == "answer")
        assert answers == "She is 0."
    else:
        last = page(server, folder, 0, reading="characters", page=found.pages - 1)
        assert last.tokens == len(LONG) and last.pieces[0].text == "validation"
    done.result.close()
