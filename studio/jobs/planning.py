"""From wishes to the config of a run: the preset for these data and this device, and what the user changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio.config.base import Dial, with_overrides
from studio.config.facts import DataFacts, DeviceFacts, TextFacts
from studio.config.registry import begun_with, must_learn_from, preset
from studio.config.requests import Device
from studio.config.training import TrainingSettings
from studio.jobs.opening import kind_of, open_project, open_store, open_texts


def data_facts(project_path: Path, dataset: str) -> DataFacts | TextFacts:
    """What presets need to know of a data set. Raises UsageError with the nearest names where there is none."""
    with open_project(project_path) as project:
        if kind_of(project, dataset) != "pictures":
            with open_texts(project, dataset) as texts:
                return texts.facts()
        with open_store(project, dataset) as store:
            return store.facts()


def plan(
    project_path: Path,
    dataset: str,
    *,
    family: str,
    dial: Dial = "quick",
    overrides: Mapping[str, Any] | None = None,
    device: Device = "auto",
    start: tuple[str, Path | None] | None = None,
) -> TrainingSettings:
    """The resolved config of a new run.

    ``start``: the run that it begins with, and the folder of its project where that is another one. What is wrong with
    names and values is found with a stand-in device first, before torch is imported.

    Raises:
        UsageError: no such data set, run, family, setting or device, or a value that is refused.
    """
    facts, changes = data_facts(project_path, dataset), dict(overrides or {})
    must_learn_from(family, facts.kind if isinstance(facts, TextFacts) else "pictures", dataset)
    other = None if start is None else _config_of(start[1] or project_path, start[0])

    def planned(facts_of_device: DeviceFacts) -> TrainingSettings:
        config = preset(family, facts, facts_of_device, dial)
        return with_overrides(config if other is None else begun_with(config, other), changes)

    planned(DeviceFacts())
    from studio.jobs.devices import device_facts

    return planned(device_facts(device))


def _config_of(project_path: Path, run: str) -> TrainingSettings:
    with open_project(project_path) as project:
        return project.runs.get(run).config()
