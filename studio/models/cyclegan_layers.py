"""Parts of translators and their discriminators: norms whose statistics can be given, reflected borders, doubling.

Shapes: B pictures, C channels, H x W.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.models.layers import DoublingConv

_EPSILON = 1e-5


class Enough(Exception):
    """What was asked of a forward pass is known; the rest of it need not be computed."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean and variance of every channel, (C,) each."""

    mean: Tensor
    variance: Tensor


class MomentSums:
    """Moments of a map that comes in parts."""

    def __init__(self) -> None:
        self._count = 0
        self._sum = self._squares = torch.zeros((), dtype=torch.float64)

    def add(self, x_BCHW: Tensor) -> None:
        """Take in a part."""
        self._count += x_BCHW.shape[0] * x_BCHW.shape[2] * x_BCHW.shape[3]
        x = x_BCHW.double()
        self._sum = self._sum.to(x.device) + x.sum(dim=(0, 2, 3))
        self._squares = self._squares.to(x.device) + x.square().sum(dim=(0, 2, 3))

    def moments(self) -> Moments:
        """Of all parts together."""
        mean = self._sum / self._count
        return Moments(mean.float(), (self._squares / self._count - mean.square()).clamp_min(0).float())


class InstanceNorm(nn.Module):
    """Every channel of every picture to mean 0 and deviation 1 (Ulyanov et al. 2016, arXiv:1607.08022).

    A picture that is worked on in parts needs its moments in common: ``given`` ones take the place of a part's own, and
    ``measure`` is shown what comes before it is normed. Both belong to one thread and to a model that is asked.
    """

    def __init__(self) -> None:
        super().__init__()
        self.given: Moments | None = None
        self.measure: Callable[[Tensor], None] | None = None

    def forward(self, x_BCHW: Tensor) -> Tensor:
        if self.measure is not None:
            self.measure(x_BCHW)
        if self.given is not None:
            scale = torch.rsqrt(self.given.variance + _EPSILON)
            return torch.addcmul(-(self.given.mean * scale)[:, None, None], x_BCHW, scale[:, None, None])
        return F.group_norm(x_BCHW, x_BCHW.shape[1], eps=_EPSILON)


def norms_of(network: nn.Module) -> list[InstanceNorm]:
    """All instance norms of a network, in the order in which a picture meets them."""
    return [part for part in network.modules() if isinstance(part, InstanceNorm)]


@contextmanager
def norms_lent(network: nn.Module) -> Iterator[list[InstanceNorm]]:
    """The norms of a network, to be given moments during the block; they have none afterwards."""
    norms = norms_of(network)
    try:
        yield norms
    finally:
        for norm in norms:
            norm.given = norm.measure = None


def reflected_conv(before: int, after: int, side: int, *, bias: bool = False) -> list[nn.Module]:
    """(B, before, H, W) -> (B, after, H, W): a convolution that sees the picture mirrored beyond its border."""
    return [nn.ReflectionPad2d(side // 2), nn.Conv2d(before, after, side, bias=bias)]


def halving_conv(before: int, after: int) -> nn.Conv2d:
    """(B, before, H, W) -> (B, after, H/2, W/2)."""
    return nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False)


def doubling(before: int, after: int, kind: str) -> nn.Module:
    """(B, before, H, W) -> (B, after, 2H, 2W): every pixel four times, then a convolution; or one transposed.

    Enlarging first leaves no checkerboard (Odena et al. 2016, "Deconvolution and checkerboard artifacts").
    """
    if kind == "resize":
        return DoublingConv(before, after, bias=False)
    return nn.ConvTranspose2d(before, after, 3, stride=2, padding=1, output_padding=1, bias=False)
