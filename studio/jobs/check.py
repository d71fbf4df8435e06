"""Looking through a data set, and preparing it ahead of a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from studio.config.data import PrepareSettings
from studio.config.requests import CheckRequest, PrepareRequest
from studio.config.texts import PrepareTexts
from studio.data.checking import check
from studio.data.checking_texts import check_texts
from studio.data.texts.pair_checking import check_pairs
from studio.ground.events import Ended, Event
from studio.jobs.nesting import nested
from studio.jobs.opening import kind_of, open_project, open_store, open_texts, prepared_pictures, prepared_texts
from studio.jobs.steering import CommandQueue


def check_data(request: CheckRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Report what is broken, small, double or odd. ``Ended.result`` is the data floor's report; nothing is changed."""
    with open_project(project_path) as project:
        choices, stop = project.datasets.get(request.dataset).choices, commands.stopping
        if kind_of(project, request.dataset) == "pictures":
            with open_store(project, request.dataset) as store:
                report = yield from nested(check(store, choices, stop=stop, size=request.size))
        else:
            with open_texts(project, request.dataset) as texts:
                of_pairs = texts.kind == "parallel"
                looking = check_pairs(texts, choices.leave_out, stop) if of_pairs else check_texts(texts, choices, stop)
                report = yield from nested(looking)
    yield Ended("finished", result=report)


def prepare_data(request: PrepareRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Fill the cache at a size. ``Ended.result`` holds the number of items, the fingerprint, of texts the folder."""
    settings = PrepareSettings(size=request.size, channels=request.channels)
    with open_project(project_path) as project:
        if kind_of(project, request.dataset) != "pictures":
            prepare = PrepareTexts(tokens=request.tokens)
            work = prepared_texts(project, request.dataset, prepare, commands, choices=request.choices)
            with (yield from work) as texts:
                folder = texts.folder.relative_to(project.path).as_posix()
                result = {"count": texts.count, "fingerprint": texts.fingerprint, "folder": folder}
            yield Ended("finished", result=result)
            return
        pictures = yield from prepared_pictures(project, request.dataset, settings, commands, choices=request.choices)
    with pictures:
        result = {"count": pictures.count, "fingerprint": pictures.fingerprint}
    yield Ended("finished", result=result)
