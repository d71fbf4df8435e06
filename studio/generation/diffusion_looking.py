"""Looking inside a denoiser: which training pictures are nearest to what it makes, and how samplers compare.

The steps of a picture and its words are in ``diffusion_steps``, what happens to the user's own pictures in
``diffusion_forward``.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from studio.config.requests import LookRequest
from studio.data.prepared import PreparedPictures
from studio.generation.models import Insight
from studio.generation.nearest import nearest_to
from studio.ground.errors import UsageError
from studio.ground.events import Progress

if TYPE_CHECKING:
    from studio.generation.diffusion import DiffusionModel

_REFUSED = "A denoiser can be asked for its steps, words and nearest training pictures, not for {what}."


def look(model: DiffusionModel, request: LookRequest, data: PreparedPictures) -> Generator[Progress, None, Insight]:
    """What a request asks for of the data: ``nearest``, see :func:`studio.generation.nearest.nearest_to`.

    Raises:
        UsageError: something else is asked; no recipe; what the model cannot make.
    """
    if request.what != "nearest":
        raise UsageError(_REFUSED, what=request.what)
    return (yield from nearest_to(model, request, data, mirrored=model.config.mirror))
