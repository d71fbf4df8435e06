"""With which weights a classifier's network begins: drawn ones, or those of a pretrained network."""

from __future__ import annotations

from torch import Tensor

from studio.config.classifier import ClassifierConfig, PretrainedNetwork
from studio.data.pretrained import weights_file
from studio.models.classifier import Classifier


def begin(network: Classifier, config: ClassifierConfig, spread: tuple[Tensor, Tensor]) -> None:
    """Take over pretrained weights where the config asks for them, else mean and deviation (C,) of the pictures.

    A pretrained network keeps the mean and deviation that it has learnt with.

    Raises:
        UsageError: the weights are not at hand; says how to get them. DamagedError: they are not what was stored.
    """
    if not isinstance(config.network, PretrainedNetwork):
        network.standardise(*spread)
        return
    from studio.models.classifier_pretrained import take_weights

    take_weights(network, weights_file(config.network.architecture), config.network.architecture)
