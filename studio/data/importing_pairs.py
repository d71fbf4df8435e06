"""Importing pairs of sentences: every line that has two sides, written into the project.

A bad line is skipped and listed; a source that goes away ends the import in one sentence; stopping leaves nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

from studio.data.folders import check_space
from studio.data.importing_texts import notices, summarise
from studio.data.texts.pair_reading import PairSource
from studio.data.texts.store import TextStore, TextWriter
from studio.data.work import Meter, Stop, Stopped, ends, never
from studio.ground.errors import StudioError, text
from studio.ground.events import Ended, Event, Started

_EVERY = 500  # pairs between two looks at the clock


@ends
def import_pairs(
    source: Path,
    folder: Path,
    name: str,
    stop: Stop = never,
    *,
    target: Path | None = None,
    columns: tuple[str, ...] = (),
) -> Iterator[Event]:
    """Import pairs as data set ``name`` into ``folder``, which must not exist.

    Progress comes at least twice a second. The last event is ``Ended(result=TextSummary)``, or failed with one
    sentence, or stopped; in the last two cases nothing is left in ``folder``.

    Args:
        target: the file whose lines are the translations of those of ``source``; None: ``source`` has both.
        columns: which two columns of a table, texts of an object or languages of a memory are meant.
    """
    if folder.exists():
        raise StudioError("There is a data set {name} already; choose another name.", name=name)
    yield Started("import", name)
    opened = PairSource(source, target, columns)
    check_space(folder, 2 * opened.total)
    store = yield from _write(opened, folder, stop)
    with store:
        summary = summarise(store, name, notes=tuple(opened.notes))
    yield from notices(summary)
    yield Ended("finished", result=summary)


def _write(opened: PairSource, folder: Path, stop: Stop) -> Generator[Event, None, TextStore]:
    meter = Meter(text("Importing pairs"))
    with TextWriter(folder, "parallel") as writer:
        for number, one, other in opened.pairs():
            writer.add_pair(f"{opened.source.name} {number}", one, other)
            if len(writer) % _EVERY == 0:
                if stop():
                    raise Stopped
                yield from meter.progress(len(writer))
        if not len(writer):
            raise _nothing(opened)
        yield from meter.progress(len(writer), always=True)
        origin = "file" if opened.target is None else "two files"
        return writer.finish(source=opened.title, origin=origin, skipped=opened.skipped, languages=opened.languages)


def _nothing(opened: PairSource) -> StudioError:
    if opened.skipped:
        first = opened.skipped[0]
        return StudioError(
            "Nothing in {source} is a pair that can be read; the first, {name}, {reason}.",
            source=opened.title, name=first.name, reason=str(first.reason),
        )  # fmt: skip
    return StudioError("{source} is empty: there is no pair in it.", source=opened.title)
