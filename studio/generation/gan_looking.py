"""Looking inside a GAN: what the discriminator thinks of pictures.

Everything here works in pieces: a generator yields progress between them and returns its result at the end, so that a
job can stop it at any piece.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from studio.config.requests import LookRequest, Recipe
from studio.data.prepared import PreparedPictures
from studio.generation import gan_directions as finding
from studio.generation.latents import CHUNK, padded
from studio.generation.models import Insight
from studio.generation.nearest import nearest_to
from studio.ground.errors import UsageError, text
from studio.ground.events import Progress
from studio.models.gan import score_threshold
from studio.models.pictures import to_unit

if TYPE_CHECKING:
    from studio.generation.gan import GeneratorModel

_JUDGES = 64


@dataclass(frozen=True)
class Opinion:
    """What the discriminator thinks of one picture.

    ``score`` is raw; ``judged_real`` is None where the loss gives scores no zero and no data is at hand;
    ``probability`` is None where the loss knows none.
    """

    score: float
    judged_real: bool | None
    probability: float | None


Work = Generator[Progress, None, "list[Opinion]"]
Look = Generator[Progress, None, Insight]


def look(model: GeneratorModel, request: LookRequest, data: PreparedPictures, run_folder: Path) -> Look:
    """What a request asks for.

    ``opinion``: ``found`` has one :class:`Opinion` for each recipe, ``real`` those of as many held-out pictures in the
    order of ``pictures``; ``nearest``: see :func:`studio.generation.nearest.nearest_to`; ``directions``:
    ``studio.generation.gan_directions.Direction``, kept with the run too.

    Raises:
        UsageError: no recipe where one is needed; what the generator cannot make.
    """
    if request.what == "directions":
        found = yield from finding.find_directions(model, data)
        finding.keep_directions(run_folder, found, model)
        return Insight("directions", model.step, tuple(found))
    if not request.recipes:
        raise UsageError("Which pictures? Looking at {what} needs at least one recipe.", what=request.what)
    if request.what == "opinion":
        return (yield from _opinions_asked(model, request, data))
    return (yield from nearest_to(model, request, data, mirrored=model.config.mirror))


def _opinions_asked(model: GeneratorModel, request: LookRequest, data: PreparedPictures) -> Look:
    found = yield from opinions(model, request.recipes, data)
    rows = np.asarray(data.held_out)[: len(request.recipes)]
    pictures = data.read(rows).transpose(0, 2, 3, 1)
    real = yield from opinions_of(model, pictures, codes_of_rows(model, data, rows), data)
    named = [int(row) for row in rows]
    shown = dict(zip(named, pictures, strict=True))
    return Insight("opinion", model.step, tuple(found), shown, {row: data.names[row] for row in named}, tuple(real))


def opinions(model: GeneratorModel, recipes: Sequence[Recipe], data: PreparedPictures | None = None) -> Work:
    """What the discriminator thinks of the recipes' pictures; ``data`` serves losses without a zero of their own."""
    pictures: list[np.ndarray] = []
    for piece in model.pictures(recipes):
        pictures.append(piece)
        yield Progress(text("Making pictures"), sum(map(len, pictures)), len(recipes))
    codes = torch.tensor([model.codes_of(recipe) for recipe in recipes], dtype=torch.int64).view(len(recipes), -1)
    return (yield from opinions_of(model, np.concatenate(pictures), codes, data))


def opinions_of(
    model: GeneratorModel, pictures: np.ndarray, codes_NL: Tensor, data: PreparedPictures | None = None
) -> Work:
    """What the discriminator thinks of pictures (N, H, W, C) uint8 with codes (N, L), generated or not."""
    scores: list[float] = []
    for piece in _scored(model, pictures, codes_NL):
        scores += piece
        yield Progress(text("Asking the discriminator"), len(scores), len(pictures))
    kind = model.config.loss.kind
    line: float | None = None
    if kind not in {"wasserstein", "relativistic"}:
        line = float(score_threshold(kind, torch.zeros(1), torch.zeros(1)))
    elif data is not None:
        rows = np.asarray(data.held_out)[:_JUDGES]
        real_codes = codes_of_rows(model, data, rows)
        real = [s for piece in _scored(model, data.read(rows).transpose(0, 2, 3, 1), real_codes) for s in piece]
        line = float(score_threshold(kind, torch.tensor(real), torch.tensor(scores)))
    return [_opinion(score, line, kind) for score in scores]


def codes_of_rows(model: GeneratorModel, data: PreparedPictures, rows: np.ndarray) -> Tensor:
    """The codes (N, L) of rows of the data, for the labels that the model knows."""
    columns = [torch.from_numpy(np.asarray(data.codes[name])[rows].astype(np.int64)) for name in model.labels]
    return torch.stack(columns, dim=1) if columns else torch.zeros((len(rows), 0), dtype=torch.int64)


def _scored(model: GeneratorModel, pictures: np.ndarray, codes_NL: Tensor) -> Iterator[list[float]]:
    """Raw scores, a chunk of fixed size at a time."""
    x_NCHW = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2)
    for start in range(0, len(pictures), CHUNK):
        x, codes = x_NCHW[start : start + CHUNK], codes_NL[start : start + CHUNK]
        with torch.no_grad():
            score = model.discriminator(to_unit(padded(x).to(model.device)), padded(codes).to(model.device))
        yield score[: len(x)].float().cpu().tolist()


def _opinion(score: float, line: float | None, kind: str) -> Opinion:
    probability = float(torch.sigmoid(torch.tensor(score))) if kind == "non_saturating" else None
    return Opinion(score, None if line is None else score > line, probability)
