"""Probabilities of labels for many pictures: files, folders, or a data set of the project."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.config.requests import ClassifyRequest
from studio.data.decoding import SUFFIXES, BrokenPicture
from studio.data.preparing import chosen, pixels_HWC, prepare_bytes, prepare_picture
from studio.data.trees import FileEntry, FolderTree, UnreadableFile
from studio.data.work import Meter, in_order
from studio.data.work import Stopped as PiecesStopped
from studio.generation.models import JudgingModel
from studio.ground.errors import DamagedError, Text, UsageError, text
from studio.ground.events import Ended, Event, Started
from studio.jobs.judgements import Row, Table
from studio.jobs.nesting import Stopped
from studio.jobs.opening import open_project, open_store
from studio.jobs.serving import ModelServer, named_probabilities
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project

_PIECE = 16


@dataclass(frozen=True, slots=True)
class _Source:
    """A picture yet to be read: its name in the table, and what reads it as (size, size, C) uint8."""

    name: str
    read: Callable[[], np.ndarray]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What has been read of a piece: pictures, and why there is none, one entry for each name."""

    names: list[str]
    pictures: list[np.ndarray | Text]


def classify(request: ClassifyRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Judge every picture. ``Ended.result`` is a ``studio.jobs.judgements.Table``; what cannot be read is a row of it.

    Raises:
        UsageError: neither or both of files and data set; nothing there; no picture in a folder; a run that judges not.
    """
    with ExitStack() as stack:
        project = stack.enter_context(open_project(project_path))
        run = project.runs.get(request.run)
        server = ModelServer(project_path)
        stack.callback(server.close)
        model = yield from server.judge(run, request)
        sources = _sources(request, project, model, stack, commands)
        yield Started("classify", run.name, model.step, len(sources))
        rows = yield from _judged(model, sources, commands)
    yield Ended("finished", result=Table(dict(model.labels), tuple(rows), run.name, model.step))


def _judged(
    model: JudgingModel, sources: Sequence[_Source], commands: CommandQueue
) -> Generator[Event, None, list[Row]]:
    """Pictures are read on all cores while the model looks at those before; rows keep the order of ``sources``."""
    meter, rows = Meter(text("Looking at pictures"), len(sources)), list[Row]()
    pieces = [sources[i : i + _PIECE] for i in range(0, len(sources), _PIECE)]
    try:
        for seen in in_order(_read, pieces, stop=commands.stopping):
            if seen is not None:
                rows += _rows(model, seen)
            yield from meter.progress(len(rows))
    except PiecesStopped as stopped:
        raise Stopped from stopped
    yield from meter.progress(len(rows), always=True)
    return rows


def _read(piece: Sequence[_Source]) -> _Seen:
    return _Seen([source.name for source in piece], [_picture(source) for source in piece])


def _picture(source: _Source) -> np.ndarray | Text:
    try:
        return source.read()
    except (BrokenPicture, UnreadableFile) as error:
        return text("This picture {reason}.", reason=error.text)
    except DamagedError as error:
        return error.text
    except OSError as error:
        return text("This picture cannot be read ({reason}).", reason=error.strerror or type(error).__name__)


def _rows(model: JudgingModel, seen: _Seen) -> list[Row]:
    readable = [picture for picture in seen.pictures if isinstance(picture, np.ndarray)]
    found = iter(named_probabilities(model, np.stack(readable)) if readable else [])
    return [
        Row(name, {}, picture) if isinstance(picture, Text) else Row(name, next(found))
        for name, picture in zip(seen.names, seen.pictures, strict=True)
    ]


def _sources(
    request: ClassifyRequest, project: Project, model: JudgingModel, stack: ExitStack, commands: CommandQueue
) -> list[_Source]:
    if bool(request.sources) == bool(request.dataset):
        raise UsageError("Which pictures? Name files or folders, or else a data set of the project.")
    if request.dataset:
        return _of_data_set(request.dataset, project, model, stack)
    found: list[_Source] = []
    for path in request.sources:
        found += _of_path(path.expanduser(), model, commands, alone=len(request.sources) == 1)
    return found


def _of_data_set(name: str, project: Project, model: JudgingModel, stack: ExitStack) -> list[_Source]:
    store = stack.enter_context(open_store(project, name))

    def reader(index: int) -> Callable[[], np.ndarray]:
        return lambda: pixels_HWC(prepare_picture(store, index, model.settings, model.choices), model.settings)

    kept = chosen(store, project.datasets.get(name).choices).tolist()
    if not kept:
        raise UsageError("The data set {name} has no pictures to look at.", name=name)
    return [_Source(store.names[index], reader(index)) for index in kept]


def _of_path(path: Path, model: JudgingModel, commands: CommandQueue, *, alone: bool) -> list[_Source]:
    if not path.exists():
        raise UsageError("There is nothing at {path}.", path=str(path))
    if not path.is_dir():
        tree = FolderTree(path.parent)
        return [_of_file(tree, FileEntry(path.name, path.stat().st_size, path), path.name, model)]
    tree, found = FolderTree(path), list[_Source]()
    for entry in tree.files(lambda _: _obey(commands)):
        if Path(entry.path).suffix.lower() in SUFFIXES:
            found.append(_of_file(tree, entry, entry.path if alone else f"{path.name}/{entry.path}", model))
    if not found:
        raise UsageError("There is no picture in the folder {name}.", name=path.name or str(path))
    return found


def _of_file(tree: FolderTree, entry: FileEntry, name: str, model: JudgingModel) -> _Source:
    return _Source(name, lambda: prepare_bytes(tree.read(entry), model.settings, model.choices))


def _obey(commands: CommandQueue) -> None:
    if commands.stop_requested:
        raise Stopped
