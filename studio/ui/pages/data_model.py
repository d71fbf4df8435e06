"""Which pictures of a data set are shown, and what the user's choices make of it. Knows no Qt.

Everything is arrays over positions in the data set, so that sixty thousand pictures cost a millisecond.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from studio.config.data import Choices, Relabelled
from studio.data.checking import Finding, Proposal
from studio.data.labels import Labels, relabelled
from studio.data.texts.pair_columns import code_of
from studio.data.texts.reading import SUFFIXES
from studio.jobs.browsing import Contents

Kind = Literal["all", "used", "out", "value", "finding"]
MOST_BARS = 10
"""Values of a label that are shown before the user asks for all."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What of a data set is shown. ``value``: one value of a label; ``finding``: the pictures of a finding."""

    kind: Kind = "all"
    label: str = ""
    value: str = ""
    names: tuple[str, ...] = ()
    words: str = ""

    def key(self) -> str:
        """A name for it in a list of filters."""
        return "\0".join((self.kind, self.label, self.value))


ALL, USED, OUT = Filter("all"), Filter("used"), Filter("out")


def value_filter(label: str, value: str) -> Filter:
    """The pictures with one value of a label; the empty value: those without any."""
    return Filter("value", label, value, words=f"{label}: {value or '–'}")


@dataclass(eq=False)
class Sight:
    """A data set, what is left out of it, what is looked at. `shown` are the positions to show (n,) int64."""

    contents: Contents
    choices: Choices = field(default_factory=Choices)
    filter: Filter = ALL
    found: np.ndarray | None = None
    """Positions that a search has found (ascending); None while nothing is searched."""

    def __post_init__(self) -> None:
        self.out = self._out(self.choices)
        self.labels: Mapping[str, Labels] = self._labels(self.choices)

    def choose(self, choices: Choices) -> None:
        """Take up other choices."""
        if choices.leave_out != self.choices.leave_out:
            self.out = self._out(choices)
        if choices.relabelled != self.choices.relabelled:
            self.labels = self._labels(choices)
        self.choices = choices

    def shown(self) -> np.ndarray:
        """The positions that pass filter and search."""
        passed = self._passed()
        if self.found is None:
            return passed
        keep = np.zeros(len(self.contents), bool)
        keep[self.found] = True
        return passed[keep[passed]]

    def used_count(self) -> int:
        """How many pictures a run would learn from."""
        return int(len(self.out) - np.count_nonzero(self.out))

    def value_counts(self, label: str) -> list[tuple[str, int]]:
        """Values of a label with the number of used pictures that have them, the most frequent first."""
        column = self.labels[label]
        counts = np.bincount(column.codes[(column.codes >= 0) & ~self.out], minlength=len(column.values))
        order = np.argsort(-counts, kind="stable")
        return [(column.values[i], int(counts[i])) for i in order.tolist()]

    def line(self, position: int) -> str:
        """A picture in one line: name, size, labels."""
        has = self.contents
        words = [has.names[position], f"{has.widths[position]} × {has.heights[position]}"]
        for name, column in self.labels.items():
            code = int(column.codes[position])
            if code >= 0:
                words.append(f"{name}: {column.values[code]}")
        return " · ".join(words)

    def caption(self, position: int) -> str:
        """What its text column says of a picture; empty where there is none."""
        return self.contents.captions[position] if self.contents.captions else ""

    def _out(self, choices: Choices) -> np.ndarray:
        out = np.zeros(len(self.contents), bool)
        out[self.contents.positions(choices.leave_out)] = True
        return out

    def _labels(self, choices: Choices) -> Mapping[str, Labels]:
        return relabelled(self.contents.labels, self.contents.names, choices.relabelled)

    def value_of(self, position: int, label: str) -> str:
        """The value of a label that a picture has by now; empty for none."""
        column = self.labels[label]
        code = int(column.codes[position])
        return column.values[code] if code >= 0 else ""

    def _passed(self) -> np.ndarray:
        chosen = self.filter
        if chosen.kind == "finding":
            return self.contents.positions(chosen.names)
        if chosen.kind == "value" and chosen.label in self.labels:
            column = self.labels[chosen.label]
            code = column.values.index(chosen.value) if chosen.value in column.values else -1
            return np.flatnonzero(column.codes == code)
        if chosen.kind == "out":
            return np.flatnonzero(self.out)
        if chosen.kind == "used":
            return np.flatnonzero(~self.out)
        return np.arange(len(self.contents))


def is_taken(proposal: Proposal, choices: Choices) -> bool:
    """Whether the choices are already what a proposal asks for."""
    if proposal.leave_out and not set(choices.leave_out).issuperset(proposal.leave_out):
        return False
    if proposal.shape is not None and proposal.shape != choices.shape:
        return False
    if proposal.headers is not None and proposal.headers != choices.headers:
        return False
    return proposal.background is None or proposal.background.lower() == choices.background.lower()


def leave_out(choices: Choices, names: Sequence[str]) -> Choices:
    """The choices with these pictures left out too."""
    return choices.model_copy(update={"leave_out": tuple(dict.fromkeys((*choices.leave_out, *names)))})


def put_back(choices: Choices, names: Sequence[str]) -> Choices:
    """The choices with these pictures used again."""
    back = set(names)
    return choices.model_copy(update={"leave_out": tuple(n for n in choices.leave_out if n not in back)})


def relabel(choices: Choices, names: Sequence[str], label: str, value: str) -> Choices:
    """The choices with another value of a label for these pictures; the empty value takes it away."""
    wanted = set(names)
    kept = [one for one in choices.relabelled if one.label != label or one.name not in wanted]
    added = [Relabelled(name=name, label=label, value=value) for name in dict.fromkeys(names)]
    return choices.model_copy(update={"relabelled": (*kept, *added)})


def label_counts(contents: Contents, choices: Choices) -> dict[str, dict[str, int]]:
    """How many pictures have each value of each label by now, as the data set's record lists them."""
    columns = relabelled(contents.labels, contents.names, choices.relabelled)
    return {name: column.counts() for name, column in columns.items()}


def first_size(sizes: object, otherwise: int) -> int:
    """The first of remembered sizes, where that is one."""
    if isinstance(sizes, list) and sizes and isinstance(sizes[0], int) and sizes[0] > 0:
        return int(sizes[0])
    return otherwise


def finding_words(finding: Finding) -> str:
    """A finding in two or three words, for the filter."""
    words: dict[str, str] = {
        "duplicates": "exact copies",
        "conflicting": "copies, other labels",
        "near-duplicates": "near copies",
        "very-odd-shapes": "very long or wide",
        "shapes": "not square",
        "blank": "empty",
        "small": "too small",
        "damaged": "damaged",
        "transparency": "transparent",
        "animated": "moving",
        "unlabelled": "without a label",
        "uncaptioned": "without a caption",
        "balance": "rare values",
        "headers": "with a header",
        "unreadable-signs": "unreadable letters",
    }
    return words.get(finding.code, finding.code)


# --- names of new data sets ------------------------------------------------------------------------------------------


def suggested_name(source: Path, taken: Sequence[str] = ()) -> str:
    """A name for what is imported from here: the folder's or file's, with a number where it is taken."""
    name = source.name
    for ending in (".tar.gz", ".tar.xz", ".tar.bz2", ".tgz", ".txz", ".gz", ".zip", ".tar", *SUFFIXES):
        if name.lower().endswith(ending) and not source.is_dir():
            name = name[: -len(ending)]
            break
    clean = "".join(letter if letter.isprintable() else " " for letter in name).strip()[:200] or "data"
    free, number = clean, 1
    while free in taken:
        number += 1
        free = f"{clean} {number}"
    return free


@dataclass(frozen=True, slots=True)
class Offer:
    """Something to import; ``target``: the file whose lines are the translations of those of ``source``."""

    source: Path
    target: Path | None = None

    @property
    def name(self) -> str:
        """What it may be called; of two files what is common to their names."""
        return suggested_name(self.source if self.target is None else Path(_without_language(self.source)))


def offers_of(paths: Sequence[Path]) -> list[Offer]:
    """What to import for what was dropped: two files that differ in a language only are pairs of sentences."""
    by_name: dict[str, list[Path]] = {}
    for path in paths:
        if not path.is_dir() and (name := _without_language(path)):
            by_name.setdefault(name, []).append(path)
    pairs = [both for both in by_name.values() if len(both) == 2]
    rest = [path for path in paths if not any(path in both for both in pairs)]
    return [*(Offer(*both) for both in pairs), *(Offer(source) for source in sources_of(rest))]


def _without_language(path: Path) -> str:
    """The path of a file without the code of a language at its end; empty where there is none."""
    plain = Path(path.as_posix().removesuffix(".gz").removesuffix(".txt"))
    return str(plain.with_suffix("")) if code_of(plain.suffix[1:]) else ""


def sources_of(paths: Sequence[Path]) -> list[Path]:
    """What to import for what was dropped: idx files of one folder are one data set, single pictures their folder."""
    homes = {path.parent for path in paths}
    files = [path for path in paths if not path.is_dir()]
    if len(paths) > 1 and len(homes) == 1 and len(files) == len(paths):
        suffixes = {path.suffix.lower() for path in paths}
        if suffixes == {".gz"} or not suffixes & {".zip", ".tar", ".tgz", ".gz", *SUFFIXES}:
            return list(homes)
    return list(paths)
