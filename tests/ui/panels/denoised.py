"""What tests of the diffusion panel share: a project with a run that reads words, and a model that paints its steps."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from studio.config.denoising import Denoising
from studio.config.diffusion import DiffusionConfig
from studio.config.requests import ForwardRequest, GenerateRequest, LookRequest, Recipe, TrainRequest
from studio.ground.errors import UsageError
from studio.ground.events import Ended, Event, Progress, Samples
from studio.ground.files import write_json
from studio.jobs.steering import CommandQueue
from studio.models.vocabulary import words_of
from studio.projects.project import Project
from tests.ui.panels.trained import PaintingServer, neighbours, painted

STEPS = (0, 10, 20, 40)
KNOWN = ("a", "girl", "with", "red", "blue", "hair", "and", "glasses")
EXAMPLE = "a girl with red glasses"


def add_denoiser(
    path: Path, *, reads: bool = True, labels: Mapping[str, Sequence[str]] | None = None, name: str = "faces",
    config: DiffusionConfig | None = None,
) -> str:  # fmt: skip
    """A run of a denoiser whose checkpoints hold no weights, only what the window reads; returns its name."""
    with Project.open(path) as project:
        config = config or DiffusionConfig(steps=40, text=reads)
        request = TrainRequest(family="diffusion", dataset="cats", config=config.model_dump(mode="json"))
        run = project.runs.new("diffusion", "cats", config, request, name)
        run.set_status(state="finished", step=STEPS[-1], total=40)
        told = {label: list(values) for label, values in (labels or {}).items()}
        description: dict[str, Any] = {"labels": told, "label_counts": {k: [1] * len(v) for k, v in told.items()}}
        if reads:
            description |= {"words": list(KNOWN), "length": 12, "examples": [EXAMPLE]}
        for step in STEPS:
            folder = run.folder / "checkpoints" / f"model-{step:09d}"
            folder.mkdir(parents=True)
            facts = {"step": step, "family": "diffusion", "config": config.model_dump(mode="json")}
            write_json(folder / "state.json", facts | {"description": description, "measures": {}})
        return run.name


def painted_steps(recipe: Recipe, checkpoint: str, run: str, *, words: bool = False) -> tuple[Any, ...]:
    """Steps as a `StepwiseModel` gives them; what it is taken for comes nearer and nearer to the painted picture."""
    way = recipe.denoising or Denoising()
    last = painted(recipe, checkpoint, run).astype(np.float32)
    first = np.full_like(last, 128)
    found = []
    for number in range(way.sampler_steps):
        share = number / (way.sampler_steps - 1)
        clean = (first + share * (last - first)).astype(np.uint8)
        seen, noise = np.full_like(clean, number), np.full_like(clean, 255 - number)
        found.append(SimpleNamespace(
            number=number, sigma=float(way.sampler_steps - number), seen=seen, clean=clean, noise=noise,
            words=_maps(way.prompt, number) if words else (),
        ))  # fmt: skip
    return tuple(found)


def _maps(prompt: str, number: int) -> tuple[tuple[str, np.ndarray], ...]:
    """Each word looks at a row of its own, the longest word most clearly."""
    found = []
    for at, word in enumerate(words_of(prompt)):
        heat = np.full((8, 8), 0.1, np.float32)
        heat[at % 8] = 0.1 + 0.05 * len(word) + 0.001 * number
        found.append((word, heat))
    return tuple(found)


class DenoisingServer(PaintingServer):
    """Answers what a denoiser can be asked. Prompts of unknown words alone are refused."""

    def serve(self, request: Any, commands: CommandQueue) -> Iterator[Event]:
        type(self).asked.append(request)
        if type(self).fail is not None:
            raise type(self).fail
        for recipe in getattr(request, "recipes", ()):
            _must_know(recipe)
        if isinstance(request, ForwardRequest):
            yield Ended("finished", result=drowned(request))
        elif isinstance(request, LookRequest):
            yield from self._looked(request)
        else:
            assert isinstance(request, GenerateRequest)
            made = np.stack([painted(recipe, request.checkpoint, request.run) for recipe in request.recipes])
            yield Samples(0, made)
            yield Ended("finished", result=SimpleNamespace(labels=({},) * len(made), request=request, pictures=made))

    def _looked(self, request: LookRequest) -> Iterator[Event]:
        at = request.checkpoint, request.run
        if request.what == "nearest":
            pictures = {row: np.full((8, 8, 3), 20 * row, np.uint8) for row in range(6)}
            names = {row: f"cat {row}" for row in range(6)}
            found: tuple[Any, ...] = tuple(neighbours("new") for _ in request.recipes)
            yield Ended("finished", result=SimpleNamespace(found=found, pictures=pictures, names=names))
            return
        if request.what == "race":
            found = tuple(SimpleNamespace(picture=painted(one, *at), seconds=0.25) for one in request.recipes)
        else:
            words = request.what == "words"
            found = tuple(painted_steps(one, *at, words=words) for one in request.recipes)
            yield Samples(0, np.stack([step.clean for step in found[0][:2]]), "forming")
            yield Progress(what="", done=2, total=len(found[0]))  # type: ignore[arg-type]
        yield Ended("finished", result=SimpleNamespace(found=found))


def _must_know(recipe: Recipe) -> None:
    way = recipe.denoising or Denoising()
    for prompt in (way.prompt, *(one.prompt or "" for one in way.restarts)):
        if prompt and not set(words_of(prompt)) & set(KNOWN):
            raise UsageError("The model knows none of these words: {words}.", words=prompt)


def drowned(request: ForwardRequest) -> Any:
    """Pictures over time whose grey tells row and time, and straight curves; other noise for another seed."""
    times = np.linspace(0, 1, request.times, dtype=np.float32)
    grey = (10 * np.arange(request.count)[:, None] + np.arange(request.times)[None] + request.seed % 7).astype(np.uint8)
    pictures = np.broadcast_to(grey[:, :, None, None, None], (*grey.shape, 8, 8, 3)).copy()
    power = {"flow": 1.0, "linear": 2.0, "cosine": 1.5, "sigmoid": 1.2}
    name = request.process.get("schedule", "flow")
    left = (1 - times) ** power[name]
    sigma = np.minimum((1 - left) / np.maximum(left, 1e-6), 1000)
    found = SimpleNamespace(
        pictures=pictures, times=times, picture=left, noise=1 - left, sigma=sigma,
        others={other: (1 - times) ** p for other, p in power.items()},
    )  # fmt: skip
    names = tuple(f"cat {row} <b>" for row in range(request.count))
    return SimpleNamespace(drowned=found, positions=tuple(range(request.count)), names=names)


def as_json(thing: Any) -> Any:
    """As it would come back from the disk."""
    return json.loads(json.dumps(thing))
