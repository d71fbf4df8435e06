"""What a judging model answers: tables of probabilities, one answer to one picture, how good it is. Needs no torch."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.ground.errors import Text
from studio.ground.files import write_bytes

Probabilities = Mapping[str, Mapping[str, float]]
"""label -> value -> probability; the values of a label add up to one."""


@dataclass(frozen=True, slots=True)
class Row:
    """One picture of a :class:`Table`: where ``error`` says why it could not be read, it has no probabilities.

    ``probabilities``: label -> value -> probability.
    """

    name: str
    probabilities: Probabilities
    error: Text | None = None

    def likeliest(self, label: str) -> str:
        """The value with the highest probability (the first of equals); empty where there is none."""
        found = self.probabilities.get(label, {})
        return max(found, key=lambda value: found[value]) if found else ""


@dataclass(frozen=True, slots=True)
class Table:
    """What a :class:`ClassifyRequest` found: ``labels``, label -> its values, and one row a picture, in order.

    ``step`` is that of the checkpoint which judged.
    """

    labels: Mapping[str, tuple[str, ...]]
    rows: tuple[Row, ...]
    run: str = ""
    step: int = 0

    @property
    def unreadable(self) -> int:
        """How many pictures could not be read."""
        return sum(row.error is not None for row in self.rows)

    def csv(self) -> str:
        """The table as comma-separated values (RFC 4180): name, for each label its likeliest value and then every
        value's probability, and the error. A name that a spreadsheet would take for a formula gets an apostrophe."""
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(["name", *self._head(), "error"])
        for row in self.rows:
            writer.writerow([_harmless(row.name), *self._cells(row), "" if row.error is None else str(row.error)])
        return out.getvalue()

    def _head(self) -> list[str]:
        names = []
        for label, values in self.labels.items():
            names += [_harmless(label), *(_harmless(f"{label}={value}") for value in values)]
        return names

    def _cells(self, row: Row) -> list[str]:
        cells = []
        for label, values in self.labels.items():
            found = row.probabilities.get(label, {})
            shares = [f"{found[value]:.6f}" if value in found else "" for value in values]
            cells += [_harmless(row.likeliest(label)), *shares]
        return cells


def save_table(table: Table, out: Path) -> None:
    """Write ``table.csv()`` as UTF-8, whole or not at all. Raises OSError."""
    write_bytes(out, table.csv().encode("utf-8"))


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What an :class:`AskRequest` found.

    ``probabilities``: label -> value -> probability. ``heat``: (H, W) float32 in [0, 1], as large as ``seen``, None
    where none was asked for. ``seen``: the picture as the network sees it (H, W, C) uint8.
    """

    probabilities: Probabilities
    heat: np.ndarray | None
    step: int
    seen: np.ndarray


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions of like confidence: their mean ``confidence``, the share that is right, how many there are."""

    confidence: float
    accuracy: float
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class LabelQuality:
    """How well one label is told.

    Attributes:
        values: K value names, the order of everything else.
        confusion: (K, K) int64, how many that are truly row were predicted as column.
        precision: (K,) float64, of those predicted as the value the share that is; NaN where none was predicted.
        recall: (K,) float64, of those that are the value the share predicted so; NaN where there is none.
        calibration: bins of equal width in confidence, the empty ones left out (Guo et al. 2017, section 2).
        ece: expected calibration error in [0, 1] (Guo et al. 2017, equation 3).
        count: how many pictures have the label; accuracy: the share of them predicted right, NaN without any.
    """

    values: tuple[str, ...]
    confusion: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    calibration: tuple[Bin, ...]
    ece: float
    count: int
    accuracy: float


@dataclass(frozen=True, slots=True)
class Mistake:
    """A picture told wrong, and how sure the classifier was of it. ``position``: in the imported data set."""

    name: str
    position: int
    label: str
    true: str
    predicted: str
    probability: float


@dataclass(frozen=True, slots=True, eq=False)
class Quality:
    """What a :class:`QualityRequest` found.

    Attributes:
        labels: label -> how well it is told. accuracy: label -> share predicted right.
        worst: mistakes, the surest first. pictures: (len(worst), H, W, C) uint8, as the network saw them.
        dataset: the data set judged on. part: ``validation``, ``test``, or ``all`` of another data set.
        count: how many pictures were looked at. step: that of the checkpoint.
    """

    labels: Mapping[str, LabelQuality]
    accuracy: Mapping[str, float]
    worst: tuple[Mistake, ...]
    pictures: np.ndarray
    dataset: str
    part: str
    count: int
    step: int


def _harmless(cell: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
