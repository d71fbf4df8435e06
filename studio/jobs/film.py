"""Moving pictures: how a run's samples grew, a loop through the latent space, a picture's steps. GIF or WebP."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import numpy as np

from studio.config.requests import FilmRequest, LookRequest, Recipe, Slerp
from studio.ground.errors import DamagedError, UsageError, text
from studio.ground.events import Ended, Event, Progress, Samples, Started
from studio.jobs.nesting import Stopped
from studio.jobs.opening import open_project
from studio.jobs.recording import loss_notice
from studio.jobs.sheets import film_format, sheet, write_film
from studio.jobs.steering import CommandQueue
from studio.projects.run import Run


def film(request: FilmRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Write the film. ``Ended.result`` holds ``file`` and ``frames``."""
    film_format(request.out)
    with open_project(project_path) as project:
        run = project.runs.get(request.run)
    yield Started("film", run.name)
    if request.what == "history":
        frames = yield from _history(run, request, commands)
    else:
        frames = yield from (_loop if request.what == "loop" else _steps)(request, project_path, commands)
    out = request.out.expanduser().absolute()
    for done in write_film(frames, out, seconds=request.seconds, hold=0.0 if request.what == "loop" else 1.0):
        _obey(commands)
        yield Progress(text("Writing the film"), done, len(frames))
    yield Ended("finished", result={"run": run.name, "file": str(out), "frames": len(frames)})


Frames = Generator[Event, None, list[np.ndarray]]


def _history(run: Run, request: FilmRequest, commands: CommandQueue) -> Frames:
    """One sheet for every kept step; a damaged one is named and left out."""
    steps, frames = run.samples.steps(), []
    for done, step in enumerate(steps):
        _obey(commands)
        try:
            pictures = run.samples.read(step)
            if not len(pictures):
                raise UsageError("The samples of {run} are texts, of which no film is made.", run=run.name)
            frames.append(sheet(pictures, zoom=request.zoom))
        except DamagedError as error:
            yield loss_notice(error)
        yield Progress(text("Reading the samples"), done + 1, len(steps))
    same = [frame for frame in frames if frame.shape == frames[-1].shape]
    if not same:
        raise UsageError("The run {run} has no samples yet; train it first.", run=run.name)
    return same


def _loop(request: FilmRequest, project_path: Path, commands: CommandQueue) -> Frames:
    """Pictures along the great circles between the recipes' latents, and back to the first."""
    from studio.config.requests import GenerateRequest
    from studio.jobs.generate import generate
    from studio.jobs.nesting import nested

    recipes = loop_recipes(request.recipes, request.frames)
    asked = GenerateRequest(run=request.run, checkpoint=request.checkpoint, recipes=recipes, device=request.device)
    made = yield from nested(generate(asked, project_path, commands), announced=False)
    return [sheet(picture[None], zoom=request.zoom) for picture in made.pictures]


def _steps(request: FilmRequest, project_path: Path, commands: CommandQueue) -> Frames:
    """A row of three pictures for each step of the first recipe."""
    from studio.jobs.nesting import nested
    from studio.jobs.serving import ModelServer

    asked = LookRequest(
        what="steps", run=request.run, checkpoint=request.checkpoint, recipes=request.recipes[:1], device=request.device
    )
    server = ModelServer(project_path)
    try:
        told = (event for event in server.serve(asked, commands) if not isinstance(event, Samples))
        insight = yield from nested(told, announced=False)
    finally:
        server.close()
    rows = (np.stack([step.seen, step.clean, step.noise]) for step in insight.found[0])
    return [sheet(row, columns=3, zoom=request.zoom) for row in rows]


def loop_recipes(recipes: Sequence[Recipe], frames: int) -> tuple[Recipe, ...]:
    """``frames`` recipes from each to the next and from the last back to the first; labels change half-way.

    Raises:
        UsageError: fewer than two recipes.
    """
    if len(recipes) < 2:
        raise UsageError("A loop needs at least two pictures to pass through.")
    made = []
    for a, b in zip(recipes, [*recipes[1:], recipes[0]], strict=True):
        for frame in range(frames):
            t = frame / frames
            base = a if t < 0.5 else b
            made.append(base.model_copy(update={"latent": Slerp(a=a.latent, b=b.latent, t=t)}))
    return tuple(made)


def _obey(commands: CommandQueue) -> None:
    if commands.stop_requested:
        raise Stopped
