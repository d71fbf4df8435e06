"""Asking one trained model for one thing (pictures, texts, what lies inside, an opinion), then it is let go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from studio.config.base import Settings
from studio.config.requests import (
    AskRequest,
    ChatRequest,
    ContinueRequest,
    EditRequest,
    GenerateRequest,
    LookRequest,
    ReadRequest,
    RoundTripRequest,
    TranslateRequest,
)
from studio.ground.events import Event
from studio.jobs.serving import ModelServer
from studio.jobs.steering import CommandQueue


def generate(request: GenerateRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Pictures of the request's recipes. ``Ended.result`` is a ``studio.jobs.serving.MadePictures``."""
    return _serve(request, project_path, commands)


def look(request: LookRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """What the discriminator thinks, what is nearest, which directions there are. ``Ended.result``: an ``Insight``."""
    return _serve(request, project_path, commands)


def ask(request: AskRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Probabilities of labels for one picture. ``Ended.result`` is a ``studio.jobs.judgements.Answer``."""
    return _serve(request, project_path, commands)


def edit(request: EditRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """One picture translated. ``Ended.result`` is a ``studio.jobs.edits.Edited``."""
    return _serve(request, project_path, commands)


def round_trip(request: RoundTripRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """One picture there and back. ``Ended.result`` is a ``studio.generation.models.RoundTrip``."""
    return _serve(request, project_path, commands)


def write(request: ChatRequest | ContinueRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """The next reply of a conversation, or more of a text. ``Ended.result``: ``studio.generation.replies.Replies``."""
    return _serve(request, project_path, commands)


def read(request: ReadRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """How a language model reads a text. ``Ended.result`` is a ``studio.generation.replies.ReadText``."""
    return _serve(request, project_path, commands)


def translate(request: TranslateRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """A text in the other language. ``Ended.result`` is a ``studio.generation.translations.Translation``."""
    return _serve(request, project_path, commands)


def _serve(request: Settings, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    server = ModelServer(project_path)
    try:
        yield from server.serve(request, commands)
    finally:
        server.close()
