"""The order in which a run sees its data: a pure function of seed and step, so that resuming needs no state.

The data is an endless sequence of epochs, each a permutation without repeats; batch ``step`` is its items from
``step * batch`` on, also across the end of an epoch. Permutations come from SplitMix64 (Steele et al. 2014,
"Fast splittable pseudorandom number generators"), not from a library's generator, whose stream may change.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

_GOLDEN = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1


def batch_indices(seed: int, count: int, step: int, batch: int) -> np.ndarray:
    """Positions (batch,) int64 in [0, count) that step ``step`` (from 0) trains on.

    Raises:
        ValueError: ``count`` or ``batch`` is below 1, or ``step`` below 0.
    """
    if count < 1 or batch < 1 or step < 0:
        raise ValueError(f"no batch of {batch} from {count} items at step {step}")
    position, end = step * batch, (step + 1) * batch
    parts = []
    while position < end:
        epoch, start = divmod(position, count)
        part = permutation(seed, count, epoch)[start : start + end - position]
        parts.append(part)
        position += len(part)
    return np.concatenate(parts)


@lru_cache(maxsize=3)
def permutation(seed: int, count: int, epoch: int) -> np.ndarray:
    """The order (count,) int64 of one epoch; read-only, since it is shared. 200,000 items take some 20 ms, once."""
    start = _mix_integer(_mix_integer(seed & _MASK) ^ (epoch & _MASK))
    keys = _mix(np.uint64(start) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_GOLDEN))
    order = np.argsort(keys, kind="stable")
    order.flags.writeable = False
    return order


def _mix(z: np.ndarray) -> np.ndarray:
    """SplitMix64's finaliser on (n,) uint64, which it maps one to one."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _mix_integer(value: int) -> int:
    return int(_mix(np.array([(value + _GOLDEN) & _MASK], dtype=np.uint64))[0])
