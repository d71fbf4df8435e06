"""*Portraits*: an embedded data set of anime-like faces, drawn by the program itself.

Portrait `index` of `seed` is a pure function of the two; the size changes its resolution alone.
Its attributes are what the picture shows, so they are the ground truth for measuring models.
"""

from studio.data.portraits.description import ATTRIBUTES, VARIATIONS, Portrait, portrait
from studio.data.portraits.drawing import draw, draw_batch, draw_many, hair_covers, hair_mask, hair_masks
from studio.data.portraits.figure import PALETTE

__all__ = ["ATTRIBUTES", "PALETTE", "VARIATIONS", "Portrait", "draw", "draw_batch", "draw_many",
           "hair_covers", "hair_mask", "hair_masks", "portrait"]
