"""The network Inception 2015, in whose features FID and KID are defined, from the weights in the user's cache."""

from __future__ import annotations

import importlib.util
from collections.abc import Generator
from typing import TYPE_CHECKING

import torch

from studio.data.pretrained import INCEPTION, stored, weights_file
from studio.data.work import beside
from studio.ground.errors import StudioError, UsageError, text
from studio.ground.events import Event, Progress
from studio.jobs.nesting import Stopped
from studio.jobs.steering import CommandQueue

if TYPE_CHECKING:
    from studio.measures.inception import Inception

PACKAGES = ("torchmetrics", "torch_fidelity")


def lacking_weights() -> StudioError | None:
    """What stands in the way of FID and KID, in a sentence; None where all is at hand."""
    if any(importlib.util.find_spec(name) is None for name in PACKAGES):
        return UsageError(
            "FID and KID need the packages torchmetrics and torch-fidelity; install them with: "
            "pip install 'generative-studio[fid]'"
        )
    try:
        weights_file(INCEPTION)
    except StudioError as error:
        return error
    found = stored(INCEPTION)
    if found is None or not found.published:
        return UsageError(
            "The weights of Inception 2015 that lie here are not the published ones, so a distance by them would be no "
            "FID; fetch those with: studio weights download inception_2015"
        )
    return None


def load_network(device: torch.device, commands: CommandQueue) -> Generator[Event, None, Inception]:
    """The network, read in a thread of its own: its libraries take seconds to come in."""

    def load() -> Inception:
        from studio.measures.inception import Inception

        return Inception(weights_file(INCEPTION), device)

    for network in beside(load, commands.stopping):
        if network is not None:
            return network
        yield Progress(text("Loading the network Inception 2015"), 0)
    raise Stopped
