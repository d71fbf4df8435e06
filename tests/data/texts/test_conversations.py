"""Conversations of other programs: every shape that is known, and what is none."""

import pytest

from studio.data.texts.conversations import conversations, document, is_conversation
from studio.data.trees import UnreadableFile

USER, ASSISTANT, SYSTEM = "user", "assistant", "system"
SHAPES = [
    ({"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "Q"}]},
     [(SYSTEM, "S"), (USER, "Q")]),
    ({"system": "S", "conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]},
     [(SYSTEM, "S"), (USER, "Q"), (ASSISTANT, "A")]),
    ([{"role": "User", "content": "Q"}, {"role": "assistant", "content": None}], [(USER, "Q"), (ASSISTANT, "")]),
    ({"messages": [{"role": "user", "content": [{"type": "text", "text": "Q"}, {"type": "image"}]}]}, [(USER, "Q")]),
    (["Q", "A", "Q2"], [(USER, "Q"), (ASSISTANT, "A"), (USER, "Q2")]),
    ({"instruction": "Do", "input": "this", "output": "Done"}, [(USER, "Do\n\nthis"), (ASSISTANT, "Done")]),
    ({"instruction": "Do", "input": "", "output": "Done"}, [(USER, "Do"), (ASSISTANT, "Done")]),
    ({"instruction": "Do", "context": "C", "response": "R"}, [(USER, "Do\n\nC"), (ASSISTANT, "R")]),
    ({"Prompt": "Q", "completion": "A"}, [(USER, "Q"), (ASSISTANT, "A")]),
    ({"question": "Q", "answer": 5}, [(USER, "Q"), (ASSISTANT, "5")]),
]  # fmt: skip


@pytest.mark.parametrize(("found", "expected"), SHAPES)
def test_known_shapes(found: object, expected: list[tuple[str, str]]) -> None:
    assert is_conversation(found)
    assert [[(m.role, m.content) for m in talk] for talk in conversations(found)] == [expected]


def test_nested_instances_are_several() -> None:
    found = {"instruction": "Add.", "instances": [{"input": "1 1", "output": "2"}, {"input": "2 2", "output": "4"}]}
    assert is_conversation(found)
    talks = list(conversations(found))
    assert [talk[0].content for talk in talks] == ["Add.\n\n1 1", "Add.\n\n2 2"]
    assert [talk[1].content for talk in talks] == ["2", "4"]


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (5, "is no conversation"),
        ({"question": "Q"}, "has no question with its answer"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "has a message of the role tool, which is not known"),
        ({"messages": [{"content": "x"}]}, "has a message of the role (none), which is not known"),
        ({"messages": [{"role": "user", "content": "x"}, 7]}, "has a message that is no object"),
    ],
)
def test_others_are_refused_with_a_reason(found: object, reason: str) -> None:
    with pytest.raises(UnreadableFile) as error:
        list(conversations(found))
    assert str(error.value) == reason


def test_documents_are_told_from_conversations() -> None:
    assert document({"Text": "A story.", "id": 3}) == "A story." and document("alone") == "alone"
    assert document({"id": 3}) is None and not is_conversation({"text": "A story."})
