"""Copied or new: which training pictures are nearest to what a model of any family makes.

In pieces: a generator yields progress between them, so that a job can stop it. Shapes: N, M pictures, C channels.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from studio.config.requests import LookRequest, Recipe
from studio.data.prepared import PreparedPictures
from studio.generation.models import Insight
from studio.ground.errors import UsageError, text
from studio.ground.events import Progress

_BLOCK = 256  # training pictures compared at once
_SIDE = 16  # side at which pictures are compared
_JUDGES = 64
COPY, CLOSE = 0.3, 0.6  # shares of the usual distance below which a picture counts as a copy, as close


@dataclass(frozen=True)
class Neighbours:
    """The training pictures nearest to one picture: rows of the data set and distances, nearest first.

    ``verdict``: ``copy``, ``close`` or ``new``, by the usual distance of a picture never trained on to its nearest.
    """

    rows: tuple[int, ...]
    distances: tuple[float, ...]
    usual: float
    verdict: str


class MakesPictures(Protocol):
    """What is needed of a model here."""

    @property
    def step(self) -> int:
        """When in its run."""

    def pictures(self, recipes: Sequence[Recipe]) -> Iterator[np.ndarray]:
        """The recipes' pictures (n, H, W, C) uint8, a piece at a time."""


def nearest_to(
    model: MakesPictures, request: LookRequest, data: PreparedPictures, *, mirrored: bool
) -> Generator[Progress, None, Insight]:
    """One :class:`Neighbours` for each recipe of the request, with ``pictures`` and ``names`` for all their rows.

    Raises:
        UsageError: no recipe; what the model cannot make.
    """
    if not request.recipes:
        raise UsageError("Which pictures? Looking at {what} needs at least one recipe.", what=request.what)
    made: list[np.ndarray] = []
    for piece in model.pictures(request.recipes):
        made.append(piece)
        yield Progress(text("Making pictures"), sum(map(len, made)), len(request.recipes))
    found = yield from nearest(np.concatenate(made), data, request.count, mirrored=mirrored)
    rows = sorted({row for neighbours in found for row in neighbours.rows})
    pictures = data.read(np.array(rows, np.int64)).transpose(0, 2, 3, 1)
    names = {row: data.names[row] for row in rows}
    return Insight("nearest", model.step, tuple(found), dict(zip(rows, pictures, strict=True)), names)


def nearest(
    pictures: np.ndarray, data: PreparedPictures, count: int = 5, *, mirrored: bool = False
) -> Generator[Progress, None, list[Neighbours]]:
    """The ``count`` training pictures nearest to each of ``pictures`` (N, H, W, C) uint8, read in blocks.

    Distance: root mean square over pixel values (0 to 255) at 16 x 16, the smaller of the picture and its mirror image
    where the run mirrors. What is usual is the median over held-out pictures.
    """
    judges = data.read(np.asarray(data.held_out)[:_JUDGES])
    asked = torch.cat([_small(pictures.transpose(0, 3, 1, 2)), _small(judges)])
    rows = np.asarray(data.training)
    best, where = torch.full((len(asked), 0), torch.inf), torch.zeros((len(asked), 0), dtype=torch.int64)
    for start in range(0, len(rows), _BLOCK):
        block = torch.from_numpy(rows[start : start + _BLOCK].astype(np.int64))
        distance = _distances(asked, _small(data.read(block.numpy())), mirrored)
        best, where = _merge(best, where, distance, block, count)
        yield Progress(text("Comparing with the training pictures"), min(start + _BLOCK, len(rows)), len(rows))
    usual = float(best[len(pictures) :, 0].median()) if len(judges) else float("nan")
    return [_neighbours(where[i], best[i], usual) for i in range(len(pictures))]


def _small(pictures_NCHW: np.ndarray) -> Tensor:
    """(N, C, H, W) uint8 -> (N, C, 16, 16) float32."""
    return F.adaptive_avg_pool2d(torch.from_numpy(np.ascontiguousarray(pictures_NCHW)).float(), _SIDE)


def _distances(a_NCHW: Tensor, b_MCHW: Tensor, mirrored: bool) -> Tensor:
    """(N, M) root mean squares; exact for equal pictures."""
    flat = torch.cdist(a_NCHW.flatten(1), b_MCHW.flatten(1), compute_mode="donot_use_mm_for_euclid_dist")
    if mirrored:
        turned = b_MCHW.flip(3).flatten(1)
        flat = torch.minimum(flat, torch.cdist(a_NCHW.flatten(1), turned, compute_mode="donot_use_mm_for_euclid_dist"))
    return flat / a_NCHW[0].numel() ** 0.5


def _merge(best: Tensor, where: Tensor, distance: Tensor, rows: Tensor, count: int) -> tuple[Tensor, Tensor]:
    everything = torch.cat([best, distance], dim=1)
    places = torch.cat([where, rows.expand(len(distance), -1)], dim=1)
    order = everything.argsort(dim=1, stable=True)[:, :count]
    return everything.gather(1, order), places.gather(1, order)


def _neighbours(rows: Tensor, distances: Tensor, usual: float) -> Neighbours:
    first = float(distances[0])
    verdict = "copy" if first < COPY * usual else "close" if first < CLOSE * usual else "new"
    return Neighbours(tuple(rows.tolist()), tuple(round(d, 3) for d in distances.tolist()), round(usual, 3), verdict)
