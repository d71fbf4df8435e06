"""Sliced Wasserstein distance between two sets of pictures, and how diverse a set is.

Both sets are projected onto the same random directions; along each, the distance between sorted projections is the
Wasserstein distance of one dimension (Rabin et al. 2011). Cheap, and on whole pictures it agrees with the eye; it is
used to compare checkpoints of one run with one another.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from studio.measures.estimate import Estimate, jackknifed
from studio.models.seeding import seeded_generator

PROJECTIONS = 256
_BLOCK = 64  # projections at a time, which bounds the memory
_SIDE = 64  # pictures are averaged down to this side


def comparable(pictures_NHWC: np.ndarray) -> Tensor:
    """Pictures (N, H, W, C) uint8 as float32 (N, C, h, w) in [-1, 1], averaged down to a side of at most 64."""
    x = torch.from_numpy(np.ascontiguousarray(pictures_NHWC)).permute(0, 3, 1, 2).float().div_(127.5).sub_(1.0)
    return F.adaptive_avg_pool2d(x, _SIDE) if x.shape[-1] > _SIDE else x


def sliced_wasserstein(
    a_NCHW: Tensor, b_MCHW: Tensor, *, projections: int = PROJECTIONS, seed: int = 0
) -> Iterator[float | None]:
    """Distance between two sets of pictures in [-1, 1], divided by the deviation of ``b``; zero for equal sets.

    Yields None between blocks of projections and the distance at last. N and M may differ: the larger set is read at
    the other's quantiles.
    """
    a, b = _flat(a_NCHW), _flat(b_MCHW)
    total = 0.0
    for directions in _directions(b.shape[1], projections, seed):
        count = directions.shape[1]
        total += float((_quantiles(a @ directions, b) - _quantiles(b @ directions, a)).abs().mean()) * count
        yield None
    yield total / projections / _scale(b)


def picture_distance(made_NHWC: np.ndarray, real_MHWC: np.ndarray, seed: int = 0) -> Estimate:
    """:func:`sliced_wasserstein` of two sets of pictures (uint8), with its jackknife error; 0 and larger.

    Like every Wasserstein distance of samples it is too large by an amount that falls with the count.
    """
    a, b = _flat(comparable(made_NHWC)), _flat(comparable(real_MHWC))
    directions = torch.cat(list(_directions(b.shape[1], PROJECTIONS, seed)), dim=1)
    made, real, scale = a @ directions, b @ directions, _scale(b)

    def statistic(rows_made: Tensor, rows_real: Tensor) -> float:
        one, other = made[rows_made], real[rows_real]
        return float((_quantiles(one, other) - _quantiles(other, one)).abs().mean()) / scale

    return jackknifed(statistic, (len(made), len(real)))[0]


def _scale(flat_MD: Tensor) -> float:
    return float(flat_MD.std(dim=0, unbiased=False).square().mean().sqrt()) or 1.0


def _directions(size: int, projections: int, seed: int) -> Iterator[Tensor]:
    """Random directions (size, n) of length 1, in blocks."""
    generator = seeded_generator("wasserstein", seed)
    for start in range(0, projections, _BLOCK):
        count = min(_BLOCK, projections - start)
        yield F.normalize(torch.randn((size, count), generator=generator), dim=0)


def deviation(x_NCHW: Tensor) -> float:
    """How much pictures differ from one another: the standard deviation over the set, averaged over all values."""
    return float(x_NCHW.float().std(dim=0, unbiased=False).mean())


def deviation_within(x_NCHW: Tensor, codes_N: Tensor, least: int = 8) -> float | None:
    """The mean of :func:`deviation` inside each class that has ``least`` pictures; None where no class has."""
    classes = [x_NCHW[codes_N == code] for code in codes_N.unique() if int(code) >= 0]
    values = [deviation(pictures) for pictures in classes if len(pictures) >= least]
    return sum(values) / len(values) if values else None


def _flat(x_NCHW: Tensor) -> Tensor:
    return x_NCHW.detach().float().cpu().flatten(1)


def _quantiles(projected_NP: Tensor, other: Tensor) -> Tensor:
    """Sorted values of each projection, brought to the length of the smaller set."""
    ordered = projected_NP.sort(dim=0).values
    count = min(len(ordered), len(other))
    places = ((torch.arange(count) + 0.5) * len(ordered) / count).long()
    return ordered[places]
