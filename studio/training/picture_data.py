"""What families that make pictures read of their data: batches of one step, real pictures to be measured by, labels.

Shapes: N pictures of the data set, B of a batch, C channels, H x W, L labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from studio.data.order import batch_indices
from studio.measures.wasserstein import comparable, deviation, deviation_within, sliced_wasserstein
from studio.models.pictures import to_unit
from studio.training.task import Pictures


@dataclass(frozen=True)
class RealBatch:
    """Pictures (B, C, H, W) in [-1, 1], their codes (B, L), and which pictures of the data set they are (B,)."""

    x_BCHW: Tensor
    codes_BL: Tensor
    rows_B: np.ndarray

    def of(self, places: Tensor) -> RealBatch:
        """Those at some places of it."""
        return RealBatch(self.x_BCHW[places], self.codes_BL[places], self.rows_B[places.cpu().numpy()])


class PictureData:
    """Reads prepared pictures on a device.

    Args:
        columns: the labels that matter, in the order of the networks' codes.
    """

    def __init__(self, data: Pictures, columns: tuple[str, ...], device: torch.device) -> None:
        self.data, self.device = data, device
        rows = [np.asarray(data.codes[name], dtype=np.int64) for name in columns]
        self.codes_NL = np.stack(rows, axis=1) if rows else np.zeros((data.facts.count, 0), dtype=np.int64)
        self.training, self.held_out = np.asarray(data.training), np.asarray(data.held_out)

    def batch(self, seed: int, number: int, size: int) -> RealBatch:
        """Batch ``number`` of the endless shuffled order."""
        return self.pictures(self.training[batch_indices(seed, len(self.training), number, size)])

    def pictures(self, rows: np.ndarray) -> RealBatch:
        """The pictures at the given rows of the data set."""
        x = torch.from_numpy(self.data.read(rows)).to(self.device, non_blocking=True)
        codes = torch.from_numpy(self.codes_NL[rows]).to(self.device, non_blocking=True)
        return RealBatch(to_unit(x), codes, rows)

    def judges(self, count: int) -> RealBatch:
        """The first held-out pictures: never trained on, always the same."""
        rows = self.held_out if len(self.held_out) else self.training
        return self.pictures(rows[:count])

    def references(self, count: int) -> tuple[Tensor, Tensor]:
        """Real pictures to measure generated ones by, and their codes: held-out ones, filled up with training ones."""
        rows = np.concatenate([self.held_out, self.training])[:count]
        blocks = [
            comparable(self.data.read(part).transpose(0, 2, 3, 1)) for part in np.array_split(rows, -(-len(rows) // 64))
        ]
        return torch.cat(blocks), torch.from_numpy(self.codes_NL[rows])

    def shown_rows(self, count: int) -> np.ndarray:
        """Which training pictures lend their labels to generated ones."""
        rows: np.ndarray = self.training[np.arange(count) % len(self.training)]
        return rows

    def shown_codes(self, count: int, *, cycle: bool) -> Tensor:
        """Codes (count, L) for generated pictures: as in the data; ``cycle`` goes through the first label's values."""
        codes = self.codes_NL[self.shown_rows(count)].copy()
        if cycle and codes.shape[1] and codes.size:
            codes[:, 0] = np.arange(count) % (int(self.codes_NL[:, 0].max()) + 1)
        return torch.from_numpy(codes)

    def label_counts(self, labels: Mapping[str, tuple[str, ...]]) -> dict[str, list[int]]:
        """How often each value of each label occurs in the data set."""
        columns = zip(labels.items(), self.codes_NL.T, strict=True)
        return {name: np.bincount(c[c >= 0], minlength=len(values)).tolist() for (name, values), c in columns}


def named_codes(labels: Mapping[str, tuple[str, ...]], codes_BL: Tensor) -> list[dict[str, str]]:
    """Codes in words, for each picture; a label that is unknown is left out."""
    columns = list(labels.items())
    rows = codes_BL.tolist()
    return [{name: v[code] for (name, v), code in zip(columns, row, strict=True) if code >= 0} for row in rows]


def compared(
    made_NCHW: Tensor, made_codes: Tensor, references: tuple[Tensor, Tensor], *, seed: int
) -> Iterator[dict[str, float] | None]:
    """Distance of generated pictures (ready to be compared) from real ones, and their diversity as a share of theirs.

    None while at work, at last ``distance``, ``diversity`` and, with labels, ``diversity_within`` a class of the first.
    """
    real, real_codes = references
    found = {"diversity": deviation(made_NCHW) / max(1e-6, deviation(real))}
    if made_codes.shape[1]:
        inside = deviation_within(made_NCHW, made_codes[:, 0]), deviation_within(real, real_codes[:, 0])
        if inside[0] is not None and inside[1]:
            found["diversity_within"] = inside[0] / inside[1]
    for distance in sliced_wasserstein(made_NCHW, real, seed=seed):
        yield None if distance is None else found | {"distance": distance}
