"""A first look at what somebody wants to import: what it would be read as, which columns it has, how its items begin.

Only the beginnings of files are read (of an archive the members that are looked at), so that this answers while
somebody waits, also for a gigabyte.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.config.texts import DataKind, TextKind
from studio.data.kinds import kind_of_source
from studio.data.texts.pair_columns import Column
from studio.data.texts.pair_reading import PairSource
from studio.data.texts.reading import Form, Item, form_of, open_source
from studio.data.texts.text_columns import choose_columns
from studio.data.trees import FileEntry, Tick, Tree, beginning
from studio.ground.errors import StudioError, Text, text

SHOWN = 3
"""How many items are shown."""
_LETTERS = 240  # of an item, or of a message of it
_FIRST = 1 << 20  # bytes of a file


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What was seen.

    Attributes:
        kind: what it is read as. kinds: what it could be read as; empty where there is no choice.
        columns: of tables and JSON those that can be chosen. chosen: the keys of those that are read; empty where
            whole conversations or texts are.
        head: whether the first line of a table was read as the names of its columns; None where that is no question.
        second: whether pairs need another file, with the translations.
        items: the first ones, as samples are noted. why: why nothing can be read; None where something is.
    """

    kind: DataKind
    kinds: tuple[DataKind, ...] = ()
    columns: tuple[Column, ...] = ()
    chosen: tuple[str, ...] = ()
    head: bool | None = None
    second: bool = False
    items: tuple[Mapping[str, Any], ...] = ()
    why: Text | None = None


def first_look(
    source: Path,
    target: Path | None = None,
    kind: DataKind | None = None,
    columns: tuple[str, ...] = (),
    tick: Tick = lambda count: None,
) -> FirstLook:
    """Look at a source as it would be imported with these choices.

    Raises:
        StudioError: it is not there, or no archive that can be read.
        OSError: it cannot be read at all.
    """
    form = None if source.is_dir() else form_of(source.name.lower().removesuffix(".gz"))
    found = kind_of_source(source, tick) if kind is None and target is None else None
    if kind == "pictures" or (kind is None and found == "pictures"):
        return FirstLook("pictures", _kinds(source, form, "pictures"))
    if kind == "parallel" or target is not None or found == "pairs":
        return _at_pairs(source, target, columns, form)
    return _at_texts(source, kind, columns, form, tick)


def _kinds(source: Path, form: Form | None, kind: DataKind) -> tuple[DataKind, ...]:
    """What a source could be read as."""
    if form == "table":
        return ("text", "chat", "parallel", "pictures")
    if form in ("lines", "json"):
        return ("text", "chat", "parallel")
    if kind == "pictures" or form == "yaml" or source.name.lower().endswith((".tmx", ".tmx.gz")):
        return ()
    return ("text", "parallel") if form == "plain" else ("text", "chat") if kind != "parallel" else ()


# --- pairs -----------------------------------------------------------------------------------------------------------


def _at_pairs(source: Path, target: Path | None, columns: tuple[str, ...], form: Form | None) -> FirstLook:
    kinds = _kinds(source, form, "parallel") if target is None or form == "plain" else ()
    second = form in (None, "plain") and target is None and not source.name.lower().endswith((".tmx", ".tmx.gz"))
    opened = PairSource(source, target, columns, read=lambda path: beginning(path, _FIRST))
    items: list[dict[str, Any]] = []
    why: Text | None = None
    try:
        for _, one, other in itertools.islice(opened.pairs(), SHOWN):
            items.append({"source": one[:_LETTERS], "text": other[:_LETTERS]})
        why = None if items else _nothing(opened.title, opened.skipped)
    except StudioError as error:
        why = None if items else error.text
    if second and not items:
        why = text("Choose the file with the translations, line by line.")
    return FirstLook(
        "parallel", kinds, opened.offered, opened.chosen, head=_asked_for_head(opened, form),
        second=second and not items, items=tuple(items), why=why,
    )  # fmt: skip


def _asked_for_head(opened: PairSource, form: Form | None) -> bool | None:
    """Only where the names of the columns do not tell it by themselves."""
    if form != "table" or (opened.head and not opened.columns):
        return None
    return opened.head


# --- documents and conversations -------------------------------------------------------------------------------------


def _at_texts(
    source: Path, kind: TextKind | None, columns: tuple[str, ...], form: Form | None, tick: Tick
) -> FirstLook:
    opened = open_source(source, tick, columns=columns)
    opened.tree = _Beginnings(opened.tree)
    try:
        kind = kind or opened.kind()
        found = choose_columns(opened, kind)
        items = tuple(_noted(item) for item in itertools.islice(opened.items(kind), SHOWN))
        items = tuple(item for item in items if item.get("text") or item.get("messages"))
        why = None if items else _nothing(opened.tree.title, opened.skipped)
    finally:
        opened.close()
    offered = tuple(Column(name, name) for name in found.names)
    return FirstLook(kind, _kinds(source, form, kind), offered, found.chosen, items=items, why=why)


class _Beginnings:
    """A tree of which only the beginnings of files are read."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.kind, self.title, self.sequential = tree.kind, tree.title, tree.sequential
        self.files, self.rewind, self.refused, self.close = tree.files, tree.rewind, tree.refused, tree.close

    def read(self, entry: FileEntry) -> bytes:
        """The first bytes of a file."""
        if isinstance(entry.key, Path):
            return beginning(entry.key, _FIRST)
        return self._tree.read(entry)


def _noted(item: Item) -> dict[str, Any]:
    if item.words is None:
        said = [{"role": one.role, "content": one.content[:_LETTERS]} for one in item.messages[:4]]
        return {"messages": said, "text": ""}
    return {"text": _begins(item.words)}


def _begins(words: Iterator[str]) -> str:
    kept = ""
    for piece in words:
        kept += piece[: _LETTERS - len(kept)]
        if len(kept) >= _LETTERS:
            break
    return kept


def _nothing(title: str, skipped: Sequence[Any]) -> Text:
    if skipped:
        return text("Nothing can be read: {name} {reason}.", name=skipped[0].name, reason=str(skipped[0].reason))
    return text("{name} is empty.", name=title)
