"""What the tests of Runs, Gallery and Settings share: runs and creations written as the program itself writes them."""

from pathlib import Path
from typing import Any

import numpy as np

from studio.config.base import with_overrides
from studio.config.gan import GanConfig
from studio.config.requests import Drawn, GenerateRequest, Recipe, TrainRequest
from studio.projects.project import Project
from studio.projects.run import Run

STEPS = (0, 10, 20)


def pictures(count: int = 6, shade: int = 100, side: int = 8) -> np.ndarray:
    """Pictures (N, side, side, 3) of one shade."""
    return np.full((count, side, side, 3), shade, np.uint8)


def add_run(
    project: Project,
    title: str | None = None,
    *,
    state: str = "finished",
    step: int = 20,
    shade: int = 100,
    **settings: Any,
) -> Run:
    """A run with metrics, samples and checkpoints that hold no weights."""
    config = with_overrides(GanConfig(steps=20, seed=3), settings)
    request = TrainRequest(family="gan", dataset="cats", config=config.model_dump(mode="json"), dial="quick")
    run = project.runs.new("gan", "cats", config, request, title)
    for at in range(1, step + 1):
        run.metrics.append(at, 8 * at, {"generator_loss": 1 / at, "discriminator_loss": 1.0, "distance": shade / at})
    for at in STEPS:
        if at <= step:
            run.samples.write(at, pictures(shade=(shade + at) % 256), items=8 * at)
            (run.checkpoints_folder / f"model-{at:09d}").mkdir(parents=True)
    run.set_status(state=state, step=step, total=20, seconds_trained=60.0, started=1.0e9 + shade, best_step=10)
    run.metrics.close()
    return run


def request_for(run: str, seed: int, index: int = 0, **labels: str) -> dict[str, Any]:
    """What makes a creation again."""
    recipe = Recipe(latent=Drawn(seed=seed, index=index), labels=labels)
    return GenerateRequest(run=run, checkpoint="20", recipes=(recipe,)).model_dump(mode="json")


def keep(project: Project, run: str, count: int, **labels: str) -> list[int]:
    """Keep creations of a run; each shade is its number."""
    made = np.stack([pictures(1, shade=at % 256)[0] for at in range(count)])
    requests = [request_for(run, 7, at, **labels) for at in range(count)]
    return project.gallery.keep(made, requests, run=run, family="gan")


def make_compared(path: Path) -> list[str]:
    """Three runs in an existing project; returns their names, the oldest first."""
    with Project.open(path, write="required") as project:
        first = add_run(project, "first <b>run</b>", shade=40)
        second = add_run(project, "second", shade=90, loss="hinge", seed=5)
        third = add_run(project, "third", state="stopped", step=10, shade=140)
        return [first.name, second.name, third.name]
