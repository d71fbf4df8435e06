"""Looking at texts: the beginnings of some items of a data set, and what a source would be imported as."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studio.config.base import Settings
from studio.config.texts import DataKind
from studio.data.texts.first_look import FirstLook, first_look
from studio.data.texts.store import TextStore
from studio.data.work import Stopped
from studio.jobs.steering import CommandQueue


class ReadSource(Settings):
    """What would be imported with these choices? Answer: :class:`FirstLook`. See ``ImportRequest``."""

    source: Path
    target: Path | None = None
    kind: DataKind | None = None
    columns: tuple[str, ...] = ()


class ReadTexts(Settings):
    """``count`` texts evenly taken from the data set that lies in ``folder``, of each at most ``most`` characters.

    Answer: a tuple of plain data as samples are noted (``{"text": ...}``, ``{"source": ..., "text": ...}``,
    ``{"messages": [...]}``).
    """

    folder: str
    count: int = 12
    most: int = 600


def look_at_source(request: ReadSource, commands: CommandQueue) -> FirstLook:
    """The answer to a request. Raises StudioError where the source cannot be read, Stopped when told to."""

    def tick(count: int) -> None:
        if commands.stop_requested:
            raise Stopped

    return first_look(request.source, request.target, request.kind, request.columns, tick)


def some_texts(store: TextStore, request: ReadTexts) -> tuple[dict[str, Any], ...]:
    """The answer to a request. Of a few long documents several places are shown. Raises DamagedError."""
    if store.kind == "text":
        places = _places(store, request)
        return tuple({"text": store.excerpt(item, start, start + request.most)} for item, start in places)
    return tuple(_item(store, item, request.most) for item in _spread(len(store), request.count))


def _item(store: TextStore, item: int, most: int) -> dict[str, Any]:
    if store.kind == "parallel":
        source, target = store.pair(item)
        return {"source": source[:most], "text": target[:most]}
    messages = store.conversation(item)
    return {"messages": [{"role": one.role, "content": one.content[:most]} for one in messages[:8]], "text": ""}


def _places(store: TextStore, request: ReadTexts) -> Iterator[tuple[int, int]]:
    """Documents, each with where to begin: at its beginning where there are enough of them."""
    if len(store) >= request.count:
        yield from ((item, 0) for item in _spread(len(store), request.count))
        return
    each = -(-request.count // max(len(store), 1))
    for item in range(len(store)):
        length = int(store.characters[item])
        most = max(1, min(each, length // max(request.most, 1)))
        yield from ((item, start) for start in _spread(max(length - request.most, 1), most))


def _spread(count: int, wanted: int) -> list[int]:
    """``wanted`` of ``count`` positions, evenly, the first among them."""
    few = min(count, wanted)
    return sorted({round(at * (count - 1) / max(few - 1, 1)) for at in range(few)})
