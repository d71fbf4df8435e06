"""Which columns of a table, or fields of objects, hold the texts where nobody has said so."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studio.config.texts import TextKind
from studio.data.texts.conversations import TELLING, asking_and_answering, is_conversation
from studio.data.texts.reading import Source, form_of, plain_objects
from studio.data.trees import UnreadableFile
from studio.ground.errors import text

_ROWS = 20  # that tell which columns there are


@dataclass(frozen=True, slots=True)
class TextColumns:
    """The columns of a source, and of them those that hold the texts; none where whole items are read."""

    names: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()


def choose_columns(opened: Source, kind: TextKind) -> TextColumns:
    """Choose the columns of a source if none were asked for and their names do not tell: those with the longest texts.

    That is noted for the user.
    """
    rows = _rows(opened)
    names = tuple(dict.fromkeys(str(name) for row in rows for name in row))
    if opened.columns or not names:
        return TextColumns(names, opened.columns)
    chosen, told = _chosen(kind, names, rows)
    if not told:
        opened.columns = chosen
        opened.notes.append(text("Read is what has the longest texts: {names}.", names=", ".join(chosen)))
    return TextColumns(names, chosen)


def _rows(opened: Source) -> list[Mapping[str, Any]]:
    """The first rows or objects of a source whose files are all of one form."""
    if {form_of(entry.path) for entry in opened.files} not in ({"table"}, {"lines"}, {"json"}):
        return []
    try:
        found = itertools.islice(plain_objects(opened.tree, opened.files[0]), _ROWS)
        return [one for _, one in found if isinstance(one, dict)]
    except UnreadableFile:
        return []  # reading it for good names it
    finally:
        opened.tree.rewind()


def _chosen(kind: TextKind, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, ...], bool]:
    """The columns, and whether their names tell it."""
    if kind == "text":
        known = next((name for told in TELLING for name in names if name.lower() == told), None)
        if known is not None:
            return (known,), True
    elif both := asking_and_answering(names):
        return both, True
    count = 1 if kind == "text" else 2
    longest = _longest(names, rows)[:count]
    if len(longest) < count or any(map(is_conversation, rows)):
        return (), True
    return tuple(name for name in names if name in longest), False


def _longest(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The columns in which something is written, by how much."""
    written = {name: sum(len(row[name]) for row in rows if isinstance(row.get(name), str)) for name in names}
    return sorted(filter(written.__getitem__, names), key=lambda name: -written[name])
