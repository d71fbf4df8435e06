"""Translating files and folders: results keep name, size, orientation and transparency; a report names the rest."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from studio.config.requests import EditFilesRequest
from studio.data.decoding import SUFFIXES, BrokenPicture
from studio.data.originals import Original, read_original
from studio.data.trees import FileEntry, FolderTree, UnreadableFile
from studio.data.work import Meter, in_order
from studio.data.work import Stopped as PiecesStopped
from studio.generation.models import EditingModel
from studio.ground.errors import Text, UsageError, text
from studio.ground.events import Ended, Event, Started
from studio.ground.files import write_bytes
from studio.jobs.editing import translated
from studio.jobs.edits import EditReport, EditRow
from studio.jobs.nesting import Stopped
from studio.jobs.opening import open_project
from studio.jobs.serving import ModelServer, must_be_able, obey
from studio.jobs.steering import CommandQueue


@dataclass(frozen=True, slots=True)
class _Source:
    """A picture yet to be read, and the file (its suffix may change) that it becomes."""

    name: str
    read: Callable[[], bytes]
    out: Path
    fixed: bool = False


def edit_files(request: EditFilesRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Translate every picture. ``Ended.result`` is a ``studio.jobs.edits.EditReport``, also of a job that was stopped.

    Raises:
        UsageError: nothing there; no picture in a folder; results would replace what they are made of; a run that
            cannot edit, or not in this direction.
    """
    server, rows = ModelServer(project_path), list[EditRow]()
    try:
        with open_project(project_path) as project:
            run = project.runs.get(request.run)
            must_be_able(run, "edits")
            model = yield from server.model(run, request)
        assert isinstance(model, EditingModel)
        sources = _sources(request, commands)
        yield Started("edit", run.name, model.step, len(sources))
        try:
            yield from _all(model, request, sources, commands, rows)
        except (Stopped, PiecesStopped):
            yield Ended("stopped", result=EditReport(tuple(rows), run.name, model.step))
            return
    finally:
        server.close()
    yield Ended("finished", result=EditReport(tuple(rows), run.name, model.step))


def _all(
    model: EditingModel, request: EditFilesRequest, sources: Sequence[_Source], commands: CommandQueue,
    rows: list[EditRow],
) -> Generator[Event, None, None]:  # fmt: skip
    """Pictures are read ahead on other cores while the model works; results are written as they come."""
    meter, taken = Meter(text("Translating pictures"), len(sources)), set[Path]()
    read = in_order(lambda source: _read(source, model.background), sources, stop=commands.stopping)
    for source, found in zip(sources, _without_gaps(read), strict=True):
        obey(commands)
        if isinstance(found, Text):
            rows.append(EditRow(source.name, error=found))
        else:
            rows.append((yield from _one(model, request, source, found, commands, taken)))
        yield from meter.progress(len(rows))
    yield from meter.progress(len(rows), always=True)


def _without_gaps(pieces: Iterator[Original | Text | None]) -> Iterator[Original | Text]:
    """What came, without the marks of waiting."""
    return (piece for piece in pieces if piece is not None)


def _read(source: _Source, background: str) -> Original | Text:
    """Runs in the pool."""
    try:
        return read_original(source.read(), background)
    except (BrokenPicture, UnreadableFile) as error:
        return text("This picture {reason}.", reason=error.text)
    except OSError as error:
        return text("This picture cannot be read ({reason}).", reason=error.strerror or type(error).__name__)


def _one(
    model: EditingModel, request: EditFilesRequest, source: _Source, original: Original, commands: CommandQueue,
    taken: set[Path],
) -> Generator[Event, None, EditRow]:  # fmt: skip
    """Translate and write one picture."""
    work = translated(model, original, request.editing)
    while True:
        try:
            progress = next(work)
        except StopIteration as end:
            after = end.value
            break
        obey(commands)
        if progress.total and progress.total > 1:
            yield progress
    out = source.out if source.fixed else _free(source.out, original, taken)
    try:
        write_bytes(out, original.changed(after, out.suffix))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return EditRow(source.name, error=text("The result cannot be written ({reason}).", reason=reason))
    return EditRow(source.name, out, after.shape[1], after.shape[0])


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
    return _Source(path.name, lambda: tree.read(entry), out, fixed)


def _of_folder(folder: Path, out: Path, results: Path, commands: CommandQueue) -> list[_Source]:
    """The pictures below a folder, but for results that lie in it."""
    _must_differ(folder, out)
    tree, found = FolderTree(folder), list[_Source]()
    own = results.expanduser().resolve()
    for entry in tree.files(lambda _: obey(commands)):
        path = folder / entry.path
        if path.suffix.lower() in SUFFIXES and own not in path.resolve().parents:
            found.append(_Source(entry.path, lambda entry=entry: tree.read(entry), out / entry.path))  # type: ignore[misc]
    if not found:
        raise UsageError("There is no picture in the folder {name}.", name=folder.name or str(folder))
    return found


def _must_differ(source: Path, out: Path) -> None:
    if source.resolve() == out.resolve():
        raise UsageError("The results would replace {name}, which they are made of; choose another place.",
                         name=source.name)  # fmt: skip
