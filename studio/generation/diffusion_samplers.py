"""Samplers: from noise to a picture in steps, each a function over an estimate D(x, sigma) of the clean picture.

They speak of x = x0 + sigma n (Karras et al. 2022, arXiv:2206.00364). A process that keeps the variance, or a straight
line, is the same in other units: x is what the network sees, divided by the share of the picture in it; so one formula
serves all. In these units DDIM without noise is Euler's method (Song et al. 2021, arXiv:2010.02502, section 4.3), and
DDPM, DDIM with eta 1 and Euler ancestral are one method: they are kept apart because their names are, and agree.

A sampler is a generator: it yields a :class:`Step` each time the network was asked, and returns the last x.
:func:`sampled` calls a function for each. Shapes: B pictures, C channels, H x W.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor

from studio.config.denoising import Sampler, Spacing
from studio.models.diffusion_schedules import SIGMA_CAP, NoiseSchedule

Denoise = Callable[[Tensor, float], Tensor]
"""x (B, C, H, W), sigma -> the estimate of x0, alike."""
Noise = Callable[[int], Tensor]
"""Number of the step -> fresh noise (B, C, H, W) of variance 1."""
KARRAS_MAX, KARRAS_MIN, KARRAS_RHO = 80.0, 0.002, 7.0
PURE_NOISE = SIGMA_CAP / 2  # levels from here on stand for an infinite one, up to rounding


@dataclass(frozen=True)
class Step:
    """One step: where it is, x (B, C, H, W) at noise level ``sigma``, and the clean picture that x was taken for."""

    number: int
    sigma: float
    x_BCHW: Tensor
    clean_BCHW: Tensor

    @property
    def noise_BCHW(self) -> Tensor:
        """The noise that x was taken to hold, (B, C, H, W)."""
        return (self.x_BCHW - self.clean_BCHW) / self.sigma


Steps = Generator[Step, None, Tensor]
Method = Callable[[Denoise, Tensor, Sequence[float], Noise], Steps]


def ddpm(denoise: Denoise, x: Tensor, sigmas: Sequence[float], noise: Noise) -> Steps:
    """Draws from the posterior q(x' | x, x0 = D) (Ho et al. 2020, arXiv:2006.11239, eq. 6, 7 and 11, the smaller of
    the two variances of section 3.2).

    x' = x0 + (sigma'/sigma)^2 (x - x0) + sqrt(sigma'^2 (sigma^2 - sigma'^2) / sigma^2) z.
    """
    for number, (now, after) in enumerate(pairwise(sigmas)):
        clean = denoise(x, now)
        yield Step(number, now, x, clean)
        x = clean + (after / now) ** 2 * (x - clean)
        if after > 0:
            x = x + math.sqrt(after**2 * (now**2 - after**2)) / now * noise(number)
    return x


def ddim(denoise: Denoise, x: Tensor, sigmas: Sequence[float], noise: Noise, *, eta: float = 0.0) -> Steps:
    """Song et al. 2021, arXiv:2010.02502, eq. 12 with the deviation of eq. 16, here divided by sqrt(alpha').

    s = eta sigma' sqrt(1 - (sigma'/sigma)^2);  x' = x0 + sqrt(sigma'^2 - s^2) n + s z, with n = (x - x0) / sigma.
    """
    for number, (now, after) in enumerate(pairwise(sigmas)):
        clean = denoise(x, now)
        yield Step(number, now, x, clean)
        fresh = eta * after * math.sqrt(1 - (after / now) ** 2)
        x = clean + math.sqrt(after**2 - fresh**2) / now * (x - clean)
        if fresh > 0:
            x = x + fresh * noise(number)
    return x


def euler(denoise: Denoise, x: Tensor, sigmas: Sequence[float], noise: Noise) -> Steps:
    """Euler's method on dx/dsigma = (x - D) / sigma (Karras et al. 2022, algorithm 1, lines 4 and 5); order 1."""
    for number, (now, after) in enumerate(pairwise(sigmas)):
        clean = denoise(x, now)
        yield Step(number, now, x, clean)
        x = x + (after - now) / now * (x - clean)
    return x


def euler_ancestral(denoise: Denoise, x: Tensor, sigmas: Sequence[float], noise: Noise) -> Steps:
    """Euler's method down to sqrt(sigma'^2 - s^2), then noise up to sigma' again, with s as in :func:`ddpm`."""
    for number, (now, after) in enumerate(pairwise(sigmas)):
        clean = denoise(x, now)
        yield Step(number, now, x, clean)
        up = after * math.sqrt(1 - (after / now) ** 2)
        down = math.sqrt(after**2 - up**2)
        x = x + (down - now) / now * (x - clean)
        if up > 0:
            x = x + up * noise(number)
    return x


def heun(denoise: Denoise, x: Tensor, sigmas: Sequence[float], noise: Noise) -> Steps:
    """Heun's method (Karras et al. 2022, algorithm 1): the mean of the slopes at both ends; order 2.

    The network is asked twice a step, but once where the step ends at 0, and where it begins with pure noise: from so
    far away the slope at the end counts for much too long a way, and Euler's step is right but for the estimate itself.
    """
    for number, (now, after) in enumerate(pairwise(sigmas)):
        clean = denoise(x, now)
        yield Step(number, now, x, clean)
        slope = (x - clean) / now
        ahead = x + (after - now) * slope
        if after > 0 and now < PURE_NOISE:
            slope = (slope + (ahead - denoise(ahead, after)) / after) / 2
            ahead = x + (after - now) * slope
        x = ahead
    return x


def dpm_solver_2m(denoise: Denoise, x: Tensor, sigmas: Sequence[float], noise: Noise) -> Steps:
    """DPM-Solver++ with two steps' memory (Lu et al. 2022, arXiv:2211.01095, algorithm 2); order 2.

    With lambda = -log sigma and h = lambda' - lambda: x' = (sigma'/sigma) x - (e^-h - 1) D', where
    D' = D + (D - D_before) h / (2 h_before). A step to 0 takes D itself.
    """
    before: tuple[Tensor, float] | None = None
    for number, (now, after) in enumerate(pairwise(sigmas)):
        clean = denoise(x, now)
        yield Step(number, now, x, clean)
        if after == 0:
            return clean
        h = math.log(now / after)
        told = clean if before is None else clean + h / (2 * before[1]) * (clean - before[0])
        x = after / now * x - math.expm1(-h) * told
        before = clean, h
    return x


def unipc(denoise: Denoise, x: Tensor, sigmas: Sequence[float], noise: Noise) -> Steps:
    """UniPC of order 2 with B(h) = e^h - 1 (Zhao et al. 2023, arXiv:2302.04867, algorithms 5 and 6).

    The answer at the end of a predicted step corrects that step before the next is made, without being asked anew; so
    the order is 3 (there, theorem 3.1). A step to 0 takes D itself.
    """
    history: list[tuple[Tensor, float]] = []  # estimates and their sigmas, newest last
    begun: tuple[Tensor, int] | None = None  # where the last step began, and its order
    for number, (now, after) in enumerate(pairwise(sigmas)):
        clean = denoise(x, now)
        yield Step(number, now, x, clean)
        if begun is not None:
            x = _unified(begun[0], history[-begun[1] :], now, answer=clean)
        history = [*history[-1:], (clean, now)]
        if after == 0:
            return clean
        begun = x, len(history)
        x = _unified(x, history, after)
    return x


def _unified(x: Tensor, history: Sequence[tuple[Tensor, float]], after: float, answer: Tensor | None = None) -> Tensor:
    """One step of UniP, or of UniC where the answer at its end is known; its order is the length of the history."""
    clean, now = history[-1]
    h = math.log(now / after)
    places = [math.log(now / sigma) / h for _, sigma in history[:-1]]
    slopes = [(older - clean) / place for (older, _), place in zip(history[:-1], places, strict=True)]
    if answer is not None:
        places, slopes = [*places, 1.0], [*slopes, answer - clean]
    whole = math.expm1(-h)
    x = after / now * x - whole * clean
    for share, slope in zip(_shares(h, places), slopes, strict=True):
        x = x - whole * share * slope
    return x


def _shares(h: float, places: Sequence[float]) -> list[float]:
    """What the differences at ``places`` count: R a = b of equation 8 there; for one of them a half, as it advises."""
    if len(places) < 2:
        return [0.5] * len(places)
    whole = math.expm1(-h)
    phi, factorial, right = whole / -h - 1, 1, []
    for power in range(len(places)):
        right.append(phi * factorial / whole)
        factorial *= power + 2
        phi = phi / -h - 1 / factorial
    left = torch.tensor([[place**power for place in places] for power in range(len(places))], dtype=torch.float64)
    found: list[float] = torch.linalg.solve(left, torch.tensor(right, dtype=torch.float64)).tolist()
    return found


METHODS: Mapping[Sampler, Method] = {
    "ddpm": ddpm, "ddim": ddim, "euler": euler, "euler-ancestral": euler_ancestral, "heun": heun,
    "dpm++2m": dpm_solver_2m, "unipc": unipc,
}  # fmt: skip


def method_of(sampler: Sampler, eta: float = 0.0) -> Method:
    """The function of a sampler; ``eta`` is DDIM's."""
    return partial(ddim, eta=eta) if sampler == "ddim" else METHODS[sampler]


def sampled(steps: Steps, watch: Callable[[Step], None]) -> Tensor:
    """Run a sampler to its end; ``watch`` is called at every step."""
    try:
        while True:
            watch(next(steps))
    except StopIteration as end:
        found: Tensor = end.value
        return found


def inverted(denoise: Denoise, x0: Tensor, sigmas: Sequence[float]) -> Tensor:
    """The noisy x at the last of rising ``sigmas`` from which samplers without fresh noise lead back to ``x0``.

    The picture is taken for the x of the first of them, which has to be near 0. The way is that of DDIM inversion (Song
    et al. 2021, section 4.3: equation 14 there, upwards), gone in steps of Heun, so that it errs in the second order.
    """
    x = x0
    for now, after in pairwise(sigmas):
        slope = (x - denoise(x, now)) / now
        ahead = x + (after - now) * slope
        slope = (slope + (ahead - denoise(ahead, after)) / after) / 2
        x = x + (after - now) * slope
    return x


def noise_levels(schedule: NoiseSchedule, count: int, spacing: Spacing) -> list[float]:
    """``count`` falling sigmas and a 0: even times of the training's process, or as Karras et al. spread them."""
    if spacing == "training":
        found: list[float] = schedule.sigmas(count).tolist()
        return found
    return karras(count, low=max(schedule.sigma_min, KARRAS_MIN), high=min(schedule.sigma_max, KARRAS_MAX))


def karras(count: int, *, low: float, high: float, rho: float = KARRAS_RHO) -> list[float]:
    """Karras et al. 2022, equation 5: even steps of sigma^(1/rho) from ``high`` to ``low``, then 0."""
    top, bottom = high ** (1 / rho), low ** (1 / rho)
    return [(top + i / max(1, count - 1) * (bottom - top)) ** rho for i in range(count)] + [0.0]
