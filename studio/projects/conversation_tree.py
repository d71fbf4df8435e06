"""The messages of a conversation as a tree: every edit and every reply written again is a branch that stays.

Of each message one of those that followed is the chosen one; the chosen messages from the first on are the path that
one reads and that a model is given.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

State = Literal["whole", "writing", "stopped", "failed"]
"""Of a reply: it is being written, or was stopped, or the model gave up; all else is whole."""


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """A message without its text. ``parent`` and ``next`` are ids, 0 where there is none; ``length`` in characters.

    ``about`` of a reply says how it came to be: ``run``, ``checkpoint``, ``writing`` (its parameters), ``start``,
    ``tokens``, ``seconds``, ``ending``, ``error``.
    """

    id: int
    parent: int
    next: int
    role: str
    state: State
    created: float
    length: int
    about_json: str = "{}"

    @property
    def about(self) -> dict[str, Any]:
        """How it came to be; empty where that cannot be read."""
        try:
            found = json.loads(self.about_json)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


class MessageTree:
    """All messages of one conversation, in the order in which they were made."""

    def __init__(self, first: int, messages: Iterable[KeptMessage]) -> None:
        self._first = first
        self._by_id = {message.id: message for message in messages}
        self._children: dict[int, list[int]] = {}
        for message in self._by_id.values():
            if message.parent == 0 or message.parent in self._by_id:
                self._children.setdefault(message.parent, []).append(message.id)

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, id: int) -> bool:
        return id in self._by_id

    def __getitem__(self, id: int) -> KeptMessage:
        return self._by_id[id]

    def path(self) -> list[KeptMessage]:
        """The chosen messages from the first on."""
        found: list[KeptMessage] = []
        at = self._chosen(0)
        while at:
            found.append(self._by_id[at])
            at = self._chosen(at)
        return found

    def line(self, id: int) -> list[KeptMessage]:
        """A message and all before it, from the first on, chosen or not."""
        found: dict[int, KeptMessage] = {}
        while id in self._by_id and id not in found:  # a project from a stranger may go in a circle
            found[id] = self._by_id[id]
            id = self._by_id[id].parent
        return list(found.values())[::-1]

    def versions(self, id: int) -> list[int]:
        """The ids of a message and of those that stand in the same place, the oldest first."""
        return list(self._children.get(self._by_id[id].parent, ()))

    def children(self, id: int) -> list[int]:
        """The ids of the messages that followed a message (0: the first ones)."""
        return list(self._children.get(id, ()))

    def choices_for(self, id: int) -> Mapping[int, int]:
        """What must be chosen where for a message to lie on the path: parent (0: the conversation) -> child."""
        line = self.line(id)
        return {message.parent: message.id for message in line if self._chosen(message.parent) != message.id}

    def _chosen(self, parent: int) -> int:
        """The chosen child; the newest where none is, as after damage."""
        children = self._children.get(parent, [])
        wanted = self._by_id[parent].next if parent else self._first
        if wanted in children:
            return wanted
        return children[-1] if children else 0
