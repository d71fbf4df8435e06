"""Texts of the engine, and the errors that carry them to the user.

A text is an English template with parameters. The template itself is the key under which a translation is
looked up, so that the engine's words translate without the engine knowing any language but its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence for the user: ``template`` in ``str.format`` syntax and its parameters."""

    template: str
    params: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        return self.template.format(**dict(self.params)) if self.params else self.template

    def to_json(self) -> dict[str, Any]:
        """What a log or ``--json`` line holds: the English sentence, its template and its parameters."""
        return {"text": str(self), "template": self.template, "params": {k: str(v) for k, v in self.params}}


def text(template: str, **params: object) -> Text:
    """Make a :class:`Text`; parameters appear by name in ``template``."""
    return Text(template, tuple(params.items()))


class StudioError(Exception):
    """Something went wrong that the user can understand: one sentence, what happened and what to do."""

    def __init__(self, template: str, **params: object) -> None:
        self.text = text(template, **params)
        super().__init__(str(self.text))


class UsageError(StudioError):
    """What was asked for cannot be asked: a wrong name, value or combination (exit code 2)."""


class DamagedError(StudioError):
    """A file does not hold what was written into it."""


class BusyError(StudioError):
    """Somebody else holds what was asked for: a project, a run."""
