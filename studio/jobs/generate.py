"""Asking one trained model for one thing (pictures, what lies inside, an opinion of a picture), then it is let go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from studio.config.requests import AskRequest, GenerateRequest, LookRequest
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


def _serve(
    request: AskRequest | GenerateRequest | LookRequest, project_path: Path, commands: CommandQueue
) -> Iterator[Event]:
    server = ModelServer(project_path)
    try:
        yield from server.serve(request, commands)
    finally:
        server.close()
