"""Looking through a data set, and preparing it ahead of a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from studio.config.data import PrepareSettings
from studio.config.requests import CheckRequest, PrepareRequest
from studio.data.checking import check
from studio.data.texts.pair_checking import check_pairs
from studio.ground.events import Ended, Event
from studio.jobs.nesting import nested
from studio.jobs.opening import kind_of, open_project, open_store, open_texts, prepared_pictures
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project


def check_data(request: CheckRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Report what is broken, small, double or odd. ``Ended.result`` is the data floor's report; nothing is changed."""
    with open_project(project_path) as project:
        if kind_of(project, request.dataset) == "parallel":
            yield from _check_pairs(project, request, commands)
            return
    with open_project(project_path) as project, open_store(project, request.dataset) as store:
        choices = project.datasets.get(request.dataset).choices
        report = yield from nested(check(store, choices, stop=commands.stopping, size=request.size))
    yield Ended("finished", result=report)


def _check_pairs(project: Project, request: CheckRequest, commands: CommandQueue) -> Iterator[Event]:
    choices = project.datasets.get(request.dataset).choices
    with open_texts(project, request.dataset) as store:
        report = yield from nested(check_pairs(store, choices.leave_out, stop=commands.stopping))
    yield Ended("finished", result=report)


def prepare_data(request: PrepareRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Fill the cache at a size. ``Ended.result`` holds the number of pictures and the fingerprint."""
    settings = PrepareSettings(size=request.size, channels=request.channels)
    with open_project(project_path) as project:
        pictures = yield from prepared_pictures(project, request.dataset, settings, commands, choices=request.choices)
    with pictures:
        result = {"count": pictures.count, "fingerprint": pictures.fingerprint}
    yield Ended("finished", result=result)
