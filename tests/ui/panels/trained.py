"""What the tests of Create and Look inside share: a project with a trained run, and a model that paints by numbers."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from studio.config.gan import GanConfig
from studio.config.requests import GenerateRequest, LookRequest, Recipe, TrainRequest
from studio.ground.events import Ended, Event, Samples
from studio.ground.files import write_json
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project

STEPS = (0, 10, 20, 40)
HAIR = ("red", "blue")


def add_run(
    path: Path, *, dataset: str = "cats", condition: bool = False, state: str = "finished", best: int = 20
) -> str:
    """A run with checkpoints that hold no weights, only what the window reads; returns its name."""
    with Project.open(path) as project:
        config = GanConfig(steps=40, condition=("hair",) if condition else ())
        request = TrainRequest(family="gan", dataset=dataset, config=config.model_dump(mode="json"))
        run = project.runs.new("gan", dataset, config, request)
        run.set_status(state=state, step=STEPS[-1], total=40)
        for step in STEPS:
            add_point(run.folder, step, config, condition=condition, distance=0.1 if step == best else 0.5)
        return run.name


def add_point(run: Path, step: int, config: GanConfig, *, condition: bool = False, distance: float = 0.5) -> None:
    """One more checkpoint."""
    folder = run / "checkpoints" / f"model-{step:09d}"
    folder.mkdir(parents=True)
    labels = {"hair": list(HAIR)} if condition else {}
    description = {"labels": labels, "label_counts": {"hair": [5, 7]} if condition else {}}
    facts = {"step": step, "family": "gan", "config": config.model_dump(mode="json"), "description": description}
    write_json(folder / "state.json", facts | {"measures": {"distance": distance}})


def painted(recipe: Recipe, checkpoint: str, run: str) -> np.ndarray:
    """A picture (8, 8, 3) that depends on everything that a picture depends on."""
    key = json.dumps([recipe.model_dump(mode="json"), checkpoint, run], sort_keys=True)
    seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big")
    return np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)


class PaintingServer:
    """Stands in for `studio.jobs.serving.ModelServer`. ``asked`` lists the requests; ``fail`` makes it fail."""

    asked: list[Any] = []
    fail: Exception | None = None

    def __init__(self, path: Path) -> None:
        self._path = path

    def close(self) -> None:
        """Nothing is held."""

    def serve(self, request: Any, commands: CommandQueue) -> Iterator[Event]:
        """Pictures in two pieces, or an insight."""
        type(self).asked.append(request)
        if type(self).fail is not None:
            raise type(self).fail
        if isinstance(request, LookRequest):
            yield Ended("finished", result=self._insight(request))
            return
        assert isinstance(request, GenerateRequest)
        made = np.stack([painted(recipe, request.checkpoint, request.run) for recipe in request.recipes])
        half = max(1, len(made) // 2)
        yield Samples(0, made[:half])
        yield Samples(0, made)
        labels = tuple({"hair": recipe.labels.get("hair", "blue")} for recipe in request.recipes)
        yield Ended("finished", result=SimpleNamespace(labels=labels))

    def _insight(self, request: LookRequest) -> Any:
        if request.what == "directions":
            self._write_directions(request)
            return SimpleNamespace(found=())
        count = len(request.recipes)
        pictures = {row: np.full((8, 8, 3), 20 * row, np.uint8) for row in range(6)}
        names = {row: f"cat {row} <img src='file:///x'>" for row in range(6)}
        if request.what == "opinion":
            made = tuple(opinion(index - 2.0) for index in range(count))
            real = tuple(opinion(index - 1.0) for index in range(len(pictures)))
            return SimpleNamespace(found=made, real=real, pictures=pictures, names=names)
        verdicts = ("new", "close", "copy")
        found = tuple(neighbours(verdicts[index % 3]) for index in range(count))
        return SimpleNamespace(found=found, pictures=pictures, names=names)

    def _write_directions(self, request: LookRequest) -> None:
        folder = self._path / "runs" / request.run / "directions"
        folder.mkdir(exist_ok=True)
        rows = [
            {"label": "hair", "value": value, "vector": [1.0, 0.0], "accuracy": accuracy, "reach": 0.5}
            for value, accuracy in zip(HAIR, (0.9, 0.55), strict=True)
        ]
        step = int(request.checkpoint)
        write_json(folder / f"{step:09d}.json", {"step": step, "directions": rows})


def opinion(score: float) -> Any:
    """An opinion as `studio.generation.gan_looking` gives it."""
    return SimpleNamespace(score=score, judged_real=score > 0, probability=1 / (1 + np.exp(-score)))


def neighbours(verdict: str) -> Any:
    """Neighbours as `studio.generation.gan_looking` gives them."""
    return SimpleNamespace(
        rows=(4, 2, 0, 1, 3, 5), distances=(3.0, 4.0, 5.0, 6.0, 7.0, 8.0), usual=10.0, verdict=verdict
    )
