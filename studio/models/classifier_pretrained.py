"""torchvision's networks as trunks of a classifier. The one module that imports torchvision, which takes seconds.

Shapes: B pictures, C channels, H x W, S the size inside, F features, h x w the last maps.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor, nn

from studio.config.classifier import PretrainedNetwork
from studio.ground.errors import UsageError
from studio.models.classifier import Classifier
from studio.models.pickled import COUNTER
from studio.models.weights import Table, read_tensors, table_of

# Mean and deviation of ImageNet's pictures in [0, 1], as torchvision's documentation of the weights states them.
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_NOT_HERE = (
    "The weights of {name} are not here, or are damaged: fetch them with 'studio weights download {name}', or bring "
    "the file with 'studio weights add FILE'."
)
_HEAD_ALONE = 0.2  # of the steps, with ``head_then_all``


class PretrainedClassifier(Classifier):
    """Pictures (B, C, H, W) in [-1, 1] -> logits of each label; grey ones are shown as colour, all at size S.

    Attributes:
        frozen: the trunk is left as it is, running statistics included; only the heads learn.
        begun: () int64, 1 once the pretrained weights are in; saved with the rest, so that a run that goes on from a
            checkpoint needs the file no more. Without them nothing is answered.
    """

    begun: Tensor

    def __init__(self, trunk: nn.Module, features: int, *, network: PretrainedNetwork, sizes: tuple[int, ...]) -> None:
        super().__init__(trunk, features, channels=3, sizes=sizes, has_maps=True)
        self.network, self.frozen = network, False
        self.register_buffer("begun", torch.zeros((), dtype=torch.int64))
        with torch.no_grad():  # [0, 1] becomes [-1, 1]
            self.mean.copy_(2 * torch.tensor(_MEAN) - 1)
            self.std.copy_(2 * torch.tensor(_STD))

    def follow(self, step: int, steps: int) -> None:
        """See :class:`Classifier`; what learns depends on the setting ``learn``."""
        learn = self.network.learn
        self.frozen = learn == "head" or (learn == "head_then_all" and step < _HEAD_ALONE * steps)
        self.train()
        self.trunk.train(not self.frozen)

    def rate_shares(self) -> list[tuple[float, list[nn.Parameter]]]:
        """The heads are new and move fast, the trunk moves slowly."""
        return [(1.0, list(self.heads.parameters())), (self.network.trunk_share, list(self.trunk.parameters()))]

    def maps(self, x_BCHW: Tensor) -> Tensor:
        """The last maps (B, F, h, w). Raises UsageError where the pretrained weights never came in."""
        if not self.training and not int(self.begun):
            raise UsageError(_NOT_HERE, name=self.network.architecture)
        with torch.set_grad_enabled(torch.is_grad_enabled() and not (self.frozen and self.training)):
            x_B3SS = resized(x_BCHW.expand(-1, 3, -1, -1), self.network.input_size)
            return super().maps(x_B3SS)


def resized(x_BCHW: Tensor, side: int) -> Tensor:
    """Pictures brought to ``side`` x ``side``, smoothly when they become smaller."""
    if x_BCHW.shape[-2:] == (side, side):
        return x_BCHW
    smaller = x_BCHW.shape[-1] > side
    return F.interpolate(x_BCHW, size=(side, side), mode="bilinear", align_corners=False, antialias=smaller)


def build_pretrained(network: PretrainedNetwork, *, channels: int, sizes: tuple[int, ...]) -> PretrainedClassifier:
    """The network of a config with drawn weights; :func:`take_weights` puts the others in. ``channels``: 1 or 3."""
    trunk, features = _trunk(network.architecture)
    return PretrainedClassifier(trunk, features, network=network, sizes=sizes)


def weights_table(architecture: str) -> Table:
    """What a file of weights of an architecture holds, its last layer for ImageNet's 1,000 classes included."""
    with torch.device("meta"):
        whole = _torchvision(architecture)
    return {name: entry for name, entry in table_of(whole.state_dict()).items() if not name.endswith(COUNTER)}


def take_weights(network: Classifier, path: Path, architecture: str) -> None:
    """Fill the trunk from a safetensors file.

    Raises:
        DamagedError: it is cut, or holds something else.
    """
    assert isinstance(network, PretrainedClassifier)
    tensors, prefix = read_tensors(path, weights_table(architecture)), _prefix(architecture)
    with torch.no_grad():
        for name, mine in network.trunk.state_dict().items():
            if not name.endswith(COUNTER):
                mine.copy_(tensors[prefix + name])
        network.begun.fill_(1)


def _torchvision(architecture: str) -> Any:
    """torchvision's own module; which attributes it has depends on the architecture."""
    return torchvision.models.get_model(architecture, weights=None)


def _prefix(architecture: str) -> str:
    """What stands before the names of the trunk's tensors in a file."""
    return "" if architecture.startswith("resnet") else "features."


def _trunk(architecture: str) -> tuple[nn.Module, int]:
    """Everything before the mean over places, and how many features that gives."""
    whole = _torchvision(architecture)
    if architecture.startswith("resnet"):
        trunk = nn.Sequential()
        for name, child in whole.named_children():
            if name not in {"avgpool", "fc"}:
                trunk.add_module(name, child)
        return trunk, int(whole.fc.in_features)
    last = next(layer for layer in whole.classifier if isinstance(layer, nn.Linear))
    return whole.features, int(last.in_features)
