"""FID and KID as papers report them, through torchmetrics: distances in the features of the network Inception 2015.

The network is torch-fidelity's conversion of the one that Heusel et al. (2017) used, resized to as torchmetrics does by
default (bilinear with antialiasing). Its weights come as safetensors: torch-fidelity itself reads its file as a pickle
that may run code, so it is handed verified tensors and no file.
"""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance, NoTrainInceptionV3
from torchmetrics.image.kid import poly_mmd

from studio.measures.distributions import MOST, frechet_distance, kernel_distance
from studio.measures.estimate import Estimate
from studio.models.pickled import COUNTER
from studio.models.weights import Table, read_tensors, second_instance, table_of

FEATURES = 2048
_LAYER = str(FEATURES)
_BATCH = 32
_GROUPS = 5  # an eigenvalue problem of 2,048 numbers takes seconds


class Inception:
    """The network with its weights, in eval mode."""

    def __init__(self, weights: Path, device: torch.device) -> None:
        """Read ``weights``, a safetensors file. Raises DamagedError where it holds anything but this network's."""
        self._device = device
        with torch.device("meta"):
            blank = _Blank()
        counters = {n: torch.zeros((), dtype=torch.int64) for n in blank.state_dict() if n.endswith(COUNTER)}
        self._network = second_instance(blank, read_tensors(weights, weights_table()) | counters, device)

    def features(self, x_NHWC: np.ndarray) -> np.ndarray:
        """Pictures (N, H, W, C) uint8 with one or three channels -> (N, 2048) float32."""
        found = []
        for start in range(0, len(x_NHWC), _BATCH):
            x = torch.from_numpy(np.ascontiguousarray(x_NHWC[start : start + _BATCH])).permute(0, 3, 1, 2)
            with torch.no_grad():
                found.append(self._network(x.expand(-1, 3, -1, -1).to(self._device)).float().cpu())
        return torch.cat(found).numpy()


def fid(made_NF: Tensor, real_MF: Tensor) -> Estimate:
    """FID by ``torchmetrics.image.fid``, of features (N, 2048); its jackknife error is of five groups.

    Papers use 50,000 samples; with fewer it is larger, and only numbers of equal counts may be compared.
    """
    metric = FrechetInceptionDistance(feature=_Known(made_NF.shape[1]))
    metric.update(real_MF, real=True)
    metric.update(made_NF, real=False)
    return replace(frechet_distance(made_NF, real_MF, _GROUPS), value=max(0.0, float(metric.compute())))


def kid(made_NF: Tensor, real_MF: Tensor) -> Estimate:
    """KID by ``torchmetrics.image.kid``'s estimator, of features (N, 2048), in blocks of 1,000 pictures.

    The blocks follow one another instead of being drawn: torchmetrics draws them from the process-wide generator, which
    belongs to whoever trains. Papers often print it times 1,000.
    """
    count = min(len(made_NF), len(real_MF), MOST)
    blocks = max(1, count // 1000)
    parts = zip(made_NF[:count].double().chunk(blocks), real_MF[:count].double().chunk(blocks), strict=True)
    values = [float(poly_mmd(real, made)) for made, real in parts]
    return replace(kernel_distance(made_NF, real_MF), value=sum(values) / len(values))


def weights_table() -> Table:
    """What a file of its weights holds: names, shapes and types; without the counters that nothing reads."""
    with torch.device("meta"):
        blank = _Blank()
    return {name: entry for name, entry in table_of(blank.state_dict()).items() if not name.endswith(COUNTER)}


class _Known(nn.Module):
    """Stands for a network whose features are known already."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.num_features = features

    def forward(self, x_NF: Tensor) -> Tensor:
        """What it was given."""
        return x_NF


class _Blank(NoTrainInceptionV3):
    """The network without weights: the library insists on reading some, so it reads an empty file of our own."""

    def __init__(self) -> None:
        nothing = io.BytesIO()
        torch.save({}, nothing)
        nothing.seek(0)
        super().__init__("inception-v3-compat", [_LAYER], cast(str, nothing))  # whatever torch.load takes

    def load_state_dict(self, *_: Any, **__: Any) -> None:
        """Takes up nothing: the weights are put in afterwards."""
