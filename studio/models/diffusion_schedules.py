"""How much of a picture is left and how much noise there is, by time; and back from a noise level to its time.

Time runs from 0 (hardly any noise) to 1 (hardly any picture). At a time the networks see z = a x0 + b n with noise n of
variance 1. Samplers speak of x = x0 + sigma n (Karras et al. 2022, arXiv:2206.00364) with sigma = b / a, so x = z / a.
Shapes: B noise levels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from studio.config.diffusion import Flow, Gradual, Process

STEPS = 1000  # discrete noise levels of a gradual process
SIGMA_CAP = 1000.0  # what stands for an infinite sigma: of the picture's variance a millionth is left


@dataclass(frozen=True)
class Levels:
    """Shares of the picture and of the noise, (B,) each."""

    picture_B: Tensor
    noise_B: Tensor


class NoiseSchedule(Protocol):
    """Times, shares and sigmas of one process."""

    @property
    def sigma_max(self) -> float:
        """Where sampling begins: the sigma of time 1, at most ``SIGMA_CAP``."""

    @property
    def sigma_min(self) -> float:
        """The least sigma that is trained."""

    def levels(self, time_B: Tensor) -> Levels:
        """Shares at times in [0, 1]."""

    def time(self, sigma_B: Tensor) -> Tensor:
        """The times (B,) at which sigma is so; levels outside of what there is get the nearest."""

    def sigma(self, time_B: Tensor) -> Tensor:
        """b / a at times, at most ``SIGMA_CAP``."""

    def sigmas(self, count: int) -> Tensor:
        """(count + 1,) float32 on the CPU: falling from ``sigma_max`` at even steps of time, and 0 at the end."""


class _Spaced:
    """What follows from ``levels`` for every schedule."""

    def levels(self, time_B: Tensor) -> Levels:
        raise NotImplementedError

    def sigma(self, time_B: Tensor) -> Tensor:
        levels = self.levels(time_B)
        return (levels.noise_B / levels.picture_B.clamp(min=1e-12)).clamp(max=SIGMA_CAP)

    @property
    def sigma_max(self) -> float:
        return float(self.sigma(torch.ones(1, device="cpu")))

    def time(self, sigma_B: Tensor) -> Tensor:
        raise NotImplementedError

    def sigmas(self, count: int) -> Tensor:
        begin = float(self.time(torch.tensor([self.sigma_max], device="cpu")))
        times = torch.linspace(begin, 0.0, count + 1, device="cpu")
        return torch.cat([self.sigma(times[:-1]), torch.zeros(1, device="cpu")])


class StraightLine(_Spaced):
    """a = 1 - t, b = t (Liu et al. 2022, arXiv:2209.03003, eq. 1; there time runs the other way)."""

    sigma_min = 1e-3

    def levels(self, time_B: Tensor) -> Levels:
        return Levels(1 - time_B, time_B)

    def time(self, sigma_B: Tensor) -> Tensor:
        return sigma_B / (1 + sigma_B)


class VarianceKeeping(_Spaced):
    """a^2 + b^2 = 1 by a table of ``STEPS`` values, straight lines between them.

    Args:
        kept: (STEPS,) float64, the share a^2 of the picture's variance that is left after each step.
    """

    def __init__(self, kept: np.ndarray) -> None:
        # From numpy, so that the tables hold their numbers also where networks are built without memory (meta).
        self._picture = torch.from_numpy(np.sqrt(kept).astype(np.float32))
        self._noise = torch.from_numpy(np.sqrt(1 - kept).astype(np.float32))
        self._tables: dict[torch.device, tuple[Tensor, Tensor, Tensor]] = {}

    @property
    def sigma_min(self) -> float:
        """The sigma of time 0."""
        return float(self._noise[0] / self._picture[0])

    @property
    def table(self) -> Tensor:
        """The discrete sigmas (STEPS,), rising; where nothing of the picture is left, enormous."""
        return self._noise / self._picture.clamp(min=1e-12)

    def levels(self, time_B: Tensor) -> Levels:
        picture, noise, _ = self._on(time_B.device)
        place = (time_B * (STEPS - 1)).clamp(0, STEPS - 1)
        below = place.floor().long().clamp(max=STEPS - 2)
        share = place - below
        a = torch.lerp(picture[below], picture[below + 1], share)
        b = torch.lerp(noise[below], noise[below + 1], share)
        length = torch.sqrt(a * a + b * b)
        return Levels(a / length, b / length)

    def time(self, sigma_B: Tensor) -> Tensor:
        picture, noise, sigmas = self._on(sigma_B.device)
        below = torch.searchsorted(sigmas, sigma_B.contiguous(), right=True).sub(1).clamp(0, STEPS - 2)
        a, b = picture[below], noise[below]
        to_a, to_b = picture[below + 1] - a, noise[below + 1] - b
        # (b + share to_b) / (a + share to_a) = sigma, solved for the share
        share = ((sigma_B * a - b) / (to_b - sigma_B * to_a)).clamp(0, 1)
        return (below + share) / (STEPS - 1)

    def _on(self, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
        if device not in self._tables:
            found = (self._picture, self._noise, self.table)
            self._tables[device] = (found[0].to(device), found[1].to(device), found[2].to(device))
        return self._tables[device]


def make_schedule(process: Process) -> NoiseSchedule:
    """The schedule of a process."""
    if isinstance(process, Flow):
        return StraightLine()
    return VarianceKeeping(kept_variance(process))


def kept_variance(process: Gradual) -> np.ndarray:
    """(STEPS,) float64: the share of the picture's variance after each step, falling."""
    kept = {"linear": _linear, "cosine": _cosine, "sigmoid": _sigmoid}[process.schedule]()
    return _ending_in_noise(kept) if process.zero_terminal_snr else kept


def _linear() -> np.ndarray:
    """Noise added in amounts from 1e-4 to 0.02 (Ho et al. 2020, arXiv:2006.11239, section 4)."""
    return np.cumprod(1 - np.linspace(1e-4, 0.02, STEPS))


def _cosine() -> np.ndarray:
    """cos^2 with an offset of 0.008, no step larger than 0.999 (Nichol & Dhariwal 2021, arXiv:2102.09672, eq. 17)."""
    level = np.cos((np.linspace(0, 1, STEPS + 1) + 0.008) / 1.008 * np.pi / 2) ** 2
    return np.cumprod(1 - np.minimum(1 - level[1:] / level[:-1], 0.999))


def _sigmoid() -> np.ndarray:
    """A sigmoid from -3 to 3, scaled to end at 0 (Jabri et al. 2022, arXiv:2212.11972); steps as for the cosine."""
    level = 1 / (1 + np.exp(np.linspace(-3, 3, STEPS + 1)))
    level = (level - level[-1]) / (level[0] - level[-1])
    return np.cumprod(1 - np.minimum(1 - level[1:] / level[:-1], 0.999))


def _ending_in_noise(kept: np.ndarray) -> np.ndarray:
    """Shift and stretch the shares a so that the last is 0 and the first stays (Lin et al. 2023, arXiv:2305.08891,
    algorithm 1)."""
    share = np.sqrt(kept)
    moved: np.ndarray = (share - share[-1]) * share[0] / (share[0] - share[-1])
    return moved**2
