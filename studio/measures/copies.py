"""The share of made pictures that are near copies of training pictures.

Distance alone does not tell a copy: a plain picture lies near to many. So each picture's distance to its nearest
training picture is divided by its mean distance to the next fifty (as Carlini et al., Extracting Training Data from
Diffusion Models, 2023, section 4.2): about one for a picture among its like, near zero for a copy, and fewer than
fifty double entries in the data do not hide one. What is usual is measured, not assumed: real pictures that were never
trained on are put to the same test, and a copy is what lies far below nearly all of them (:func:`threshold`).

Pictures are compared as averages over 16 x 16 cells, each also with its mirror image where the run mirrors. Found on
Portraits (32 x 32, 3,800 training pictures): all of 300 training pictures with noise of 10 grey levels and all mirrored
ones, most after a blur of 3 x 3, but few where everything was moved by a pixel, so the share is a lower bound; of 600
unseen portraits of another seed none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from studio.measures.estimate import FEW, Estimate, share_of

NEIGHBOURS = 50
SHARE_OF_USUAL = 0.6
"""A copy's ratio lies below this share of the median ratio of unseen pictures..."""
FALSE_ALARMS = 0.01
"""... and below what this share of them reaches."""
_SIDE = 16
_BLOCK = 512


def cells(pictures_NHWC: np.ndarray) -> Tensor:
    """Pictures (N, H, W, C) uint8 as averages over 16 x 16 cells: (N, C, 16, 16) float32 in [0, 255]."""
    x = torch.from_numpy(np.ascontiguousarray(pictures_NHWC)).permute(0, 3, 1, 2).float()
    return F.adaptive_avg_pool2d(x, _SIDE)


def ratios(asked_NCHW: Tensor, training_MCHW: Tensor, *, mirrored: bool) -> Iterator[Tensor | None]:
    """Distance to the nearest training picture over the mean of the next fifty, (N,) in [0, 1]; None between blocks.

    Both sets as :func:`cells`. A set of fewer than two training pictures gives ones.
    """
    asked = asked_NCHW.flatten(1)
    nearest = torch.full((len(asked), 0), torch.inf)
    for start in range(0, len(training_MCHW), _BLOCK):
        block = training_MCHW[start : start + _BLOCK]
        found = _distances(asked, block.flatten(1))
        if mirrored:
            found = torch.minimum(found, _distances(asked, block.flip(3).flatten(1)))
        together = torch.cat([nearest, found], dim=1)
        nearest = together.topk(min(NEIGHBOURS + 1, together.shape[1]), dim=1, largest=False).values
        yield None
    if nearest.shape[1] < 2:
        yield torch.ones(len(asked))
        return
    yield nearest[:, 0] / nearest[:, 1:].mean(dim=1).clamp_min(1e-6)


def threshold(usual_N: Tensor) -> float:
    """Below which ratio a picture counts as a copy, from the ratios of real pictures that were never trained on.

    The lower of 0.6 of their median and what 1 % of them reach: where the data is full of near twins, unseen pictures
    have low ratios too, and the second keeps false alarms at one in a hundred.
    """
    usual = usual_N.double()
    return float(torch.minimum(SHARE_OF_USUAL * usual.median(), usual.quantile(FALSE_ALARMS)))


def near_copies(made_N: Tensor, usual_N: Tensor) -> Estimate:
    """Share of copies in [0, 1], from the ratios of made and of unseen real pictures.

    The error is the larger of the standard error of a share and of what one picture more would change: also where none
    was found, none is not certain. ``few`` where fewer than 100 unseen pictures set the threshold.
    """
    found = share_of(made_N < threshold(usual_N))
    return replace(found, note=FEW if len(usual_N) < 100 else "")


def _distances(a_ND: Tensor, b_MD: Tensor) -> Tensor:
    """Euclidean, (N, M); exactly zero for equal rows."""
    return torch.cdist(a_ND, b_MD, compute_mode="donot_use_mm_for_euclid_dist")
