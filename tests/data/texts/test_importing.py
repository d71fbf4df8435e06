"""Importing texts: what each kind of source becomes, and that bad input is a sentence or a correct result."""

import json
import random
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio.data.importing_texts import import_texts
from studio.data.kinds import kind_of_source
from studio.data.texts.store import SPLITS, TextStore
from studio.ground.events import Ended, Notice, Progress

QA = [{"question": f"What is {i}?", "answer": f"It is {i}."} for i in range(5)]


@pytest.fixture
def imported(tmp_path: Path, ending: Callable[..., Ended]) -> Iterator[Callable[..., TextStore]]:
    """A function (source, more) that imports it and opens the data set; closed after the test."""
    opened: list[TextStore] = []

    def run(source: Path, **more: object) -> TextStore:
        ended = ending(import_texts(source, tmp_path / "data" / f"{len(opened)}", "set", **more))
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
        ended = ending(import_texts(source, tmp_path / "data" / "refused", "refused", **more))
        assert ended.status == "failed" and ended.error is not None and not ended.trace
        assert not list((tmp_path / "data").glob("*"))
        return str(ended.error)

    return run


def lines(found: list[object]) -> str:
    return "\n".join(json.dumps(one) for one in found)


def put(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def test_a_file_is_one_document(tmp_path: Path, imported: Callable[..., TextStore]) -> None:
    source = put(tmp_path / "in", {"book.txt": "Élan.\r\nEnd.".encode("latin-1") * 40}) / "book.txt"
    store = imported(source)
    assert store.kind == "text" and store.names == ("book.txt",) and store.origin == "file"
    assert store.document(0) == "Élan.\nEnd." * 40


def test_a_folder_of_texts(tmp_path: Path, imported: Callable[..., TextStore]) -> None:
    files = {"a.md": "# Title", "b/c.txt": "text", "photo.bin": b"\0", "README.md": "about", ".hidden.txt": "no"}
    store = imported(put(tmp_path / "in", files))
    assert store.names == ("a.md", "b/c.txt") and store.origin == "folder"


@pytest.mark.parametrize("form", ["jsonl", "json", "nested json", "csv"])
def test_conversations_of_every_form(tmp_path: Path, imported: Callable[..., TextStore], form: str) -> None:
    table = "question,answer\n" + "\n".join(f'"{one["question"]}",{one["answer"]}' for one in QA)
    content = {"jsonl": lines(QA), "json": json.dumps(QA), "nested json": json.dumps({"data": QA}), "csv": table}[form]
    suffix = form.rpartition(" ")[2]
    store = imported(put(tmp_path / "in", {f"qa.{suffix}": content}) / f"qa.{suffix}")
    assert store.kind == "chat" and store.count == 5
    assert [m.content for m in store.conversation(4)] == ["What is 4?", "It is 4."]


def test_files_named_train_and_test_are_a_split(tmp_path: Path, imported: Callable[..., TextStore]) -> None:
    store = imported(
        put(tmp_path / "in", {"train.jsonl": lines(QA[:4]), "test.jsonl": lines(QA[4:]), "notes.txt": "x"})
    )
    assert [SPLITS[part] for part in store.splits] == ["test", *["training"] * 4]


def test_columns_choose(tmp_path: Path, imported: Callable[..., TextStore], refused: Callable[..., str]) -> None:
    source = put(tmp_path / "in", {"t.csv": "id;says;hears\n1;Hello;Hi\n2;Bye;Bye bye\n"}) / "t.csv"
    assert refused(source, columns=("speaks",)).endswith("the first, t.csv 2, has no column speaks.")
    assert imported(source, columns=("says",)).document(1) == "Bye"
    assert imported(source).document(1) == "Bye bye", "where no name tells it is what has the longest texts"
    talk = imported(source, columns=("1", "2"))
    assert talk.kind == "chat" and [m.content for m in talk.conversation(1)] == ["Bye", "Bye bye"]


def test_lists_of_chatterbot(tmp_path: Path, imported: Callable[..., TextStore]) -> None:
    yaml = "categories:\n- x\nconversations:\n- - Hello there\n  - 'Hi, it''s\n    me'\n- - Bye\n  - \"So: long\"\n"
    path = tmp_path / "corpus.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("english/a.yml", yaml)
        archive.writestr("LICENSE.md", "x")
        archive.writestr("../evil.jsonl", lines(QA))
    store = imported(path)
    talks = [[m.content for m in store.conversation(i)] for i in range(store.count)]
    assert talks == [["Hello there", "Hi, it's me"], ["Bye", "So: long"]]
    assert [s.name for s in store.skipped] == ["../evil.jsonl"]


def test_bad_lines_are_named_and_passed_over(tmp_path: Path, imported: Callable[..., TextStore]) -> None:
    content = "\n".join([json.dumps(QA[0]), "{broken", "", "7", '{"a":' * 5000, json.dumps(QA[1])])
    store = imported(put(tmp_path / "in", {"qa.jsonl": content}) / "qa.jsonl")
    assert store.names == ("qa.jsonl 1", "qa.jsonl 6")
    assert {s.name: str(s.reason) for s in store.skipped} == {
        "qa.jsonl 2": "is no JSON", "qa.jsonl 4": "is no conversation", "qa.jsonl 5": "is no JSON"
    }  # fmt: skip


def test_strange_scripts_stay_as_they_are(tmp_path: Path, imported: Callable[..., TextStore]) -> None:
    words = "שלום עולם \u202e مرحبا 👩‍👩‍👧 e\u0301 \ufeff"
    assert imported(put(tmp_path / "in", {"a.txt": words}) / "a.txt").document(0) == words


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "in is empty: there is no text in it."),
        ({"a.bin": b"x"}, "There is no text in in; texts are files such as .txt, .md, .json, .jsonl and .csv."),
        ({"a.txt": ""}, "in is empty: there is no text in it."),
        ({"a.txt": b"ab\0cd"}, "Nothing in in is a text that can be read; the first, a.txt, holds zero bytes, the "
         "first at place 2, which no text does."),
        ({"a.json": "{"}, "Nothing in in is a text that can be read; the first, a.json, is no JSON."),
        ({"a.json": "[1, {"}, "Nothing in in is a text that can be read; the first, a.json 1, is no conversation."),
        ({"a.yml": "x: y"}, "Nothing in in is a text that can be read; the first, a.yml, is YAML of another kind than "
         "lists of conversations."),
    ],
)  # fmt: skip
def test_what_cannot_be_imported_is_a_sentence(
    tmp_path: Path, refused: Callable[..., str], files: dict[str, bytes], sentence: str
) -> None:
    (tmp_path / "in").mkdir()
    assert refused(put(tmp_path / "in", files)) == sentence


def test_texts_are_no_conversations(tmp_path: Path, refused: Callable[..., str]) -> None:
    source = put(tmp_path / "in", {"a.txt": "Once upon a time."}) / "a.txt"
    assert refused(source, kind="chat").startswith("There is no conversation in a.txt; conversations are JSON")
    assert refused(tmp_path / "nowhere").startswith("There is no file or folder")


def test_one_huge_line_is_read_in_pieces(tmp_path: Path, ending: Callable[..., Ended]) -> None:
    (tmp_path / "line.txt").write_bytes(bytes(random.Random(1).choices(b"abcde", k=1 << 20)) * 24)
    last, longest = time.monotonic(), 0.0
    for event in import_texts(tmp_path / "line.txt", tmp_path / "data", "line"):
        if isinstance(event, Progress):
            assert event.total is None or event.done <= event.total
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    assert isinstance(event, Ended) and event.result.facts.longest == 24 << 20
    assert longest < 5  # seconds; it is a few tenths on an idle machine


def test_a_huge_line_of_json_is_passed_over(tmp_path: Path, imported: Callable[..., TextStore]) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(QA[0]) + "\n" + '{"question":"' + "x" * 17_000_000 + '"}\n' + json.dumps(QA[1]))
    store = imported(path)
    assert store.count == 2 and str(store.skipped[0].reason) == "is longer than 16 MB"


def test_stopping_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("word " * 1_000_000)
    for after in (0, 1, 3):
        asked = iter(range(10_000))
        events = import_texts(
            tmp_path / "a.txt", tmp_path / "data", "a", lambda asked=asked, after=after: next(asked) >= after
        )
        assert list(events)[-1].status == "stopped" and not (tmp_path / "data").exists()
        assert not list(tmp_path.glob("data*"))


def test_skipped_files_are_told(tmp_path: Path) -> None:
    put(tmp_path / "in", {"a.txt": "good", "b.txt": b"\0bad!"})
    events = list(import_texts(tmp_path / "in", tmp_path / "data", "set"))
    assert [event.code for event in events if isinstance(event, Notice)] == ["files-skipped"]


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"a.txt": "x"}, "texts"),
        ({"a.jsonl": "{}", "LICENSE": "y"}, "texts"),
        ({"a.png": "x", "a.txt": "caption"}, "pictures"),
        ({"a.zip": "x", "list.txt": "y"}, "pictures"),
        ({"data_batch_1": b"x" * 100, "readme.html": "y"}, "pictures"),
        ({}, "pictures"),
    ],
)
def test_the_kind_is_told_by_the_names(tmp_path: Path, files: dict[str, str], kind: str) -> None:
    (tmp_path / "in").mkdir()
    assert kind_of_source(put(tmp_path / "in", files)) == kind


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.csv", "file,class\na.png,cat\n", "pictures"),
        ("a.csv", "question,answer\nq,a\n", "texts"),
        ("a.csv", "name,text\nAnna,hello\n", "texts"),
        ("a.pdf", "x", "pictures"),
        ("a.md", "x", "texts"),
        ("a.csv", "en,fr\nHello,Bonjour\n", "pairs"),
        ("a.csv", "instruction,input,output\na,b,c\n", "texts"),
        ("a.tmx", "x", "pairs"),
        ("a.fr", "x", "pairs"),
    ],
)
def test_the_kind_of_a_file(tmp_path: Path, name: str, content: str, kind: str) -> None:
    assert kind_of_source(put(tmp_path, {name: content}) / name) == kind
