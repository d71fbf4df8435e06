"""Asking a language model: replies and continuations as they are written, and how it reads a text."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

from studio.config.requests import ChatRequest, ContinueRequest, ReadRequest
from studio.config.writing import Writing
from studio.generation.models import WritingModel
from studio.generation.replies import Ending, Prompt, ReadText, Replies, Reply
from studio.ground.errors import text
from studio.ground.events import Ended, Event, Progress, Written
from studio.jobs.nesting import Stopped
from studio.jobs.steering import CommandQueue
from studio.projects.run import Run


@dataclass(slots=True)
class _Row:
    text: str
    tokens: int = 0
    ending: Ending = ""
    pieces: list[str] = field(default_factory=list)

    def reply(self) -> Reply:
        return Reply(self.text + "".join(self.pieces), self.ending, self.tokens)


def written(
    model: WritingModel, run: Run, request: ChatRequest | ContinueRequest, commands: CommandQueue
) -> Iterator[Event]:
    """The texts as :class:`Written`, piece by piece; the ending's result is ``Replies``, also where it is stopped."""
    began, writing = time.monotonic(), request.writing
    prompt = _prompt(model, request)
    rows = [_Row(prompt.begins) for _ in range(writing.count)]
    if prompt.begins:
        yield from (Written(row, prompt.begins) for row in range(len(rows)))
    stopped = yield from _told(model, prompt, writing, rows, commands)
    fixed = request.model_copy(update={"checkpoint": str(model.step), "run": run.name})
    replies = Replies(
        tuple(row.reply() for row in rows), fixed, model.step, len(prompt.tokens), model.reused, prompt.dropped,
        time.monotonic() - began,
    )  # fmt: skip
    yield Ended("stopped" if stopped else "finished", result=replies)


def _prompt(model: WritingModel, request: ChatRequest | ContinueRequest) -> Prompt:
    if isinstance(request, ChatRequest):
        return model.conversation(request.messages, request.start, request.writing.tokens)
    return model.text(request.text, request.writing.tokens)


def _told(
    model: WritingModel, prompt: Prompt, writing: Writing, rows: list[_Row], commands: CommandQueue
) -> Generator[Event, None, bool]:
    """Let the rows grow; whether it was stopped."""
    for number, step in enumerate(model.write(prompt, writing)):
        if not step:
            yield Progress(text("Reading"), number, None)
        for one in step:
            row = rows[one.row]
            row.tokens += 1
            row.ending = one.ending
            if one.text:
                row.pieces.append(one.text)
                yield Written(one.row, one.text)
        if commands.stop_requested:
            return True
    return False


def read(model: WritingModel, request: ReadRequest, commands: CommandQueue) -> Iterator[Event]:
    """How the model reads a text; the ending's result is a ``ReadText``."""
    prompt = model.read_whole(request.text, request.messages)
    reading = model.read(
        prompt, alternatives=request.alternatives, attention=request.attention, logits_after=request.logits_after
    )
    for found in reading:
        if isinstance(found, ReadText):
            yield Ended("finished", result=found)
            return
        if commands.stop_requested:
            raise Stopped
        yield Progress(text("Reading"), *found)
