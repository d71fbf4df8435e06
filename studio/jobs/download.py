"""Fetching a data set of the catalogue on the user's wish, then importing it.

What was fetched of an unfinished download waits in the project's cache and is continued next time; once the pictures
are in the project, the files that brought them are removed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from studio.config.requests import DownloadRequest
from studio.data.catalogue import find_entry
from studio.data.downloading import download as fetch
from studio.data.importing import import_pictures
from studio.ground.events import Ended, Event
from studio.jobs.importing import fill_data_set
from studio.jobs.nesting import nested
from studio.jobs.opening import open_project
from studio.jobs.steering import CommandQueue


def download(request: DownloadRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Fetch an entry of the catalogue and import it. ``Ended.result`` is a :class:`DataSetRecord`.

    Raises:
        UsageError: the catalogue has no such entry, or the name is taken.
    """
    entry = find_entry(request.entry)
    with open_project(project_path) as project:
        project.datasets.check_new_name(request.name)
        folder = project.cache_folder / "downloads" / entry.key
    yield from nested(fetch(entry, folder, commands.stopping))

    def fill(target: Path) -> Iterator[Event]:
        return import_pictures(folder, target, request.name, commands.stopping)

    for event in fill_data_set(project_path, request.name, fill):
        if isinstance(event, Ended):
            # Whatever cannot be removed (a virus scanner holds it) is cache, and goes when the cache is freed.
            shutil.rmtree(folder, ignore_errors=True)
        yield event
