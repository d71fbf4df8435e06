"""The embedded phrase world as a data set of the project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from studio.config.builtin import Bilingual
from studio.data.bilingual.pairs import pairs
from studio.data.folders import check_space
from studio.data.importing_texts import summarise
from studio.data.texts.store import Split, TextWriter
from studio.data.work import Meter, Stop, Stopped, ends, never
from studio.ground.errors import StudioError, text
from studio.ground.events import Ended, Event, Started

_EVERY = 100  # pairs between two looks at the clock


@ends
def write_bilingual(what: Bilingual, folder: Path, name: str, stop: Stop = never) -> Iterator[Event]:
    """Write ``what.count`` pairs into a new data set ``name`` in ``folder``, English first.

    Of the pairs that are held out every other one is for validation, the rest for the test. The last event is
    ``Ended(result=TextSummary)``; failed or stopped, nothing is left in ``folder``.
    """
    if folder.exists():
        raise StudioError("There is a data set {name} already; choose another name.", name=name)
    yield Started("builtin", name, total=what.count)
    check_space(folder, 300 * what.count)
    meter, held_out = Meter(text("Writing phrases"), what.count), 0
    with TextWriter(folder, "parallel") as writer:
        for number, pair in enumerate(pairs(what.seed, what.count)):
            held_out += pair.held_out
            part: Split = ("validation" if held_out % 2 else "test") if pair.held_out else "training"
            writer.add_pair(f"{number:06d}", pair.english, pair.french, part)
            if number % _EVERY == 0:
                if stop():
                    raise Stopped
                yield from meter.progress(number)
        yield from meter.progress(what.count, always=True)
        source = f"Bilingual (seed {what.seed})"
        store = writer.finish(source=source, origin="builtin", languages=("en", "fr"))
    with store:
        yield Ended("finished", result=summarise(store, name))
