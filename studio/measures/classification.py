"""How well labels are told: confusion, precision and recall of each value, and whether sureness is earned.

Shapes: N pictures, K values of one label. Codes are -1 where a picture has no value of it; such ones do not count.
"""

from __future__ import annotations

import numpy as np

BINS = 15
"""Bins of equal width in confidence, as many as Guo et al. 2017 use."""


def confusion(truth_N: np.ndarray, predicted_N: np.ndarray, size: int) -> np.ndarray:
    """(K, K) int64: how many that are truly i (row) were predicted as j (column); ``size`` is K."""
    known = (truth_N >= 0) & (predicted_N >= 0)
    pairs = truth_N[known].astype(np.int64) * size + predicted_N[known]
    return np.bincount(pairs, minlength=size * size).reshape(size, size)


def precision_of(confusion_KK: np.ndarray) -> np.ndarray:
    """(K,): of those predicted as a value the share that is; NaN where none was predicted."""
    return _shares(np.diagonal(confusion_KK), confusion_KK.sum(axis=0))


def recall_of(confusion_KK: np.ndarray) -> np.ndarray:
    """(K,): of those that are a value the share predicted so; NaN where there is none."""
    return _shares(np.diagonal(confusion_KK), confusion_KK.sum(axis=1))


def accuracy_of(confusion_KK: np.ndarray) -> float:
    """Share predicted right; NaN without any picture."""
    count = int(confusion_KK.sum())
    return float(np.trace(confusion_KK)) / count if count else float("nan")


def calibration(
    confidence_N: np.ndarray, right_N: np.ndarray, bins: int = BINS
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean confidence, share right and count of each bin that is not empty, three arrays (b,), the least sure first.

    A confidence on an edge belongs to the bin below it (Guo et al. 2017, section 2: bins are half-open from the left).
    """
    confidence = confidence_N.astype(np.float64)
    where = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    count = np.bincount(where, minlength=bins)
    used = count > 0
    sure = np.bincount(where, weights=confidence, minlength=bins)[used] / count[used]
    right = np.bincount(where, weights=right_N.astype(np.float64), minlength=bins)[used] / count[used]
    return sure, right, count[used]


def expected_calibration_error(confidence_N: np.ndarray, right_N: np.ndarray, bins: int = BINS) -> float:
    """Mean distance of confidence from the share right, weighted by the bins' counts, in [0, 1] (Guo et al. 2017,
    equation 3); NaN without any picture."""
    sure, right, count = calibration(confidence_N, right_N, bins)
    return float((np.abs(sure - right) * count).sum() / count.sum()) if len(count) else float("nan")


def _shares(part_K: np.ndarray, of_K: np.ndarray) -> np.ndarray:
    return np.where(of_K > 0, part_K / np.maximum(1, of_K), np.nan)
