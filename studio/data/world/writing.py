"""*World* as a data set of the project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from studio.config.builtin import World
from studio.data.folders import check_space
from studio.data.importing_texts import summarise
from studio.data.texts.store import TextWriter
from studio.data.work import Meter, Stop, Stopped, ends, never
from studio.data.world.chats import chat
from studio.data.world.documents import document
from studio.data.world.people import Valley
from studio.ground.errors import StudioError, text
from studio.ground.events import Ended, Event, Started

_BYTES = 500
"""What a text takes on the disk."""


@ends
def write_world(what: World, folder: Path, name: str, stop: Stop = never) -> Iterator[Event]:
    """Write ``what.count`` conversations or texts into a new data set ``name`` in ``folder``.

    Text i is named ``00000i`` and can be written again from the seed. The last event is
    ``Ended(result=TextSummary)``; failed or stopped, nothing is left in ``folder``.
    """
    if folder.exists():
        raise StudioError("There is a data set {name} already; choose another name.", name=name)
    yield Started("builtin", name, total=what.count)
    check_space(folder, what.count * _BYTES)
    meter, valley = Meter(text("Writing texts"), what.count), Valley(what.seed)
    with TextWriter(folder, what.form) as writer:
        for index in range(what.count):
            if stop():
                raise Stopped
            if what.form == "chat":
                writer.add_conversation(f"{index:06d}", chat(valley, index))
            else:
                writer.add_document(f"{index:06d}", document(valley, index))
            yield from meter.progress(index + 1)
        yield from meter.progress(what.count, always=True)
        store = writer.finish(source=f"World (seed {what.seed})", origin="world")
    with store:
        summary = summarise(store, name)
    yield Ended("finished", result=summary)
