"""The check of pairs: what spoils a translation model, each listed with what could be left out.

Nothing is changed here. Whether a pair belongs together is told by the lengths of its sides beside what is usual, and
by the script that its letters are of.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from studio.data.checking import FEW, Code, Finding, Proposal, Report
from studio.data.texts.store import TextStore
from studio.data.work import Meter, Stop, Stopped, ends, never
from studio.ground.errors import DamagedError, Text, text
from studio.ground.events import Ended, Event, Severity, Started

_EVERY = 500  # pairs between two looks at the clock
_LEAST = 12
"""Characters from which lengths say something."""
_RATIO = 3.0
"""How many times longer than usual one side may be."""
_LETTERS = 200  # of a side are looked at
_SCRIPTS = 0.9
"""Share of a side's sentences that must be of one script for others to be odd."""


@dataclass(slots=True)
class _Seen:
    """What is known of the pairs so far: positions of the odd ones, lengths (n, 2), scripts of both sides."""

    positions: list[int] = field(default_factory=list)
    lengths: list[tuple[int, int]] = field(default_factory=list)
    scripts: list[tuple[str, str]] = field(default_factory=list)
    empty: list[int] = field(default_factory=list)
    copied: list[int] = field(default_factory=list)
    damaged: list[int] = field(default_factory=list)
    same: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    sources: dict[str, list[int]] = field(default_factory=dict)


@ends
def check_pairs(store: TextStore, leave_out: Sequence[str], stop: Stop = never) -> Iterator[Event]:
    """Look for everything that could spoil a training among the pairs not left out.

    The last event is ``Ended(result=Report)``, or failed with a sentence, or stopped.
    """
    out = set(leave_out)
    positions = [place for place, name in enumerate(store.names) if name not in out]
    yield Started("check", store.folder.name, total=len(positions))
    meter, seen = Meter(text("Reading the pairs"), len(positions)), _Seen()
    for done, position in enumerate(positions):
        _look(store, position, seen)
        if done % _EVERY == 0:
            if stop():
                raise Stopped
            yield from meter.progress(done)
    findings = [*_broken(store), *_findings(store, seen)]
    order = {"error": 0, "warning": 1, "info": 2}
    findings.sort(key=lambda finding: order[finding.severity])
    yield Ended("finished", result=Report(len(positions), len(store.skipped), tuple(findings)))


def _look(store: TextStore, position: int, seen: _Seen) -> None:
    try:
        one, other = store.pair(position)
    except DamagedError:
        seen.damaged.append(position)
        return
    if not one.strip() or not other.strip():
        seen.empty.append(position)
        return
    plain = _plain(one), _plain(other)
    if plain[0] == plain[1] and any(letter.isalpha() for letter in one):
        seen.copied.append(position)
    seen.positions.append(position)
    seen.lengths.append((len(one), len(other)))
    seen.scripts.append((script_of(one), script_of(other)))
    seen.same.setdefault(plain, []).append(position)
    seen.sources.setdefault(plain[0], []).append(position)


def script_of(words: str) -> str:
    """The script that most letters are of: ``LATIN``, ``CYRILLIC``, ``CJK``, ...; "" where there are none."""
    counts = Counter(
        unicodedata.name(letter, "").partition(" ")[0] for letter in words[:_LETTERS] if letter.isalpha()
    )  # fmt: skip
    return counts.most_common(1)[0][0] if counts else ""


def misaligned(lengths_N2: np.ndarray) -> np.ndarray:
    """Which pairs (N,) bool have sides whose lengths in characters do not fit, beside what is usual in the data set."""
    if not len(lengths_N2):
        return np.zeros(0, bool)
    ratios = np.log(lengths_N2[:, 0] / lengths_N2[:, 1])
    odd = np.abs(ratios - np.median(ratios)) > np.log(_RATIO)
    found: np.ndarray = odd & (lengths_N2.max(axis=1) >= _LEAST)
    return found


def _broken(store: TextStore) -> Iterator[Finding]:
    if store.skipped:
        sentence = text("Lines that could not be read, and are not in the data set: {count}.", count=len(store.skipped))
        reasons = tuple(skipped.reason for skipped in store.skipped)
        yield Finding("broken", "warning", sentence, tuple(s.name for s in store.skipped), reasons=reasons)


def _findings(store: TextStore, seen: _Seen) -> Iterator[Finding]:
    yield from _named(store, "damaged", seen.damaged, "Pairs that no longer hold what was imported: {count}.", "error")
    yield from _named(store, "empty-side", seen.empty, "Pairs of which one side is empty: {count}.")
    yield from _named(store, "copied", seen.copied, "Pairs whose sides are the same words, not translated: {count}.")
    lengths = np.array(seen.lengths, float).reshape(-1, 2)
    odd = [seen.positions[i] for i in np.flatnonzero(misaligned(lengths))]
    sentence = "Pairs whose lengths do not fit each other, so that they may not belong together: {count}."
    yield from _named(store, "misaligned", odd, sentence)
    yield from _named(
        store, "scripts", _of_other_script(seen), "Pairs written in another script than the rest: {count}."
    )
    yield from _doubled(store, seen)
    if len(seen.positions) < FEW:
        yield Finding("few", "warning", text("Only {count} pairs: few to learn from.", count=len(seen.positions)))


def _of_other_script(seen: _Seen) -> list[int]:
    """Pairs of which a side is in another script than nearly all of that side."""
    odd: set[int] = set()
    for side in range(2):
        counts = Counter(scripts[side] for scripts in seen.scripts if scripts[side])
        if not counts:
            continue
        usual, many = counts.most_common(1)[0]
        if many >= _SCRIPTS * counts.total():
            odd |= {i for i, scripts in enumerate(seen.scripts) if scripts[side] not in ("", usual)}
    return [seen.positions[i] for i in sorted(odd)]


def _doubled(store: TextStore, seen: _Seen) -> Iterator[Finding]:
    """Pairs that come twice; sources with several translations, which are held together by the split."""
    groups = [group for group in seen.same.values() if len(group) > 1]
    if groups:
        surplus = [position for group in groups for position in group[1:]]
        sentence = text("Pairs that are there already: {count}.", count=len(surplus))
        words = text("Keep the first of each and leave out {count}.", count=len(surplus))
        named = tuple(_names(store, group) for group in groups)
        proposals = (Proposal(words, _names(store, surplus)),)
        yield Finding("duplicates", "warning", sentence, _names(store, surplus), groups=named, proposals=proposals)
    again = {position for group in groups for position in group[1:]}
    distinct = ([p for p in group if p not in again] for group in seen.sources.values())
    several = [group for group in distinct if len(group) > 1]
    if several:
        named = tuple(_names(store, group) for group in several)
        sentence = text(
            "Sentences with several translations: {count}. They are kept in one part of the data set together, so that "
            "nothing of the test is learned.",
            count=len(several),
        )  # fmt: skip
        rest = [position for group in several for position in group[1:]]
        words = text("Keep the first translation of each and leave out {count}.", count=len(rest))
        proposals = (Proposal(words, _names(store, rest)),)
        yield Finding("several", "info", sentence, _names(store, rest), groups=named, proposals=proposals)


def _named(
    store: TextStore, code: Code, positions: Sequence[int], sentence: str, severity: Severity = "warning"
) -> Iterator[Finding]:
    if positions:
        names = _names(store, positions)
        words: Text = text("Leave out {count}.", count=len(names))
        yield Finding(code, severity, text(sentence, count=len(names)), names, proposals=(Proposal(words, names),))


def _names(store: TextStore, positions: Sequence[int]) -> tuple[str, ...]:
    return tuple(store.names[position] for position in positions)


def _plain(words: str) -> str:
    return " ".join(words.casefold().split())
