"""What a denoising network is asked to tell, and how its answer becomes an estimate of the clean picture.

An answer is the best straight guess from the noisy picture plus what the network adds to it, so that the network need
not learn to hand its input through (the idea of Karras et al. 2022, arXiv:2206.00364, section 5, for every target).

z = a x0 + b n is what the network sees (see ``diffusion_schedules``), with a^2 + b^2 = 1 for noise, x0 and v, and
a + b = 1 for flow. Shapes: B pictures, C channels, H x W; shares (B,).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from studio.config.diffusion import Flow, Process
from studio.models.diffusion_schedules import Levels

Target = Literal["epsilon", "x0", "v", "flow"]


def target_of(process: Process) -> Target:
    """What the network of a process tells."""
    return "flow" if isinstance(process, Flow) else process.prediction


DEVIATION = 0.5  # of the numbers of pictures in [-1, 1]


@dataclass(frozen=True)
class Guess:
    """How the network's numbers become an answer: ``share * z + scale * network(z / size)``, (B, 1, 1, 1) each."""

    share: Tensor
    scale: Tensor
    size: Tensor


@dataclass(frozen=True)
class Preconditioning:
    """One way of asking. Without being ``helped`` the network's numbers are the answer as they are."""

    target: Target
    helped: bool = True

    def guess(self, levels: Levels) -> Guess:
        """The straight guess at these levels: ``share`` is the answer's covariance with z by z's variance, ``scale``
        the deviation of what it misses, ``size`` that of z; for pictures of deviation s = ``DEVIATION``."""
        a, b = _shaped(levels)
        if not self.helped:
            return Guess(torch.zeros_like(a), torch.ones_like(a), torch.ones_like(a))
        picture = DEVIATION**2
        of_x0, of_n = self._parts(a, b)
        variance = a.square() * picture + b.square()
        share = (of_x0 * a * picture + of_n * b) / variance
        scale = DEVIATION * (of_n * a - of_x0 * b).abs() / variance.sqrt()
        return Guess(share, scale, variance.sqrt())

    def _parts(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        """How much of x0 and of n an answer holds."""
        one, none = torch.ones_like(a), torch.zeros_like(a)
        if self.target == "v":
            return -b, a
        return {"epsilon": (none, one), "x0": (one, none), "flow": (-one, one)}[self.target]

    def mixed(self, x0_BCHW: Tensor, n_BCHW: Tensor, levels: Levels) -> Tensor:
        """z = a x0 + b n."""
        a, b = _shaped(levels)
        return a * x0_BCHW + b * n_BCHW

    def answer(self, x0_BCHW: Tensor, n_BCHW: Tensor, levels: Levels) -> Tensor:
        """What a perfect denoiser says: n, x0, v = a n - b x0 (Salimans & Ho 2022, arXiv:2202.00512), or n - x0."""
        a, b = _shaped(levels)
        of_x0, of_n = self._parts(a, b)
        return of_x0 * x0_BCHW + of_n * n_BCHW

    def clean(self, z_BCHW: Tensor, answer_BCHW: Tensor, levels: Levels) -> Tensor:
        """The estimate of x0 that an answer means."""
        a, b = _shaped(levels)
        if self.target == "epsilon":
            return (z_BCHW - b * answer_BCHW) / a.clamp(min=1e-12)
        if self.target == "x0":
            return answer_BCHW
        if self.target == "v":
            return a * z_BCHW - b * answer_BCHW
        return z_BCHW - b * answer_BCHW

    def weight(self, levels: Levels, min_snr: float) -> Tensor:
        """Weight (B,) of the squared error of an answer: min(SNR, gamma) in terms of x0; 1 where gamma is 0.

        Hang et al. 2023, arXiv:2303.09556, section 3.4: min(SNR, gamma) / SNR for the noise, / (SNR + 1) for v.
        """
        a, b = levels.picture_B, levels.noise_B
        if min_snr <= 0:
            return torch.ones_like(a)
        snr = (a / b.clamp(min=1e-12)).square()
        limited = snr.clamp(max=min_snr)
        if self.target == "epsilon":
            return limited / snr.clamp(min=1e-12)
        return limited if self.target == "x0" else limited * b.square()


def _shaped(levels: Levels) -> tuple[Tensor, Tensor]:
    return levels.picture_B.view(-1, 1, 1, 1), levels.noise_B.view(-1, 1, 1, 1)
