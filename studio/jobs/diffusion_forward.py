"""The forward process on the user's own pictures: read, made ready as for training, and drowned in noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.config.data import PrepareSettings
from studio.config.requests import ForwardRequest
from studio.data.store import PictureStore
from studio.generation.diffusion_forward import Drowned, drown, read_process
from studio.ground.errors import UsageError, text
from studio.ground.events import Ended, Event, Progress
from studio.jobs.browsing import prepared
from studio.jobs.opening import open_project, open_store
from studio.jobs.steering import CommandQueue
from studio.projects.datasets import DataSetRecord

_TRIES = 4  # times as many pictures are looked at where some cannot be read


@dataclass(frozen=True, slots=True, eq=False)
class Forward:
    """What happened to which pictures: ``positions`` in the data set as imported, and their names."""

    drowned: Drowned
    positions: tuple[int, ...]
    names: tuple[str, ...]


def forward(request: ForwardRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """``Ended.result`` is a :class:`Forward`.

    Raises:
        UsageError: no such data set; none of its pictures can be read; a process that there is not.
    """
    process = read_process(request.process)
    with open_project(project_path) as project:
        record = project.datasets.get(request.dataset)
        with open_store(project, request.dataset) as store:
            found: dict[int, np.ndarray] = {}
            for position in _wanted(request, store):
                yield Progress(text("Reading pictures"), len(found), request.count)
                if commands.stop_requested:
                    yield Ended("stopped")
                    return
                _read_into(found, store, position, request, record)
                if len(found) == request.count:
                    break
            names = tuple(store.names[position] for position in found)
    if not found:
        raise UsageError("No picture of {name} can be read; look at its check in Data.", name=request.dataset)
    drowned = drown(np.stack(list(found.values())), process, count=request.times, seed=request.seed)
    yield Ended("finished", result=Forward(drowned, tuple(found), names))


def _wanted(request: ForwardRequest, store: PictureStore) -> list[int]:
    """The positions asked for, or some that the seed draws."""
    if request.positions:
        return [position for position in request.positions if 0 <= position < len(store)]
    order = np.random.default_rng(request.seed).permutation(len(store))
    return [int(position) for position in order[: _TRIES * request.count]]


def _read_into(
    found: dict[int, np.ndarray], store: PictureStore, position: int, request: ForwardRequest, record: DataSetRecord
) -> None:
    """Add one picture as a run would see it; what cannot be read or was left out stays out."""
    choices = record.choices
    if store.names[position] in choices.leave_out:
        return
    picture = prepared(store, position, PrepareSettings(size=request.size, channels=request.channels), choices)
    if picture is not None:
        found[position] = picture
