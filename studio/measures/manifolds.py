"""Fidelity and variety told apart: precision, recall, density, coverage, by balls around the members of a set.

The region where pictures of a set lie is taken to be the union of balls around its members, each reaching to its k-th
nearest neighbour within the set. Shapes: N made and M real pictures with F features each. All lie in [0, 1] but for
density, which has no upper bound; all are higher where it is better, and all change with the number of pictures, so
compare only what was measured with equal counts.
"""

from __future__ import annotations

import torch
from torch import Tensor

from studio.measures.estimate import Estimate, at_least, jackknifed

NEIGHBOURS_PRECISION = 3
"""k of Kynkäänniemi et al., section 3."""
NEIGHBOURS_DENSITY = 5
"""k of Naeem et al., section 4.2."""
MOST = 4000
"""Members of a set that are looked at; all pairs of them are kept in memory."""


def precision(made_NF: Tensor, real_MF: Tensor) -> Estimate:
    """Share of made pictures that lie where real ones do: fidelity.

    Kynkäänniemi et al.: Improved Precision and Recall Metric for Assessing Generative Models (2019), equation 2.
    """
    made, real = _limited(made_NF), _limited(real_MF)
    between, within = distances(made, real), distances(real, real)

    def statistic(rows_made: Tensor, rows_real: Tensor) -> float:
        radii = radii_of(_part(within, rows_real, rows_real), NEIGHBOURS_PRECISION)
        return float((_part(between, rows_made, rows_real) <= radii).any(dim=1).double().mean())

    return at_least(jackknifed(statistic, (len(made), len(real)))[0], 1 / len(made))


def recall(made_NF: Tensor, real_MF: Tensor) -> Estimate:
    """Share of real pictures that lie where made ones do: variety. The same paper, equation 3."""
    return precision(real_MF, made_NF)


def density(made_NF: Tensor, real_MF: Tensor) -> Estimate:
    """In how many balls of real pictures a made one lies, on average, over k; about 1 for equal distributions.

    Naeem et al.: Reliable Fidelity and Diversity Metrics for Generative Models (2020), equation 5. Unlike precision it
    is not fooled by one outlier among the real pictures with a very large ball.
    """
    made, real = _limited(made_NF), _limited(real_MF)
    between, within = distances(made, real), distances(real, real)

    def statistic(rows_made: Tensor, rows_real: Tensor) -> float:
        radii = radii_of(_part(within, rows_real, rows_real), NEIGHBOURS_DENSITY)
        inside = _part(between, rows_made, rows_real) <= radii
        return float(inside.double().sum(dim=1).mean()) / NEIGHBOURS_DENSITY

    return at_least(jackknifed(statistic, (len(made), len(real)))[0], 1 / len(made))


def coverage(made_NF: Tensor, real_MF: Tensor) -> Estimate:
    """Share of real pictures that have a made one in their ball: variety. The same paper, equation 6.

    For equal distributions 1 - (M - 1)...(M - k) / ((N + M - 1)...(N + M - k)), about 0.97 for equal counts and k = 5
    (there, equation 10).
    """
    made, real = _limited(made_NF), _limited(real_MF)
    between, within = distances(made, real), distances(real, real)

    def statistic(rows_made: Tensor, rows_real: Tensor) -> float:
        radii = radii_of(_part(within, rows_real, rows_real), NEIGHBOURS_DENSITY)
        nearest = _part(between, rows_made, rows_real).min(dim=0).values
        return float((nearest <= radii).double().mean())

    return at_least(jackknifed(statistic, (len(made), len(real)))[0], 1 / len(real))


def distances(a_NF: Tensor, b_MF: Tensor) -> Tensor:
    """Euclidean distances (N, M) in float32, exactly zero for equal rows."""
    return torch.cdist(a_NF, b_MF, compute_mode="donot_use_mm_for_euclid_dist")


def radii_of(within_MM: Tensor, neighbours: int) -> Tensor:
    """Distance (M,) of each member to its ``neighbours``-th nearest other one, the farthest where there are fewer."""
    return within_MM.kthvalue(min(neighbours + 1, len(within_MM)), dim=1).values


def _limited(x_NF: Tensor) -> Tensor:
    return x_NF[:MOST].float().cpu()


def _part(matrix: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Some rows and columns; nothing is copied where all are asked for."""
    chosen = matrix if len(rows) == len(matrix) else matrix[rows]
    return chosen if len(columns) == matrix.shape[1] else chosen[:, columns]
