"""A conversation as Markdown for people and as JSON for programs: the chosen path, or every version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from studio.projects.conversations import Conversation, Conversations, KeptMessage, MessageTree

_NAMES = {"user": "You", "assistant": "Model", "system": "System"}


def as_markdown(talks: Conversations, conversation: int) -> str:
    """The chosen path: a heading for each message, which says who; texts stand as they are, in fences of their own so
    that nothing in them is taken for a heading."""
    about = talks.get(conversation)
    path = talks.tree(conversation).path()
    texts = talks.contents([message.id for message in path])
    parts = [f"# {' '.join(about.title.split()) or 'Conversation'}"]
    system = str(talks.settings(conversation).get("system", ""))
    if system:
        parts.append(f"## System\n\n{_fenced(system)}")
    parts += [f"## {_heading(message)}\n\n{_fenced(texts.get(message.id, ''))}" for message in path]
    if about.kind == "notebook":
        parts = [parts[0], _fenced(talks.draft(conversation))]
    return "\n\n".join(parts) + "\n"


def as_data(talks: Conversations, conversation: int) -> dict[str, Any]:
    """``messages`` is the chosen path as training data knows it (role, content); ``versions`` is every message."""
    about = talks.get(conversation)
    tree = talks.tree(conversation)
    path = tree.path()
    everything = sorted({message.id for start in tree.children(0) for message in _below(tree, start)})
    texts = talks.contents(everything)
    system = str(talks.settings(conversation).get("system", ""))
    messages = [{"role": "system", "content": system}] if system else []
    messages += [{"role": message.role, "content": texts.get(message.id, "")} for message in path]
    return {
        "title": about.title,
        "kind": about.kind,
        "created": about.created,
        "messages": messages,
        "text": talks.draft(conversation) if about.kind == "notebook" else "",
        "versions": [_version(tree[id], texts.get(id, "")) for id in everything],
    }


def file_name(conversation: Conversation) -> str:
    """A name for its file, without an ending: what no system forbids of the title."""
    kept = "".join(letter if letter.isalnum() or letter in " -_" else " " for letter in conversation.title)
    return " ".join(kept.split())[:60] or "conversation"


def _below(tree: MessageTree, start: int) -> Sequence[KeptMessage]:
    """A message and all that followed it in any version."""
    found, waiting = [], [start]
    while waiting:
        at = waiting.pop()
        found.append(tree[at])
        waiting += tree.children(at)
    return found


def _version(message: KeptMessage, content: str) -> Mapping[str, Any]:
    facts = {"id": message.id, "after": message.parent, "role": message.role, "state": message.state}
    return facts | {"created": message.created, "content": content, "about": message.about}


def _heading(message: KeptMessage) -> str:
    about = message.about
    name = _NAMES.get(message.role, "Model")
    if message.role == "user":
        return name
    made = ", ".join(str(about[key]) for key in ("run", "checkpoint") if about.get(key))
    return f"{name} ({made})" if made else name


def _fenced(text: str) -> str:
    """The text in a fence longer than any run of backticks in it."""
    longest, run = 2, 0
    for letter in text:
        run = run + 1 if letter == "`" else 0
        longest = max(longest, run)
    fence = "`" * (longest + 1)
    return f"{fence}text\n{text}\n{fence}"
