"""Conversations: every version stays, what was said survives a crash, what was deleted comes back."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from studio.ground.errors import StudioError, UsageError
from studio.projects.conversations import Conversations, MessageTree
from studio.projects.project import Project

HOSTILE = "<img src='file:///x'>\x00\ud83d é 🎨\r\nשלום"
STORED = HOSTILE.replace("\ud83d", "?")


@pytest.fixture
def talks(project: Project) -> Conversations:
    return project.conversations


def words(talks: Conversations, conversation: int) -> list[str]:
    """The texts on the chosen path."""
    path = talks.tree(conversation).path()
    texts = talks.contents([message.id for message in path])
    return [texts[message.id] for message in path]


def answered(talks: Conversations, conversation: int, parent: int, question: str, answer: str) -> tuple[int, int]:
    """Say something and let it be answered; both ids."""
    said, [reply] = talks.say(conversation, parent, question, replies=[{"run": "a"}])
    talks.finish(reply, answer, "whole", {"run": "a", "tokens": 2})
    return said, reply


def test_what_was_said_is_there_again(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p") as project:
        id = project.conversations.new(HOSTILE)
        answered(project.conversations, id, 0, HOSTILE, "b" * 3)
    with Project.open(tmp_path / "p") as project:
        [found] = project.conversations.all()
        assert (found.id, found.title, found.kind) == (id, STORED, "chat")
        assert words(project.conversations, id) == [STORED, "bbb"]
        last = project.conversations.tree(id).path()[-1]
        assert (last.role, last.state, last.length, last.about) == ("assistant", "whole", 3, {"run": "a", "tokens": 2})


def test_every_version_stays_and_the_chosen_one_is_kept(talks: Conversations) -> None:
    id = talks.new("t")
    said, first = answered(talks, id, 0, "q", "one")
    later, _ = answered(talks, id, first, "more", "deep")
    [second] = talks.begin(id, said, [{"run": "b"}])
    talks.finish(second, "two", "whole", {"run": "b"})
    assert words(talks, id) == ["q", "two"]
    tree = talks.tree(id)
    assert tree.versions(second) == [first, second]
    talks.choose(id, tree.choices_for(first))
    assert words(talks, id) == ["q", "one", "more", "deep"], "what followed the other version is still chosen"
    edited = talks.edit(id, said, "Q")
    assert words(talks, id) == ["Q"] and talks.tree(id).versions(edited) == [said, edited]
    talks.choose(id, talks.tree(id).choices_for(later))
    assert words(talks, id) == ["q", "one", "more", "deep"]
    assert [message.id for message in talks.tree(id).line(later)] == [said, first, later]


def test_several_replies_at_once(talks: Conversations) -> None:
    id = talks.new("t")
    said, replies = talks.say(id, 0, "q", replies=[{"run": "a"}, {"run": "b"}])
    assert talks.tree(id).children(said) == replies
    assert talks.tree(id).path()[-1].id == replies[0] and talks.tree(id)[replies[1]].about == {"run": "b"}


def test_a_growing_reply_is_read_at_once_and_written_within_a_second(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p") as project:
        talks = project.conversations
        id = talks.new("t")
        _, [reply] = talks.say(id, 0, "q", replies=[{}])
        talks.grow(reply, "Once upon")
        assert project.unsaved and words(talks, id) == ["q", "Once upon"]
        project.flush()
        assert not project.unsaved
        shutil.copytree(tmp_path / "p", tmp_path / "crashed")
        talks.grow(reply, "Once upon a time")
        talks.finish(reply, "Once upon a time.", "whole", {})
        project.flush()
        assert words(talks, id) == ["q", "Once upon a time."]
    with Project.open(tmp_path / "crashed") as project:
        assert words(project.conversations, id) == ["q", "Once upon"]
        assert project.conversations.tree(id).path()[-1].state == "stopped"


def test_drafts_are_kept(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p") as project:
        id = project.conversations.new("t", kind="notebook")
        assert project.conversations.draft(id) == "" and project.conversations.settings(id) == {}
        project.conversations.keep_draft(id, "half a sen", {"system": "Be kind."})
        assert project.conversations.draft(id) == "half a sen"
    with Project.open(tmp_path / "p", write=False) as project:
        assert project.conversations.draft(id) == "half a sen"
        assert project.conversations.settings(id) == {"system": "Be kind."}
        project.conversations.keep_draft(id, "lost")
        assert project.conversations.draft(id) == "half a sen"
        with pytest.raises(StudioError, match="reading only"):
            project.conversations.new("t")


def test_a_reply_without_a_word_can_be_discarded_and_nothing_else(talks: Conversations) -> None:
    id = talks.new("t")
    said, [reply] = talks.say(id, 0, "q", replies=[{}])
    talks.discard(id, reply)
    assert [m.id for m in talks.tree(id).path()] == [said]
    talks.discard(id, said)
    assert words(talks, id) == ["q"]


def test_folders_and_the_bin(project: Project, talks: Conversations) -> None:
    outer = talks.new_folder("outer")
    inner = talks.new_folder("inner", parent=outer)
    a, b = talks.new("a", folder=inner), talks.new("b")
    answered(talks, a, 0, "q", "answer")
    with pytest.raises(UsageError, match="into itself"):
        talks.move_folder(outer, inner)
    talks.move([b], outer)
    token = talks.delete(folders=[outer])
    assert talks.all() == [] and talks.folders() == []
    [entry] = project.bin.list()
    assert (entry.kind, entry.count, entry.token) == ("conversations", 2, token)
    with pytest.raises(UsageError):
        talks.get(a)
    project.bin.undo(token)
    assert {(one.title, one.folder) for one in talks.all()} == {("a", inner), ("b", outer)}
    one = talks.delete([a])
    talks.delete(folders=[inner])
    project.bin.undo(one)
    assert talks.get(a).folder == 0, "its folder is gone"
    talks.delete([a])
    assert project.bin.empty() > 0 and project.bin.list() == []
    assert [one.title for one in talks.all()] == ["b"]
    with pytest.raises(UsageError):
        talks.rename(a, "x")


def test_the_last_changed_comes_first(talks: Conversations) -> None:
    a, b = talks.new("a"), talks.new("b")
    answered(talks, a, 0, "q", "r")
    assert [one.id for one in talks.all()] == [a, b]
    talks.rename(b, "B")
    assert talks.get(b).title == "B"


def test_search_finds_titles_drafts_and_texts(talks: Conversations) -> None:
    a, b, c = talks.new("Straße nach Rom"), talks.new("b"), talks.new("c")
    _, reply = answered(talks, b, 0, "who?", "x " * 200 + "The ROAD to Rome is long. " + "y " * 200)
    talks.keep_draft(c, "rome, half said")
    talks.flush()
    assert [(hit.conversation, hit.message) for hit in talks.search("rom STRASSE")] == [(a, 0)]
    found = {(hit.conversation, hit.message): hit.excerpt for hit in talks.search("rome")}
    assert set(found) == {(b, reply), (c, 0)}
    assert "ROAD to Rome" in found[b, reply] and len(found[b, reply]) < 120
    talks.delete([b])
    assert {hit.conversation for hit in talks.search("rome")} == {c}
    assert talks.search("  ") == [] and talks.search("never said") == []


def test_a_message_cannot_follow_one_of_another_conversation(talks: Conversations) -> None:
    a, b = talks.new("a"), talks.new("b")
    said, _ = answered(talks, a, 0, "q", "r")
    with pytest.raises(StudioError, match="its own conversation"):
        talks.say(b, said, "x")
    assert len(talks.tree(b)) == 0


def test_a_circle_in_a_project_of_a_stranger_ends() -> None:
    from studio.projects.conversations import KeptMessage

    def message(id: int, parent: int, about: str = "{}") -> KeptMessage:
        return KeptMessage(id, parent, 0, "user", "whole", 0.0, 1, about)

    tree = MessageTree(9, [message(1, 0, "[1"), message(2, 3), message(3, 2), message(4, 77)])
    assert [m.id for m in tree.path()] == [1] and tree[1].about == {}
    assert {m.id for m in tree.line(2)} == {2, 3} and tree.line(99) == []


TALK = """
import sys
from pathlib import Path
from studio.projects.project import Project
project = Project.open(Path(sys.argv[1]), write="required")
talks = project.conversations
id, parent = talks.all()[0].id, 0
print("ready", flush=True)
while True:
    said, [reply] = talks.say(id, parent, "q", replies=[{}])
    talks.grow(reply, "half")
    talks.finish(reply, "whole answer", "whole", {})
    print(reply, flush=True)
    parent = reply
"""


def test_a_kill_loses_nothing_that_was_confirmed(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p") as project:
        id = project.conversations.new("t")
    command = [sys.executable, "-c", TALK, str(tmp_path / "p")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        lines = [child.stdout.readline() for _ in range(5)]
        killer = threading.Timer(0.05, child.kill)
        killer.start()
        lines += child.stdout.read().splitlines()
        killer.join()
    confirmed = [int(line) for line in lines if line.strip()]
    with Project.open(tmp_path / "p") as project:
        assert project.losses == ()
        tree = project.conversations.tree(id)
        texts = project.conversations.contents(confirmed)
        assert set(texts.values()) == {"whole answer"} and len(texts) == len(confirmed) >= 4
        assert not any(tree[m.id].state == "writing" for m in tree.path())
