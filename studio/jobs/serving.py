"""Keeps trained models loaded and asks them: for pictures, and for what lies inside.

A model is a second instance, filled from a checkpoint; no run notices it. A slider may so ask thirty times a second
without a file being read in between.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from studio.config.base import Settings
from studio.config.requests import GenerateRequest, LookRequest, Recipe
from studio.data.prepared import PreparedPictures
from studio.generation import directions as finding
from studio.generation.gan import GeneratorModel
from studio.generation.looking import codes_of_rows, nearest, opinions, opinions_of
from studio.ground.errors import DamagedError, UsageError, text
from studio.ground.events import Ended, Event, Progress, Samples
from studio.jobs.checkpoint_choice import choose_point
from studio.jobs.nesting import Stopped
from studio.jobs.opening import open_project, picture_settings, prepared_pictures
from studio.jobs.recording import loss_notice
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project
from studio.projects.run import Run
from studio.training.precision import choose_device

_MODELS = 3
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class MadePictures:
    """What a :class:`GenerateRequest` made.

    ``pictures`` (N, H, W, C) uint8; ``request`` names the checkpoint by its step, so that it stays true when the run
    goes on; ``labels`` has for each picture the value of every label, also of those left open.
    """

    pictures: np.ndarray
    request: GenerateRequest
    run: str
    family: str
    step: int
    labels: tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True)
class Insight:
    """What a :class:`LookRequest` found, by ``what``.

    ``opinion``: list of ``studio.generation.looking.Opinion``, and in ``real`` those of as many held-out real pictures,
    in the order of ``pictures``; ``nearest``: list of ``Neighbours``, whose ``rows`` are
    positions in the data set as prepared, with ``pictures`` (rows, H, W, C) uint8 and ``names`` for each of them;
    ``directions``: list of ``studio.generation.directions.Direction``.
    """

    what: str
    step: int
    found: tuple[object, ...]
    pictures: dict[int, np.ndarray]
    names: dict[int, str]
    real: tuple[object, ...] = ()


class ModelServer:
    """Serves requests on one project; not thread-safe, used by the thread that made it. Close it at the end."""

    def __init__(self, project_path: Path) -> None:
        self._path = project_path
        self._models: OrderedDict[tuple[str, str, str], GeneratorModel] = OrderedDict()

    def close(self) -> None:
        """Let the models go."""
        self._models.clear()

    def serve(self, request: Settings, commands: CommandQueue) -> Iterator[Event]:
        """The events of a :class:`GenerateRequest` or :class:`LookRequest`; the ending's result is what was asked for.

        Pictures come as :class:`Samples` that grow from chunk to chunk; a stop ends between two chunks.
        """
        try:
            if isinstance(request, GenerateRequest):
                yield from self._generate(request, commands)
            elif isinstance(request, LookRequest):
                yield from self._look(request, commands)
            else:
                raise TypeError(f"no model serves a {type(request).__name__}")
        except Stopped:
            yield Ended("stopped")

    def model(
        self, project: Project, run: Run, request: GenerateRequest | LookRequest
    ) -> Generator[Event, None, GeneratorModel]:
        """The model of a request, loaded or from memory; notices where a damaged checkpoint was passed over."""
        point, skipped = choose_point(run, request.checkpoint)
        device = choose_device(request.device)
        key = (run.name, point.path.name, str(device))
        for words in skipped:
            yield loss_notice(words, code="checkpoint")
        if key not in self._models:
            yield Progress(text("Loading the model"), 0)
            self._models[key] = GeneratorModel.from_checkpoint(point.path, device)
            while len(self._models) > _MODELS:
                self._models.popitem(last=False)
        self._models.move_to_end(key)
        model = self._models[key]
        if not model.directions:
            model.directions = stored_directions(run, model.step)
        return model

    def _generate(self, request: GenerateRequest, commands: CommandQueue) -> Iterator[Event]:
        with open_project(self._path) as project:
            run = project.runs.get(request.run)
            model = yield from self.model(project, run, request)
        pieces: list[np.ndarray] = []
        for piece in model.pictures(request.recipes):
            _obey(commands)
            pieces.append(piece)
            yield Samples(model.step, np.concatenate(pieces), kind="pictures")
            yield Progress(text("Making pictures"), sum(map(len, pieces)), len(request.recipes))
        labels = tuple(model.labels_of(recipe) for recipe in request.recipes)
        fixed = request.model_copy(update={"checkpoint": str(model.step), "run": run.name})
        pictures = np.concatenate(pieces) if pieces else np.zeros((0, 1, 1, 3), np.uint8)
        yield Ended("finished", result=MadePictures(pictures, fixed, run.name, run.family, model.step, labels))

    def _look(self, request: LookRequest, commands: CommandQueue) -> Iterator[Event]:
        with open_project(self._path) as project:
            run = project.runs.get(request.run)
            model = yield from self.model(project, run, request)
            settings = picture_settings(run.config())
            data = yield from prepared_pictures(project, run.dataset, settings, commands)
        with data:
            insight = yield from _LOOKS[request.what](model, request, data, commands, run)
        yield Ended("finished", result=insight)


Look = Generator[Event, None, Insight]


def _opinion(
    model: GeneratorModel, request: LookRequest, data: PreparedPictures, commands: CommandQueue, run: Run
) -> Look:
    found = yield from _cut(opinions(model, _asked(request), data), commands)
    rows = np.asarray(data.held_out)[: len(request.recipes)]
    pictures = data.read(rows).transpose(0, 2, 3, 1)
    real = yield from _cut(opinions_of(model, pictures, codes_of_rows(model, data, rows), data), commands)
    named = [int(row) for row in rows]
    shown = dict(zip(named, pictures, strict=True))
    return Insight("opinion", model.step, tuple(found), shown, {row: data.names[row] for row in named}, tuple(real))


def _nearest(
    model: GeneratorModel, request: LookRequest, data: PreparedPictures, commands: CommandQueue, run: Run
) -> Look:
    pieces: list[np.ndarray] = []
    for piece in model.pictures(_asked(request)):
        _obey(commands)
        pieces.append(piece)
    found = yield from _cut(nearest(model, np.concatenate(pieces), data, request.count), commands)
    rows = sorted({row for neighbours in found for row in neighbours.rows})
    pictures = data.read(np.array(rows, np.int64)).transpose(0, 2, 3, 1)
    names = {row: data.names[row] for row in rows}
    return Insight("nearest", model.step, tuple(found), dict(zip(rows, pictures, strict=True)), names)


def _directions(
    model: GeneratorModel, request: LookRequest, data: PreparedPictures, commands: CommandQueue, run: Run
) -> Look:
    found = yield from _cut(finding.find_directions(model, data), commands)
    finding.save_directions(directions_file(run, model.step), found, model.step)
    model.directions = _by_name(found)
    return Insight("directions", model.step, tuple(found), {}, {})


_LOOKS = {"opinion": _opinion, "nearest": _nearest, "directions": _directions}


def directions_file(run: Run, step: int) -> Path:
    """Where the directions of one step of a run are kept."""
    return run.folder / "directions" / f"{step:09d}.json"


def stored_directions(run: Run, step: int) -> dict[str, np.ndarray]:
    """``label=value`` -> direction (Z,), as found earlier for this step; nothing where none can be read."""
    try:
        found_step, found = finding.load_directions(directions_file(run, step))
    except (OSError, DamagedError, KeyError, TypeError):
        return {}
    return _by_name(found) if found_step == step else {}


def _by_name(found: list[finding.Direction]) -> dict[str, np.ndarray]:
    return {f"{d.label}={d.value}": d.vector for d in found}


def _asked(request: LookRequest) -> tuple[Recipe, ...]:
    if not request.recipes:
        raise UsageError("Which pictures? Looking at {what} needs at least one recipe.", what=request.what)
    return request.recipes


def _cut(work: Generator[Progress, None, list[Found]], commands: CommandQueue) -> Generator[Event, None, list[Found]]:
    """Let progress pass and stop between two pieces."""
    try:
        while True:
            try:
                progress = next(work)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            _obey(commands)
            yield progress
    finally:
        work.close()


def _obey(commands: CommandQueue) -> None:
    if commands.stop_requested:
        raise Stopped
