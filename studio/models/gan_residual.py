"""The residual pair: a generator with batch norm that doubles by interpolation, a strided discriminator without.

No convolution from many to many channels works at the picture's full resolution, which is where the time would go.
Weights start as torch draws them. Measured on Portraits at 32x32: He's larger weights let the discriminator run ahead,
the sliced Wasserstein distance was 451 after 10,000 pictures where these had 171 after 6,700.
Shapes: see ``layers``.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.models.gan_dcgan import project
from studio.models.layers import BatchSpread, DoublingConv, LabelEmbedding

_WIDEST = 8
_SLOPE = 0.2


def _widths(size: int, width: int) -> list[int]:
    """Channels at 4x4, 8x8, ... up to half the picture's side, widest first."""
    steps = size.bit_length() - 3
    return [width * min(_WIDEST, 2**i) for i in reversed(range(steps))]


class UpBlock(nn.Module):
    """(B, before, H, W) -> (B, after, 2H, 2W): norm, doubling, two convolutions, and a straight way past them."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.BatchNorm2d(before), nn.BatchNorm2d(after)
        self.conv1 = DoublingConv(before, after, bias=False)
        self.conv2 = nn.Conv2d(after, after, 3, padding=1)
        self.past = nn.Conv2d(before, after, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        h: Tensor = self.conv1(F.relu(self.norm1(x)))
        h = self.conv2(F.relu(self.norm2(h)))
        return h + F.interpolate(self.past(x), scale_factor=2.0, mode="nearest")


class DownBlock(nn.Module):
    """(B, before, H, W) -> (B, after, H/2, W/2); ``batch_norm`` puts a norm before the rectifier."""

    def __init__(self, before: int, after: int, batch_norm: bool) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(before) if batch_norm else nn.Identity()
        self.conv = nn.Conv2d(before, after, 4, stride=2, padding=1)
        self.past = nn.Conv2d(before, after, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        h: Tensor = self.conv(F.leaky_relu(self.norm(x), _SLOPE))
        past: Tensor = self.past(F.avg_pool2d(x, 2))
        return (h + past) * math.sqrt(0.5)


class ResidualGenerator(nn.Module):
    """z (B, Z) and codes (B, L) -> pictures (B, C, size, size) in [-1, 1]."""

    def __init__(
        self, *, size: int, channels: int, width: int, latent: int, labels: tuple[int, ...], embedding: int
    ) -> None:
        super().__init__()
        self.latent_size = latent
        self.embedding = LabelEmbedding(labels, embedding) if labels else None
        widths = _widths(size, width)
        self.widest = widths[0]
        self.start = nn.Linear(latent + (self.embedding.total if self.embedding else 0), 16 * widths[0])
        self.blocks = nn.Sequential(*(UpBlock(a, b) for a, b in pairwise(widths)))
        self.norm = nn.BatchNorm2d(widths[-1])
        self.to_picture = DoublingConv(widths[-1], channels)
        nn.init.normal_(self.to_picture.weight, std=0.02)

    def embed(self, codes_BL: Tensor) -> Tensor:
        """What the labels add to the latent, (B, E); E is 0 without labels."""
        if self.embedding is None:
            return codes_BL.new_zeros((codes_BL.shape[0], 0), dtype=torch.float32)
        result: Tensor = self.embedding(codes_BL)
        return result

    def grow(self, z_BZ: Tensor, e_BE: Tensor) -> Tensor:
        """Pictures from latents and embedded labels."""
        x = torch.cat([z_BZ, e_BE], dim=1) if e_BE.shape[1] else z_BZ
        # Laid out with channels last from the start, so that no later layer has to turn the memory round.
        x = self.start(x).view(-1, 4, 4, self.widest).permute(0, 3, 1, 2)
        return torch.tanh(self.to_picture(F.relu(self.norm(self.blocks(x)))))

    def forward(self, z_BZ: Tensor, codes_BL: Tensor) -> Tensor:
        return self.grow(z_BZ, self.embed(codes_BL))


class ResidualDiscriminator(nn.Module):
    """Pictures (B, C, size, size) and codes (B, L) -> raw scores (B,).

    Labels enter at the very end alone, by projection, and the spread of neighbours in the batch is shown before: a
    generator that draws one picture a label is found out.
    """

    def __init__(self, *, size: int, channels: int, width: int, labels: tuple[int, ...], batch_norm: bool) -> None:
        super().__init__()
        widths = _widths(size, width)[::-1]
        self.from_picture = nn.Conv2d(channels, widths[0], 4, stride=2, padding=1)
        self.blocks = nn.Sequential(*(DownBlock(a, b, batch_norm) for a, b in pairwise(widths)))
        self.spread = BatchSpread()
        self.mix = nn.Conv2d(widths[-1] + 1, widths[-1], 3, padding=1)
        self.gather = nn.Linear(16 * widths[-1], widths[-1])
        self.feature_size = widths[-1]
        self.head = nn.Linear(widths[-1], 1)
        self.batch_norm = batch_norm
        self.projection = LabelEmbedding(labels, widths[-1], widths[-1] ** -0.5) if labels else None

    def features(self, x_BCHW: Tensor, parts: int = 1) -> Tensor:
        """What the last layer sees: (B, F)."""
        h = self.blocks(self.from_picture(x_BCHW))
        h = F.leaky_relu(self.mix(self.spread(F.leaky_relu(h, _SLOPE), parts)), _SLOPE)
        return F.leaky_relu(self.gather(h.flatten(1)), _SLOPE)

    def forward(self, x_BCHW: Tensor, codes_BL: Tensor, parts: int = 1) -> Tensor:
        """``parts``: batches of equal length one behind the other in x, whose pictures must not meet."""
        h_BF = self.features(x_BCHW, parts)
        score: Tensor = self.head(h_BF).flatten()
        if self.projection is not None:
            score = score + project(self.projection, codes_BL, h_BF)
        return score
