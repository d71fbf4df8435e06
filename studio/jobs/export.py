"""A trained model as safetensors with its config beside it, for other programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from studio.config.requests import ExportRequest
from studio.generation.exporting import write_diffusers, write_export, write_huggingface
from studio.generation.models import load_model
from studio.ground.events import Ended, Event, Started
from studio.jobs.checkpoint_choice import choose_point
from studio.jobs.opening import open_project
from studio.jobs.recording import loss_notice
from studio.jobs.steering import CommandQueue


def export(request: ExportRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Write the model into the new folder ``request.folder``. ``Ended.result`` holds ``folder`` and ``step``."""
    with open_project(project_path) as project:
        run = project.runs.get(request.run)
        point, skipped = choose_point(run, request.checkpoint)
    for words in skipped:
        yield loss_notice(words, code="checkpoint")
    yield Started("export", run.name, point.step)
    model = load_model(run.family, point.path, torch.device("cpu"))
    folder = request.folder.expanduser().absolute()
    if request.format == "diffusers":
        write_diffusers(model, folder)
    elif request.format == "huggingface":
        write_huggingface(model, folder)
    else:
        write_export(model.exported(), folder)
    yield Ended("finished", result={"run": run.name, "step": model.step, "folder": str(folder)})
