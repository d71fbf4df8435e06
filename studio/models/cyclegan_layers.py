"""Parts of translators and their discriminators: norms whose statistics can be given, reflected borders, doubling.

Shapes: B pictures, C channels, H x W.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.models.layers import DoublingConv

_EPSILON = 1e-5


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean and mean square of every channel, (C,) each, over ``count`` places."""

    mean: Tensor
    square: Tensor
    count: int


class InstanceNorm(nn.Module):
    """Every channel of every picture to mean 0 and deviation 1 (Ulyanov et al. 2016, arXiv:1607.08022).

    What a picture's tiles need in common can be handed in: with ``given`` that takes the place of a picture's own
    moments; with ``seen`` those of each picture are put by. Both belong to one thread and to a model that is asked.
    """

    def __init__(self) -> None:
        super().__init__()
        self.given: Moments | None = None
        self.seen: list[Moments] | None = None

    def forward(self, x_BCHW: Tensor) -> Tensor:
        if self.seen is not None:
            squares = x_BCHW.float().square().mean(dim=(0, 2, 3))
            count = x_BCHW.shape[0] * x_BCHW.shape[2] * x_BCHW.shape[3]
            self.seen.append(Moments(x_BCHW.float().mean(dim=(0, 2, 3)), squares, count))
        if self.given is not None:
            mean = self.given.mean
            scale = torch.rsqrt((self.given.square - mean.square()).clamp_min(0) + _EPSILON)
            return torch.addcmul(-(mean * scale)[:, None, None], x_BCHW, scale[:, None, None])
        return F.group_norm(x_BCHW, x_BCHW.shape[1], eps=_EPSILON)


def norms_of(network: nn.Module) -> list[InstanceNorm]:
    """All instance norms of a network, in the order of its parts."""
    return [part for part in network.modules() if isinstance(part, InstanceNorm)]


@contextmanager
def noting_moments(network: nn.Module) -> Iterator[list[list[Moments]]]:
    """What each norm sees during the block: one list for each, filled call by call."""
    norms, seen = norms_of(network), list[list[Moments]]()
    for norm in norms:
        norm.seen = []
        seen.append(norm.seen)
    try:
        yield seen
    finally:
        for norm in norms:
            norm.seen = None


@contextmanager
def with_moments(network: nn.Module, moments: Sequence[Moments]) -> Iterator[None]:
    """Let every norm use these moments instead of those of the picture at hand."""
    norms = norms_of(network)
    for norm, given in zip(norms, moments, strict=True):
        norm.given = given
    try:
        yield
    finally:
        for norm in norms:
            norm.given = None


def together(moments: Sequence[Moments]) -> Moments:
    """The moments of several parts of one picture as those of the whole."""
    count = sum(one.count for one in moments)
    shares = [one.count / count for one in moments]
    mean = torch.stack([one.mean * share for one, share in zip(moments, shares, strict=True)]).sum(dim=0)
    square = torch.stack([one.square * share for one, share in zip(moments, shares, strict=True)]).sum(dim=0)
    return Moments(mean, square, count)


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
