"""Arguments and options that several commands share, and how their words are read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from studio.config.base import Dial
from studio.config.requests import Device
from studio.families import FAMILIES
from studio.ground.errors import UsageError
from studio.measures.registry import find_measure

ProjectPath = Annotated[Path, typer.Argument(metavar="PROJECT", help="The project's folder.", show_default=False)]
RunName = Annotated[
    str, typer.Argument(metavar="RUN", help="The run's name, as 'studio runs' lists it.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]
DeviceName = Annotated[Device, typer.Option("--device", help="Where to compute; auto takes the fastest.")]
FamilyName = Annotated[
    str, typer.Option("--family", metavar="NAME", help=f"The family of models: {', '.join(FAMILIES)}.")
]
DialName = Annotated[Dial, typer.Option("--preset", help="Named settings, derived from data and device.")]
StopAt = Annotated[
    int | None, typer.Option("--stop-at", min=1, help="Stop with a checkpoint at this step, inside the horizon.")
]
Checkpoint = Annotated[str, typer.Option("--checkpoint", help="last, best, best:MEASURE, or a step that is kept.")]
SettingsWords = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Change one setting; may be repeated. 'studio settings' lists them."
    ),
]
LabelWords = Annotated[
    list[str] | None,
    typer.Option("--label", metavar="NAME=VALUE", help="What the pictures shall have; may be repeated."),
]


def pairs(words: Iterable[str] | None, option: str) -> dict[str, str]:
    """``["a=1", "b=2"]`` as a dictionary.

    Raises:
        UsageError: a word without ``=``, or a name given twice.
    """
    found: dict[str, str] = {}
    for word in words or ():
        name, equals, value = word.partition("=")
        name = name.strip()
        if not equals or not name:
            raise UsageError("{option} takes NAME=VALUE, not {word}.", option=option, word=word)
        if name in found:
            raise UsageError("{option} {name} is given twice.", option=option, name=name)
        found[name] = value.strip()
    return found


def checkpoint_name(word: str) -> str:
    """A checkpoint's name. Raises UsageError for anything but ``last``, ``best``, ``best:MEASURE`` or a step."""
    if word in {"last", "best"} or word.isdecimal():
        return word
    kind, colon, measure = word.partition(":")
    if kind == "best" and colon:
        find_measure(measure)
        return word
    raise UsageError("A checkpoint is last, best, best:MEASURE or a step number, not {word}.", word=word)
