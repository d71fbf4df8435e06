"""A first look at a source: what it is read as, which columns there are, how its items begin."""

import json
import zipfile
from pathlib import Path

import pytest

from studio.data.texts import first_look as module
from studio.data.texts.first_look import FirstLook, first_look
from studio.data.trees import beginning

TALK = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
TMX = (
    '<tmx version="1.4"><header/><body><tu><tuv xml:lang="en"><seg>Hi</seg></tuv>'
    '<tuv xml:lang="fr"><seg>Salut</seg></tuv></tu></body></tmx>'
)
FILES = {
    "book.txt": "Once upon a time.\n" * 40,
    "reviews.csv": "id;title;review\n1;Film;A long review of it.\n2;Other;Another long review.\n",
    "told.csv": "id,text\n1,Hello there\n",
    "talk.jsonl": json.dumps({"id": 1, "messages": TALK}),
    "asked.jsonl": json.dumps({"instruction": "Say", "input": "it", "output": "It."}),
    "sides.csv": "note,en,fr\nx,Hello,Bonjour\n",
    "numbered.tsv": "12\tHello.\t34\tBonjour.\n13\tBye.\t35\tSalut.\n",
    "named.csv": "English text,French text\nHello,Bonjour\n",
    "nested.jsonl": json.dumps({"translation": {"en": "Hello", "fr": "Bonjour"}}),
    "memory.tmx": TMX,
    "pictures.csv": "file,text\na.png,Hello\n",
    "train.en": "Hello.\nBye.\n",
    "train.fr": "Bonjour.\nSalut.\n",
}


@pytest.fixture
def put(tmp_path: Path) -> Path:
    for name, words in FILES.items():
        (tmp_path / name).write_text(words)
    return tmp_path


def seen(look: FirstLook) -> tuple[str, list[str], tuple[str, ...]]:
    return look.kind, [column.key for column in look.columns], look.chosen


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("book.txt", ("text", [], ())),
        ("reviews.csv", ("text", ["id", "title", "review"], ("review",))),
        ("told.csv", ("text", ["id", "text"], ("text",))),
        ("talk.jsonl", ("chat", ["id", "messages"], ())),
        ("asked.jsonl", ("chat", ["instruction", "input", "output"], ("instruction", "output"))),
        ("sides.csv", ("parallel", ["note", "en", "fr"], ("en", "fr"))),
        ("nested.jsonl", ("parallel", ["en", "fr"], ("en", "fr"))),
        ("memory.tmx", ("parallel", ["en", "fr"], ("en", "fr"))),
        ("pictures.csv", ("pictures", [], ())),
        ("train.en", ("parallel", [], ())),
    ],
)
def test_what_is_in_it_tells_what_it_is_read_as(put: Path, name: str, expected: object) -> None:
    assert seen(first_look(put / name)) == expected


def test_items_are_shown_as_they_will_be_read(put: Path) -> None:
    assert first_look(put / "book.txt").items[0]["text"].startswith("Once upon a time.\nOnce")
    assert [one["text"] for one in first_look(put / "reviews.csv").items] == [
        "A long review of it.", "Another long review."
    ]  # fmt: skip
    (talk,) = first_look(put / "asked.jsonl").items
    assert [one["content"] for one in talk["messages"]] == ["Say\n\nit", "It."]
    assert first_look(put / "sides.csv").items == ({"source": "Hello", "text": "Bonjour"},)
    both = first_look(put / "train.en", put / "train.fr")
    assert both.items[1] == {"source": "Bye.", "text": "Salut."} and both.kinds == () and both.why is None


def test_what_is_chosen_is_looked_at(put: Path) -> None:
    titles = first_look(put / "reviews.csv", None, "text", ("title",))
    assert titles.items[0] == {"text": "Film"} and titles.chosen == ("title",)
    talk = first_look(put / "reviews.csv", None, "chat")
    assert talk.chosen == ("title", "review")
    assert talk.items[0]["messages"][1] == {"role": "assistant", "content": "A long review of it."}
    pairs = first_look(put / "numbered.tsv", None, "parallel")
    assert pairs.chosen == ("1", "3") and pairs.columns[1].title == "Hello." and pairs.head is False
    assert pairs.items[0] == {"source": "Hello.", "text": "Bonjour."}


def test_whether_the_first_line_is_names_is_asked_where_it_is_not_clear(put: Path) -> None:
    data = first_look(put / "named.csv", None, "parallel")
    assert data.head is False and data.items[0] == {"source": "English text", "text": "French text"}
    names = first_look(put / "named.csv", None, "parallel", ("English text", "French text"))
    assert names.head is True and names.items == ({"source": "Hello", "text": "Bonjour"},)
    assert first_look(put / "sides.csv").head is None


def test_pairs_of_a_plain_text_need_another_file(put: Path) -> None:
    alone = first_look(put / "book.txt", None, "parallel")
    assert alone.second and "translations" in str(alone.why) and not alone.items
    assert first_look(put / "train.en").second


def test_why_nothing_can_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "none.txt").write_text("")
    (tmp_path / "zeros.txt").write_bytes(b"a\0b" * 9)
    (tmp_path / "broken.jsonl").write_text("{no\n")
    assert str(first_look(tmp_path / "none.txt").why) == "none.txt is empty."
    assert "zero bytes" in str(first_look(tmp_path / "zeros.txt").why)
    assert "is no JSON" in str(first_look(tmp_path / "broken.jsonl").why)


def test_of_several_files_columns_are_those_of_the_first_if_all_have_some(put: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "tables.zip", "w") as archive:
        for part in ("train", "test"):
            archive.writestr(f"{part}.csv", FILES["reviews.csv"])
    assert first_look(tmp_path / "tables.zip").chosen == ("review",)
    (tmp_path / "mixed").mkdir()
    for name in ("told.csv", "book.txt"):
        (tmp_path / "mixed" / name).write_text(FILES[name])
    assert seen(first_look(tmp_path / "mixed")) == ("text", [], ())


def test_only_the_beginning_of_a_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "long.txt"
    path.write_text("éa line\n" * 1000)
    assert beginning(path, 100) == "éa line\n".encode() * 11 and len(beginning(path, 10**6)) == 9000
    monkeypatch.setattr(module, "_FIRST", 100)
    (tmp_path / "long.csv").write_text("id,story\n" + "1,é story\n" * 1000)
    assert first_look(tmp_path / "long.csv").items[0] == {"text": "é story"}
