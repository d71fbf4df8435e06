"""What a project takes on the disk, and getting some of it back: thousands of files, so beside the window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from studio.config.requests import FreeSpaceRequest, MeasureSpaceRequest
from studio.ground.errors import text
from studio.ground.events import Ended, Event, Progress
from studio.jobs.opening import open_project
from studio.jobs.steering import CommandQueue
from studio.projects import disk


def measure_space(request: MeasureSpaceRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """``Ended.result``: bytes by kind, as :func:`studio.projects.disk.disk_use` lists them."""
    yield Progress(text("Measuring the project"), 0, None)
    with open_project(project_path) as project:
        yield Ended("finished", result=project.disk_use())


def free_space(request: FreeSpaceRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Free a kind; ``Ended.result``: the bytes. Raises BusyError where a run that trains needs what would go."""
    yield Progress(text("Freeing space"), 0, None)
    with open_project(project_path) as project:
        yield Ended("finished", result=disk.free(project.path, project.bin, request.kind))
