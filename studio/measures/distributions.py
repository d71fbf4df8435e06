"""How far apart two sets of features lie, taken as distributions: Fréchet distance and kernel distance.

Neither looks at single pictures: both are zero only where the two distributions agree (the Fréchet distance: where
their means and covariances do). Shapes: N made and M real pictures with F features each.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from studio.measures.estimate import FEW, GROUPS, Estimate, jackknifed

MOST = 5000
_BIASED = 0.25  # a Fréchet distance of which more than this is bias tells of the sample count, not of the pictures


def frechet_distance(made_NF: Tensor, real_MF: Tensor, groups: int = GROUPS) -> Estimate:
    """Squared Fréchet distance of two Gaussians with the means and covariances of the features; at least 0.

    Heusel et al.: GANs Trained by a Two Time-Scale Update Rule (2017), equation 6:
    |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)). Few samples make it too large (the bias falls as 1/N); it is noted as
    ``few`` where the jackknife finds a quarter of it to be bias, or where a set has no more members than features.
    """
    made, real = made_NF.double().cpu(), real_MF.double().cpu()

    def statistic(rows_made: Tensor, rows_real: Tensor) -> float:
        return set_distance(made[rows_made], real[rows_real])

    found, bias = jackknifed(statistic, (len(made), len(real)), groups)
    few = abs(bias) > _BIASED * found.value or min(len(made), len(real)) <= made.shape[1]
    return replace(found, note=FEW if few else "")


def set_distance(made_NF: Tensor, real_MF: Tensor) -> float:
    """:func:`gaussian_distance` of two sets, by whichever way has the smaller matrices."""
    if max(len(made_NF), len(real_MF)) > made_NF.shape[1]:
        return gaussian_distance(*moments(made_NF), *moments(real_MF))
    return _distance_of_few(made_NF.double(), real_MF.double())


def moments(x_NF: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (F,) and unbiased covariance (F, F) of features, float64; a single row has covariance zero."""
    x = x_NF.double()
    centred = x - x.mean(dim=0)
    return x.mean(dim=0), centred.T @ centred / max(1, len(x) - 1)


def gaussian_distance(mean1_F: Tensor, cov1_FF: Tensor, mean2_F: Tensor, cov2_FF: Tensor) -> float:
    """Squared Fréchet distance of two Gaussians (Dowson, Landau 1982).

    The trace of (S1 S2)^(1/2) is the sum of the square roots of the eigenvalues of the symmetric matrix
    S1^(1/2) S2 S1^(1/2), which has those of S1 S2: so everything is an eigenvalue problem of a symmetric matrix, which
    is stable where a covariance is singular. Rounding can make an eigenvalue of zero negative; it counts as zero.
    """
    root = _root(cov1_FF)
    inner = root @ cov2_FF @ root
    eigenvalues = torch.linalg.eigvalsh((inner + inner.T) / 2).clamp_min(0)
    apart = (mean1_F - mean2_F).square().sum()
    return max(0.0, float(apart + cov1_FF.trace() + cov2_FF.trace() - 2 * eigenvalues.sqrt().sum()))


def _distance_of_few(made_NF: Tensor, real_MF: Tensor) -> float:
    """The same for sets smaller than their number of features: with centred sets A and B, S1 S2 has, but for zeros, the
    eigenvalues of (A B')(A B')' / (N - 1) / (M - 1), so its root has the singular values of A B' for a trace."""
    a, b = made_NF - made_NF.mean(dim=0), real_MF - real_MF.mean(dim=0)
    of_a, of_b = max(1, len(a) - 1), max(1, len(b) - 1)
    shared = torch.linalg.svdvals(a @ b.T).sum() / math.sqrt(of_a * of_b)
    apart = (made_NF.mean(dim=0) - real_MF.mean(dim=0)).square().sum()
    return max(0.0, float(apart + a.square().sum() / of_a + b.square().sum() / of_b - 2 * shared))


def _root(cov_FF: Tensor) -> Tensor:
    """The symmetric square root of a covariance."""
    values, vectors = torch.linalg.eigh(cov_FF)
    root: Tensor = (vectors * values.clamp_min(0).sqrt()) @ vectors.T
    return root


def kernel_distance(made_NF: Tensor, real_MF: Tensor) -> Estimate:
    """Squared maximum mean discrepancy with the kernel (x·y / F + 1)^3; about 0, also below, where the sets agree.

    Bińkowski et al.: Demystifying MMD GANs (2018), section 4; the unbiased estimate of Gretton et al. (2012), equation
    3, over all pairs of different members, of the first 5,000 of each set: all pairs are kept in memory. Unbiased at
    any count: few samples widen the error and shift nothing.
    """
    made, real = made_NF[:MOST].double().cpu(), real_MF[:MOST].double().cpu()
    within_made, within_real, between = _kernel(made, made), _kernel(real, real), _kernel(made, real)

    def statistic(rows_made: Tensor, rows_real: Tensor) -> float:
        inside = _mean_apart(within_made, rows_made) + _mean_apart(within_real, rows_real)
        return inside - 2 * float(between[rows_made][:, rows_real].mean())

    return jackknifed(statistic, (len(made), len(real)))[0]


def _kernel(a_NF: Tensor, b_MF: Tensor) -> Tensor:
    return (a_NF @ b_MF.T / a_NF.shape[1] + 1) ** 3


def _mean_apart(kernel_NN: Tensor, rows: Tensor) -> float:
    """The mean over pairs of different members."""
    chosen = kernel_NN[rows][:, rows]
    count = len(rows)
    if count < 2:
        return math.nan
    return float((chosen.sum() - chosen.trace()) / (count * (count - 1)))
