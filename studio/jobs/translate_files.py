"""Translating a file in the background: what was interrupted is gone on with, no line is lost or doubled.

Beside the file to be made lies a journal with the translations so far, which knows of what and how they were made; the
file itself appears whole, when the last sentence is done.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

from studio.config.requests import TranslateFileRequest
from studio.data.texts.decoding import encoding_of, pieces_of
from studio.data.texts.documents import Document, document_of
from studio.data.trees import UnreadableFile
from studio.data.work import Meter
from studio.generation.models import TranslatingModel
from studio.ground.errors import UsageError, text
from studio.ground.events import Ended, Event, Notice, Progress, Started
from studio.ground.files import write_bytes
from studio.jobs.nesting import Stopped
from studio.jobs.opening import open_project
from studio.jobs.serving import ModelServer, must_be_able
from studio.jobs.steering import CommandQueue
from studio.jobs.translating import must_be_whole, versions_of
from studio.jobs.translations import TranslatedFile

_BLOCK = 32  # sentences between two entries of the journal
_LARGEST = 1 << 28  # bytes of a source
JOURNAL = ".translating"
"""What the name of a journal ends in."""


def translate_file(request: TranslateFileRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Translate a text file or subtitles. ``Ended.result`` is a ``TranslatedFile``, also of a job that was stopped.

    Raises:
        UsageError: there is no such file, or it is no text; the result would replace it; a run that cannot translate.
    """
    server = ModelServer(project_path)
    try:
        must_be_whole(request.glossary)
        source, out = _places(request)
        data = source.read_bytes()
        document = _document(source, data)
        with open_project(project_path) as project:
            run = project.runs.get(request.run)
            must_be_able(run, "translates")
            model = yield from server.model(run, request)
        assert isinstance(model, TranslatingModel)
        journal = Journal(out, _key(data, request, run.name, model.step))
        done = journal.read()[: len(document.sentences)]
        reused, total = len(done), len(document.sentences)
        yield Started("translate", source.name, model.step, total)
        if reused:
            body = text("Of {total} sentences {count} were translated already.", total=total, count=reused)
            yield Notice("going-on", "info", text("Going on where it was interrupted"), body)
        try:
            yield from _all(model, request, document, journal, done, commands)
        except Stopped:
            yield Ended("stopped", result=TranslatedFile(None, total, len(done), reused, run.name, model.step))
            return
        write_bytes(out, _written(document, done, data))
        journal.remove()
    finally:
        server.close()
    yield Ended("finished", result=TranslatedFile(out, total, total, reused, run.name, model.step))


class Journal:
    """Translations so far of what ``key`` stands for, a line of JSON each time; a torn last line is ignored."""

    def __init__(self, out: Path, key: str) -> None:
        self.path = out.with_name(out.name + JOURNAL)
        self._key = key
        self._end = 0

    def read(self) -> list[str]:
        """The translations in order; none where the journal is of something else, which is then begun anew."""
        found: list[str] = []
        self._end = 0
        try:
            data = self.path.read_bytes()
        except OSError:
            return found
        lines = data.split(b"\n")[:-1]
        for number, line in enumerate(lines):
            told = _told(line)
            if told is None or (number == 0) != ("key" in told) or told.get("key", self._key) != self._key:
                break
            if number and told.get("at") != len(found):
                break
            found += [str(one) for one in told.get("texts", ())]
            self._end += len(line) + 1
        return found

    def append(self, at: int, texts: Sequence[str]) -> None:
        """Add translations from the ``at``-th on; they are on the disk when this returns."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("r+b" if self.path.exists() else "xb") as handle:
            handle.truncate(self._end)
            handle.seek(self._end)
            begin = b"" if self._end else _line({"key": self._key})
            handle.write(begin + _line({"at": at, "texts": list(texts)}))
            handle.flush()
            os.fsync(handle.fileno())
            self._end = handle.tell()

    def remove(self) -> None:
        """It is not needed any more."""
        self.path.unlink(missing_ok=True)


def _all(
    model: TranslatingModel, request: TranslateFileRequest, document: Document, journal: Journal, done: list[str],
    commands: CommandQueue,
) -> Generator[Event, None, None]:  # fmt: skip
    """Translate what is left; ``done`` grows."""
    meter = Meter(text("Translating"), len(document.sentences))
    while len(done) < len(document.sentences):
        block = document.sentences[len(done) : len(done) + _BLOCK]
        work = versions_of(model, block, request.decoding, request.glossary, commands)
        while True:
            try:
                event = next(work)
            except StopIteration as end:
                texts = [versions[0].text if versions else "" for versions in end.value]
                break
            if not isinstance(event, Progress):
                yield event
            yield from meter.progress(len(done))
        journal.append(len(done), texts)
        done += texts
        yield from meter.progress(len(done))
    yield from meter.progress(len(done), always=True)


def _places(request: TranslateFileRequest) -> tuple[Path, Path]:
    source, out = request.source.expanduser(), request.out.expanduser()
    if not source.is_file():
        raise UsageError("There is no file {name}.", name=str(source))
    if source.stat().st_size > _LARGEST:
        raise UsageError("{name} is larger than {limit} MB; cut it.", name=source.name, limit=_LARGEST >> 20)
    if out.is_dir():
        raise UsageError("{name} is a folder; name the file that is to be made.", name=str(out))
    if source.resolve() == out.resolve():
        raise UsageError("The translation would replace {name}; choose another place.", name=source.name)
    return source, out


def _document(source: Path, data: bytes) -> Document:
    try:
        words = "".join(pieces_of(data, encoding_of(data)))
    except UnreadableFile as error:
        raise UsageError("{name} {reason}.", name=source.name, reason=str(error)) from error
    return document_of(words.removeprefix("\ufeff"), subtitles=source.suffix.lower() == ".srt")


def _written(document: Document, translations: Sequence[str], data: bytes) -> bytes:
    """The translated document in UTF-8, with the ends of lines that the source has."""
    words = document.written(translations)
    if 2 * data.count(b"\r\n") > data.count(b"\n"):
        words = words.replace("\n", "\r\n")
    return words.encode("utf-8", "replace")


def _key(data: bytes, request: TranslateFileRequest, run: str, step: int) -> str:
    """What decides every translation: the source, the model, how it is asked."""
    digest = hashlib.sha256(data)
    asked = [request.decoding.model_dump(mode="json"), [term.model_dump(mode="json") for term in request.glossary]]
    digest.update(json.dumps([run, step, asked], sort_keys=True).encode())
    return digest.hexdigest()


def _told(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _line(found: dict[str, object]) -> bytes:
    return (json.dumps(found, ensure_ascii=False) + "\n").encode()
