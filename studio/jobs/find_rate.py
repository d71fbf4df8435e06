"""The learning-rate finder as a job: nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from studio.config.base import validated
from studio.config.registry import config_class
from studio.config.requests import FindRateRequest
from studio.ground.errors import text
from studio.ground.events import Ended, Event, Progress
from studio.jobs.nesting import Stopped
from studio.jobs.opening import open_project, training_data
from studio.jobs.steering import CommandQueue
from studio.training.precision import choose_device
from studio.training.rate_finder import STEPS, FoundRate, find_rate


def find(request: FindRateRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Try rates; ``Ended.result`` is a :class:`studio.training.rate_finder.FoundRate`."""
    config = validated(config_class(request.family), request.config)
    device = choose_device(request.device)
    with open_project(project_path) as project:
        data = yield from training_data(project, request.family, request.dataset, config, commands)
    found = FoundRate()
    with data:
        for found in find_rate(config, data, family=request.family, device=device):
            if commands.stopping():
                raise Stopped
            yield Progress(text("Trying learning rates"), len(found.rates), STEPS)
    yield Ended("finished", result=found)
