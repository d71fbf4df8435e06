"""Bringing pretrained weights into the user's cache: from a file, or fetched on the user's wish.

A file is taken by its published SHA-256, or on the user's explicit word. It is read once, in a process of its own, and
kept as safetensors that have exactly the tensors of the architecture; the file itself is never opened again.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from functools import partial
from pathlib import Path

import studio
from studio.config.requests import AddWeightsRequest, DownloadWeightsRequest
from studio.data.downloading import download as fetch
from studio.data.folders import check_space
from studio.data.pretrained import (
    ABOUT,
    ARCHITECTURES,
    INCEPTION,
    WEIGHTS,
    Stored,
    find_published,
    published_as,
    stored,
    weights_folder,
)
from studio.data.work import beside
from studio.ground.errors import DamagedError, StudioError, UsageError, text
from studio.ground.events import Ended, Event, Progress, Started
from studio.ground.files import whole_folder, write_json
from studio.jobs.download import downloads_folder
from studio.jobs.nesting import Stopped, nested
from studio.jobs.steering import CommandQueue

_LARGEST = 1 << 30
_PIECE = 1 << 22
_SECONDS = 180
_LOOK_SECONDS = 0.1
_TREE = Path(studio.__file__).parents[1]
_REFUSED = "{name} is refused: {reason}. Only files of plain weights are taken, as torchvision publishes them."


def download_weights(request: DownloadWeightsRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Fetch published weights, as asked. ``Ended.result`` is a ``studio.data.pretrained.Stored``."""
    entry = find_published(request.architecture)
    folder = downloads_folder() / "weights"
    yield Started("download", entry.title)
    yield from nested(fetch(entry, folder, commands.stopping), announced=False)
    source = folder / entry.files[0].name
    adding = add_weights(AddWeightsRequest(source=source, architecture=entry.key), project_path, commands)
    found = yield from nested(adding, announced=False)
    source.unlink()
    yield Ended("finished", result=found)


def add_weights(request: AddWeightsRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Take over a file. ``Ended.result`` is a ``studio.data.pretrained.Stored``.

    Raises:
        UsageError: nobody has published it and the user has not said that it is meant; it is of another network.
        StudioError: it holds more than weights, or is damaged.
    """
    source = request.source.expanduser()
    if not source.is_file():
        raise UsageError("There is no file {source}.", source=str(source))
    if source.stat().st_size > _LARGEST:
        raise UsageError("{name} is too large to be weights of one of these networks.", name=source.name)
    yield Started("weights", source.name)
    sha256 = yield from _hashed(source, commands)
    architecture = _accepted(request, source, sha256)
    folder = weights_folder()
    folder.mkdir(parents=True, exist_ok=True)
    check_space(folder, 2 * source.stat().st_size)
    about = {"source": source.name, "sha256": sha256, "published": published_as(sha256) is not None}
    with tempfile.TemporaryDirectory(dir=folder, prefix="reading-") as place:
        converted = Path(place) / WEIGHTS
        yield from unpickled(source, converted, commands)
        yield from _checked(converted, architecture, source.name, commands)
        _put(converted, folder / architecture, about)
    found = stored(architecture)
    assert isinstance(found, Stored)
    yield Ended("finished", result=found)


def remove_weights(architecture: str) -> int:
    """Take weights out of the cache; the bytes that were freed. Raises UsageError where there are none."""
    find_published(architecture)
    folder = weights_folder() / architecture
    if not folder.is_dir():
        raise UsageError("There are no weights of {name} here.", name=architecture)
    size = sum(file.stat().st_size for file in folder.iterdir())
    shutil.rmtree(folder)
    return size


def _hashed(source: Path, commands: CommandQueue) -> Generator[Event, None, str]:
    digest, total, done = hashlib.sha256(), source.stat().st_size, 0
    with source.open("rb") as handle:
        while piece := handle.read(_PIECE):
            digest.update(piece)
            done += len(piece)
            yield Progress(text("Checking the file"), done, total)
            _obey(commands)
    return digest.hexdigest()


def _accepted(request: AddWeightsRequest, source: Path, sha256: str) -> str:
    """The architecture that a file is of.

    Raises:
        UsageError: it is not what its name says, of another network than asked for, or unknown.
    """
    named = re.search(r"-([0-9a-f]{8})\.pth$", source.name)
    if named and not sha256.startswith(named[1]):
        raise UsageError(
            "{name} is not the file that its name stands for: its SHA-256 begins with {found} instead of {expected}. "
            "Fetch it again.",
            name=source.name, found=sha256[:8], expected=named[1],
        )  # fmt: skip
    known = published_as(sha256)
    if known is not None:
        if request.architecture not in ("", known):
            raise UsageError(
                "{name} holds weights of {known}, not of {asked}.",
                name=source.name, known=known, asked=request.architecture,
            )  # fmt: skip
        return known
    if not request.unpublished:
        raise UsageError(
            "Nobody has published weights with the SHA-256 of {name} ({found}…). If you know where the file comes from "
            "and trust it, say so: studio weights add FILE --unpublished",
            name=source.name, found=sha256[:8],
        )  # fmt: skip
    architecture = request.architecture or _by_name(source.name)
    find_published(architecture)
    return architecture


def _by_name(name: str) -> str:
    found = [one for one in ARCHITECTURES if name.startswith(one)]
    if not found:
        raise UsageError(
            "Of which network is {name}? Say it with --architecture; there is: {known}.",
            name=name, known=", ".join(ARCHITECTURES),
        )  # fmt: skip
    return max(found, key=len)


def unpickled(source: Path, target: Path, commands: CommandQueue) -> Iterator[Event]:
    """Make safetensors of a pickle. Raises StudioError where it is none, or more than weights."""
    reason = yield from _read_apart(source, target, commands)
    if reason or not target.is_file():
        raise StudioError(_REFUSED, name=source.name, reason=reason.rstrip("."))


def _read_apart(source: Path, target: Path, commands: CommandQueue) -> Generator[Event, None, str]:
    """Read the pickle in a process of its own, which may use a bounded part of the machine; why it is refused."""
    command = [sys.executable, "-m", "studio.models.pickled", str(source.absolute()), str(target)]
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(command, cwd=_TREE, stdin=nothing, stdout=pipe, stderr=nothing, text=True) as child:
        try:
            said = yield from _awaited(child, commands)
        finally:
            child.kill()
    if child.returncode == 0:
        return ""
    return (said.strip().splitlines() or ["reading it took more than the computer gives it"])[-1]


def _awaited(child: subprocess.Popen[str], commands: CommandQueue) -> Generator[Event, None, str]:
    for _ in range(round(_SECONDS / _LOOK_SECONDS)):
        yield Progress(text("Reading the weights"), 0)
        _obey(commands)
        try:
            return child.communicate(timeout=_LOOK_SECONDS)[0]
        except subprocess.TimeoutExpired:
            continue
    return ""


def _checked(converted: Path, architecture: str, name: str, commands: CommandQueue) -> Iterator[Event]:
    """The tensors must be exactly those of the architecture (counters aside, which older files lack)."""
    try:
        for _ in beside(lambda: _read(converted, architecture), commands.stopping):
            yield Progress(text("Checking the weights"), 0)
    except DamagedError as error:
        raise UsageError(
            "{name} does not hold the weights of {architecture}: {reason}",
            name=name, architecture=architecture, reason=str(error),
        ) from error  # fmt: skip


def _read(converted: Path, architecture: str) -> None:
    if architecture == INCEPTION:
        from studio.measures.inception import weights_table as table
    else:
        from studio.models.classifier_pretrained import weights_table  # torchvision, only now that it is needed

        table = partial(weights_table, architecture)
    from studio.models.weights import read_tensors

    read_tensors(converted, table())


def _put(converted: Path, folder: Path, about: dict[str, object]) -> None:
    """Give the weights their place; earlier ones go once the new ones are there."""
    before = folder.with_name(f"{folder.name}.before")
    shutil.rmtree(before, ignore_errors=True)
    with whole_folder(folder.with_name(f"{folder.name}.new")) as place:
        shutil.move(converted, place / WEIGHTS)
        write_json(place / ABOUT, about)
    if folder.exists():
        folder.rename(before)
    folder.with_name(f"{folder.name}.new").rename(folder)
    shutil.rmtree(before, ignore_errors=True)


def _obey(commands: CommandQueue) -> None:
    if commands.stop_requested:
        raise Stopped
