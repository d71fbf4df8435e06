"""What samplers ask: the denoiser under guidance, and with all that is known of a picture already.

Shapes: B pictures, C channels, H x W, T tokens, E numbers a word.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from studio.models.diffusion import Denoiser, Told


@dataclass(frozen=True)
class Guidance:
    """What is told, and how strictly it is followed.

    Attributes:
        against: what it is compared with: nothing, or what is not to be seen. None: it is not compared.
        scale_B: 1 follows what is told as it was learnt, more goes beyond it.
        rescale_B: how much of the contrast that guidance adds is taken back.
    """

    told: Told
    against: Told | None
    scale_B: Tensor
    rescale_B: Tensor


@dataclass(frozen=True)
class Known:
    """Pictures (B, C, H, W) in [-1, 1] of which only the places in ``free_B1HW`` (bool) are to be made."""

    x0_BCHW: Tensor
    free_B1HW: Tensor


class Asked:
    """D(x, sigma) of a chunk of pictures; remembers its last estimate for networks that want to see it."""

    def __init__(self, denoiser: Denoiser, guidance: Guidance, known: Known | None = None) -> None:
        self._denoiser, self._guidance, self._known = denoiser, guidance, known
        self._previous: Tensor | None = None

    def __call__(self, x_BCHW: Tensor, sigma: float) -> Tensor:
        """The estimate of x0. What is known of a picture is not estimated: so x there stays the known picture under
        the noise that it began with, whatever the sampler (replacement; Song et al. 2021, arXiv:2011.13456, I.2)."""
        with torch.no_grad():
            clean = self._guided(x_BCHW, sigma)
        if self._known is not None:
            clean = torch.where(self._known.free_B1HW, clean, self._known.x0_BCHW)
        self._previous = clean if self._denoiser.self_conditioning else None
        return clean

    def _guided(self, x: Tensor, sigma: float) -> Tensor:
        guidance, previous = self._guidance, self._previous
        sigma_B = torch.full((len(x),), sigma, device=x.device)
        if guidance.against is None:
            alone: Tensor = self._denoiser(x, sigma_B, guidance.told, previous)
            return alone
        twice = None if previous is None else previous.repeat(2, 1, 1, 1)
        both = self._denoiser(x.repeat(2, 1, 1, 1), sigma_B.repeat(2), guidance.told.with_more(guidance.against), twice)
        told, against = both.chunk(2)
        return guided(told, against, guidance.scale_B, guidance.rescale_B)


def guided(told: Tensor, against: Tensor, scale_B: Tensor, rescale_B: Tensor) -> Tensor:
    """against + scale (told - against) (Ho & Salimans 2022, arXiv:2207.12598, eq. 6, which holds for x0 as for noise).

    Then moved towards the deviation that ``told`` has, by a share (Lin et al. 2023, arXiv:2305.08891, eq. 15 and 16).
    """
    clean = against + scale_B.view(-1, 1, 1, 1) * (told - against)
    ratio = _deviation(told) / _deviation(clean).clamp(min=1e-6)
    return clean * (1 + rescale_B.view(-1, 1, 1, 1) * (ratio - 1))


def _deviation(x_BCHW: Tensor) -> Tensor:
    return x_BCHW.std(dim=(1, 2, 3), keepdim=True)


def between(a: Told, b: Told, share_B: Tensor) -> Told:
    """What is told on the way from a to b; at its ends exactly what is told there."""
    vector = torch.lerp(a.vector_BV, b.vector_BV, share_B[:, None])
    if a.words_BTE is None or b.words_BTE is None or a.mask_BT is None or b.mask_BT is None:
        return Told(vector)
    ends = share_B[:, None] == 0, share_B[:, None] == 1
    mask = torch.where(ends[0], a.mask_BT, torch.where(ends[1], b.mask_BT, a.mask_BT | b.mask_BT))
    return Told(vector, torch.lerp(a.words_BTE, b.words_BTE, share_B[:, None, None]), mask)
