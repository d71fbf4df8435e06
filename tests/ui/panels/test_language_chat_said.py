"""What was said is read ahead: sending under a long conversation reads little, and what it sends is what is there."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from studio.ground.errors import DamagedError
from studio.projects.conversation_tree import KeptMessage
from studio.ui.panels.language_chat_said import Said

TEXTS = {number: f"text {number}" for number in range(1, 200)} | {7: ""}


def kept(number: int, text: str | None = None, state: Any = "whole") -> KeptMessage:
    role = "user" if number % 2 else "assistant"
    return KeptMessage(number, number - 1, number + 1, role, state, 0.0, len(TEXTS[number] if text is None else text))


PATH = [kept(number) for number in TEXTS]


class Reader:
    """Counts what is read."""

    def __init__(self) -> None:
        self.texts, self.read = dict(TEXTS), list[int]()

    def __call__(self, ids: Sequence[int]) -> Mapping[int, str]:
        self.read += ids
        return {id: self.texts[id] for id in ids}


@pytest.fixture
def reader() -> Reader:
    return Reader()


def test_all_is_read_ahead_once(qtbot: Any, reader: Reader) -> None:
    said = Said(reader)
    said.follow(PATH)
    assert not reader.read, "not at once"
    qtbot.waitUntil(said.ahead, timeout=5000)
    assert sorted(reader.read) == [number for number in TEXTS if number != 7]
    reader.read.clear()
    found = said.messages(PATH, reader)
    assert [one.content for one in found] == [text for text in TEXTS.values() if text]
    assert [one.role for one in found[:2]] == ["user", "assistant"]
    assert reader.read == [7], "one without a word may have got some"
    said.follow([*PATH[:3], kept(4, "more")])
    assert said.ahead()


def test_what_has_changed_is_read_anew(qtbot: Any, reader: Reader) -> None:
    said = Said(reader)
    assert said.messages(PATH[:2], reader)[1].content == "text 2"
    reader.texts[2] = "text 2 and more"
    assert said.messages([PATH[0], kept(2, "text 2 and more")], reader)[1].content == "text 2 and more"
    reader.texts[2] = "TEXT 2 and more"
    assert said.messages([PATH[0], kept(2, "text 2 and more", "writing")], reader)[1].content == "TEXT 2 and more"
    said.forget()
    reader.read.clear()
    assert len(said.messages(PATH[:2], reader)) == 2 and reader.read == [1, 2]


def test_what_cannot_be_read_ahead_is_read_when_it_is_sent(qtbot: Any, reader: Reader) -> None:
    def damaged(ids: Sequence[int]) -> Mapping[int, str]:
        raise DamagedError("It is damaged.")

    said = Said(damaged)
    said.follow(PATH)
    qtbot.waitUntil(said.ahead, timeout=5000)
    assert len(said.messages(PATH, reader)) == len(TEXTS) - 1
    with pytest.raises(DamagedError):
        Said(damaged).messages(PATH, damaged)
