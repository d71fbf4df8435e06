"""From a family's name to its config: ``studio.config.<family>`` holds ``<Family>Config`` and ``preset``, what its
models can do (``CAPABILITIES``), from which kinds of data they learn (``DATA_KINDS``) and by which measure its best
checkpoint is chosen (``BEST``)."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from studio.config.base import Best, Dial, validated
from studio.config.facts import DataFacts, DeviceFacts, Facts, TextFacts
from studio.config.texts import DataKind
from studio.config.training import TrainingSettings
from studio.families import FAMILIES
from studio.ground.errors import UsageError

_HELD = {"pictures": "pictures", "text": "texts", "chat": "conversations", "parallel": "pairs of sentences"}


def config_class(family: str) -> type[TrainingSettings]:
    """The config model of a family. Raises UsageError for a name that is not one."""
    found: type[TrainingSettings] = getattr(_module(family), f"{family.capitalize()}Config")
    return found


def capabilities(family: str) -> frozenset[str]:
    """What the models of a family can do: ``pictures`` (make pictures), ``steps`` (make them in steps, as the
    ``denoising`` of recipes says), ``judges`` (tell probabilities of labels), ``edits`` (translate pictures),
    ``writes`` (continue texts and conversations), ``translates`` (sentences into another language)."""
    found: frozenset[str] = _module(family).CAPABILITIES
    return found


def data_kinds(family: str) -> tuple[DataKind, ...]:
    """The kinds of data sets that the models of a family learn from."""
    found: tuple[DataKind, ...] = _module(family).DATA_KINDS
    return found


def nothing(family: str) -> Facts:
    """The facts of a data set of the family's kind that holds nothing."""
    kind = data_kinds(family)[0]
    if kind == "pictures":
        return DataFacts(count=0, height=32, width=32, channels=3)
    return TextFacts(kind=kind, count=0, characters=0, distinct=0, longest=0)


def must_learn_from(family: str, kind: str, dataset: str) -> None:
    """Raises UsageError where a data set is of a kind that the models of a family do not learn from."""
    kinds = data_kinds(family)
    if kind not in kinds:
        raise UsageError(
            "The data set {name} holds {kind}, and models of the family {family} learn from {kinds}; choose another.",
            name=dataset, kind=_HELD[kind], family=family, kinds=" or ".join(_HELD[known] for known in kinds),
        )  # fmt: skip


def best_by(family: str) -> Best:
    """The measure that decides which checkpoint of a run of this family is called the best."""
    found: Best = _module(family).BEST
    return found


def preset(family: str, data: Facts, device: DeviceFacts, dial: Dial) -> TrainingSettings:
    """The config that a dial stands for, derived from the data and the device."""
    made: TrainingSettings = _module(family).preset(data, device, dial)
    return made


def begun_with(config: TrainingSettings, other: TrainingSettings) -> TrainingSettings:
    """The config of a run that begins with the weights of a run of ``other``: what has to be alike is taken from it.

    Families say what that is by a function of this name; with those that do not, it is left to the user.
    """
    family = str(getattr(config, "family", ""))
    change = getattr(_module(family), "begun_with", None)
    return config if change is None or type(other) is not type(config) else change(config, other)


def load_config(data: Mapping[str, Any]) -> TrainingSettings:
    """The config that a run's ``config.json`` holds. Raises UsageError where it does not fit."""
    return validated(config_class(str(data.get("family", ""))), data)


def _module(family: str) -> Any:
    if family not in FAMILIES:
        raise UsageError("There is no family {family}; there is: {known}.", family=family, known=", ".join(FAMILIES))
    return importlib.import_module(f"studio.config.{family}")
