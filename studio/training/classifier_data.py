"""What a classifier reads of its data: batches of one step, the pictures it is validated by, how often values occur."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from studio.data.order import batch_indices
from studio.ground.errors import UsageError
from studio.models.pictures import to_unit
from studio.training.task import Pictures

_MEASURED = 4096  # training pictures behind mean and deviation
_CHUNK = 256


@dataclass(frozen=True)
class Labelled:
    """Pictures (B, C, H, W) in [-1, 1] and their codes (B, L), -1 where a label is missing."""

    x_BCHW: Tensor
    codes_BL: Tensor


class ClassifierData:
    """Reads prepared pictures and labels on a device.

    Args:
        labels: what is learnt, name -> values.

    Raises:
        UsageError: the training pictures show fewer than two values of a label.
    """

    def __init__(self, data: Pictures, labels: Mapping[str, tuple[str, ...]], device: torch.device) -> None:
        self.data, self.labels, self.device = data, labels, device
        self.codes_NL = np.stack([np.asarray(data.codes[name], dtype=np.int64) for name in labels], axis=1)
        self.training = self._labelled(data.parts.training)
        self.counts = self._counts()
        found = self._labelled(data.parts.validation)
        self.validation = found if len(found) else self.training
        """Positions that are validated: of a data set too small to be split, those that it learns from."""

    def batch(self, seed: int, number: int, size: int) -> Labelled:
        """Batch ``number`` of the endless shuffled order."""
        return self.pictures(self.training[batch_indices(seed, len(self.training), number, size)])

    def pictures(self, rows: np.ndarray) -> Labelled:
        """The pictures at the given rows of the data set."""
        x = torch.from_numpy(self.data.read(rows)).to(self.device, non_blocking=True)
        return Labelled(to_unit(x), torch.from_numpy(self.codes_NL[rows]).to(self.device, non_blocking=True))

    def validated(self) -> Iterator[Labelled]:
        """All validation pictures, in chunks, always the same."""
        for start in range(0, len(self.validation), _CHUNK):
            yield self.pictures(self.validation[start : start + _CHUNK])

    def spread(self) -> tuple[Tensor, Tensor]:
        """Mean and deviation (C,) of training pictures in [-1, 1], of as many as tell them well."""
        rows = self.training[:: max(1, len(self.training) // _MEASURED)]
        total, squares, count = 0.0, 0.0, 0
        for start in range(0, len(rows), _CHUNK):
            x = self.data.read(rows[start : start + _CHUNK]).astype(np.float64) / 127.5 - 1
            total, squares = total + x.sum(axis=(0, 2, 3)), squares + np.square(x).sum(axis=(0, 2, 3))
            count += x.size // x.shape[1]
        mean = np.asarray(total) / count
        std = np.sqrt(np.maximum(0, np.asarray(squares) / count - np.square(mean)))
        return torch.from_numpy(mean), torch.from_numpy(std)

    def weights(self) -> tuple[Tensor, ...]:
        """For each label the weight (K,) of its values: the rarer the heavier, one on average over the pictures."""
        found = []
        for counts in self.counts.values():
            present = counts > 0
            weight = np.where(present, counts.sum() / (present.sum() * np.maximum(1, counts)), 0.0)
            found.append(torch.from_numpy(weight.astype(np.float32)).to(self.device))
        return tuple(found)

    def _labelled(self, rows: np.ndarray) -> np.ndarray:
        """Those of ``rows`` that have at least one of the labels."""
        found: np.ndarray = rows[(self.codes_NL[rows] >= 0).any(axis=1)]
        return found

    def _counts(self) -> dict[str, np.ndarray]:
        """How often each value of each label occurs among the training pictures, (K,) int64."""
        found = {}
        for column, (name, values) in enumerate(self.labels.items()):
            codes = self.codes_NL[self.training, column]
            found[name] = np.bincount(codes[codes >= 0], minlength=len(values))
            if (found[name] > 0).sum() < 2:
                raise UsageError(
                    "The pictures to train on show fewer than two values of the label {name}, so there is nothing to "
                    "tell apart; label more pictures, or leave this label out.",
                    name=name,
                )
        return found
