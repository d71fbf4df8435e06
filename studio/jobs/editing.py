"""Translating one picture in hand, and looking at its way there and back."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from studio.config.requests import Editing, EditRequest, RoundTripRequest
from studio.data.decoding import BrokenPicture
from studio.data.originals import Original, read_original
from studio.generation.models import EditingModel, RoundTrip
from studio.ground.errors import UsageError, text
from studio.ground.events import Progress
from studio.jobs.edits import Edited
from studio.projects.run import Run


def edited(model: EditingModel, request: EditRequest, run: Run) -> Generator[Progress, None, Edited]:
    """The request's picture before and after.

    Raises:
        UsageError: it cannot be read, or the model does not know the direction.
    """
    original = in_hand(_file_of(request), model)
    after = yield from translated(model, original, request.editing)
    fixed = request.model_copy(update={"checkpoint": str(model.step), "run": run.name})
    suffix = original.suffix()
    return Edited(
        before=original.pixels(model.channels), after=after, alpha=original.alpha, request=fixed, run=run.name,
        family=run.family, step=model.step, file=original.changed(after, suffix), suffix=suffix,
    )  # fmt: skip


def translated(model: EditingModel, original: Original, editing: Editing) -> Generator[Progress, None, np.ndarray]:
    """The picture translated, (H, W, C) uint8, with progress where it is large."""
    work = model.edit(original.pixels(model.channels), editing)
    while True:
        try:
            done, total = next(work)
        except StopIteration as end:
            found: np.ndarray = end.value
            return found
        yield Progress(text("Translating"), done, total)


def round_trip(model: EditingModel, request: RoundTripRequest) -> Generator[Progress, None, RoundTrip]:
    """The request's picture there and back. Raises UsageError as :func:`edited`."""
    yield Progress(text("Translating"), 0)
    original = in_hand(request.picture, model)
    return model.round_trip(original.pixels(model.channels), request.direction)


def _file_of(request: EditRequest) -> bytes:
    """The picture of a request, which carries it or names its file."""
    if request.picture or request.source is None:
        return request.picture
    try:
        return request.source.read_bytes()
    except OSError as error:
        raise UsageError("The picture {name} is no longer where it was.", name=str(request.source)) from error


def in_hand(picture: bytes, model: EditingModel) -> Original:
    """A picture of a request, decoded. Raises UsageError where it cannot be read."""
    try:
        return read_original(picture, model.background)
    except BrokenPicture as error:
        raise UsageError("The picture {reason}.", reason=str(error)) from error
