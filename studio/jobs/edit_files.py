"""Translating files and folders: results keep name, size, orientation and transparency; a report names the rest."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from studio.config.requests import EditFilesRequest
from studio.data.decoding import SUFFIXES, BrokenPicture
from studio.data.originals import Original, read_original
from studio.data.trees import FileEntry, FolderTree, UnreadableFile
from studio.data.work import Meter, in_order
from studio.data.work import Stopped as PiecesStopped
from studio.generation.models import EditingModel
from studio.ground.errors import Text, UsageError, text
from studio.ground.events import Ended, Event, Notice, Started, Status
from studio.ground.files import write_bytes
from studio.jobs.editing import translated
from studio.jobs.edits import EditReport, EditRow
from studio.jobs.keeping import TOGETHER, ReadyResults
from studio.jobs.nesting import Stopped
from studio.jobs.opening import open_project
from studio.jobs.serving import ModelServer, must_be_able, obey
from studio.jobs.steering import CommandQueue


@dataclass(frozen=True, slots=True)
class _Source:
    """A picture yet to be read, and the file (its suffix may change) that it becomes."""

    name: str
    path: Path
    read: Callable[[], bytes]
    out: Path
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class _Read:
    """A picture as it was read, and the file's content."""

    original: Original
    data: bytes


@dataclass(slots=True)
class _Batch:
    """What all pictures of a batch share. ``taken``: names that results have; ``full``: the gallery gets no more."""

    model: EditingModel
    request: EditFilesRequest
    commands: CommandQueue
    ready: ReadyResults | None
    taken: set[Path] = field(default_factory=set)
    full: bool = False


def edit_files(request: EditFilesRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Translate every picture. ``Ended.result`` is a ``studio.jobs.edits.EditReport``, also of a job that was stopped.

    Raises:
        UsageError: nothing there; no picture in a folder; results would replace what they are made of; a run that
            cannot edit, or not in this direction.
    """
    server, rows = ModelServer(project_path), list[EditRow]()
    ready: ReadyResults | None = None
    try:
        with open_project(project_path) as project:
            run = project.runs.get(request.run)
            must_be_able(run, "edits")
            model = yield from server.model(run, request)
            if request.keep:
                ready = ReadyResults(project.cache_folder, request, run=run.name, family=run.family, step=model.step)
        assert isinstance(model, EditingModel)
        sources = _sources(request, commands)
        yield Started("edit", run.name, model.step, len(sources))
        try:
            yield from _all(_Batch(model, request, commands, ready), sources, rows)
            status: Status = "finished"
        except (Stopped, PiecesStopped):
            status = "stopped"
    finally:
        server.close()
    yield Ended(status, result=EditReport(tuple(rows), run.name, model.step, tuple(ready.files) if ready else ()))


def _all(batch: _Batch, sources: Sequence[_Source], rows: list[EditRow]) -> Generator[Event, None, None]:
    """Pictures are read ahead on other cores while the model works; results are written as they come."""
    meter = Meter(text("Translating pictures"), len(sources))
    background, stop = batch.model.background, batch.commands.stopping
    read = in_order(lambda source: _read(source, background), sources, stop=stop)
    for source, found in zip(sources, _without_gaps(read), strict=True):
        obey(batch.commands)
        if isinstance(found, Text):
            rows.append(EditRow(source.name, error=found))
        else:
            rows.append((yield from _one(batch, source, found)))
        yield from meter.progress(len(rows))
    yield from meter.progress(len(rows), always=True)


def _without_gaps(pieces: Iterator[_Read | Text | None]) -> Iterator[_Read | Text]:
    """What came, without the marks of waiting."""
    return (piece for piece in pieces if piece is not None)


def _read(source: _Source, background: str) -> _Read | Text:
    """Runs in the pool."""
    try:
        data = source.read()
        return _Read(read_original(data, background), data)
    except (BrokenPicture, UnreadableFile) as error:
        return text("This picture {reason}.", reason=error.text)
    except OSError as error:
        return text("This picture cannot be read ({reason}).", reason=error.strerror or type(error).__name__)


def _one(batch: _Batch, source: _Source, found: _Read) -> Generator[Event, None, EditRow]:
    """Translate and write one picture."""
    work = translated(batch.model, found.original, batch.request.editing)
    while True:
        try:
            progress = next(work)
        except StopIteration as end:
            after = end.value
            break
        obey(batch.commands)
        if progress.total and progress.total > 1:
            yield progress
    out = source.out if source.fixed else _free(source.out, found.original, batch.taken)
    try:
        write_bytes(out, found.original.changed(after, out.suffix))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return EditRow(source.name, error=text("The result cannot be written ({reason}).", reason=reason))
    kept = yield from _laid_ready(batch, source, found, after)
    return EditRow(source.name, out, after.shape[1], after.shape[0], kept=kept)


def _laid_ready(
    batch: _Batch, source: _Source, found: _Read, after_HWC: np.ndarray
) -> Generator[Event, None, bool]:  # fmt: skip
    """Whether the result lies ready for the gallery; where it cannot any more, that is said once."""
    if batch.ready is None or batch.full:
        return False
    try:
        kept = batch.ready.add(source.path, found.data, after_HWC)
        why = text("Together they would take more than {megabytes} MB; the others lie in the folder alone.",
                   megabytes=TOGETHER >> 20)  # fmt: skip
    except OSError as error:
        kept, why = False, text("{reason}. The others lie in the folder alone.", reason=error.strerror or str(error))
    if not kept:
        batch.full = True
        yield Notice("gallery-full", "info", text("Not all results go to the gallery"), why)
    return kept


def _free(out: Path, original: Original, taken: set[Path]) -> Path:
    """Where a result goes: under its own name, with the suffix of PNG behind it where its format cannot be written."""
    suffix = original.suffix()
    same = out.suffix.lower() in SUFFIXES and _kind(out.suffix) == _kind(suffix)
    chosen = out if same else out.with_suffix(suffix)
    if chosen in taken:
        chosen = out.with_name(out.name + suffix)
    taken.add(chosen)
    return chosen


def _kind(suffix: str) -> str:
    plain = suffix.lower()
    return {".jpeg": ".jpg", ".jpe": ".jpg", ".jfif": ".jpg", ".tiff": ".tif", ".pnm": ".ppm"}.get(plain, plain)


def _sources(request: EditFilesRequest, commands: CommandQueue) -> list[_Source]:
    paths = [path.expanduser() for path in request.sources]
    out = request.out.expanduser()
    if not paths:
        raise UsageError("Which pictures? Name files or folders.")
    for path in paths:
        if not path.exists():
            raise UsageError("There is nothing at {path}.", path=str(path))
    if len(paths) == 1 and not paths[0].is_dir() and out.suffix.lower() in SUFFIXES and not out.is_dir():
        _must_differ(paths[0], out)
        return [_of_file(paths[0], out, fixed=True)]
    found: list[_Source] = []
    for path in paths:
        if path.is_dir():
            found += _of_folder(path, out if len(paths) == 1 else out / path.name, request.out, commands)
        else:
            _must_differ(path, out / path.name)
            found.append(_of_file(path, out / path.name))
    return found


def _of_file(path: Path, out: Path, *, fixed: bool = False) -> _Source:
    tree = FolderTree(path.parent)
    entry = FileEntry(path.name, path.stat().st_size, path)
    return _Source(path.name, path, lambda: tree.read(entry), out, fixed)


def _of_folder(folder: Path, out: Path, results: Path, commands: CommandQueue) -> list[_Source]:
    """The pictures below a folder, but for results that lie in it."""
    _must_differ(folder, out)
    tree, found = FolderTree(folder), list[_Source]()
    own = results.expanduser().resolve()
    for entry in tree.files(lambda _: obey(commands)):
        path = folder / entry.path
        if path.suffix.lower() in SUFFIXES and own not in path.resolve().parents:
            read = partial(tree.read, entry)
            found.append(_Source(entry.path, path, read, out / entry.path))
    if not found:
        raise UsageError("There is no picture in the folder {name}.", name=folder.name or str(folder))
    return found


def _must_differ(source: Path, out: Path) -> None:
    if source.resolve() == out.resolve():
        raise UsageError("The results would replace {name}, which they are made of; choose another place.",
                         name=source.name)  # fmt: skip
