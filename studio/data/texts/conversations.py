"""Conversations as other programs write them: from plain data to messages.

Known are ``messages`` with role and content (and ``conversations`` with from and value), lists of sentences in turn,
instruction with input and output (also nested ``instances``), prompt and response, question and answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from studio.config.texts import Message, Role
from studio.data.trees import UnreadableFile

_LISTS = ("messages", "conversations", "conversation", "dialog", "dialogue", "turns", "chat")
_ROLES: Mapping[str, Role] = {
    "system": "system", "developer": "system",
    "user": "user", "human": "user", "prompter": "user", "customer": "user", "question": "user",
    "assistant": "assistant", "gpt": "assistant", "bot": "assistant", "model": "assistant", "chatgpt": "assistant",
    "ai": "assistant", "agent": "assistant", "answer": "assistant",
}  # fmt: skip
_WHO, _WHAT = ("role", "from", "speaker", "author"), ("content", "value", "text", "utterance", "message")
_ASKS = ("instruction", "prompt", "question", "query", "user", "human")
_MORE = ("input", "context")
_ANSWERS = ("output", "response", "completion", "answer", "chosen", "assistant", "reply")
_DOCUMENTS = ("text", "content", "document", "body", "story", "article")
ASKING, ANSWERING, TELLING = frozenset(_ASKS), frozenset(_ANSWERS), _DOCUMENTS


def is_conversation(found: object) -> bool:
    """Whether plain data looks like one conversation or several nested ones."""
    if isinstance(found, Mapping):
        keys = {str(key).lower() for key in found}
        return bool(keys & set(_LISTS)) or "instances" in keys or bool(keys & ASKING and keys & ANSWERING)
    return isinstance(found, list) and bool(found) and (_is_turns(found) or all(isinstance(one, str) for one in found))


def asking_and_answering(names: Sequence[str]) -> tuple[str, ...]:
    """The columns of questions and of answers, told by their names; none where either is missing."""
    lower = {name.lower(): name for name in reversed(names)}
    found = [next((lower[name] for name in known if name in lower), None) for known in (_ASKS, _ANSWERS)]
    return () if None in found else tuple(name for name in found if name is not None)


def conversations(found: object) -> Iterator[tuple[Message, ...]]:
    """The conversations in plain data, mostly one; none where it is empty.

    Raises:
        UnreadableFile: it is none, or has a role that nobody knows; the text is the end of 'This line …'.
    """
    if isinstance(found, list):
        yield _turns(found)
        return
    if not isinstance(found, Mapping):
        raise UnreadableFile("is no conversation")
    data = {str(key).lower(): value for key, value in found.items()}
    system = _first(data, ("system", "system_prompt"))
    before = (Message(role="system", content=system),) if system else ()
    listed = next((data[key] for key in _LISTS if isinstance(data.get(key), list)), None)
    if listed is not None:
        turns = _turns(listed)
        yield turns if turns and turns[0].role == "system" else (*before, *turns)
        return
    asked = _first(data, _ASKS)
    instances = data.get("instances")
    for instance in instances if isinstance(instances, list) else [data]:
        inner = {str(key).lower(): value for key, value in instance.items()} if isinstance(instance, Mapping) else {}
        yield (*before, *_asked(asked, inner))


def document(found: object) -> str | None:
    """The text of plain data that tells one document; None where it does not."""
    if isinstance(found, str):
        return found
    if isinstance(found, Mapping):
        data = {str(key).lower(): value for key, value in found.items()}
        return next((data[key] for key in _DOCUMENTS if isinstance(data.get(key), str)), None)
    return None


def as_text(messages: Sequence[Message]) -> str:
    """A conversation as a plain text, a message a paragraph."""
    return "\n".join(message.content for message in messages)


def _asked(asked: str, data: Mapping[str, Any]) -> tuple[Message, ...]:
    """One question with what belongs to it, and its answer."""
    more = _first(data, _MORE)
    question = "\n\n".join(filter(None, (asked, more)))
    answer = _first(data, _ANSWERS)
    if not question or not answer:
        raise UnreadableFile("has no question with its answer")
    return Message(role="user", content=question), Message(role="assistant", content=answer)


def _turns(found: Sequence[object]) -> tuple[Message, ...]:
    """Messages of a list: with roles, or sentences of which the user says the first."""
    if all(isinstance(one, str) for one in found):
        return tuple(
            Message(role="assistant" if place % 2 else "user", content=str(one)) for place, one in enumerate(found)
        )
    return tuple(_message(one) for one in found)


def _is_turns(found: Sequence[object]) -> bool:
    return all(isinstance(one, Mapping) and any(key in one for key in _WHO) for one in found)


def _message(found: object) -> Message:
    if not isinstance(found, Mapping):
        raise UnreadableFile("has a message that is no object")
    data = {str(key).lower(): value for key, value in found.items()}
    said = _first(data, _WHO)
    role = _ROLES.get(said.strip().lower())
    if role is None:
        raise UnreadableFile("has a message of the role {role}, which is not known", role=said[:40] or "(none)")
    return Message(role=role, content=_content(next((data[key] for key in _WHAT if key in data), "")))


def _content(found: object) -> str:
    """What a message says; of several parts those that are text."""
    if isinstance(found, list):
        return "".join(_first(part, ("text",)) if isinstance(part, Mapping) else str(part) for part in found)
    return "" if found is None else str(found)


def _first(data: Mapping[str, Any], names: Sequence[str]) -> str:
    """The first of these fields that is there and not empty, as text."""
    for name in names:
        value = data.get(name)
        if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
            value = value[0]
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and value.strip():
            return value
    return ""
