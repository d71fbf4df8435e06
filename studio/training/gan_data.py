"""What a GAN reads of its data: batches whose neighbours are of one class."""

from __future__ import annotations

import numpy as np

from studio.data.order import batch_indices
from studio.models.seeding import stable_seed
from studio.training.picture_data import PictureData, RealBatch


class GanData(PictureData):
    """Prepared pictures on a device, in the order that shows sameness inside a class."""

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
