"""What a GAN reads of its data: batches of one step, the held-out pictures it is judged by, the labels it is told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from studio.data.order import batch_indices
from studio.measures.wasserstein import comparable
from studio.models.pictures import to_unit
from studio.models.seeding import stable_seed
from studio.training.task import Pictures


@dataclass(frozen=True)
class RealBatch:
    """Pictures (B, C, H, W) in [-1, 1] and their codes (B, L)."""

    x_BCHW: Tensor
    codes_BL: Tensor


class GanData:
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
        """Batch ``number`` of the endless shuffled order.

        With labels the pictures are ordered by them (a label drawn by the batch's number first), so that neighbours,
        whose spread the discriminator sees, are of one class and sameness inside a class shows.
        """
        rows = self.training[batch_indices(seed, len(self.training), number, size)]
        labels = self.codes_NL.shape[1]
        if labels:
            first = stable_seed(seed, "order", number) % labels
            keys = np.roll(self.codes_NL[rows], -first, axis=1)
            rows = rows[np.lexsort(keys.T[::-1])]
        return self.pictures(rows)

    def pictures(self, rows: np.ndarray) -> RealBatch:
        """The pictures at the given rows of the data set."""
        x = torch.from_numpy(self.data.read(rows)).to(self.device, non_blocking=True)
        return RealBatch(to_unit(x), torch.from_numpy(self.codes_NL[rows]).to(self.device, non_blocking=True))

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

    def shown_codes(self, count: int, *, cycle: bool) -> Tensor:
        """Codes (count, L) for generated pictures: as in the data; ``cycle`` goes through the first label's values."""
        rows = self.training[np.arange(count) % len(self.training)]
        codes = self.codes_NL[rows].copy()
        if cycle and codes.shape[1] and codes.size:
            codes[:, 0] = np.arange(count) % (int(self.codes_NL[:, 0].max()) + 1)
        return torch.from_numpy(codes)
