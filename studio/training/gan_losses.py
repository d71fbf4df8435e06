"""What generator and discriminator play for: pure functions of raw scores, and the penalties on slopes.

Scores are (B,) raw outputs, higher meaning more real; every function returns a scalar to descend.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor


def discriminator_loss(kind: str, real: Tensor, fake: Tensor) -> Tensor:
    """What the discriminator descends, without penalties. ``kind`` as in ``config.gan``.

    non_saturating: Goodfellow et al. 2014, eq. 1. least_squares: Mao et al. 2016, eq. 9 (a = 0, b = 1). hinge: Lim and
    Ye 2017, eq. 4. wasserstein: Gulrajani et al. 2017, eq. 3. relativistic: Huang et al. 2024, eq. 2.
    """
    if kind == "non_saturating":
        return F.softplus(-real).mean() + F.softplus(fake).mean()
    if kind == "least_squares":
        return 0.5 * ((real - 1).square().mean() + fake.square().mean())
    if kind == "hinge":
        return F.relu(1 - real).mean() + F.relu(1 + fake).mean()
    if kind == "wasserstein":
        return fake.mean() - real.mean()
    if kind == "relativistic":
        return F.softplus(fake - real).mean()
    raise ValueError(kind)


def generator_loss(kind: str, fake: Tensor, real: Tensor | None = None) -> Tensor:
    """What the generator descends; ``real`` scores are needed by the relativistic loss alone."""
    if kind == "non_saturating":
        return F.softplus(-fake).mean()
    if kind == "least_squares":
        return 0.5 * (fake - 1).square().mean()
    if kind in {"hinge", "wasserstein"}:
        return -fake.mean()
    if kind == "relativistic" and real is not None:
        return F.softplus(real - fake).mean()
    raise ValueError(kind)


def slope_penalty(score_B: Tensor, x_BCHW: Tensor) -> Tensor:
    """Mean over pictures of the squared length of the score's gradient, (): R1 at real, R2 at generated pictures.

    (Mescheder et al. 2018, arXiv:1801.04406, eq. 9, without its factor gamma / 2.)
    """
    gradient: Tensor = torch.autograd.grad(score_B.sum(), x_BCHW, create_graph=True)[0]
    return gradient.square().sum(dim=(1, 2, 3)).mean()


def lipschitz_penalty(score: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, share_B: Tensor) -> Tensor:
    """Mean squared distance of the slope's length from one, at points between real and generated pictures, ().

    (Gulrajani et al. 2017, arXiv:1704.00028, algorithm 1, without its factor lambda.) ``share_B`` in [0, 1].
    """
    between = torch.lerp(fake, real, share_B.view(-1, 1, 1, 1)).requires_grad_()
    gradient: Tensor = torch.autograd.grad(score(between).sum(), between, create_graph=True)[0]
    length_B: Tensor = gradient.flatten(1).norm(dim=1)
    return (length_B - 1).square().mean()
