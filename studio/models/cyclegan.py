"""The networks of the CycleGAN family from a config. Shapes: B pictures, C channels, H x W, h x w patches."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from studio.config.cyclegan import Contrastive, CycleganConfig, Paired, PatchDiscriminator, UnetGenerator
from studio.models.cyclegan_generators import ResnetTranslator, Translator, UnetTranslator
from studio.models.cyclegan_layers import InstanceNorm

SIDES = {"a2b": "b", "b2a": "a"}
"""Direction -> the side that its pictures pretend to be of, whose discriminator judges them."""
HEADS = "heads"
_HEAD = 256  # numbers by which a place is compared
_SLOPE = 0.2


def build_generators(config: CycleganConfig) -> nn.ModuleDict:
    """A translator for each direction, under its name; with contrast also the ``heads`` that compare places."""
    parts: dict[str, nn.Module] = {direction: build_translator(config) for direction in config.directions}
    if isinstance(config.mode, Contrastive):
        one = parts[config.directions[0]]
        assert isinstance(one, ResnetTranslator | UnetTranslator)
        parts[HEADS] = nn.ModuleList(PlaceHead(width) for width in one.feature_widths)
    return nn.ModuleDict(parts)


def build_translator(config: CycleganConfig) -> Translator:
    """One translator: pictures (B, C, H, W) in [-1, 1] -> the same shape."""
    chosen = config.generator
    if isinstance(chosen, UnetGenerator):
        return UnetTranslator(
            channels=config.channels, width=chosen.width, depth=chosen.depth, upsample=chosen.upsample,
            output=config.output,
        )  # fmt: skip
    return ResnetTranslator(
        channels=config.channels, width=chosen.width, blocks=chosen.blocks, upsample=chosen.upsample,
        output=config.output,
    )  # fmt: skip


def build_discriminators(config: CycleganConfig) -> nn.ModuleDict:
    """A discriminator for each side that is pretended to, under ``a`` and ``b``.

    With pairs it sees the picture that is translated, too: twice the channels (Isola et al. 2017, equation 1).
    """
    channels = config.channels * (2 if isinstance(config.mode, Paired) else 1)
    chosen = config.discriminator
    if isinstance(chosen, PatchDiscriminator):
        return nn.ModuleDict(
            {SIDES[way]: patch_discriminator(channels, chosen.width, chosen.layers) for way in config.directions}
        )
    return nn.ModuleDict({SIDES[way]: pixel_discriminator(channels, chosen.width) for way in config.directions})


def patch_discriminator(channels: int, width: int, layers: int) -> nn.Sequential:
    """Pictures (B, C, H, W) -> raw scores (B, 1, h, w) of patches; three layers see 70 x 70 (CycleGAN, section 7.2)."""
    parts: list[nn.Module] = [nn.Conv2d(channels, width, 4, stride=2, padding=1), nn.LeakyReLU(_SLOPE, inplace=True)]
    before = width
    for n in range(1, layers + 1):
        after = width * min(8, 2**n)
        stride = 2 if n < layers else 1
        parts += [nn.Conv2d(before, after, 4, stride=stride, padding=1, bias=False), InstanceNorm()]
        parts.append(nn.LeakyReLU(_SLOPE, inplace=True))
        before = after
    return _begun(nn.Sequential(*parts, nn.Conv2d(before, 1, 4, padding=1)))


def pixel_discriminator(channels: int, width: int) -> nn.Sequential:
    """Pictures (B, C, H, W) -> raw scores (B, 1, H, W) of pixels (pix2pix, section 6.1.2)."""
    parts: list[nn.Module] = [nn.Conv2d(channels, width, 1), nn.LeakyReLU(_SLOPE, inplace=True)]
    parts += [nn.Conv2d(width, 2 * width, 1, bias=False), InstanceNorm(), nn.LeakyReLU(_SLOPE, inplace=True)]
    return _begun(nn.Sequential(*parts, nn.Conv2d(2 * width, 1, 1)))


class PlaceHead(nn.Module):
    """Features of places (N, C) -> (N, F) of length one, in which they are compared (CUT, appendix C.1)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(width, _HEAD), nn.Linear(_HEAD, _HEAD)

    def forward(self, x_NC: Tensor) -> Tensor:
        return F.normalize(self.second(F.relu(self.first(x_NC))), dim=1)


def _begun(network: nn.Sequential) -> nn.Sequential:
    """First weights as for the translators."""
    for layer in network:
        if isinstance(layer, nn.Conv2d):
            nn.init.normal_(layer.weight, std=0.02)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return network
