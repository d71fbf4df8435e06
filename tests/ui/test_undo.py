"""Taking back and doing again, in and out of order."""

import pytest

from studio.ground.errors import UsageError, text
from studio.ui.undo import Deed, UndoStack


@pytest.fixture
def stack(qapp: object) -> UndoStack:
    return UndoStack()


def push(stack: UndoStack, words: list[str], word: str) -> int:
    """Add a word, so that it can be taken back and added again."""
    words.append(word)
    return stack.push(text("Added {word}", word=word), lambda: words.remove(word), lambda: words.append(word))


def test_what_was_taken_back_is_done_again_in_order(stack: UndoStack) -> None:
    words: list[str] = []
    for word in ("a", "b"):
        push(stack, words, word)
    stack.undo()
    stack.undo()
    assert words == []
    assert (stack.top(), stack.next() is None) == (None, False)
    stack.redo()
    assert words == ["a"]
    stack.redo()
    assert words == ["a", "b"]
    assert stack.next() is None
    stack.undo()
    assert words == ["a"], "what was done again can be taken back again"


def test_out_of_order_as_a_toast_does(stack: UndoStack) -> None:
    words: list[str] = []
    first = push(stack, words, "a")
    push(stack, words, "b")
    stack.undo(first)
    assert words == ["b"]
    assert str(stack.next().what) == "Added a"  # type: ignore[union-attr]
    stack.redo()
    assert words == ["b", "a"]


def test_something_new_ends_what_could_be_done_again(stack: UndoStack) -> None:
    words: list[str] = []
    push(stack, words, "a")
    stack.undo()
    push(stack, words, "b")
    assert stack.next() is None
    assert stack.redo() is None
    assert words == ["b"]


def test_what_cannot_be_done_again_is_not_offered(stack: UndoStack) -> None:
    stack.push(text("Once"), lambda: None)
    stack.undo()
    assert stack.next() is None


def test_failures_come_through_and_leave_nothing_to_repeat(stack: UndoStack) -> None:
    def fail() -> None:
        raise UsageError("Its place is taken.")

    stack.push(text("A"), fail, lambda: None)
    with pytest.raises(UsageError):
        stack.undo()
    assert (stack.top(), stack.next()) == (None, None)
    stack.push(text("B"), lambda: None, fail)
    stack.undo()
    with pytest.raises(UsageError):
        stack.redo()
    assert (stack.top(), stack.next()) == (None, None)


def test_a_deed_hands_each_taking_back_the_newest_token() -> None:
    tokens, back = iter("xyz"), list[str]()
    deed = Deed(lambda: next(tokens), back.append)
    deed.do()
    deed.undo()
    deed.do()
    deed.undo()
    assert back == ["x", "y"]
