"""Asking a translation model: texts sentence by sentence, fixed terms, what could stand next, what was looked at."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace

from studio.config.decoding import Decoding
from studio.config.requests import Term, TranslateRequest
from studio.data.texts.sentences import Split, split
from studio.generation.glossary import asked_for, beginnings, exchanged, holds
from studio.generation.models import TranslatingModel
from studio.generation.translations import TranslatedSentence, Translation, Version, Word
from studio.ground.errors import UsageError, text
from studio.ground.events import Ended, Event, Notice, Progress
from studio.jobs.nesting import Stopped
from studio.jobs.steering import CommandQueue
from studio.projects.run import Run

_MANY_UNKNOWN = 0.5
"""Share of a text's letters that a model may not know before the user is told."""
Versions = list[tuple[Version, ...]]


def translated(model: TranslatingModel, run: Run, request: TranslateRequest, commands: CommandQueue) -> Iterator[Event]:
    """A text sentence by sentence; the ending's result is a ``Translation``.

    Raises:
        UsageError: more translations are wanted than are kept in view, or a term of the glossary is empty.
    """
    began = time.monotonic()
    must_be_whole(request.glossary)
    found = _sentences(request)
    sentences = [sentence for _, sentence in found.sentences]
    begins = [request.begin] * len(sentences) if request.begin else []
    versions = yield from versions_of(model, sentences, request.decoding, request.glossary, commands, begins)
    unknown = [model.unknown(sentence) for sentence in sentences]
    yield from _remarks(sentences, unknown)
    words = seen = None
    if sentences and request.words:
        words = model.next_words(sentences[0], request.begin, request.words, int8=request.decoding.int8)
    if sentences and request.look:
        seen = model.look(sentences[0], request.decoding, request.begin)
    rows = tuple(
        TranslatedSentence(sentence, before, some, places)
        for (before, sentence), some, places in zip(found.sentences, versions, unknown, strict=True)
    )
    fixed = request.model_copy(update={"checkpoint": str(model.step), "run": run.name})
    seconds = time.monotonic() - began
    yield Ended("finished", result=Translation(rows, found.after, fixed, model.step, seconds, words or (), seen))


def versions_of(
    model: TranslatingModel, sentences: Sequence[str], decoding: Decoding, glossary: Sequence[Term],
    commands: CommandQueue, begins: Sequence[str] = (),
) -> Generator[Event, None, Versions]:  # fmt: skip
    """Translations of sentences, the best first, with the terms of the glossary in them; a stop ends between steps."""
    versions = yield from _asked(model, sentences, decoding, begins, commands)
    for number, sentence in enumerate(sentences if glossary else ()):
        kept = len(begins[number]) if begins else 0
        for term in asked_for(sentence, glossary):
            versions[number] = yield from _with_term(model, sentence, versions[number], term, decoding, kept, commands)
    return versions


def must_be_whole(glossary: Sequence[Term]) -> None:
    """Refuse terms without a side. Raises UsageError."""
    for term in glossary:
        if not term.source.strip() or not term.target.strip():
            raise UsageError("A term of the glossary needs both sides; one of {source}={target} is empty.",
                             source=term.source, target=term.target)  # fmt: skip


def _sentences(request: TranslateRequest) -> Split:
    """With words to begin with, the text is one sentence."""
    if not request.begin:
        return split(request.text)
    inner = request.text.strip()
    before = request.text[: len(request.text) - len(request.text.lstrip())]
    after = request.text[len(before) + len(inner) :]
    return Split(((before, inner),), after) if inner else Split((), request.text)


def _asked(
    model: TranslatingModel, sentences: Sequence[str], decoding: Decoding, begins: Sequence[str],
    commands: CommandQueue,
) -> Generator[Event, None, Versions]:  # fmt: skip
    work = model.translate(sentences, decoding, begins=begins)
    try:
        while True:
            if commands.stop_requested:
                raise Stopped
            try:
                done, total = next(work)
            except StopIteration as end:
                found: Versions = end.value
                return found
            yield Progress(text("Translating"), done, total)
    finally:
        work.close()


def _with_term(
    model: TranslatingModel, sentence: str, versions: tuple[Version, ...], term: Term, decoding: Decoding, kept: int,
    commands: CommandQueue,
) -> Generator[Event, None, tuple[Version, ...]]:  # fmt: skip
    """The translations that hold the term; where none does, the best of those that are made to."""
    holding = tuple(version for version in versions if holds(version.text, term))
    if holding or not versions:
        return holding or versions
    begins = beginnings(versions[0].text, term, after=kept)
    made = yield from _asked(model, [sentence] * len(begins), decoding, begins, commands)
    swapped = [Version(words, 0.0, (Word(words, 1.0),)) for words in exchanged(versions[0].text, term, after=kept)]
    every = [version for some in (*made, swapped) for version in some]
    found = list({version.text: version for version in every if holds(version.text, term)}.values())
    likely = model.likelihoods(sentence, [version.text for version in found])
    ranked = sorted(zip(likely, range(len(found)), strict=True), key=lambda one: (-one[0], one[1]))
    best = tuple(replace(found[place], score=likelihood) for likelihood, place in ranked[: decoding.count])
    return best or versions


def _remarks(sentences: Sequence[str], unknown: Sequence[Sequence[tuple[int, int]]]) -> Iterator[Event]:
    """A warning where a text is mostly of letters that the model never learned."""
    letters = sum(map(len, sentences))
    strange = sum(end - start for places in unknown for start, end in places)
    if letters and strange > _MANY_UNKNOWN * letters:
        title = text("The model cannot read most of this text")
        body = text("Its letters did not occur in what it learned from, so that what it says of them means nothing.")
        yield Notice("unknown-text", "warning", title, body)
