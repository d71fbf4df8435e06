"""The measures of a run: one sealed file with a row for each number, and what it takes to compute each of them again.

Whoever evaluates writes it, also while the run trains; a lock of its own keeps two of them apart. A damaged file is
named and replaced by the next measuring: nothing in it is more than can be computed again.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from studio.ground.errors import DamagedError, StudioError, Text, text
from studio.ground.files import read_json, replace, stamp_of, write_json
from studio.projects.locks import Lock
from studio.projects.saving import saving

FILE = "measures.json"


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """One number of one checkpoint.

    Attributes:
        measure: its name, as ``studio.measures.registry`` lists it; with a label behind a dot where it is of one.
        value, error: the number and one standard error of it; None where none is known.
        count, seed: how many samples were drawn (or pictures judged), and from which seed.
        features: in whose eyes: ``pixels``, ``classifier RUN step N``, ``inception 2015``, or ``own`` probabilities.
        step, kind: of which checkpoint: the step, and ``model`` or ``resume``.
        lowest_is_best: which way it gets better.
        at: when it was computed, in seconds since 1970.
        note: a code: empty, or ``few`` where the samples are too few for the number to be trusted.
        data: the data set that it was compared with, and which part of it.
    """

    measure: str
    value: float
    error: float | None
    count: int
    seed: int
    features: str
    step: int
    kind: str
    lowest_is_best: bool
    at: float
    note: str = ""
    data: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> MeasureRow:
        """The inverse of ``asdict``; what a newer version added is left out. Raises DamagedError for anything else."""
        known = {field.name for field in fields(cls)}
        try:
            row = cls(**{name: value for name, value in data.items() if name in known})
        except TypeError as error:
            raise _damaged() from error
        numbers = (row.value, row.count, row.seed, row.step, row.at, 0.0 if row.error is None else row.error)
        words = (row.measure, row.features, row.kind, row.note, row.data)
        finite = all(isinstance(n, (int, float)) and math.isfinite(n) for n in numbers)
        if not finite or not all(isinstance(word, str) for word in words):
            raise _damaged()
        return row

    @property
    def basis(self) -> tuple[str, str, int, int]:
        """What numbers must share to be compared with one another: features, data, count, seed."""
        return self.features, self.data, self.count, self.seed


@dataclass(frozen=True, slots=True)
class MeasureTable:
    """All rows, the oldest first, and what could not be read."""

    rows: tuple[MeasureRow, ...] = ()
    losses: tuple[Text, ...] = ()


class MeasureFile:
    """The measures in the folder of a run."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._lock = Lock(folder / "measures.lock", text("The measures of the run {name}", name=folder.name))
        self._seen: tuple[tuple[int, int, int], MeasureTable] | None = None

    @property
    def stamp(self) -> tuple[int, int, int]:
        """Changes whenever the file does; cheap to ask for. (0, 0, 0) where nothing was measured yet."""
        return stamp_of(self.path)

    def read(self) -> MeasureTable:
        """All rows; damage is named, never raised. An unchanged file is not read again."""
        stamp = self.stamp
        if self._seen is None or self._seen[0] != stamp:
            self._seen = stamp, self._read()
        return self._seen[1]

    def all(self) -> tuple[MeasureRow, ...]:
        """All rows, the oldest first; none where the file is damaged."""
        return self.read().rows

    def names(self) -> tuple[str, ...]:
        """The measures that there are numbers of, in the order in which they were first measured."""
        return tuple(dict.fromkeys(row.measure for row in self.all()))

    def curve(self, measure: str) -> tuple[list[int], list[float], list[float | None]]:
        """Steps in order, values and errors of the rows that can be compared with one another: see :meth:`series`."""
        rows = self.series(measure)
        return [row.step for row in rows], [row.value for row in rows], [row.error for row in rows]

    def series(self, measure: str) -> tuple[MeasureRow, ...]:
        """The rows of a measure by step, one a step, all of one basis (features, data, count, seed).

        Of several bases the one that most checkpoints were measured on; of equal ones the latest.
        """
        groups: dict[tuple[str, str, int, int], dict[int, MeasureRow]] = {}
        for row in self.all():
            if row.measure == measure:
                groups.setdefault(row.basis, {})[row.step] = row
        if not groups:
            return ()
        chosen = max(groups.values(), key=lambda rows: (len(rows), max(row.at for row in rows.values())))
        return tuple(chosen[step] for step in sorted(chosen))

    def best_step(self, measure: str, among: Collection[int] | None = None) -> int | None:
        """The step whose number is best, the earlier of equals, ``among`` some; None where none was measured."""
        return next(iter(self.ranked(measure, among)), None)

    def ranked(self, measure: str, among: Collection[int] | None = None) -> list[int]:
        """The measured steps from the best to the worst, the earlier of equals first."""
        rows = [row for row in self.series(measure) if among is None or row.step in among]
        rows.sort(key=lambda row: (row.value if row.lowest_is_best else -row.value, row.step))
        return [row.step for row in rows]

    def add(self, rows: Iterable[MeasureRow]) -> None:
        """Keep rows; one that measures the same again takes the place of the older.

        Raises:
            BusyError: another program writes them now and does not end.
            StudioError: they cannot be written.
        """
        new = {_key(row): row for row in rows}
        if new:
            self._change(lambda before: [*(row for row in before if _key(row) not in new), *new.values()])

    def truncate_after(self, step: int) -> int:
        """Forget the numbers of later steps, when a run goes on from ``step`` and makes those anew; how many."""
        later = [row for row in self.all() if row.step > step]
        if later:
            self._change(lambda before: [row for row in before if row.step <= step])
        return len(later)

    def _change(self, change: Any) -> None:
        with saving("the measures"), self._lock:
            table = self._read()
            if table.losses and self.path.exists():
                replace(self.path, _free_name(self.path))
            write_json(self.path, {"rows": [asdict(row) for row in change(table.rows)]})

    def _read(self) -> MeasureTable:
        try:
            rows = read_json(self.path)["rows"]
            return MeasureTable(tuple(MeasureRow.from_json(row) for row in rows))
        except FileNotFoundError:
            return MeasureTable()
        except (StudioError, OSError, KeyError, TypeError, AttributeError):
            return MeasureTable(losses=(_damaged().text,))


def _key(row: MeasureRow) -> tuple[str, int, str, tuple[str, str, int, int]]:
    return row.measure, row.step, row.kind, row.basis


def _damaged() -> DamagedError:
    return DamagedError("The measures of this run are damaged and left out; measure again, nothing else is lost.")


def _free_name(path: Path) -> Path:
    number = 1
    while (target := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    return target
