"""The beginnings of some texts of a data set, for somebody who looks at it."""

from pathlib import Path

from studio.config.texts import Message
from studio.data.texts.store import TextStore, TextWriter
from studio.ground.events import Ended
from studio.jobs.browsing import PictureServer
from studio.jobs.browsing_texts import ReadTexts, some_texts
from studio.jobs.steering import CommandQueue


def test_items_are_taken_evenly(tmp_path: Path) -> None:
    with TextWriter(tmp_path / "set", "text") as writer:
        for at in range(100):
            writer.add_document(str(at), f"{at} " + "x" * at)
        writer.finish(source="", origin="files")
    request = ReadTexts(folder="set", count=5, most=4)
    *_, ended = PictureServer(tmp_path).serve(request, CommandQueue())
    assert isinstance(ended, Ended)
    assert [one["text"] for one in ended.result] == ["0 ", "25 x", "50 x", "74 x", "99 x"]


def test_of_one_long_text_several_places_are_shown(tmp_path: Path) -> None:
    with TextWriter(tmp_path / "set", "text") as writer:
        writer.add_document("all", "".join(f"{at:04}" for at in range(1000)))
        writer.finish(source="", origin="files")
    with TextStore(tmp_path / "set") as store:
        found = [one["text"] for one in some_texts(store, ReadTexts(folder="", count=4, most=8))]
        assert found[0] == "00000001" and len(found) == 4
        assert found == sorted(found) and all(len(text) == 8 for text in found)
        (short,) = some_texts(store, ReadTexts(folder="", count=4, most=4000))
        assert len(short["text"]) == 4000


def test_conversations_and_pairs(tmp_path: Path) -> None:
    with TextWriter(tmp_path / "chat", "chat") as writer:
        turns = [Message(role="user", content="Who?"), Message(role="assistant", content="A fox.")]
        writer.add_conversation("a", turns)
        writer.finish(source="", origin="files")
    with TextStore(tmp_path / "chat") as store:
        (found,) = some_texts(store, ReadTexts(folder=""))
        assert [one["content"] for one in found["messages"]] == ["Who?", "A fox."]
    with TextWriter(tmp_path / "pairs", "parallel") as writer:
        writer.add_pair("a", "yes", "oui")
        writer.finish(source="", origin="files")
    with TextStore(tmp_path / "pairs") as store:
        assert some_texts(store, ReadTexts(folder="")) == ({"source": "yes", "text": "oui"},)
    with TextWriter(tmp_path / "none", "text") as writer:
        writer.finish(source="", origin="files")
    with TextStore(tmp_path / "none") as store:
        assert some_texts(store, ReadTexts(folder="")) == ()
