"""What work says while it goes on, and what it can be told.

Every job is an iterator of these events. Between two of them nothing else touches the model, so a command is
obeyed there. Exactly one :class:`Ended` closes every job. Pictures cross as uint8 numpy arrays, never tensors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import numpy as np

from studio.ground.errors import Text

Status = Literal["finished", "stopped", "failed", "interrupted"]
Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events."""


@dataclass(frozen=True, slots=True)
class Started(Event):
    """Work begins (or goes on, when ``step`` > 0). ``total`` is the horizon in steps; None where unknown."""

    what: str
    name: str = ""
    step: int = 0
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Metrics(Event):
    """Named numbers of one step. ``items`` counts the items seen since the run began."""

    step: int
    items: int
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Samples(Event):
    """Pictures (N, H, W, C) uint8, C 1 or 3, made by the program to show progress, or as the work's outcome.

    ``notes`` is what the family says of them, as plain data: ``{"labels": [{"hair": "black"}, ...]}``, ...
    Families that make texts show no pictures (N is 0) but ``{"texts": [{"prompt": ..., "text": ...}, ...]}``, and where
    there is one a ``reference``; a ``kind`` of ``chat`` says that they answer their prompts and do not continue them.
    """

    step: int
    pictures: np.ndarray
    kind: str = "samples"
    notes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written(Event):
    """More of a text that is being written: what is to be added to row ``row`` of the answer."""

    row: int
    text: str


@dataclass(frozen=True, slots=True)
class CheckpointSaved(Event):
    """A checkpoint is on disk, whole. ``kind`` is ``resume`` or ``model``."""

    step: int
    kind: Literal["resume", "model"]
    best: bool = False


@dataclass(frozen=True, slots=True)
class Notice(Event):
    """Something worth knowing: evidence, likely cause, what to try. ``action`` names a remedy the window can apply."""

    code: str
    severity: Severity
    title: Text
    body: Text
    action: str = ""


@dataclass(frozen=True, slots=True)
class Progress(Event):
    """How far a piece of work is: ``done`` of ``total`` units (None: unknown), ``rate`` in units a second."""

    what: Text
    done: int
    total: int | None = None
    rate: float | None = None
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class Paused(Event):
    """The run waits (``paused``) or goes on again."""

    paused: bool
    step: int


@dataclass(frozen=True, slots=True)
class Ended(Event):
    """The one last event. ``result`` is what the job made (plain data); ``error`` and ``trace`` tell why it failed.

    ``refused``: the request itself was at fault (wrong use, exit code 2), nothing was begun.
    """

    status: Status
    error: Text | None = None
    trace: str = ""
    result: Any = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """Base of what a job can be told between two events, also while it is paused."""


@dataclass(frozen=True, slots=True)
class Stop(Command):
    """Write a checkpoint and end as ``stopped``."""


@dataclass(frozen=True, slots=True)
class Pause(Command):
    """Stay where you are, ready for every other command."""


@dataclass(frozen=True, slots=True)
class Continue(Command):
    """Go on after a pause."""


@dataclass(frozen=True, slots=True)
class SampleNow(Command):
    """Make and record samples now."""


@dataclass(frozen=True, slots=True)
class SaveNow(Command):
    """Write a resume point and a model point now."""


@dataclass(frozen=True, slots=True)
class ChangeSetting(Command):
    """Change one setting that may change while running; ``path`` is dotted, as in ``--set``."""

    path: str
    value: Any = None


COMMANDS: Mapping[str, type[Command]] = {
    "stop": Stop,
    "pause": Pause,
    "continue": Continue,
    "sample": SampleNow,
    "save": SaveNow,
    "change": ChangeSetting,
}


def command_to_json(command: Command) -> dict[str, Any]:
    """The form in which a command lies in a run's inbox."""
    name = next(key for key, cls in COMMANDS.items() if type(command) is cls)
    return {"command": name} | {f.name: getattr(command, f.name) for f in fields(command)}


def command_from_json(data: Mapping[str, Any]) -> Command:
    """The inverse of :func:`command_to_json`. Raises KeyError or TypeError for anything else."""
    arguments = {str(key): value for key, value in data.items() if key != "command"}
    return COMMANDS[data["command"]](**arguments)


def event_to_json(event: Event) -> dict[str, Any]:
    """One plain dictionary for ``--json`` lines and logs; arrays are described, not dumped."""
    return {"event": _snake(type(event).__name__)} | {f.name: _plain(getattr(event, f.name)) for f in fields(event)}


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def _plain(value: Any) -> Any:
    if isinstance(value, Text):
        return str(value)
    if isinstance(value, np.ndarray):
        return {"shape": list(value.shape), "type": str(value.dtype)}
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, np.generic):
        return value.item()
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
