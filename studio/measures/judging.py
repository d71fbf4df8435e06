"""How right a judging model is: accuracy, balanced accuracy, cross entropy, calibration error.

Shapes: N pictures, K values of a label. ``truth_N`` holds codes in [0, K), -1 where a picture has none; those are left
out. Each function says what it returns where no picture has a value: None.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from studio.measures.estimate import Estimate, jackknifed, mean_of, share_of

BINS = 15
"""Bins of the calibration error (Guo et al. 2017, section 5)."""
_SMALLEST = 1e-12


def accuracy(probabilities_NK: Tensor, truth_N: Tensor) -> Estimate | None:
    """Share of pictures whose likeliest value is the true one, in [0, 1]."""
    p, truth = _known(probabilities_NK, truth_N)
    return share_of(p.argmax(dim=1) == truth) if len(truth) else None


def balanced_accuracy(probabilities_NK: Tensor, truth_N: Tensor) -> Estimate | None:
    """The mean over values of the share recognised of each, in [0, 1]; values that no picture has do not count.

    Brodersen et al.: The Balanced Accuracy and Its Posterior Distribution (2010). The error follows from those of the
    shares, which are independent of one another.
    """
    p, truth = _known(probabilities_NK, truth_N)
    if not len(truth):
        return None
    right = p.argmax(dim=1) == truth
    shares = [share_of(right[truth == value]) for value in truth.unique()]
    errors = [share.error for share in shares if share.error is not None]
    error = math.hypot(*errors) / len(shares) if len(errors) == len(shares) else None
    return Estimate(math.fsum(share.value for share in shares) / len(shares), error)


def cross_entropy(probabilities_NK: Tensor, truth_N: Tensor) -> Estimate | None:
    """The mean of -log Prob(true value) in nats; 0 and larger, log K for a model that knows nothing."""
    p, truth = _known(probabilities_NK, truth_N)
    if not len(truth):
        return None
    return mean_of(-p.gather(1, truth[:, None])[:, 0].clamp_min(_SMALLEST).log())


def calibration_error(probabilities_NK: Tensor, truth_N: Tensor) -> Estimate | None:
    """Expected calibration error: how far confidence and accuracy lie apart, over bins of confidence; in [0, 1].

    Guo et al.: On Calibration of Modern Neural Networks (2017), equation 3, with 15 bins of equal width. Few pictures
    make it too large. The error is the jackknife's.
    """
    p, truth = _known(probabilities_NK, truth_N)
    if not len(truth):
        return None
    confidence, guess = p.max(dim=1)
    right = (guess == truth).double()

    def statistic(rows: Tensor) -> float:
        return _gap(confidence[rows], right[rows])

    return jackknifed(statistic, (len(truth),))[0]


def _gap(confidence_N: Tensor, right_N: Tensor) -> float:
    bins = (confidence_N * BINS).ceil().long().sub(1).clamp(0, BINS - 1)
    difference = torch.zeros(BINS, dtype=torch.float64).index_add_(0, bins, right_N - confidence_N)
    return float(difference.abs().sum()) / len(confidence_N)


def _known(probabilities_NK: Tensor, truth_N: Tensor) -> tuple[Tensor, Tensor]:
    known = truth_N >= 0
    return probabilities_NK[known].double(), truth_N[known].long()
