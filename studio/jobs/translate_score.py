"""How good translations are beside those that people made: of two files, or of a part of the run's own data set."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from studio.config.base import get_value
from studio.config.requests import ScoreRequest
from studio.data.prepared_texts import PreparedTexts
from studio.data.texts.decoding import encoding_of, pieces_of
from studio.data.trees import UnreadableFile
from studio.data.work import Meter
from studio.generation.models import TranslatingModel
from studio.ground.errors import UsageError, text
from studio.ground.events import Ended, Event, Started
from studio.jobs.nesting import Stopped
from studio.jobs.opening import data_of_run, open_project, open_texts
from studio.jobs.serving import ModelServer, must_be_able
from studio.jobs.steering import CommandQueue
from studio.jobs.translating import versions_of
from studio.jobs.translations import ScoredRow, TranslationScores
from studio.measures.nearest_pair import copied_answers
from studio.measures.wording import scores, signatures
from studio.projects.project import Project
from studio.projects.run import Run


@dataclass(frozen=True, slots=True)
class _Asked:
    """Sentences with the translations of people; ``known`` and ``answers``: what the model was taught."""

    sources: Sequence[str]
    references: Sequence[str]
    against: str
    known: Sequence[str] = ()
    answers: Sequence[str] = ()


def score(request: ScoreRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Translate sentences and compare. ``Ended.result`` is a ``TranslationScores``.

    Raises:
        UsageError: a file is not there or no text; files of unequal length; a run that cannot translate.
    """
    began, server = time.monotonic(), ModelServer(project_path)
    try:
        with open_project(project_path) as project:
            run = project.runs.get(request.run)
            must_be_able(run, "translates")
            if request.source is not None and request.reference is not None:
                asked = _of_files(request.source.expanduser(), request.reference.expanduser())
            else:
                asked = yield from _of_data(project, run, request, commands)
            model = yield from server.model(run, request)
        assert isinstance(model, TranslatingModel)
        yield Started("evaluate", run.name, model.step, len(asked.sources))
        versions = yield from versions_of(model, asked.sources, request.decoding, (), commands)
        found = [some[0].text if some else "" for some in versions]
        copied = yield from _copied(asked, commands)
    finally:
        server.close()
    rows = tuple(ScoredRow(*row) for row in zip(asked.sources, asked.references, found, strict=True))
    result = TranslationScores(
        scores(found, asked.references), copied, signatures(), rows, asked.against, run.name, model.step,
        time.monotonic() - began,
    )  # fmt: skip
    yield Ended("finished", result=result)


def _copied(asked: _Asked, commands: CommandQueue) -> Generator[Event, None, dict[str, float]]:
    """What the answers of the nearest training sentences score; nothing where they are not known."""
    if not asked.known:
        return {}
    meter, found = Meter(text("Looking for the nearest sentences"), len(asked.sources)), list[str]()
    for start in range(0, len(asked.sources), 50):
        if commands.stop_requested:
            raise Stopped
        found += copied_answers(asked.sources[start : start + 50], asked.known, asked.answers)
        yield from meter.progress(len(found))
    return scores(found, asked.references)


def _of_files(source: Path, reference: Path) -> _Asked:
    one, other = _lines(source), _lines(reference)
    if len(one) != len(other):
        raise UsageError(
            "{source} has {one} lines and {reference} has {other}: they do not belong together line by line.",
            source=source.name, one=len(one), reference=reference.name, other=len(other),
        )  # fmt: skip
    kept = [(a, b) for a, b in zip(one, other, strict=True) if a.strip() and b.strip()]
    if not kept:
        raise UsageError("{source} has no line with a translation in {reference}.",
                         source=source.name, reference=reference.name)  # fmt: skip
    return _Asked([a for a, _ in kept], [b for _, b in kept], reference.name)


def _lines(path: Path) -> list[str]:
    if not path.is_file():
        raise UsageError("There is no file {name}.", name=str(path))
    data = path.read_bytes()
    try:
        words = "".join(pieces_of(data, encoding_of(data))).removeprefix("\ufeff")
    except UnreadableFile as error:
        raise UsageError("{name} {reason}.", name=path.name, reason=str(error)) from error
    return words.removesuffix("\n").split("\n") if words else []


def _of_data(
    project: Project, run: Run, request: ScoreRequest, commands: CommandQueue
) -> Generator[Event, None, _Asked]:
    """Pairs of a part of the run's own data set, none of which it learned from, beside those that it did."""
    config = run.config()
    data = yield from data_of_run(project, run, commands)
    assert isinstance(data, PreparedTexts)
    with data, open_texts(project, run.dataset) as store:
        parts = data.parts
        chosen = parts.test if request.part == "test" and len(parts.test) else parts.validation
        if not len(chosen):
            raise UsageError("The data set {name} has no pairs that the run did not learn from.", name=run.dataset)
        rows = chosen[: request.count] if request.count else chosen
        both = [[store.pair(int(data.source_indices[i])) for i in some] for some in (rows, parts.training)]
    if get_value(config, "backwards"):
        both = [[(other, one) for one, other in some] for some in both]
    part = "test" if chosen is parts.test else "validation"
    asked, taught = both
    return _Asked(
        [one for one, _ in asked], [other for _, other in asked], f"{run.dataset} ({part})",
        [one for one, _ in taught], [other for _, other in taught],
    )  # fmt: skip
