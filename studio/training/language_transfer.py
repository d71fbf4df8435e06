"""Beginning with the weights of another language model: whole ones or with additions, read into either."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from studio.config.language import LanguageConfig, LoraTuning
from studio.config.registry import load_config
from studio.generation.language import tuned
from studio.ground.errors import DamagedError
from studio.models.language import build_language_model
from studio.models.weights import Table, table_of

_DOWN, _UP = ".added_down", ".added_up"
_PLACES = "places"


def config_there(facts: Mapping[str, Any]) -> LanguageConfig:
    """The settings of a checkpoint with these facts. Raises DamagedError where it holds none."""
    found = load_config(facts.get("config", {}))
    if not isinstance(found, LanguageConfig):
        raise DamagedError("it holds no settings of a language model.")
    return found


def table_there(facts: Mapping[str, Any], digest: str) -> Table:
    """What the checkpoint holds.

    Args:
        digest: of the tokeniser here.

    Raises:
        DamagedError: its tokens are others, so its weights would mean nothing.
    """
    known = facts.get("description", {})
    if known.get("tokeniser", digest) != digest:
        raise DamagedError("its tokens are others than those here; set tokens to inherited.")
    config = config_there(facts)
    with torch.device("meta"):
        return table_of(tuned(build_language_model(config, int(known["tokens"])), config).state_dict())


def fitted(
    tensors: Mapping[str, Tensor], own: Mapping[str, Tensor], facts: Mapping[str, Any]
) -> Mapping[str, Tensor]:
    """The checkpoint's tensors for a network here whose fresh ones are ``own``: additions there are merged, additions
    here begin anew, learned positions are taken as far as both have them.

    Raises:
        DamagedError: the networks are not alike.
    """
    merged = _merged(tensors, config_there(facts))
    found = {}
    for name, mine in own.items():
        if name.endswith((_DOWN, _UP)):
            found[name] = mine
            continue
        theirs = merged.get(name)
        if name == _PLACES and theirs is not None and theirs.shape[1:] == mine.shape[1:]:
            both = min(len(theirs), len(mine))
            theirs = torch.cat([theirs[:both], mine[both:].to(theirs)])
        if theirs is None or theirs.shape != mine.shape:
            raise DamagedError("{name} is missing there or has another shape.", name=name)
        found[name] = theirs
    for name in sorted(set(merged) - set(own)):
        raise DamagedError("{name} has no place here.", name=name)
    return found


def _merged(tensors: Mapping[str, Tensor], config: LanguageConfig) -> dict[str, Tensor]:
    found = {name: tensor for name, tensor in tensors.items() if not name.endswith((_DOWN, _UP))}
    if isinstance(config.tuning, LoraTuning):
        for name in [name.removesuffix(_UP) for name in tensors if name.endswith(_UP)]:
            added = tensors[name + _UP] @ tensors[name + _DOWN]
            found[f"{name}.weight"] = found[f"{name}.weight"] + config.tuning.scale * added
    return found
