"""Bringing a data set into a project: import of pictures or texts, the embedded ones, one of the catalogue.

The job fills a folder; its result is the :class:`DataSetRecord` that the consumer adds to the project.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from studio.config.builtin import Bilingual, World
from studio.config.requests import BuiltinRequest, ImportRequest
from studio.config.texts import DataKind
from studio.data.bilingual.writing import write_bilingual
from studio.data.builtin import draw_portraits
from studio.data.importing import ImportSummary, import_pictures
from studio.data.importing_pairs import import_pairs
from studio.data.importing_texts import TextSummary, import_texts
from studio.data.kinds import Kind, look_at_kind
from studio.data.work import ends
from studio.data.world.writing import write_world
from studio.ground.events import Ended, Event
from studio.jobs.nesting import nested
from studio.jobs.opening import open_project
from studio.jobs.steering import CommandQueue
from studio.projects.datasets import DataSetRecord

_KINDS: Mapping[Kind, DataKind | None] = {"pictures": "pictures", "texts": None, "pairs": "parallel"}
Fill = Callable[[Path], Iterator[Event]]
"""Fills a folder that does not exist yet; the last event's result is an ``ImportSummary`` or a ``TextSummary``."""


def import_data(request: ImportRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Import pictures or texts. ``Ended.result`` is a :class:`DataSetRecord`."""

    @ends
    def fill(folder: Path) -> Iterator[Event]:
        source, name, stop = request.source, request.name, commands.stopping
        kind = "parallel" if request.target is not None else request.kind
        if kind is None:
            kind = _KINDS[(yield from look_at_kind(source, stop))]
        if kind == "pictures":
            yield from import_pictures(source, folder, name, stop)
        elif kind == "parallel":
            yield from import_pairs(source, folder, name, stop, target=request.target, columns=request.columns)
        else:
            yield from import_texts(source, folder, name, stop, kind=kind, columns=request.columns)

    return fill_data_set(project_path, request.name, fill)


def draw_builtin(request: BuiltinRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Make an embedded data set. ``Ended.result`` is a :class:`DataSetRecord`."""

    what, name, stop = request.what, request.name, commands.stopping

    def fill(folder: Path) -> Iterator[Event]:
        if isinstance(what, Bilingual):
            return write_bilingual(what, folder, name, stop)
        if isinstance(what, World):
            return write_world(what, folder, name, stop)
        return draw_portraits(what, folder, name, stop)

    return fill_data_set(project_path, request.name, fill)


def fill_data_set(project_path: Path, name: str, fill: Fill) -> Iterator[Event]:
    """Fill a new folder of the project; the ending's result is the record of the data set."""
    with open_project(project_path) as project:
        folder = project.datasets.new_folder(name)
    summary: ImportSummary | TextSummary = yield from nested(fill(folder))
    yield Ended("finished", result=record_of(summary, folder.relative_to(project.path)))


def record_of(summary: ImportSummary | TextSummary, folder: Path) -> DataSetRecord:
    """The record of what was imported into ``folder`` (relative to the project)."""
    if isinstance(summary, TextSummary):
        facts = summary.facts
        return DataSetRecord(
            name=summary.name, folder=folder.as_posix(), kind=facts.kind, count=facts.count,
            characters=facts.characters, distinct=facts.distinct, longest=facts.longest,
            source=summary.source, created=time.time(),
        )  # fmt: skip
    return DataSetRecord(
        name=summary.name,
        folder=folder.as_posix(),
        count=summary.count,
        size=summary.size,
        channels=summary.channels,
        labels=summary.labels,
        captions=summary.captions,
        source=summary.source,
        created=time.time(),
    )
