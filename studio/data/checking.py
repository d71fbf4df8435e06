"""The check: what a person should know of a data set before training on it, and what could be done about it.

Nothing is changed here. A finding names its pictures and may carry a proposal, which turns the user's choices into
others; the pictures themselves stay as they are.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from studio.config.data import Choices
from studio.data.decoding import BrokenPicture
from studio.data.likeness import alike_pairs, equal_groups, groups_of
from studio.data.store import ANIMATED, TRANSPARENT, PictureStore
from studio.data.work import Meter, Stop, Stopped, beside, ends, in_order, never
from studio.ground.errors import DamagedError, Text, text
from studio.ground.events import Ended, Event, Severity, Started

ODD_SHAPE = 1.15
"""Longer side over shorter side from which cutting to a square loses something worth mentioning."""
VERY_ODD_SHAPE = 2.0
UNBALANCED = 10.0
"""How many times more pictures the largest class may have than the smallest."""
FEW = 200

Code = Literal[
    "broken", "damaged", "blank", "small", "duplicates", "conflicting", "near-duplicates", "shapes", "very-odd-shapes",
    "modes", "transparency", "animated", "balance", "unlabelled", "uncaptioned", "few", "empty-side", "copied",
    "misaligned", "scripts", "several", "statistics", "empty", "headers", "unreadable-signs",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change of the choices that answers a finding; None and () leave a choice as it is."""

    text: Text
    leave_out: tuple[str, ...] = ()
    shape: Literal["crop", "pad"] | None = None
    background: str | None = None
    headers: Literal["keep", "remove"] | None = None

    def apply(self, choices: Choices) -> Choices:
        """The choices with this proposal taken."""
        known = set(choices.leave_out)
        added = tuple(name for name in dict.fromkeys(self.leave_out) if name not in known)
        changes: dict[str, object] = {"leave_out": (*choices.leave_out, *added)}
        changes |= {"shape": self.shape} if self.shape else {}
        changes |= {"background": self.background} if self.background else {}
        changes |= {"headers": self.headers} if self.headers else {}
        return choices.model_copy(update=changes)

    def withdraw(self, choices: Choices) -> Choices:
        """The choices without what this proposal leaves out."""
        taken = set(self.leave_out)
        return choices.model_copy(update={"leave_out": tuple(n for n in choices.leave_out if n not in taken)})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: its sentence, the pictures it is about, and (for likeness) which of them belong together."""

    code: Code
    severity: Severity
    text: Text
    names: tuple[str, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    reasons: tuple[Text, ...] = ()
    """For broken files: why, in the order of ``names``."""
    proposals: tuple[Proposal, ...] = ()

    @property
    def proposal(self) -> Proposal | None:
        """The proposal that the program would take; None where there is nothing to do."""
        return self.proposals[0] if self.proposals else None


@dataclass(frozen=True, slots=True)
class Report:
    """All findings, the gravest first. ``count``: pictures looked at; ``skipped``: files that never became one."""

    count: int
    skipped: int
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _View:
    """The pictures of a store that are not left out: their positions (n,) and what is asked of them often."""

    store: PictureStore
    size: int
    positions: np.ndarray
    groups: list[tuple[str, ...]] = field(default_factory=list)

    def names(self, which: np.ndarray | Sequence[int]) -> tuple[str, ...]:
        return tuple(self.store.names[int(self.positions[i])] for i in which)

    def column(self, name: str) -> np.ndarray:
        return self.store.items[name][self.positions]


@ends
def check(store: PictureStore, choices: Choices, stop: Stop = never, *, size: int = 32) -> Iterator[Event]:
    """Look for everything that could spoil a training at ``size`` pixels among the pictures not left out.

    The last event is ``Ended(result=Report)``, or failed with a sentence, or stopped.
    """
    out = set(choices.leave_out)
    positions = np.array([i for i, name in enumerate(store.names) if name not in out], np.int64)
    view = _View(store, size, positions)
    yield Started("check", store.folder.name, total=len(positions))
    if not len(positions):
        yield Ended("finished", result=Report(0, len(store.skipped), tuple(_broken(store))))
        return
    damaged = yield from _damaged(view, stop)
    blank = yield from _blank(view, stop)
    alike = yield from _alike(view, stop)
    findings = [*_broken(store), *damaged, *blank, *_small(view), *alike, *_shapes(view), *_looks(view), *_labels(view)]
    findings += [*_captions(view), *_few(view)]
    order = {"error": 0, "warning": 1, "info": 2}
    findings.sort(key=lambda finding: order[finding.severity])
    yield Ended("finished", result=Report(len(positions), len(store.skipped), tuple(findings)))


def _broken(store: PictureStore) -> Iterator[Finding]:
    if store.skipped:
        sentence = text(
            "Files that could not be read as pictures, and are not in the data set: {count}.", count=len(store.skipped)
        )
        names, reasons = tuple(s.name for s in store.skipped), tuple(s.reason for s in store.skipped)
        yield Finding("broken", "warning", sentence, names, reasons=reasons)


def _damaged(view: _View, stop: Stop) -> Generator[Event, None, list[Finding]]:
    """Whether every picture still holds what was imported."""
    meter = Meter(text("Reading the data set"), len(view.positions))
    bad: list[int] = []
    done = 0
    pieces = [range(i, min(i + 256, len(view.positions))) for i in range(0, len(view.positions), 256)]
    for found in in_order(lambda some: (len(some), _changed(view, some)), pieces, stop=stop):
        if found is not None:
            done += found[0]
            bad += found[1]
        yield from meter.progress(done)
    if not bad:
        return []
    sentence = text("Pictures that no longer hold what was imported: {count}. The disk may be failing.", count=len(bad))
    return [Finding("damaged", "error", sentence, view.names(bad), proposals=(_leaving_out(view.names(bad)),))]


def _changed(view: _View, some: range) -> list[int]:
    bad = []
    for i in some:
        try:
            view.store.data(int(view.positions[i]))
        except DamagedError:
            bad.append(i)
    return bad


def _blank(view: _View, stop: Stop) -> Generator[Event, None, list[Finding]]:
    """Pictures of one colour: suspected by their tiny pictures, confirmed by their pixels."""
    meter = Meter(text("Looking for empty pictures"))
    suspected = np.empty(0, np.int64)
    for even in beside(lambda: _even_thumbs(view), stop):
        suspected = suspected if even is None else even
        yield from meter.progress(0)
    blank: list[int] = []
    results = in_order(lambda i: (i, _is_blank(view, i)), suspected.tolist(), stop=stop)
    for done, found in enumerate(results):
        if found is not None and found[1]:
            blank.append(found[0])
        yield from meter.progress(min(done, len(suspected)))
    if not blank:
        return []
    sentence = text("Empty pictures, of one colour and nothing else: {count}.", count=len(blank))
    return [Finding("blank", "warning", sentence, view.names(blank), proposals=(_leaving_out(view.names(blank)),))]


def _even_thumbs(view: _View) -> np.ndarray:
    """Places (n,) of the pictures that are of one colour when seen from afar."""
    thumbs = view.store.thumbs().reshape(len(view.store), -1, 3)
    parts = [view.positions[start : start + 4096] for start in range(0, len(view.positions), 4096)]
    return np.flatnonzero(np.concatenate([(np.ptp(thumbs[part], axis=1) <= 2).all(axis=1) for part in parts]))


def _is_blank(view: _View, i: int) -> bool:
    try:
        image = view.store.picture(int(view.positions[i]))
    except (DamagedError, BrokenPicture):
        return False  # named among the damaged already
    extremes = image.getextrema()
    bands = extremes if isinstance(extremes[0], tuple) else (extremes,)
    return all(high - low <= 2 for low, high in bands)


def _small(view: _View) -> Iterator[Finding]:
    shorter = np.minimum(view.column("width"), view.column("height"))
    which = np.flatnonzero(shorter < view.size)
    if not len(which):
        return
    sentence = text(
        "Smaller than {size} pixels: {count} of {total} pictures. They would be enlarged and blurred.",
        count=len(which), total=len(shorter), size=view.size,
    )  # fmt: skip
    names = view.names(which)
    proposals = () if len(which) == len(shorter) else (_leaving_out(names),)
    yield Finding("small", "warning", sentence, names, proposals=proposals)


def _alike(view: _View, stop: Stop) -> Generator[Event, None, list[Finding]]:
    """The same file twice, and pictures that look nearly the same."""
    meter = Meter(text("Comparing pictures"), len(view.positions))
    equal: list[list[int]] = []
    first, thumbs = np.empty(0, np.int64), np.empty((0, 1), np.uint8)
    for found in beside(lambda: _without_copies(view), stop):
        if found is not None:
            equal, first, thumbs = found
        yield from meter.progress(0)
    pairs: list[tuple[int, int]] = []
    for done, some in alike_pairs(view.column("hash")[first], thumbs):
        if stop():
            raise Stopped
        pairs += some
        yield from meter.progress(done)
    near = [[int(first[i]) for i in group] for group in groups_of(pairs)]
    return [*_equal_findings(view, equal), *_near_findings(view, near)]


def _without_copies(view: _View) -> tuple[list[list[int]], np.ndarray, np.ndarray]:
    """Groups of equal pictures; places (n,) of all but their copies, which alone can be near others; their thumbs."""
    keys = np.ascontiguousarray(view.column("sha256")[:, :8]).view("<u8").reshape(-1)
    equal = equal_groups(keys)
    first = np.setdiff1d(np.arange(len(keys)), [i for group in equal for i in group[1:]])
    return equal, first, view.store.thumbs()[view.positions[first]]


def _equal_findings(view: _View, groups: list[list[int]]) -> Iterator[Finding]:
    if not groups:
        return
    named = tuple(view.names(group) for group in groups)
    surplus = tuple(name for group in named for name in group[1:])
    sentence = text(
        "Exact copies of other pictures: {count}, in groups: {groups}.", count=len(surplus), groups=len(groups)
    )
    keep = _leaving_out(surplus, text("Keep the first of each group and leave out {count}.", count=len(surplus)))
    yield Finding("duplicates", "warning", sentence, _flat(named), groups=named, proposals=(keep,))
    split = [group for group in groups if _disagree(view, group)]
    if split:
        named = tuple(view.names(group) for group in split)
        sentence = text("Groups of exact copies that bear different labels: {groups}.", groups=len(split))
        without = _leaving_out(_flat(named), text("Leave out all of them, since one label must be wrong."))
        yield Finding("conflicting", "warning", sentence, _flat(named), groups=named, proposals=(without,))


def _disagree(view: _View, group: list[int]) -> bool:
    where = view.positions[group]
    return any(len(np.unique(column.codes[where])) > 1 for name, column in view.store.labels.items() if name != "split")


def _near_findings(view: _View, groups: list[list[int]]) -> Iterator[Finding]:
    if not groups:
        return
    named = tuple(view.names(group) for group in groups)
    surplus = tuple(name for group in named for name in group[1:])
    sentence = text(
        "Pictures that look nearly like others: {count}, in groups: {groups}.", count=len(surplus), groups=len(groups)
    )
    keep = _leaving_out(surplus, text("Keep the first of each group and leave out {count}.", count=len(surplus)))
    yield Finding("near-duplicates", "info", sentence, _flat(named), groups=named, proposals=(keep,))


def _shapes(view: _View) -> Iterator[Finding]:
    width, height = view.column("width").astype(float), view.column("height").astype(float)
    ratio = np.maximum(width, height) / np.maximum(1, np.minimum(width, height))
    odd = np.flatnonzero(ratio >= ODD_SHAPE)
    if not len(odd):
        return
    sentence = text("Not square: {count} of {total} pictures.", count=len(odd), total=len(ratio))
    crop = Proposal(text("Cut them to their middle."), shape="crop")
    pad = Proposal(text("Keep them whole and fill up the borders."), shape="pad")
    yield Finding("shapes", "info", sentence, view.names(odd), proposals=(crop, pad))
    very = view.names(np.flatnonzero(ratio >= VERY_ODD_SHAPE))
    if very:
        sentence = text("More than twice as long as wide, or the other way round: {count}.", count=len(very))
        yield Finding("very-odd-shapes", "warning", sentence, very, proposals=(_leaving_out(very), pad))


def _looks(view: _View) -> Iterator[Finding]:
    """Colour modes, transparency, animation."""
    modes, flags = view.column("mode"), view.column("flags")
    if len(np.unique(modes)) > 1:
        counts = {view.store.modes[int(m)]: int((modes == m).sum()) for m in np.unique(modes)}
        listed = ", ".join(f"{n} × {_MODE_WORDS.get(mode, mode)}" for mode, n in _largest_first(counts))
        yield Finding(
            "modes",
            "info",
            text("The pictures come in several colour modes: {modes}. All are brought to one.", modes=listed),
        )
    clear = np.flatnonzero(flags & TRANSPARENT)
    if len(clear):
        sentence = text(
            "Partly transparent: {count} of {total} pictures. A colour shows through them.",
            count=len(clear),
            total=len(flags),
        )
        proposals = tuple(Proposal(text(words), background=colour) for words, colour in _GROUNDS)
        yield Finding("transparency", "info", sentence, view.names(clear), proposals=proposals)
    moving = np.flatnonzero(flags & ANIMATED)
    if len(moving):
        yield Finding(
            "animated",
            "info",
            text("Moving pictures, of which the first frame is used: {count}.", count=len(moving)),
            view.names(moving),
        )


_GROUNDS = (
    ("Put white behind them.", "#ffffff"),
    ("Put black behind them.", "#000000"),
    ("Put grey behind them.", "#808080"),
)
_MODE_WORDS = {
    "1": "black and white", "L": "grey", "LA": "grey with transparency", "P": "palette", "RGB": "colour",
    "RGBA": "colour with transparency", "CMYK": "print colours (CMYK)", "I;16": "16-bit grey", "I": "32-bit grey",
    "I;16B": "16-bit grey", "F": "floating point grey", "PA": "palette with transparency", "YCbCr": "colour (YCbCr)",
}  # fmt: skip


def _labels(view: _View) -> Iterator[Finding]:
    """Classes that are very unequal, and pictures without a label."""
    for name, whole in view.store.labels.items():
        codes = whole.codes[view.positions]
        missing = np.flatnonzero(codes < 0)
        if len(missing):
            sentence = text(
                "Without {label}: {count} of {total} pictures.", count=len(missing), total=len(codes), label=name
            )
            yield Finding(
                "unlabelled", "info", sentence, view.names(missing), proposals=(_leaving_out(view.names(missing)),)
            )
        counts = np.bincount(codes[codes >= 0], minlength=len(whole.values))
        present = {whole.values[i]: int(n) for i, n in enumerate(counts) if n}
        if name != "split" and len(present) > 1:
            yield from _balance(view, name, present, codes)


def _captions(view: _View) -> Iterator[Finding]:
    """Pictures that no words describe, where others are described."""
    captions = view.store.captions
    missing = [i for i in view.positions.tolist() if captions and not captions[i]]
    if missing:
        total = len(view.positions)
        sentence = text("Without a caption: {count} of {total} pictures.", count=len(missing), total=total)
        names = tuple(view.store.names[i] for i in missing)
        yield Finding("uncaptioned", "info", sentence, names, proposals=(_leaving_out(names),))


def _balance(view: _View, name: str, counts: dict[str, int], codes: np.ndarray) -> Iterator[Finding]:
    ordered = _largest_first(counts)
    (most, many), (least, few) = ordered[0], ordered[-1]
    if many < UNBALANCED * few:
        return
    sentence = text(
        "{label} is unbalanced: {most} has {many} pictures, {least} has {few}. Rare ones will be learned worst.",
        label=name, most=most, many=many, least=least, few=few,
    )  # fmt: skip
    rare = [value for value, n in ordered if n * UNBALANCED <= many]
    values = view.store.labels[name].values
    which = np.flatnonzero(np.isin(codes, [values.index(value) for value in rare]))
    yield Finding("balance", "info", sentence, view.names(which), proposals=(_leaving_out(view.names(which)),))


def _few(view: _View) -> Iterator[Finding]:
    if len(view.positions) < FEW:
        sentence = text("So few pictures that a model may learn them by heart: {count}.", count=len(view.positions))
        yield Finding("few", "info", sentence)


def _leaving_out(names: tuple[str, ...], sentence: Text | None = None) -> Proposal:
    return Proposal(sentence or text("Leave out these {count}.", count=len(names)), leave_out=names)


def _flat(groups: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(name for group in groups for name in group)


def _largest_first(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
