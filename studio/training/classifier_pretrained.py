"""With which weights a classifier's network begins: drawn ones, or those of a pretrained network."""

from __future__ import annotations

import logging

from torch import Tensor

from studio.config.classifier import ClassifierConfig, PretrainedNetwork
from studio.data.pretrained import weights_file
from studio.ground.errors import DamagedError, UsageError
from studio.models.classifier import Classifier


def begin(network: Classifier, config: ClassifierConfig, spread: tuple[Tensor, Tensor]) -> None:
    """Take over pretrained weights where the config asks for them, else mean and deviation (C,) of the pictures.

    A pretrained network keeps the mean and deviation that it has learnt with. Where its weights are not at hand it
    stays without: a run that goes on has them in its checkpoints, and a new one is refused when it first answers.
    """
    if not isinstance(config.network, PretrainedNetwork):
        network.standardise(*spread)
        return
    from studio.models.classifier_pretrained import take_weights

    architecture = config.network.architecture
    try:
        take_weights(network, weights_file(architecture), architecture)
    except (UsageError, DamagedError) as error:
        logging.getLogger(__name__).info("%s", error)
