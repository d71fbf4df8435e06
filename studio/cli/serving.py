"""How the command line serves a job: events to the reporter, signals to commands, the ending to an exit code."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from studio.cli.output import ReaderGone, Reporter, reporter, say_error, say_json
from studio.config.base import Settings
from studio.ground.errors import text
from studio.ground.events import Ended, Stop, event_to_json
from studio.jobs.registry import run_job
from studio.jobs.steering import CommandQueue

FAILED = 1
WRONG_USE = 2


@contextmanager
def stopping_on_signals() -> Iterator[CommandQueue]:
    """Ctrl-C and SIGTERM become a :class:`Stop`; a second Ctrl-C ends at once.

    Begin this before torch is imported: a signal that comes then must not be lost either.
    """
    commands = CommandQueue()

    def obey(number: int, frame: FrameType | None) -> None:
        if commands.stop_requested and number == signal.SIGINT:
            raise KeyboardInterrupt
        commands.put(Stop())

    names = [n for n in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, n)]
    before = {number: signal.signal(number, obey) for number in (getattr(signal, n) for n in names)}
    try:
        yield commands
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def serve(request: Settings, project: Path, *, as_json: bool, commands: CommandQueue) -> Ended:
    """Run a job to its end and report what it says. Returns the ending, unreported."""
    shown = reporter(as_json)
    ending = Ended("failed", text("The work ended without saying how; please report this."))
    try:
        for event in run_job(request, project, commands):
            if isinstance(event, Ended):
                ending = event
            _report(shown, event, commands)
    finally:
        shown.close()
    return ending


def finish(ending: Ended, *, as_json: bool, more: Mapping[str, Any] | None = None, words: str = "") -> int:
    """Say how it ended; the last JSON line holds ``status`` and ``more``. Returns the exit code."""
    if as_json:
        say_json(event_to_json(ending) | dict(more or {}))
    elif words and ending.status in {"finished", "stopped"}:
        say_error(words)
    if ending.status in {"finished", "stopped"}:
        return 0
    say_error(ending.error or text("The work ended as {status}.", status=ending.status))
    return WRONG_USE if ending.refused else FAILED


def _report(shown: Reporter, event: Any, commands: CommandQueue) -> None:
    """A reader that has gone (a closed pipe) is a wish to stop, not a failure of the run."""
    try:
        shown.report(event)
    except ReaderGone:
        if not commands.stop_requested:
            commands.put(Stop())
