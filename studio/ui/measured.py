"""The measures of runs as people read them: names, which way is better, numbers with their errors, best checkpoints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QCoreApplication

from studio.ground.errors import UsageError
from studio.measures.registry import MEASURES, NOTES, Measure, find_measure
from studio.projects.measures import MeasureFile, MeasureRow
from studio.ui.text import NO_BREAK, count_text, number_text
from studio.ui.words import spoken

BEST = "best:"
"""Before the name of a measure: the checkpoint that is best by it, as requests name it."""
_TOGETHER = (("precision", "recall"), ("density", "coverage"))


def _tr(words: str) -> str:
    return QCoreApplication.translate("Measures", words)


# --- one measure -----------------------------------------------------------------------------------------------------


def known(name: str) -> Measure | None:
    """The measure of a row, whose name may end in a dot and a label; None for one of another version."""
    try:
        return find_measure(name)
    except UsageError:
        return None


def title(name: str) -> str:
    """What a measure is called, with the label that it is of."""
    measure, label = known(name), name.partition(".")[2]
    words = spoken(measure.title) if measure is not None else name.partition(".")[0].replace("_", " ")
    return f"{words}: {label}" if label else words


def help_words(name: str) -> str:
    """What a measure tells, and which way is good, in a sentence or two."""
    measure = known(name)
    if measure is None:
        return ""
    return f"{spoken(measure.help)} {direction(measure.lowest_is_best)}"


def direction(lowest_is_best: bool) -> str:
    """Which way it gets better."""
    return _tr("Lower is better.") if lowest_is_best else _tr("Higher is better.")


def order(names: Iterable[str]) -> list[str]:
    """Measures in the order of the registry, unknown ones last."""
    places = {name: at for at, name in enumerate(MEASURES)}
    return sorted(dict.fromkeys(names), key=lambda name: (places.get(name.partition(".")[0], len(places)), name))


# --- one number ------------------------------------------------------------------------------------------------------


def value_words(row: MeasureRow) -> str:
    """“12.3 ± 0.4”, a share in per cent."""
    return number_words(row.measure, row.value, row.error)


def number_words(name: str, value: float, error: float | None) -> str:
    """A number of a measure with its standard error, to as many places as the error leaves sense in."""
    measure = known(name)
    scale, unit = (100.0, f"{NO_BREAK}%") if measure is not None and measure.share else (1.0, "")
    value *= scale
    if error is None:
        return f"{number_text(value)}{unit}"
    places = _places(error * scale)
    gap = f"{NO_BREAK}±{NO_BREAK}"
    return f"{value:.{places}f}{gap}{error * scale:.{places}f}{unit}".replace("-", "−")


def _places(error: float) -> int:
    """Decimal places that show an error with two figures, at least one place."""
    if error <= 0 or not np.isfinite(error):
        return 3
    return int(min(6, max(1, 1 - np.floor(np.log10(error)))))


def note_words(row: MeasureRow) -> str:
    """What is to be said of a number; empty where nothing is."""
    return spoken(NOTES[row.note]) if row.note in NOTES else row.note


def basis_words(row: MeasureRow) -> str:
    """On what a number rests: how many samples, from which seed, in whose eyes, compared with what."""
    words = [_tr("{0} samples").format(count_text(row.count)), _tr("seed {0}").format(row.seed), features_words(row)]
    return " · ".join(word for word in (*words, row.data) if word)


def features_words(row: MeasureRow) -> str:
    """In whose eyes a number was taken."""
    known_words = {"pixels": _tr("pixels"), "own": _tr("the model's own")}
    return known_words.get(row.features, row.features)


# --- curves ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class MeasuredLine:
    """A measure along a run: steps (n,) int64, values and standard errors (n,) float64 (0 where unknown)."""

    measure: str
    name: str
    tip: str
    steps: np.ndarray
    values: np.ndarray
    errors: np.ndarray


@dataclass(frozen=True)
class MeasuredGroup:
    """Measures that stand in one plot: they have one unit."""

    key: str
    title: str
    lines: tuple[MeasuredLine, ...] = field(default_factory=tuple)


def groups(file: MeasureFile) -> tuple[MeasuredGroup, ...]:
    """All that was measured of a run, in the order of the registry; what has labels stands in one plot."""
    by_key: dict[str, list[str]] = {}
    for name in order(file.names()):
        by_key.setdefault(_group_of(name.partition(".")[0]), []).append(name)
    return tuple(_group(key, names, file) for key, names in by_key.items())


def _group_of(base: str) -> str:
    return next((some[0] for some in _TOGETHER if base in some), base)


def _group(key: str, names: Sequence[str], file: MeasureFile) -> MeasuredGroup:
    lines = tuple(line(name, file, several=len(names) > 1) for name in names)
    bases = order(name.partition(".")[0] for name in names)
    words = " / ".join(title(base) for base in bases)
    measure = known(key)
    way = direction(measure.lowest_is_best).rstrip(".").lower() if measure is not None else ""
    return MeasuredGroup(f"measure:{key}", f"{words} · {way}" if way else words, lines)


def line(name: str, file: MeasureFile, *, several: bool = True) -> MeasuredLine:
    """The curve of one measure; alone in its plot (not `several`) it is named by its samples, else by itself."""
    rows = file.series(name)
    words = (name.partition(".")[2] or title(name)) if several else _samples(rows)
    if several and any(row.note == "few" for row in rows):
        words = _tr("{0} (few samples)").format(words)
    tip = "\n".join(part for part in (help_words(name), basis_words(rows[-1]) if rows else "") if part)
    errors = [0.0 if row.error is None else row.error for row in rows]
    steps, values = [row.step for row in rows], [row.value for row in rows]
    return MeasuredLine(name, words, tip, np.array(steps, np.int64), np.array(values, float), np.array(errors, float))


def _samples(rows: Sequence[MeasureRow]) -> str:
    if any(row.note == "few" for row in rows):
        return _tr("few samples: {0}").format(count_text(rows[-1].count))
    return _tr("{0} samples").format(count_text(rows[-1].count)) if rows else ""


# --- the best checkpoint ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BestBy:
    """The checkpoint that is best by a measure: its name in requests, words, its step."""

    checkpoint: str
    words: str
    step: int


def best_choices(file: MeasureFile, kept: Sequence[int]) -> list[BestBy]:
    """By which measures a best checkpoint can be named: those that two kept ones or more were measured by."""
    found = []
    for name in order(file.names()):
        among = {row.step for row in file.series(name)} & set(kept)
        step = file.best_step(name, among)
        if step is not None and len(among) > 1:
            found.append(BestBy(f"{BEST}{name}", _tr("best by {0}").format(title(name)), step))
    return found


# --- comparing runs --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """How one run stands by a measure: its best number and its latest; None where it was not measured."""

    best: MeasureRow | None
    last: MeasureRow | None


def standing(file: MeasureFile, measure: str) -> Standing:
    """The best and the last number of a run."""
    rows = file.series(measure)
    if not rows:
        return Standing(None, None)
    sign = 1 if rows[0].lowest_is_best else -1
    return Standing(min(rows, key=lambda row: (sign * row.value, row.step)), rows[-1])


def leader(standings: Mapping[str, Standing]) -> str:
    """Which run stands best; empty where fewer than two were measured."""
    best = {name: found.best for name, found in standings.items() if found.best is not None}
    ratings = {name: row.value if row.lowest_is_best else -row.value for name, row in best.items()}
    return min(ratings, key=lambda name: ratings[name]) if len(ratings) > 1 else ""


def same_terms(standings: Iterable[Standing]) -> bool:
    """Whether the numbers may be compared: all of one basis."""
    return len({found.best.basis for found in standings if found.best is not None}) <= 1
