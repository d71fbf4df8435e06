"""The network of the toy family: two matrices, there and back (Baldi and Hornik 1989)."""

import torch
from torch import Tensor, nn

from studio.config.toy import ToyConfig


class Squeeze(nn.Module):
    """Pictures (B, C, H, W) in [-1, 1] -> the same from ``latent_size`` numbers each."""

    def __init__(self, config: ToyConfig) -> None:
        super().__init__()
        self.shape = (config.channels, config.picture_size, config.picture_size)
        size = config.channels * config.picture_size**2
        self.down, self.up = nn.Linear(size, config.latent_size), nn.Linear(config.latent_size, size)

    def unfold(self, z_BZ: Tensor) -> Tensor:
        """Pictures of latents."""
        return torch.tanh(self.up(z_BZ)).view(-1, *self.shape)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return self.unfold(self.down(x_BCHW.flatten(1)))
