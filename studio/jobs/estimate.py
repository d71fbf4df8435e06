"""Speed and memory of a configuration, measured by trial steps; nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from studio.config.base import validated
from studio.config.registry import config_class
from studio.config.requests import EstimateRequest
from studio.ground.events import Ended, Event
from studio.jobs.footprint import ALLOWED_SHARE
from studio.jobs.opening import open_project, training_data
from studio.jobs.steering import CommandQueue
from studio.jobs.trials import footprint, timed
from studio.training.precision import choose_device
from studio.training.trial import free_memory


def estimate(request: EstimateRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Measure; ``Ended.result``: ``memory`` and ``free`` in bytes, ``batch_that_fits``, and, where the config fits,
    ``seconds_per_step``, ``items_per_second`` and ``seconds`` for the whole run (else None)."""
    config = validated(config_class(request.family), request.config)
    device = choose_device(request.device)
    with open_project(project_path) as project:
        data = yield from training_data(project, request.family, request.dataset, config, commands)
    with data:
        free = free_memory(device)
        measured = yield from footprint(config, data, family=request.family, device=device, stop=commands.stopping)
        allowed = int(free * ALLOWED_SHARE)
        result: dict[str, object] = {
            "memory": measured.at(config.batch),
            "free": free,
            "batch_that_fits": measured.largest_batch(allowed),
            "seconds_per_step": None,
            "items_per_second": None,
            "seconds": None,
        }
        if measured.at(config.batch) <= allowed:
            pace = yield from timed(config, data, family=request.family, device=device, stop=commands.stopping)
            result |= {
                "seconds_per_step": pace.seconds_per_step,
                "items_per_second": pace.items_per_second,
                "seconds": pace.seconds_per_step * config.steps,
            }
    yield Ended("finished", result=result)
