"""From a family's name to its config: ``studio.config.<family>`` holds ``<Family>Config`` and ``preset``."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from studio.config.base import Dial, validated
from studio.config.facts import DataFacts, DeviceFacts
from studio.config.training import TrainingSettings
from studio.families import FAMILIES
from studio.ground.errors import UsageError


def config_class(family: str) -> type[TrainingSettings]:
    """The config model of a family. Raises UsageError for a name that is not one."""
    if family not in FAMILIES:
        raise UsageError("There is no family {family}; there is: {known}.", family=family, known=", ".join(FAMILIES))
    module = importlib.import_module(f"studio.config.{family}")
    found: type[TrainingSettings] = getattr(module, f"{family.capitalize()}Config")
    return found


def preset(family: str, data: DataFacts, device: DeviceFacts, dial: Dial) -> TrainingSettings:
    """The config that a dial stands for, derived from the data and the device."""
    config_class(family)
    made: TrainingSettings = importlib.import_module(f"studio.config.{family}").preset(data, device, dial)
    return made


def load_config(data: Mapping[str, Any]) -> TrainingSettings:
    """The config that a run's ``config.json`` holds. Raises UsageError where it does not fit."""
    return validated(config_class(str(data.get("family", ""))), data)
