"""How the studio writes conversations down: each message behind the mark of its role, closed by the mark of the end.

    <|user|>How are you?<|end|><|assistant|>Fine.<|end|>

Marks are tokens of their own. Letters in a message that look like one stay letters: a conversation becomes tokens
part by part, marks by name and texts as texts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from studio.config.texts import Message

END = "<|end|>"
"""Ends a message, a document, a sentence."""
PAD = "<|pad|>"
"""Stands for nothing, where rows of tokens have to be of one length."""
ROLE_MARKS = {"system": "<|system|>", "user": "<|user|>", "assistant": "<|assistant|>"}
MARKS = (END, PAD, *ROLE_MARKS.values())
"""The special tokens of every tokeniser that the studio trains, in the order of their numbers."""
TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
"""The same format as a chat template, for programs that know such."""


@dataclass(frozen=True, slots=True)
class Part:
    """A mark or a text of a conversation. ``answer``: the assistant has to learn to write it."""

    text: str
    mark: bool = False
    answer: bool = False


def parts(messages: Sequence[Message], *, open_answer: bool = False) -> tuple[Part, ...]:
    """A conversation in order; with ``open_answer`` an answer is begun at its end.

    What the assistant says and the mark that ends it is ``answer``; the mark that begins it is given to it.
    """
    found: list[Part] = []
    for message in messages:
        answer = message.role == "assistant"
        found.append(Part(ROLE_MARKS[message.role], mark=True))
        found += [Part(message.content, answer=answer), Part(END, mark=True, answer=answer)]
    return (*found, Part(ROLE_MARKS["assistant"], mark=True)) if open_answer else tuple(found)


def written(messages: Sequence[Message], *, open_answer: bool = False) -> str:
    """A conversation as letters: what ``TEMPLATE`` makes of it."""
    return "".join(part.text for part in parts(messages, open_answer=open_answer))


def to_tokens(
    found: Sequence[Part], *, mark: Callable[[str], list[int]], plain: Callable[[str], list[int]]
) -> tuple[list[int], list[bool]]:
    """The tokens of parts, and which of them are answers.

    Args:
        mark: the tokens of a mark (one, if the tokeniser has it).
        plain: the tokens of a text in which nothing is a mark.
    """
    tokens: list[int] = []
    answers: list[bool] = []
    for part in found:
        more = mark(part.text) if part.mark else plain(part.text)
        tokens += more
        answers += [part.answer] * len(more)
    return tokens, answers
