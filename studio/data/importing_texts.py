"""Importing texts: every document or conversation of a source read once and written into the project.

One bad file or line is skipped and listed; a source that goes away ends the import in one sentence; stopping leaves
nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from studio.config.facts import TextFacts
from studio.config.texts import TextKind
from studio.data.folders import check_space
from studio.data.store import Skipped
from studio.data.texts.reading import Source, open_source
from studio.data.texts.store import TextStore, TextWriter
from studio.data.texts.text_columns import choose_columns
from studio.data.work import Meter, Stop, Stopped, beside, ends, never
from studio.ground.errors import StudioError, Text, text
from studio.ground.events import Ended, Event, Notice, Started

_KB = 1000


@dataclass(frozen=True, slots=True)
class TextSummary:
    """What was imported, as the project records and shows it."""

    name: str
    folder: Path
    facts: TextFacts
    source: str
    origin: str
    bytes: int
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[Text, ...] = ()


@ends
def import_texts(
    source: Path,
    folder: Path,
    name: str,
    stop: Stop = never,
    *,
    kind: TextKind | None = None,
    columns: tuple[str, ...] = (),
) -> Iterator[Event]:
    """Import ``source`` as data set ``name`` into ``folder``, which must not exist.

    Progress comes at least twice a second. The last event is ``Ended(result=TextSummary)``, or failed with one
    sentence, or stopped; in the last two cases nothing is left in ``folder``.

    Args:
        kind: what its items are to be; None: told by what is in it.
        columns: of tables and JSON, that which holds the texts, or the two of questions and answers; none: told by
            their names, else those with the longest texts.
    """
    if folder.exists():
        raise StudioError("There is a data set {name} already; choose another name.", name=name)
    yield Started("import", name)
    opened, kind = yield from _look_through(source, kind, columns, stop)
    try:
        check_space(folder, 2 * opened.total)
        store = yield from _write(opened, folder, kind, stop)
    finally:
        opened.close()
    with store:
        summary = summarise(store, name, notes=tuple(opened.notes))
    yield from notices(summary)
    yield Ended("finished", result=summary)


def summarise(store: TextStore, name: str, *, notes: tuple[Text, ...] = ()) -> TextSummary:
    """What the project records of a data set of texts."""
    return TextSummary(
        name, store.folder, store.facts(), store.source, store.origin, int(store.bytes.sum()), store.skipped, notes
    )


def notices(summary: TextSummary) -> Iterator[Event]:
    """What the user should know of an import."""
    if summary.skipped:
        shown = ", ".join(s.name for s in summary.skipped[:3]) + (" …" if len(summary.skipped) > 3 else "")
        title = text("{count} files or lines were skipped", count=len(summary.skipped))
        body = text(
            "They could not be read as texts: {shown}. The check of the data set lists each with its reason.",
            shown=shown,
        )  # fmt: skip
        yield Notice("files-skipped", "warning", title, body)
    for note in summary.notes:
        yield Notice("import-note", "info", text("About {name}", name=summary.source), note)


def _look_through(
    source: Path, kind: TextKind | None, columns: tuple[str, ...], stop: Stop
) -> Generator[Event, None, tuple[Source, TextKind]]:
    """List the source in a thread, with progress."""
    found = [0]

    def tick(count: int) -> None:
        found[0] = count
        if stop():
            raise Stopped

    def look() -> tuple[Source, TextKind]:
        opened = open_source(source, tick, columns=columns)
        found = kind or opened.kind()
        choose_columns(opened, found)
        return opened, found

    meter = Meter(text("Looking through {name}", name=source.name))
    for result in beside(look, stop):
        yield from meter.progress(found[0])
        if result is not None:
            return result
    raise AssertionError("a function in a thread ends with its result or its error")


def _write(opened: Source, folder: Path, kind: TextKind, stop: Stop) -> Generator[Event, None, TextStore]:
    """Read everything and write it. Only what of a file is one piece is in memory at once."""
    meter = Meter(text("Importing texts, in KB"), opened.total // _KB)
    with TextWriter(folder, kind) as writer:
        for item in opened.items(kind):
            if stop():
                raise Stopped
            if item.words is None:
                writer.add_conversation(item.name, item.messages, item.split)
            else:
                for characters in writer.adding_document(item.name, item.words, item.split):
                    if stop():
                        raise Stopped
                    yield from meter.progress((opened.done + characters) // _KB)
            yield from meter.progress(opened.done // _KB)
        if not writer.characters:
            raise _nothing(opened, kind)
        yield from meter.progress(opened.total // _KB, always=True)
        return writer.finish(source=opened.tree.title, origin=opened.tree.kind, skipped=opened.skipped)


def _nothing(opened: Source, kind: TextKind) -> StudioError:
    if opened.skipped:
        first = opened.skipped[0]
        return StudioError(
            "Nothing in {source} is a text that can be read; the first, {name}, {reason}.",
            source=opened.tree.title, name=first.name, reason=str(first.reason),
        )  # fmt: skip
    if kind == "chat":
        return StudioError(
            "There is no conversation in {source}; conversations are JSON or JSONL with messages, or tables with "
            "questions and answers.",
            source=opened.tree.title,
        )  # fmt: skip
    return StudioError("{source} is empty: there is no text in it.", source=opened.tree.title)
