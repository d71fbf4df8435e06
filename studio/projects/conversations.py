"""Conversations with language models, in folders: nothing that was said is lost, not by an edit and not by a crash.

What a user does is in the database before the call returns. Text that grows while a model writes, and drafts, are
gathered to one write a second. A reply that was being written when the program ended is there up to the last of these.
"""

from __future__ import annotations

import itertools
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar

from studio.ground.errors import StudioError, UsageError
from studio.projects.bin import BinEntry
from studio.projects.conversation_tree import KeptMessage, MessageTree, State
from studio.projects.creations import time_of
from studio.projects.database import Database
from studio.projects.tables import delete, find, insert, select, update
from studio.projects.writer import transact

__all__ = ["Conversation", "ConversationFolder", "Conversations", "Hit", "KeptMessage", "MessageTree", "State"]

ConversationKind = Literal["chat", "notebook"]
_WHAT = "the conversation"
_GONE = "There is no such conversation any more."
_TOKEN = "conversations-"
_OUTLINE = "id, parent, next, role, state, created, length, about"
_SEARCHED_AT_ONCE = 50  # messages; others may read in between
_BEFORE, _AFTER = 14, 60  # characters beside what was found
_MOST_HITS = 200
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class ConversationFolder:
    """A folder of conversations; ``parent`` 0 is the top."""

    id: int
    parent: int
    name: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as the list shows it. ``changed`` in seconds since 1970; ``folder`` 0 is the top."""

    id: int
    folder: int
    kind: str
    title: str
    created: float
    changed: float


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a search found its words: in a message, or (``message`` 0) in the title or the draft."""

    conversation: int
    message: int
    excerpt: str


class Conversations:
    """The conversations of one project."""

    def __init__(self, database: Database, changed: Callable[[], None]) -> None:
        self._database = database
        self._changed = changed
        self._lock = threading.Lock()
        self._grown: dict[int, str] = {}
        self._drafts: dict[int, dict[str, str]] = {}

    @property
    def read_only(self) -> bool:
        """Whether nothing can be said or changed."""
        return self._database.read_only

    # --- what there is -----------------------------------------------------------------------------------------------

    def all(self) -> list[Conversation]:
        """All that are not in the bin, the last changed first."""
        statement = (
            "SELECT id, folder, kind, title, created, changed FROM conversations WHERE binned = '' "
            "ORDER BY changed DESC, id DESC"
        )
        return [Conversation(*row) for row in self._database.read(lambda c: c.execute(statement).fetchall())]

    def get(self, id: int) -> Conversation:
        """One conversation. Raises UsageError where there is none of that number."""
        row = self._row(id)
        return Conversation(**{name: row[name] for name in Conversation.__slots__})

    def folders(self) -> list[ConversationFolder]:
        """All folders that are not in the bin, by name."""
        rows = self._database.read(lambda c: select(c, "folders", "WHERE binned = '' ORDER BY name, id"))
        return [ConversationFolder(row["id"], row["parent"], row["name"]) for row in rows]

    def draft(self, id: int) -> str:
        """What was written into the field below and not sent; of a notebook its text."""
        with self._lock:
            waiting = self._drafts.get(id, {}).get("draft")
        return waiting if waiting is not None else str(self._row(id)["draft"])

    def settings(self, id: int) -> dict[str, Any]:
        """System text, beginning of replies, parameters, as plain data of the caller's; empty where unreadable."""
        with self._lock:
            waiting = self._drafts.get(id, {}).get("settings")
        try:
            found = json.loads(waiting if waiting is not None else self._row(id)["settings"])
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def tree(self, id: int) -> MessageTree:
        """Its messages without their texts: quick also for ten thousand."""
        first = int(self._row(id)["first"])
        statement = f"SELECT {_OUTLINE} FROM messages WHERE conversation = ? ORDER BY id"
        rows = self._database.read(lambda c: c.execute(statement, [id]).fetchall())
        return MessageTree(first, (KeptMessage(*row) for row in rows))

    def contents(self, ids: Sequence[int]) -> dict[int, str]:
        """The texts of messages, as they stand, also of one that grows.

        Raises:
            DamagedError: one is not what was saved.
        """
        found: dict[int, str] = {}
        for begin in range(0, len(ids), 500):
            some = list(ids[begin : begin + 500])
            clause = f"WHERE id IN ({','.join('?' * len(some))})"
            rows = self._database.read(partial(select, table="messages", where=clause, values=some))
            found |= {row["id"]: row["content"] for row in rows}
        with self._lock:
            return {id: self._grown.get(id, content) for id, content in found.items()}

    def search(self, words: str) -> list[Hit]:
        """Where all words stand together, whatever their case: in titles, drafts and texts, at most 200 times.

        May take long; any thread may ask, and others may read meanwhile.
        """
        wanted = words.casefold().split()
        hits: list[Hit] = []
        if not wanted:
            return hits
        titles = self._database.read(
            lambda c: c.execute("SELECT id, title, draft FROM conversations WHERE binned = ''").fetchall()
        )
        for id, title, draft in titles:
            hits += [Hit(id, 0, found) for text in (title, draft) if (found := _excerpt(text, wanted))][:1]
        for id, conversation, content in self._texts():
            if len(hits) >= _MOST_HITS:
                break
            if found := _excerpt(content, wanted):
                hits.append(Hit(conversation, id, found))
        return hits[:_MOST_HITS]

    def _texts(self) -> Iterator[tuple[int, int, str]]:
        statement = (
            "SELECT m.id, m.conversation, m.content FROM messages m JOIN conversations c ON c.id = m.conversation "
            "WHERE c.binned = '' AND m.id > ? ORDER BY m.id LIMIT ?"
        )
        last = 0
        while True:
            rows = self._database.read(partial(_rows, statement=statement, values=[last, _SEARCHED_AT_ONCE]))
            yield from rows
            if len(rows) < _SEARCHED_AT_ONCE:
                return
            last = rows[-1][0]

    # --- the list ----------------------------------------------------------------------------------------------------

    def new(self, title: str, *, folder: int = 0, kind: ConversationKind = "chat") -> int:
        """Begin a conversation; its id."""
        now = time.time()
        row = {"folder": folder, "kind": kind, "created": now, "changed": now, "first": 0, "binned": ""}
        row |= {"title": _storable(title), "settings": "{}", "draft": ""}
        id = self._write(lambda c: _insert(c, "conversations", row))
        self._changed()
        return id

    def rename(self, id: int, title: str) -> None:
        """Call it otherwise."""
        self._change("conversations", [id], {"title": _storable(title)})

    def move(self, ids: Sequence[int], folder: int) -> None:
        """Put conversations into a folder (0: the top)."""
        self._change("conversations", ids, {"folder": folder})

    def new_folder(self, name: str, *, parent: int = 0) -> int:
        """Make a folder; its id."""
        row = {"parent": parent, "name": _storable(name), "created": time.time(), "binned": ""}
        id = self._write(lambda c: _insert(c, "folders", row))
        self._changed()
        return id

    def rename_folder(self, id: int, name: str) -> None:
        """Call a folder otherwise."""
        self._change("folders", [id], {"name": _storable(name)})

    def move_folder(self, id: int, parent: int) -> None:
        """Put a folder into another (0: the top). Raises UsageError where that one lies inside it."""
        if id in self._line_of(parent):
            raise UsageError("A folder cannot be put into itself.")
        self._change("folders", [id], {"parent": parent})

    def delete(self, ids: Sequence[int] = (), *, folders: Sequence[int] = ()) -> str:
        """Move conversations, and folders with all that lies in them, to the bin; the token that brings them back."""
        token = f"{_TOKEN}{time.time_ns()}"
        inside = {folder.id for folder in self.folders() if set(self._line_of(folder.id)) & set(folders)}
        some = {*ids, *(one.id for one in self.all() if one.folder in inside)}

        def apply(connection: sqlite3.Connection) -> None:
            _present(connection, "conversations", some)
            update(connection, "conversations", sorted(some), {"binned": token})
            update(connection, "folders", sorted(inside), {"binned": token})

        self._write(apply)
        self._changed()
        return token

    # --- messages ----------------------------------------------------------------------------------------------------

    def say(
        self, conversation: int, parent: int, content: str, *, replies: Sequence[Mapping[str, Any]] = ()
    ) -> tuple[int, list[int]]:
        """Add a message after another (0: as a first one), choose it, and begin replies to it, of which the first is
        chosen; the ids. Each of ``replies`` is what is known about one."""

        def apply(connection: sqlite3.Connection) -> tuple[int, list[int]]:
            said = _add(connection, conversation, parent, "user", content, "whole", {})
            begun = [_add(connection, conversation, said, "assistant", "", "writing", about) for about in replies]
            _choose(connection, conversation, {parent: said} | ({said: begun[0]} if begun else {}))
            return said, begun

        return self._write(apply)

    def begin(self, conversation: int, parent: int, replies: Sequence[Mapping[str, Any]]) -> list[int]:
        """Begin further replies to a message, of which the first is chosen; their ids."""

        def apply(connection: sqlite3.Connection) -> list[int]:
            begun = [_add(connection, conversation, parent, "assistant", "", "writing", about) for about in replies]
            _choose(connection, conversation, {parent: begun[0]} if begun else {})
            return begun

        return self._write(apply)

    def edit(self, conversation: int, message: int, content: str) -> int:
        """Keep another version of a message beside it, and choose it; its id. What followed stays with the old one."""

        def apply(connection: sqlite3.Connection) -> int:
            old = _must(connection, "messages", message)
            about = json.loads(old["about"]) | {"edited": message}
            made = _add(connection, conversation, old["parent"], old["role"], content, "whole", about)
            _choose(connection, conversation, {old["parent"]: made})
            return made

        return self._write(apply)

    def choose(self, conversation: int, choices: Mapping[int, int]) -> None:
        """Which message follows which: parent (0: the conversation) -> child."""
        self._write(lambda c: _choose(c, conversation, choices))

    def grow(self, message: int, content: str) -> None:
        """What a message is by now; on the disk within about a second."""
        with self._lock:
            self._grown[message] = _storable(content)
        self._later()

    def finish(self, message: int, content: str, state: State, about: Mapping[str, Any]) -> None:
        """What a reply has become, and what is known about it."""
        content = _storable(content)
        changes: dict[str, Any] = {"content": content, "length": len(content), "state": state}
        changes["about"] = json.dumps(dict(about))
        with self._lock:
            self._grown.pop(message, None)
        self._write(lambda c: update(c, "messages", [message], changes))

    def discard(self, conversation: int, message: int) -> None:
        """Remove a message that nothing followed and that has no text: a reply that failed before its first word."""

        def apply(connection: sqlite3.Connection) -> None:
            row = _must(connection, "messages", message)
            children = connection.execute("SELECT count(*) FROM messages WHERE parent = ?", [message]).fetchone()[0]
            if not row["content"] and not children:
                delete(connection, "messages", message)

        self._write(apply)

    def keep_draft(
        self, conversation: int, draft: str | None = None, settings: Mapping[str, Any] | None = None
    ) -> None:
        """What is being written, or set; on the disk within about a second. In a project for reading only: nothing."""
        if self.read_only:
            return
        with self._lock:
            waiting = self._drafts.setdefault(conversation, {})
            if draft is not None:
                waiting["draft"] = _storable(draft)
            if settings is not None:
                waiting["settings"] = json.dumps(dict(settings))
        self._later()

    def flush(self) -> None:
        """Write what was put off. Raises StudioError where that fails; it stays to be written."""
        self._database.flush("conversations")

    def recover(self) -> None:
        """On opening: no model writes any more."""
        statement = "SELECT id FROM messages WHERE state = 'writing'"
        ids = [row[0] for row in self._database.read(lambda c: c.execute(statement).fetchall())]
        if ids:
            self._write(lambda c: update(c, "messages", ids, {"state": "stopped"}))

    # --- the bin asks ------------------------------------------------------------------------------------------------

    def binned(self) -> list[BinEntry]:
        """Deleted conversations and folders, one entry for each deletion."""
        statement = (
            "SELECT c.binned, c.title, (SELECT coalesce(sum(length), 0) FROM messages WHERE conversation = c.id) "
            "FROM conversations c WHERE c.binned <> '' UNION ALL "
            "SELECT binned, name, -1 FROM folders WHERE binned <> '' ORDER BY 1"
        )
        rows = self._database.read(lambda c: c.execute(statement).fetchall())
        entries = []
        for token, group in itertools.groupby(rows, key=lambda row: str(row[0])):
            some = list(group)
            sizes = [size for _, _, size in some if size >= 0]
            size, count = sum(sizes), len(sizes) or 1
            entries.append(BinEntry(token, "conversations", str(some[0][1]), time_of(token), size, count))
        return entries

    def restore(self, token: str) -> bool:
        """Bring back what was deleted under ``token``; whether there was anything. A folder that is gone: the top."""
        if not token.startswith(_TOKEN):
            return False

        def apply(connection: sqlite3.Connection) -> bool:
            found = False
            for table, home in (("folders", "parent"), ("conversations", "folder")):
                ids = _ids(connection, table, "binned = ?", [token])
                update(connection, table, ids, {"binned": ""})
                lost = f"binned = '' AND {home} <> 0 AND {home} NOT IN (SELECT id FROM folders WHERE binned = '')"
                update(connection, table, _ids(connection, table, lost, []), {home: 0})
                found = found or bool(ids)
            return found

        found = self._write(apply)
        if found:
            self._changed()
        return found

    def forget(self, token: str) -> int:
        """Destroy what was deleted under ``token``; about how many bytes were freed."""
        if not token.startswith(_TOKEN):
            return 0

        def apply(connection: sqlite3.Connection) -> int:
            size = 0
            for id in _ids(connection, "conversations", "binned = ?", [token]):
                statement = "SELECT id, length FROM messages WHERE conversation = ?"
                for message, length in connection.execute(statement, [id]).fetchall():
                    size += length
                    delete(connection, "messages", message)
                delete(connection, "conversations", id)
            for id in _ids(connection, "folders", "binned = ?", [token]):
                delete(connection, "folders", id)
            return size

        return self._write(apply)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _row(self, id: int) -> dict[str, Any]:
        row = self._database.read(lambda c: find(c, "conversations", id))
        if row is None or row["binned"]:
            raise UsageError(_GONE)
        return row

    def _write(self, action: Callable[[sqlite3.Connection], Result]) -> Result:
        return self._database.write(action, _WHAT)

    def _later(self) -> None:
        self._database.later("conversations", self._write_waiting)

    def _write_waiting(self, connection: sqlite3.Connection) -> None:
        """Write what grew since the last commit; runs in the writer's thread. Forgotten only once committed."""
        with self._lock:
            grown, drafts = dict(self._grown), {id: dict(draft) for id, draft in self._drafts.items()}
        transact(connection, lambda c: _apply_waiting(c, grown, drafts))
        with self._lock:
            self._grown = {id: text for id, text in self._grown.items() if grown.get(id) is not text}
            self._drafts = {id: draft for id, draft in self._drafts.items() if drafts.get(id) != draft}

    def _change(self, table: str, ids: Sequence[int], changes: Mapping[str, Any]) -> None:
        def apply(connection: sqlite3.Connection) -> None:
            _present(connection, table, set(ids))
            update(connection, table, list(ids), changes)

        self._write(apply)
        self._changed()

    def _line_of(self, folder: int) -> list[int]:
        """A folder and those around it."""
        parents = {one.id: one.parent for one in self.folders()}
        line: list[int] = []
        while folder in parents and folder not in line:
            line.append(folder)
            folder = parents[folder]
        return line


def _add(
    connection: sqlite3.Connection, conversation: int, parent: int, role: str, content: str, state: State,
    about: Mapping[str, Any],
) -> int:  # fmt: skip
    content, now = _storable(content), time.time()
    row = {"conversation": conversation, "parent": parent, "next": 0, "role": role, "state": state, "created": now}
    row |= {"length": len(content), "about": json.dumps(dict(about)), "content": content}
    if _must(connection, "conversations", conversation)["binned"]:
        raise UsageError(_GONE)
    if parent and _must(connection, "messages", parent)["conversation"] != conversation:
        raise StudioError("A message can only follow one of its own conversation.")
    update(connection, "conversations", [conversation], {"changed": now})
    return _insert(connection, "messages", row)


def _choose(connection: sqlite3.Connection, conversation: int, choices: Mapping[int, int]) -> None:
    for parent, child in choices.items():
        if parent:
            update(connection, "messages", [parent], {"next": child})
        else:
            update(connection, "conversations", [conversation], {"first": child})


def _apply_waiting(
    connection: sqlite3.Connection, grown: Mapping[int, str], drafts: Mapping[int, Mapping[str, str]]
) -> None:
    """What is no longer there is passed over: it was discarded, or the bin was emptied."""
    for id, content in grown.items():
        if find(connection, "messages", id) is not None:
            update(connection, "messages", [id], {"content": content, "length": len(content)})
    for id, draft in drafts.items():
        if find(connection, "conversations", id) is not None:
            update(connection, "conversations", [id], draft)


def _insert(connection: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> int:
    id = int(connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0]) + 1
    insert(connection, table, dict(row) | {"id": id})
    return id


def _must(connection: sqlite3.Connection, table: str, id: int) -> dict[str, Any]:
    row = find(connection, table, id)
    if row is None:
        raise UsageError(_GONE)
    return row


def _present(connection: sqlite3.Connection, table: str, ids: set[int]) -> None:
    if ids - set(_ids(connection, table, "binned = ''", [])):
        raise UsageError(_GONE)


def _rows(connection: sqlite3.Connection, statement: str, values: Sequence[Any]) -> list[Any]:
    return connection.execute(statement, values).fetchall()


def _ids(connection: sqlite3.Connection, table: str, condition: str, values: Sequence[Any]) -> list[int]:
    return [row[0] for row in connection.execute(f"SELECT id FROM {table} WHERE {condition}", values).fetchall()]


def _storable(text: str) -> str:
    """Text as the database can hold it: halves of characters, which no file can hold either, become question marks."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def _excerpt(text: str, wanted: Sequence[str]) -> str:
    """The text around the first of the words if all of them occur in it; else nothing."""
    folded = text.casefold()
    if not all(word in folded for word in wanted):
        return ""
    at = min(folded.find(wanted[0]), len(text))
    begin, end = max(0, at - _BEFORE), at + len(wanted[0]) + _AFTER
    words = " ".join(text[begin:end].split())
    return f"{'… ' if begin else ''}{words}{' …' if end < len(text) else ''}"


