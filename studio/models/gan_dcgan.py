"""DCGAN: transposed convolutions up, strided convolutions down (Radford et al. 2015, arXiv:1511.06434).

Without labels these are the textbook networks, layer by layer. Shapes: see ``layers``.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from studio.models.layers import LabelEmbedding, MapToPoint, PointToMap, initialise_dcgan

_WIDEST = 8  # the coarsest maps have at most this many times the width


def _widths(size: int, width: int) -> list[int]:
    """Channels at 4x4, 8x8, ... up to half the picture's side, widest first."""
    steps = size.bit_length() - 3
    return [width * min(_WIDEST, 2**i) for i in reversed(range(steps))]


class DcganGenerator(nn.Module):
    """z (B, Z) and codes (B, L) -> pictures (B, C, size, size) in [-1, 1]."""

    def __init__(
        self, *, size: int, channels: int, width: int, latent: int, labels: tuple[int, ...], embedding: int
    ) -> None:
        super().__init__()
        self.latent_size = latent
        self.embedding = LabelEmbedding(labels, embedding) if labels else None
        inputs = latent + (self.embedding.total if self.embedding else 0)
        widths = _widths(size, width)
        layers: list[nn.Module] = [PointToMap(inputs, widths[0], 4)]
        for now, after in zip(widths, [*widths[1:], channels], strict=True):
            layers += [nn.BatchNorm2d(now), nn.ReLU(inplace=True), nn.ConvTranspose2d(now, after, 4, 2, 1, bias=False)]
        self.body = nn.Sequential(*layers, nn.Tanh())
        initialise_dcgan(self)

    def embed(self, codes_BL: Tensor) -> Tensor:
        """What the labels add to the latent, (B, E); E is 0 without labels."""
        if self.embedding is None:
            return codes_BL.new_zeros((codes_BL.shape[0], 0), dtype=torch.float32)
        result: Tensor = self.embedding(codes_BL)
        return result

    def grow(self, z_BZ: Tensor, e_BE: Tensor) -> Tensor:
        """Pictures from latents and embedded labels."""
        x = torch.cat([z_BZ, e_BE], dim=1) if e_BE.shape[1] else z_BZ
        result: Tensor = self.body(x[:, :, None, None])
        return result

    def forward(self, z_BZ: Tensor, codes_BL: Tensor) -> Tensor:
        return self.grow(z_BZ, self.embed(codes_BL))


class DcganDiscriminator(nn.Module):
    """Pictures (B, C, size, size), codes (B, L) -> raw scores (B,); labels enter by projection (arXiv:1802.05637)."""

    def __init__(self, *, size: int, channels: int, width: int, labels: tuple[int, ...], batch_norm: bool) -> None:
        super().__init__()
        widths = _widths(size, width)[::-1]
        first = nn.Conv2d(channels, widths[0], 4, 2, 1, bias=False)
        layers: list[nn.Module] = [first, nn.LeakyReLU(0.2, inplace=True)]
        for before, now in pairwise(widths):
            layers += [nn.Conv2d(before, now, 4, 2, 1, bias=False)]
            layers += [nn.BatchNorm2d(now)] if batch_norm else []
            layers += [nn.LeakyReLU(0.2, inplace=True)]
        self.body = nn.Sequential(*layers)
        self.head = MapToPoint(widths[-1], 1, 4)
        self.feature_size = widths[-1]
        self.projection = LabelEmbedding(labels, widths[-1], widths[-1] ** -0.5) if labels else None
        self.batch_norm = batch_norm
        initialise_dcgan(self)

    def features(self, x_BCHW: Tensor, parts: int = 1) -> Tensor:
        """What the last convolution sees, averaged over the picture: (B, F)."""
        h: Tensor = self.body(x_BCHW)
        return h.mean(dim=(2, 3))

    def forward(self, x_BCHW: Tensor, codes_BL: Tensor, parts: int = 1) -> Tensor:
        """``parts``: batches of equal length one behind the other in x; only batch norm lets them meet."""
        h = self.body(x_BCHW)
        score: Tensor = self.head(h).flatten()
        if self.projection is not None:
            score = score + project(self.projection, codes_BL, h.mean(dim=(2, 3)))
        return score


def project(embedding: LabelEmbedding, codes_BL: Tensor, features_BF: Tensor) -> Tensor:
    """Sum over labels of the inner product of the label's vector and the features, (B,)."""
    e_BLF: Tensor = embedding(codes_BL).view(codes_BL.shape[0], -1, features_BF.shape[1])
    return (e_BLF * features_BF[:, None, :]).sum(dim=(1, 2))
