"""Fetching an entry of the catalogue, then importing it. The only job that opens a connection, and only when asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import platformdirs

from studio.config.requests import DownloadRequest
from studio.data.catalogue import find_entry
from studio.data.downloading import download as fetch
from studio.data.importing import import_pictures
from studio.ground.events import Event, Started
from studio.jobs.importing import fill_data_set
from studio.jobs.nesting import nested
from studio.jobs.steering import CommandQueue


def download(request: DownloadRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Fetch and import. ``Ended.result`` is the record of the new data set.

    What was fetched stays in the user's cache for the next project; a broken download is continued next time.

    Raises:
        UsageError: there is no such entry. StudioError: it has to be fetched by hand.
    """
    entry = find_entry(request.entry)
    folder = downloads_folder() / entry.key

    def fill(target: Path) -> Iterator[Event]:
        yield from nested(fetch(entry, folder, commands.stopping), announced=False)
        yield from import_pictures(folder, target, request.name, commands.stopping)

    yield Started("download", entry.title)
    yield from fill_data_set(project_path, request.name, fill)


def downloads_folder() -> Path:
    """Where fetched files are kept, for all projects of this user."""
    return platformdirs.user_cache_path("Generative Studio", appauthor=False) / "downloads"
