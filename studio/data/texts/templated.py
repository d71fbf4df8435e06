"""Conversations as another model's chat template writes them, and which letters of them the assistant has to learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studio.config.texts import Message
from studio.data.chat_templates import ChatTemplate


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some letters of a conversation. ``answer``: the assistant has to learn to write them."""

    text: str
    answer: bool


def stretches(template: ChatTemplate, messages: Sequence[Message]) -> list[Stretch]:
    """A conversation in order. An answer is what the template adds where a reply was asked for, up to the end of the
    message; with a template that writes what came before in another way then, all of it is learnt.

    Raises:
        UsageError: the template refuses such a conversation.
    """
    whole, found, begin = template.written(messages, reply=False), list[Stretch](), 0
    for number, message in enumerate(messages):
        if message.role != "assistant":
            continue
        asked = template.written(messages[:number], reply=True) if number else ""
        said = template.written(messages[: number + 1], reply=False)
        if not (whole.startswith(said) and said.startswith(asked) and begin <= len(asked)):
            return [Stretch(whole, answer=True)]
        found += [Stretch(whole[begin : len(asked)], answer=False), Stretch(said[len(asked) :], answer=True)]
        begin = len(said)
    found.append(Stretch(whole[begin:], answer=False))
    return [one for one in found if one.text]
