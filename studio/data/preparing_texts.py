"""Preparing texts: from an imported data set to tokens, once for all runs that use them.

The folder's name is made from the content of the data set, the settings and the choices, so a cache that fits is
found again by its name, and one that does not fit is never used. A damaged one is made anew.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from studio.config.data import Choices
from studio.config.texts import BytePairs, Inherited, PrepareTexts
from studio.data.blocks import BlockWriter
from studio.data.folders import FolderWriter, check_space
from studio.data.prepared_texts import (
    ABOUT,
    ANSWER_CHECKS,
    ANSWERS,
    ITEM,
    ITEMS,
    NAMES,
    TOKEN_CHECKS,
    TOKENISER,
    TOKENS,
    VERSION,
    PreparedTexts,
)
from studio.data.store import join_texts
from studio.data.texts.dividing import Chunk, Division, chunks_of, divided, kept_texts
from studio.data.texts.encoding import LOOKED_AHEAD, Encoded, TextEncoder, cut_near
from studio.data.texts.store import TextStore
from studio.data.texts.tokeniser_training import trained
from studio.data.tokenisers import FileTokeniser
from studio.data.work import Meter, Stop, Stopped, beside, ends, in_order, never
from studio.ground.errors import DamagedError, StudioError, text
from studio.ground.events import Ended, Event, Notice, Started

Result = TypeVar("Result")
_LEARNED_FROM = 64_000_000
"""Characters that a tokeniser is made from at most; of more texts evenly chosen pieces are taken."""


@ends
def prepare_texts(
    store: TextStore, cache_folder: Path, settings: PrepareTexts, choices: Choices, stop: Stop = never
) -> Iterator[Event]:
    """Prepare ``store`` in a folder of its own inside ``cache_folder``, or find it prepared already.

    The last event is ``Ended(result=PreparedTexts)``, or failed with a sentence, or stopped; then nothing is left.
    """
    kept = kept_texts(store, choices.leave_out)
    if not len(kept):
        raise StudioError("No texts are left: all {count} of the data set are left out or empty.", count=len(store))
    folder = cache_folder / cache_name(store, settings, choices)
    yield Started("prepare", folder.name, total=len(kept))
    found = yield from _find(folder, stop)
    if found is None:
        found = yield from _make(store, folder, settings, choices, stop)
    yield Ended("finished", result=found)


def cache_name(store: TextStore, settings: PrepareTexts, choices: Choices) -> str:
    """The name of the folder for these texts, settings and choices."""
    digest = hashlib.sha256(store.digest)
    left = sorted(set(choices.leave_out) & set(store.names))
    plain = {"version": VERSION, "settings": settings.model_dump(mode="json"), "leave_out": left} | (
        {"headers": choices.headers} if choices.headers != "keep" else {}
    )
    digest.update(json.dumps(plain, sort_keys=True).encode())
    return f"texts-{digest.hexdigest()[:20]}"


def _find(folder: Path, stop: Stop) -> Generator[Event, None, PreparedTexts | None]:
    """An existing cache, fully checked; a damaged one is removed."""
    if not folder.exists():
        return None
    try:
        found = PreparedTexts(folder)
        try:
            meter = Meter(text("Checking the prepared texts"), found.total)
            for done in found.verify():
                yield from meter.progress(done)
                if stop():
                    raise Stopped
        except BaseException:
            found.close()
            raise
        if not found.lost:
            return found
        found.close()
    except (DamagedError, KeyError, TypeError, ValueError):
        title = text("The prepared texts were damaged")
        yield Notice("cache-damaged", "info", title, text("They are made anew from the data set; nothing is lost."))
    shutil.rmtree(folder)
    return None


def _make(
    store: TextStore, folder: Path, settings: PrepareTexts, choices: Choices, stop: Stop
) -> Generator[Event, None, PreparedTexts]:
    kept = kept_texts(store, choices.leave_out)
    total = int(store.characters[kept].sum())
    check_space(folder, 4 * total)
    compared = Meter(text("Comparing the texts with one another"), total)
    headers = choices.headers
    division = yield from _aside(lambda tick: divided(store, kept, tick, headers=headers), compared, stop)
    yield from _report_lost(store, division)
    words = settings.tokeniser
    if not isinstance(settings.tokens, Inherited):
        learning = Meter(text("Making the tokeniser"))
        words = yield from _aside(lambda tick: _tokeniser(store, division, settings, tick), learning, stop)
    encoder = TextEncoder(FileTokeniser(words, TOKENISER), _template(settings))
    with FolderWriter(folder) as writer:
        yield from _write(writer, _Work(store, division, encoder), settings, stop)
        return (yield from _finished(writer))


def _aside(
    function: Callable[[Callable[[int], None]], Result], meter: Meter, stop: Stop
) -> Generator[Event, None, Result]:
    """Run a function in a thread, with progress by the counts that it tells."""
    told = [0]

    def tick(count: int) -> None:
        told[0] = count
        if stop():
            raise Stopped

    for result in beside(lambda: function(tick), stop):
        yield from meter.progress(told[0])
        if result is not None:
            return result
    raise AssertionError("a function in a thread ends with its result or its error")


def _report_lost(store: TextStore, division: Division) -> Iterator[Event]:
    if not len(division.sources):
        raise DamagedError("All texts of the data set {name} are damaged; import it again.", name=store.folder.name)
    if division.lost:
        names = [store.names[position] for position in division.lost]
        shown = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
        body = text(
            "{count} of them no longer hold what was imported and are left out: {shown}.",
            count=len(names), shown=shown,
        )  # fmt: skip
        yield Notice("texts-damaged", "warning", text("Texts of the data set are damaged"), body)


def _template(settings: PrepareTexts) -> str:
    return settings.template if isinstance(settings.tokens, Inherited) else ""


def _tokeniser(store: TextStore, division: Division, settings: PrepareTexts, tick: Callable[[int], None]) -> str:
    return trained(settings.tokens, _learned(store, division, settings, tick))


def _learned(
    store: TextStore, division: Division, settings: PrepareTexts, tick: Callable[[int], None]
) -> Iterator[str]:
    """What a tokeniser is made from: of pairs of bytes the training part, evenly thinned where it is very large.

    Characters are taken from everywhere, so that none is unknown only because it stands in another part.
    """
    of_pairs = isinstance(settings.tokens, BytePairs)
    chunks, done = list(chunks_of(division)), 0
    thinned = max(1, -(-int((division.ends - division.begins).sum()) // _LEARNED_FROM)) if of_pairs else 1
    for chunk in chunks[::thinned]:
        for row in chunk.rows:
            if not of_pairs or division.parts[row] == 0:
                for words in _texts(store, division, chunk, row):
                    done += len(words)
                    yield words
        tick(done)


def _texts(store: TextStore, division: Division, chunk: Chunk, row: int) -> tuple[str, ...]:
    source = int(division.sources[row])
    if chunk.stretch:
        return (store.excerpt(source, chunk.begin, chunk.end),)
    if store.kind == "text":
        return (store.excerpt(source, int(division.begins[row]), int(division.ends[row])),)
    return store.texts(source)


@dataclass(frozen=True, slots=True)
class _Work:
    store: TextStore
    division: Division
    encoder: TextEncoder

    def encode(self, chunk: Chunk) -> list[Encoded]:
        """The items of a chunk, or the stretch of the one it is a stretch of. Runs in the pool."""
        store, sources = self.store, [int(self.division.sources[row]) for row in chunk.rows]
        if chunk.stretch:
            return [self._stretch(chunk, sources[0])]
        if store.kind == "text":
            texts = [_texts(store, self.division, chunk, row)[0] for row in chunk.rows]
            return self.encoder.documents(texts, ended=True)
        if store.kind == "chat":
            return self.encoder.conversations([store.conversation(i) for i in sources])
        return self.encoder.pairs([store.pair(i) for i in sources])

    def _stretch(self, chunk: Chunk, source: int) -> Encoded:
        """A stretch, which begins and ends where words do; neighbours agree on where that is."""
        row = chunk.rows[0]
        first, last = int(self.division.begins[row]), int(self.division.ends[row])
        before = max(first, chunk.begin - 1)
        words = self.store.excerpt(source, before, min(last, chunk.end + LOOKED_AHEAD))
        begin = 0 if chunk.begin == first else cut_near(words, chunk.begin - before)
        at_end = chunk.end >= last
        end = len(words) if at_end else cut_near(words, chunk.end - before)
        return self.encoder.documents([words[begin:end]], ended=at_end and self.division.whole)[0]


def _write(writer: FolderWriter, work: _Work, settings: PrepareTexts, stop: Stop) -> Iterator[Event]:
    division, answers = work.division, None
    tokens = BlockWriter(writer.open(TOKENS))
    if work.store.kind == "chat":
        answers = BlockWriter(writer.open(ANSWERS))
    items = _blank_items(division)
    kind = np.dtype("<u2" if work.encoder.tokeniser.bound <= 1 << 16 else "<u4")
    meter = Meter(text("Turning texts into tokens"), int((division.ends - division.begins).sum()))
    chunks, ready, done = list(chunks_of(division)), 0, 0
    for found in in_order(work.encode, chunks, stop=stop):
        if found is not None:
            chunk = chunks[ready]
            for row, encoded in zip(chunk.rows, found, strict=True):
                _note(items[row : row + 1], encoded)
                tokens.write(encoded.tokens.astype(kind).tobytes())
                if answers is not None and encoded.answers is not None:
                    answers.write(encoded.answers.astype(np.uint8).tobytes())
            ready, done = ready + 1, done + chunk.characters
        yield from meter.progress(done)
    yield from meter.progress(done, always=True)
    items["start"][1:] = np.cumsum(items["length"])[:-1]
    writer.write(TOKEN_CHECKS, tokens.finish())
    if answers is not None:
        writer.write(ANSWER_CHECKS, answers.finish())
    _write_tables(writer, work, settings, items, kind)


def _blank_items(division: Division) -> np.ndarray:
    items = np.zeros(len(division.sources), ITEM)
    items["source"], items["part"] = division.sources, division.parts
    return items


def _note(item: np.ndarray, encoded: Encoded) -> None:
    """Add what became of an item, or of one more stretch of it, to its record, (1,) ITEM."""
    item["length"] += len(encoded.tokens)
    item["cut"] += encoded.cut
    item["characters"] += encoded.characters
    item["bytes"] += encoded.bytes


def _write_tables(
    writer: FolderWriter, work: _Work, settings: PrepareTexts, items: np.ndarray, kind: np.dtype[np.unsignedinteger]
) -> None:
    store, division = work.store, work.division
    writer.write(ITEMS, items.tobytes())
    writer.write(NAMES, join_texts([store.names[position] for position in division.sources.tolist()]))
    writer.write(TOKENISER, work.encoder.tokeniser.text.encode("utf-8"))
    sources = np.unique(division.sources)
    learnt = np.bincount(division.sources, division.ends - division.begins)[sources].astype(np.int64)
    facts = store.facts().model_copy(
        update={"count": len(sources), "characters": int(learnt.sum()), "longest": int(learnt.max())}
    )
    writer.write_json(
        ABOUT,
        {
            "version": VERSION, "kind": store.kind, "count": len(items), "type": kind.str,
            "template": _template(settings),
            "facts": facts.model_dump(), "lost": [store.names[position] for position in division.lost],
        },
    )  # fmt: skip


def _finished(writer: FolderWriter) -> Generator[Event, None, PreparedTexts]:
    """Give the folder its name in a thread, for much data reaches the disk slowly; not to be stopped any more."""

    def finish() -> PreparedTexts:
        _give_name(writer)
        return PreparedTexts(writer.path)

    meter = Meter(text("Writing to the disk"))
    for found in beside(finish, never):
        yield from meter.progress(0)
        if found is not None:
            return found
    raise AssertionError("a function in a thread ends with its result or its error")


def _give_name(writer: FolderWriter) -> None:
    try:
        writer.finish()
    except StudioError:
        # Another program prepared the same meanwhile: same name, same content.
        if not writer.path.is_dir():
            raise
