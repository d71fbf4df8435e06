"""The networks of the classifier family: a trunk that makes maps, their mean as features, one head for each label.

The picture is standardised inside, by numbers that belong to the network, so that whoever asks it need not know them.
Shapes: B pictures, C channels, H x W, F features, h x w the last maps, K values of a label.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.config.classifier import ClassifierConfig, CnnNetwork, MlpNetwork, PretrainedNetwork

_SMALLEST_SIDE = 8  # stages are added until the maps are no larger
_LARGE = 48  # from this side on the first layer halves the picture
_WIDEST = 8


class Classifier(nn.Module):
    """Pictures (B, C, size, size) in [-1, 1] -> logits (B, K) of each label.

    Attributes:
        sizes: how many values each label has. feature_size: F.
        has_maps: whether the maps have a place in the picture (of an MLP they have none).
        mean, std: (C,) of the training pictures.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self, trunk: nn.Module, features: int, *, channels: int, sizes: tuple[int, ...], has_maps: bool
    ) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("std", torch.ones(channels))
        self.trunk = trunk
        self.heads = nn.ModuleList(nn.Linear(features, size) for size in sizes)
        self.sizes, self.feature_size, self.has_maps = sizes, features, has_maps

    def standardise(self, mean: Tensor, std: Tensor) -> None:
        """Take over mean and deviation (C,) of the pictures it will learn from."""
        with torch.no_grad():
            self.mean.copy_(mean)
            self.std.copy_(std.clamp(min=1e-3))

    def follow(self, step: int, steps: int) -> None:
        """Make ready to be taught in update ``step`` of ``steps``: everything learns."""
        self.train()

    def rate_shares(self) -> list[tuple[float, list[nn.Parameter]]]:
        """Parameters, and the share of the learning rate with which they are moved."""
        return [(1.0, list(self.parameters()))]

    def maps(self, x_BCHW: Tensor) -> Tensor:
        """The last maps (B, F, h, w)."""
        x = (x_BCHW - self.mean.view(1, -1, 1, 1)) / self.std.view(1, -1, 1, 1)
        result: Tensor = self.trunk(x)
        return result

    def features(self, x_BCHW: Tensor) -> Tensor:
        """What the heads see: (B, F)."""
        return self.maps(x_BCHW).mean(dim=(2, 3))

    def answers(self, h_BF: Tensor) -> tuple[Tensor, ...]:
        """Logits (B, K) of each label from features."""
        return tuple(head(h_BF) for head in self.heads)

    def forward(self, x_BCHW: Tensor) -> tuple[Tensor, ...]:
        return self.answers(self.features(x_BCHW))


class ConvNorm(nn.Module):
    """(B, before, H, W) -> (B, after, H/stride, W/stride): convolution of 3 x 3, batch norm, rectifier."""

    def __init__(self, before: int, after: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(after)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.conv(x)), inplace=True)


class Block(nn.Module):
    """(B, before, H, W) -> (B, after, H, W): two convolutions and a way past them (He et al. 2015).

    The second norm starts at zero, so that at first only the way past counts (Goyal et al. 2017, arXiv:1706.02677,
    section 5.1).
    """

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.first = ConvNorm(before, after)
        self.conv = nn.Conv2d(after, after, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(after)
        nn.init.zeros_(self.norm.weight)
        self.past = nn.Conv2d(before, after, 1, bias=False) if before != after else None

    def forward(self, x: Tensor) -> Tensor:
        past = self.past(x) if self.past is not None else x
        return F.relu(past + self.norm(self.conv(self.first(x))), inplace=True)


class Layers(nn.Module):
    """(B, C, size, size) -> (B, width, 1, 1): every number of the picture to every number of each layer."""

    def __init__(self, numbers: int, width: int, depth: int) -> None:
        super().__init__()
        sizes = [numbers, *[width] * depth]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))

    def forward(self, x: Tensor) -> Tensor:
        h = x.flatten(1)
        for layer in self.layers:
            h = F.relu(layer(h))
        return h[:, :, None, None]


def build_classifier(config: ClassifierConfig, sizes: tuple[int, ...]) -> Classifier:
    """The network of a config; ``sizes``: how many values each label has."""
    network = config.network
    if isinstance(network, PretrainedNetwork):
        from studio.models.classifier_pretrained import build_pretrained  # torchvision takes seconds to import

        return build_pretrained(network, channels=config.channels, sizes=sizes)
    if isinstance(network, MlpNetwork):
        trunk: nn.Module = Layers(config.channels * config.picture_size**2, network.width, network.depth)
        return Classifier(trunk, network.width, channels=config.channels, sizes=sizes, has_maps=False)
    widths = stage_widths(config.picture_size, network.width)
    make = _plain if isinstance(network, CnnNetwork) else _residual
    trunk = make(config, widths, network.depth)
    for layer in trunk.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return Classifier(trunk, widths[-1], channels=config.channels, sizes=sizes, has_maps=True)


def value_counts(labels: Mapping[str, tuple[str, ...]]) -> tuple[int, ...]:
    """How many values each label has, in the order of the heads."""
    return tuple(len(values) for values in labels.values())


def stage_widths(size: int, width: int) -> list[int]:
    """Channels of the first layer and of each stage: as many stages as bring the maps down to 8 x 8, at least one.

    At the picture's full resolution there is but one cheap layer.
    """
    side, widths = -(-size // 2) if size >= _LARGE else size, [width]
    while side > _SMALLEST_SIDE or len(widths) < 2:
        side = -(-side // 2)
        widths.append(min(_WIDEST * width, 2 * widths[-1]))
    return widths


def _stem(config: ClassifierConfig, width: int) -> ConvNorm:
    return ConvNorm(config.channels, width, 2 if config.picture_size >= _LARGE else 1)


def _plain(config: ClassifierConfig, widths: list[int], depth: int) -> nn.Sequential:
    layers: list[nn.Module] = [_stem(config, widths[0])]
    for before, after in pairwise(widths):
        layers.append(_halved())
        layers += [ConvNorm(after if i else before, after) for i in range(depth)]
    return nn.Sequential(*layers)


def _residual(config: ClassifierConfig, widths: list[int], depth: int) -> nn.Sequential:
    layers: list[nn.Module] = [_stem(config, widths[0])]
    for before, after in pairwise(widths):
        layers.append(_halved())
        layers += [Block(after if i else before, after) for i in range(depth)]
    return nn.Sequential(*layers)


def _halved() -> nn.MaxPool2d:
    return nn.MaxPool2d(2, ceil_mode=True)
