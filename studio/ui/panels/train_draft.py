"""The settings of a run that is not there yet: a dial, what was changed over its preset, and from where it starts.

Knows no Qt. A stored run is turned back into the same form: the preset it came from, and what differs from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from studio.config.base import DIALS, Dial, Settings, describe, differences, flat
from studio.config.facts import DeviceFacts, Facts
from studio.config.registry import preset
from studio.config.requests import TrainRequest
from studio.config.training import TrainingSettings

FIRST_DIAL: Dial = "quick"


@dataclass(frozen=True)
class Draft:
    """What the user has set for the next run. ``start_run`` empty: it starts from fresh weights."""

    dial: Dial = FIRST_DIAL
    overrides: Mapping[str, Any] = field(default_factory=dict)
    start_run: str = ""
    start_checkpoint: str = "last"
    start_project: str = ""
    """The folder of the project that this run is in; empty for the one that is open."""

    def to_json(self) -> dict[str, Any]:
        """Plain data for the project's state."""
        plain = {path: list(value) if isinstance(value, tuple) else value for path, value in self.overrides.items()}
        start = [self.start_run, self.start_checkpoint, self.start_project]
        return {"dial": self.dial, "overrides": plain, "start": start}

    @classmethod
    def from_json(cls, data: object) -> Draft:
        """The inverse of :meth:`to_json`; whatever is missing or odd gets its first value."""
        if not isinstance(data, Mapping):
            return cls()
        dial, overrides, start = data.get("dial"), data.get("overrides"), data.get("start")
        run, checkpoint, project = "", "last", ""
        if isinstance(start, list) and len(start) in (2, 3) and all(isinstance(part, str) for part in start):
            run, checkpoint, project = (*start, "")[:3]
        kept = {str(k): v for k, v in overrides.items()} if isinstance(overrides, Mapping) else {}
        begun = cls(overrides=kept, start_run=run, start_checkpoint=checkpoint, start_project=project)
        return begun.with_dial(str(dial))

    def afresh(self) -> Draft:
        """The same from fresh weights."""
        return replace(self, start_run="", start_checkpoint="last", start_project="")

    def with_dial(self, dial: str) -> Draft:
        """The same with another dial; unknown ones change nothing."""
        known = next((one for one in DIALS if one == dial), None)
        return replace(self, dial=known) if known is not None else self


@dataclass(frozen=True)
class Filled:
    """What the form shows: ``base`` is the preset, ``overrides`` what differs from it."""

    base: TrainingSettings
    dial: str
    overrides: Mapping[str, Any]


def fill(family: str, draft: Draft, data: Facts, device: DeviceFacts) -> Filled:
    """The form of a new run. Labels that the data set lacks are left out of what was changed."""
    base = preset(family, data, device, draft.dial)
    return Filled(base, draft.dial, without_missing_labels(draft.overrides, data, label_settings(base)))


def fill_from_run(
    config: TrainingSettings, request: TrainRequest | None, data: Facts, device: DeviceFacts
) -> Filled:
    """The form of a stored run: over the preset it was made with, or the nearest one where it was made with none."""
    family = str(getattr(config, "family", ""))
    dial = request.dial if request is not None and request.dial is not None else nearest_dial(config, data, device)
    base = preset(family, data, device, dial)
    return Filled(base, dial, changes_over(base, config))


def nearest_dial(config: TrainingSettings, data: Facts, device: DeviceFacts) -> Dial:
    """The dial whose preset differs in the fewest settings."""
    family = str(getattr(config, "family", ""))
    return min(DIALS, key=lambda dial: len(differences(config, preset(family, data, device, dial))))


def changes_over(base: TrainingSettings, config: TrainingSettings) -> dict[str, Any]:
    """The overrides that make ``config`` of ``base``: where a variant differs, its kind and its own settings."""
    mine = flat(config)
    return {
        path: mine[path]
        for path, (value, _) in differences(config, base).items()
        if path in mine and path != "family" and value is not None
    }


def without_missing_labels(overrides: Mapping[str, Any], data: Facts, paths: Sequence[str]) -> dict[str, Any]:
    """Overrides whose lists of labels, at these ``paths``, hold only labels of this data set."""
    kept = dict(overrides)
    for path in paths:
        given = kept.pop(path, ())
        names = tuple(name for name in given if name in data.labels) if isinstance(given, (list, tuple)) else ()
        if names:
            kept[path] = names
    return kept


def label_settings(config: Settings) -> tuple[str, ...]:
    """The paths of settings that name labels of the data set: lists of names without choices of their own."""
    return tuple(row.path for row in describe(config) if row.kind == "names" and not row.choices)


def label_choices(data: Facts, suits: Callable[[str, tuple[str, ...]], bool]) -> tuple[tuple[str, int], ...]:
    """The labels that suit, with how many values each has."""
    return tuple((name, len(values)) for name, values in data.labels.items() if suits(name, values))
