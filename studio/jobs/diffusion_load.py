"""A U-Net from elsewhere as a run of the project: pictures are made with it, looked into, and runs begun with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studio.config.requests import LoadRequest, TrainRequest
from studio.ground.events import Ended, Event, Started
from studio.jobs.opening import open_project
from studio.jobs.steering import CommandQueue
from studio.models.diffusion_format import Found, read_unet
from studio.projects.run import Run
from studio.training.checkpoints import Checkpoints

FAMILY, PART = "diffusion", "average.denoiser"


def load(request: LoadRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Read the folder into a new run that is finished. ``Ended.result`` holds ``run``, ``family``, ``folder``.

    The run has learnt from no data set of the project, so it cannot be resumed; a new run can begin with its weights.
    """
    folder = request.folder.expanduser().absolute()
    yield Started("load", folder.name)
    found = read_unet(folder)
    with open_project(project_path) as project:
        asked = TrainRequest(family=FAMILY, dataset="", config=found.config.model_dump(mode="json"))
        run = project.runs.new(FAMILY, "", found.config, asked, request.run or folder.name)
        with run.lock():
            yield from _kept(run, found)
    yield Ended("finished", result={"run": run.name, "family": FAMILY, "folder": str(folder)})


def _kept(run: Run, found: Found) -> Iterator[Event]:
    """Write its one model point; nothing is known of how it learnt."""
    config = found.config.model_dump(mode="json")
    labels = {name: list(values) for name, values in found.labels.items()}
    counts = {name: [1] * len(values) for name, values in labels.items()}
    facts: dict[str, Any] = {
        "family": FAMILY, "step": 0, "items": 0, "seconds": 0.0, "seed": found.config.seed, "config": config,
        "original": config, "changes": [], "measures": {}, "fingerprint": "",
        "description": {"labels": labels, "label_counts": counts},
    }  # fmt: skip
    yield from Checkpoints(run.checkpoints_folder).save_model({PART: found.tensors}, facts, 0)
    run.set_status(state="finished", step=0, total=found.config.steps)
