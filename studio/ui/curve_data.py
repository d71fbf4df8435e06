"""The arithmetic of curves: smoothing with honest ends, thinning to the plot's pixels, ranges, reading at a step.

Qt-free. Values that are not finite are gaps everywhere: they neither count in an average nor connect two points.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_BLOCK = 64
_LOOKED_AT = 2000  # points that suffice for a percentile


def gaps(values_N: ArrayLike) -> Floats:
    """The values as float64 with infinities turned into not-a-number: both are gaps."""
    values = np.array(values_N, dtype=np.float64)
    values[~np.isfinite(values)] = np.nan
    return values


def smooth(values_N: ArrayLike, weight: float) -> Floats:
    """Exponential moving average with bias correction (Kingma & Ba 2015, §3, applied to a curve).

    `weight` in [0, 1) is the share that the past keeps at each point. The first finite value comes out unchanged, a
    constant stays that constant, gaps stay gaps and are skipped: the result has the same length and the same gaps.
    """
    if not 0 <= weight < 1:
        raise ValueError(f"The weight of smoothing lies in [0, 1), not at {weight}.")
    values = gaps(values_N)
    known = np.isfinite(values)
    if weight > 0:
        finite = values[known]
        values[known] = _decayed_sum(finite, weight) / _decayed_sum(np.ones_like(finite), weight)
    return values


def _decayed_sum(values_N: Floats, weight: float) -> Floats:
    """s_i = v_i + weight · s_(i-1), in blocks: a triangular product inside, a carry from block to block."""
    count = len(values_N)
    blocks_MB = np.zeros((-(-count // _BLOCK), _BLOCK))
    blocks_MB.reshape(-1)[:count] = values_N
    inside_MB = blocks_MB @ _kernel(weight)
    carry_M = _carries(inside_MB[:, -1], weight**_BLOCK)
    inside_MB += carry_M[:, None] * weight ** np.arange(1, _BLOCK + 1)
    return inside_MB.reshape(-1)[:count]


@lru_cache(maxsize=4)
def _kernel(weight: float) -> Floats:
    """What point j (row) of a block gives to point i (column): weight^(i - j), nothing to those before it."""
    lag_BB = np.arange(_BLOCK)[None, :] - np.arange(_BLOCK)[:, None]
    kernel_BB: Floats = np.where(lag_BB >= 0, float(weight) ** np.maximum(lag_BB, 0), 0.0)
    return kernel_BB


def _carries(ends_M: Floats, decay: float) -> Floats:
    """What each block inherits from all before it."""
    carries = np.zeros_like(ends_M)
    carry = 0.0
    for block, end in enumerate(ends_M[:-1].tolist()):
        carry = end + decay * carry
        carries[block + 1] = carry
    return carries


def thin(x_N: Floats, y_N: Floats, *, low: float, high: float, columns: int) -> tuple[Floats, Floats]:
    """The few points that paint the same line: at most four a pixel column (first, extremes in order, last).

    `x_N` ascends. Points outside `low`..`high` are left out but for one neighbour on each side, so that lines reach
    the edge. A gap inside a column stays as one gap. Every point returned is one of the points given (or a gap at
    such a point's x). The choice of points follows M4 (Jugel et al. 2014).
    """
    first = max(int(np.searchsorted(x_N, low, "left")) - 1, 0)
    last = min(int(np.searchsorted(x_N, high, "right")) + 1, len(x_N))
    x, y = x_N[first:last], y_N[first:last]
    if len(x) <= 2 * columns or high <= low or columns < 1:
        return x, y
    edges = np.linspace(low, high, columns + 1)
    starts = np.concatenate([[0], np.searchsorted(x, edges, "left")])
    starts = starts[np.flatnonzero(np.diff(starts, append=len(x)))]
    keep = _worth_painting(y, starts)
    return x[keep], y[keep]


def _worth_painting(y_N: Floats, starts_M: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Of every column (given by its first index) the first point, the lowest, the highest, the last, and one gap."""
    counts = np.diff(starts_M, append=len(y_N))
    column_N = np.repeat(np.arange(len(starts_M)), counts)
    keep_N = np.zeros(len(y_N), dtype=bool)
    keep_N[starts_M] = keep_N[starts_M + counts - 1] = True
    lowest, highest = np.fmin.reduceat(y_N, starts_M), np.fmax.reduceat(y_N, starts_M)
    for hit in (y_N == lowest[column_N], y_N == highest[column_N], np.isnan(y_N)):
        at = np.flatnonzero(hit)
        keep_N[at[np.flatnonzero(np.diff(column_N[at], prepend=-1))]] = True
    return keep_N


def log_values(values_N: Floats) -> Floats:
    """Logarithm to base ten; what is not positive becomes a gap."""
    result = np.full(len(values_N), np.nan)
    positive = values_N > 0
    result[positive] = np.log10(values_N[positive])
    return result


def value_range(strong: list[Floats], faint: list[Floats]) -> tuple[float, float] | None:
    """Lowest and highest value worth showing: all of the strong lines, the faint ones but for their wildest 1 %.

    None if there is nothing finite. A single value gets some room around it; 6 % of room is added at both ends.
    """
    ends: list[float] = []
    for values, share in [(v, 0.0) for v in strong] + [(v, 0.5) for v in faint]:
        looked_at = values[:: max(1, len(values) // _LOOKED_AT)] if share else values
        finite = looked_at[np.isfinite(looked_at)]
        if len(finite):
            ends += np.percentile(finite, [share, 100 - share]).tolist() if share else [finite.min(), finite.max()]
    if not ends:
        return None
    low, high = min(ends), max(ends)
    room = 0.06 * (high - low) or max(abs(high) * 0.1, 1e-3)
    return low - room, high + room


def nearest(steps_N: NDArray[np.int64] | Floats, step: float) -> int:
    """Index of the step nearest to `step` in an ascending, non-empty array; of two equally near the earlier."""
    at = int(np.searchsorted(steps_N, step))
    if at == len(steps_N) or (at and step - steps_N[at - 1] <= steps_N[at] - step):
        at -= 1
    return at


@dataclass
class Curve:
    """One series: raw values at ascending steps and, on demand, the smoothed ones (kept until something changes)."""

    steps: Floats = field(default_factory=lambda: np.empty(0))
    values: Floats = field(default_factory=lambda: np.empty(0))
    _smoothed: Floats | None = None
    _weight: float = -1.0

    def set(self, steps_N: ArrayLike, values_N: ArrayLike) -> None:
        """Replace the data. Steps must ascend and be as many as values."""
        steps, values = np.array(steps_N, dtype=np.float64), gaps(values_N)
        if steps.shape != values.shape or steps.ndim != 1:
            raise ValueError(f"A curve needs one value a step, not {values.shape} values for {steps.shape} steps.")
        if len(steps) > 1 and not (np.diff(steps) > 0).all():
            raise ValueError("The steps of a curve ascend.")
        self.steps, self.values, self._smoothed = steps, values, None

    def append(self, steps_M: ArrayLike, values_M: ArrayLike) -> None:
        """Add points after the last."""
        self.set(np.append(self.steps, np.asarray(steps_M)), np.append(self.values, np.asarray(values_M)))

    def smoothed(self, weight: float) -> Floats:
        """The smoothed values; computed once a weight and state of the data."""
        if self._smoothed is None or self._weight != weight:
            self._smoothed, self._weight = smooth(self.values, weight), weight
        return self._smoothed

    def at(self, step: float, weight: float) -> tuple[float, float, float] | None:
        """(step, raw, smoothed) at the point nearest to `step`; None without points."""
        if not len(self.steps):
            return None
        index = nearest(self.steps, step)
        return float(self.steps[index]), float(self.values[index]), float(self.smoothed(weight)[index])


def table_text(curves: dict[str, Curve]) -> str:
    """CSV of the raw values: `step` and one column a curve, one line for every step that any curve has; gaps empty.

    A name that holds commas, quotes or line breaks is quoted (RFC 4180).
    """
    steps = np.unique(np.concatenate([np.empty(0), *(curve.steps for curve in curves.values())]))
    columns = [dict(zip(curve.steps.tolist(), curve.values.tolist(), strict=True)) for curve in curves.values()]
    lines = [",".join(["step", *map(_quoted, curves)])]
    for step in steps.tolist():
        cells = [column.get(step, np.nan) for column in columns]
        lines.append(",".join([f"{step:.0f}", *("" if cell != cell else repr(cell) for cell in cells)]))
    return "\n".join(lines) + "\n"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"' if any(mark in name for mark in ',"\n\r') else name
