"""The check of documents and conversations: how long they are, what is empty, doubled, damaged, or no text to learn.

Nothing is changed here; findings and proposals are those of :mod:`studio.data.checking`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import numpy as np

from studio.config.data import Choices
from studio.data.checking import Finding, Proposal, Report
from studio.data.likeness import equal_groups
from studio.data.texts.dividing import NEAR_AMONG, gathered
from studio.data.texts.headers import body_of
from studio.data.texts.likeness import Likeness
from studio.data.texts.store import TextStore
from studio.data.work import Meter, Stop, Stopped, beside, ends, never
from studio.ground.errors import DamagedError, text
from studio.ground.events import Ended, Event, Started

FEW = 100_000
"""Characters, below which a model may learn everything by heart."""
_SIGNS = 0.001
_SIGN = "\N{REPLACEMENT CHARACTER}"
_COUNTED = {"text": "texts", "chat": "conversations"}


@dataclass(frozen=True, slots=True)
class _Read:
    """What reading all texts has told. ``positions`` (n,) in the store are those not left out."""

    positions: np.ndarray
    likeness: Likeness
    lost: tuple[int, ...]
    headers: tuple[int, ...]
    signs: tuple[int, ...]


@ends
def check_texts(store: TextStore, choices: Choices, stop: Stop = never) -> Iterator[Event]:
    """Look for everything that could spoil a training among the texts not left out.

    The last event is ``Ended(result=Report)``, or failed with a sentence, or stopped.
    """
    out = set(choices.leave_out)
    positions = np.array([i for i, name in enumerate(store.names) if name not in out], np.int64)
    yield Started("check", store.folder.name, total=len(positions))
    meter = Meter(text("Reading the texts"), int(store.characters[positions].sum()))
    told = [0]

    def tick(count: int) -> None:
        told[0] = count
        if stop():
            raise Stopped

    found: _Read | None = None
    for found in beside(lambda: _read(store, positions, tick), stop):  # noqa: B007 - the last one counts
        yield from meter.progress(told[0])
    assert found is not None
    findings = [*_broken(store), *_damaged(store, found), *_empty(store, found), *_signs(store, found)]
    findings += [*(yield from _alike(store, found, stop)), *_headers(store, found), *_statistics(store, found)]
    order = {"error": 0, "warning": 1, "info": 2}
    findings.sort(key=lambda finding: order[finding.severity])
    yield Ended("finished", result=Report(len(positions), len(store.skipped), tuple(findings)))


def _read(store: TextStore, positions: np.ndarray, tick: Callable[[int], None]) -> _Read:
    likeness, lost = gathered(store, positions, tick)
    headers, signs, total = list[int](), list[int](), int(store.characters[positions].sum())
    for position in positions.tolist():
        tick(total)
        if position in lost:
            continue
        try:
            if store.kind == "text" and body_of(store, position) != (0, int(store.characters[position])):
                headers.append(position)
            beginning = store.excerpt(position, 0, 50_000) if store.kind == "text" else "".join(store.texts(position))
        except DamagedError:
            continue
        if beginning.count(_SIGN) > _SIGNS * len(beginning):
            signs.append(position)
    return _Read(positions, likeness, lost, tuple(headers), tuple(signs))


def _broken(store: TextStore) -> Iterator[Finding]:
    if store.skipped:
        sentence = text(
            "Files, lines or rows that could not be read, and are not in the data set: {count}.",
            count=len(store.skipped),
        )  # fmt: skip
        names, reasons = tuple(s.name for s in store.skipped), tuple(s.reason for s in store.skipped)
        yield Finding("broken", "warning", sentence, names, reasons=reasons)


def _damaged(store: TextStore, found: _Read) -> Iterator[Finding]:
    if found.lost:
        names = _names(store, found.lost)
        sentence = text(
            "Texts that no longer hold what was imported: {count}. The disk may be failing.", count=len(names)
        )
        yield Finding("damaged", "error", sentence, names, proposals=(_leaving_out(names),))


def _empty(store: TextStore, found: _Read) -> Iterator[Finding]:
    names = _names(store, found.positions[store.characters[found.positions] == 0].tolist())
    if names:
        sentence = text("Empty ones, of which nothing is learnt: {count}.", count=len(names))
        yield Finding("empty", "info", sentence, names, proposals=(_leaving_out(names),))


def _signs(store: TextStore, found: _Read) -> Iterator[Finding]:
    if found.signs:
        names = _names(store, found.signs)
        sentence = text(
            "With many signs for letters that could not be read: {count}. Perhaps they were damaged before.",
            count=len(names),
        )  # fmt: skip
        yield Finding("unreadable-signs", "warning", sentence, names, proposals=(_leaving_out(names),))


def _alike(store: TextStore, found: _Read, stop: Stop) -> Generator[Event, None, list[Finding]]:
    """Copies, and what is nearly one: groups of names each."""
    meter = Meter(text("Comparing the texts with one another"))
    near = int(store.characters[found.positions].sum()) <= NEAR_AMONG

    def compared() -> tuple[list[list[int]], list[list[int]]]:
        copies = equal_groups(found.likeness.keys(near=False))
        surplus = {i for group in copies for i in group[1:]}
        groups = equal_groups(found.likeness.keys()) if near else []
        alone = [[i for i in group if i not in surplus] for group in groups]
        return copies, [group for group in alone if len(group) > 1]

    groups: tuple[list[list[int]], list[list[int]]] | None = None
    for groups in beside(compared, stop):  # noqa: B007 - the last one counts
        yield from meter.progress(0)
    assert groups is not None
    words = (
        ("duplicates", "warning", "The same words as others: {count}, in groups: {groups}."),
        ("near-duplicates", "info", "Nearly the same words as others: {count}, in groups: {groups}."),
    )
    findings = []
    for (code, severity, sentence), some in zip(words, groups, strict=True):
        named = tuple(_names(store, found.positions[group].tolist()) for group in some)
        surplus = tuple(name for group in named for name in group[1:])
        if surplus:
            keep = Proposal(text("Keep the first of each group and leave out {count}.", count=len(surplus)), surplus)
            told = text(sentence, count=len(surplus), groups=len(named))
            every = tuple(name for group in named for name in group)
            findings.append(Finding(code, severity, told, every, groups=named, proposals=(keep,)))  # type: ignore[arg-type]
    return findings


def _headers(store: TextStore, found: _Read) -> Iterator[Finding]:
    if found.headers:
        names = _names(store, found.headers)
        sentence = text(
            "With the header and the licence of Project Gutenberg, which would be learnt as well: {count}.",
            count=len(names),
        )  # fmt: skip
        remove = Proposal(text("Learn the books alone."), headers="remove")
        keep = Proposal(text("Keep what was written around them."), headers="keep")
        yield Finding("headers", "warning", sentence, names, proposals=(remove, keep))


def _statistics(store: TextStore, found: _Read) -> Iterator[Finding]:
    lengths = store.characters[found.positions]
    if not len(lengths):
        return
    total, distinct = f"{int(lengths.sum()):,}", f"{store.facts().distinct:,}"
    if len(lengths) == 1:
        words = "{characters} characters in all, {distinct} different ones."
        sentence = text(words, characters=total, distinct=distinct)
    else:
        sentence = text(
            "{count} {what} of {characters} characters in all, {distinct} different ones; a half of them have {low} "
            "or fewer, the longest {high}.",
            count=f"{len(lengths):,}", what=_COUNTED[store.kind], characters=total, distinct=distinct,
            low=f"{int(np.median(lengths)):,}", high=f"{int(lengths.max()):,}",
        )  # fmt: skip
    yield Finding("statistics", "info", sentence)
    if lengths.sum() < FEW:
        yield Finding(
            "few", "info", text("So few characters that a model may learn them by heart: {count}.", count=lengths.sum())
        )


def _names(store: TextStore, positions: list[int] | tuple[int, ...]) -> tuple[str, ...]:
    return tuple(store.names[position] for position in positions)


def _leaving_out(names: tuple[str, ...]) -> Proposal:
    return Proposal(text("Leave out these {count}.", count=len(names)), leave_out=names)
