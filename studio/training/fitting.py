"""Whether a saved state fits the run that wants it, and where going on cannot give the same bits."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import Any

import torch

from studio.config.base import differences
from studio.config.registry import load_config
from studio.config.training import TrainingSettings
from studio.ground.errors import Text, UsageError, text
from studio.training.checkpoints import Loaded

_FREE = {"steps", "sample_count"}  # settings that may differ: they decide no step


def surroundings(device: torch.device, dtype: torch.dtype) -> dict[str, Any]:
    """What the bits of a run depend on besides its state."""
    return {
        "device": device.type,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "machine": platform.machine(),
        "arithmetic": str(dtype).removeprefix("torch."),
    }


def must_fit(
    facts: Mapping[str, Any], config: TrainingSettings, fingerprint: str, description: Mapping[str, Any]
) -> None:
    """Refuse a state of other settings or other data.

    Args:
        description: the task's own. Captions, which the pictures' fingerprint does not know, are told there.

    Raises:
        UsageError: names what differs.
    """
    other = {path for path in differences(load_config(facts["original"]), config) if path not in _FREE}
    if other:
        raise UsageError(
            "The checkpoint belongs to other settings ({names}); start a new run with them.",
            names=", ".join(sorted(other)),
        )
    captions = facts.get("description", {}).get("captions", "")
    if facts["fingerprint"] != fingerprint or captions != description.get("captions", ""):
        raise UsageError(
            "The data set has changed since the checkpoint was made; start a new run, or bring the data back."
        )


def passed_over(loaded: Loaded) -> tuple[Text, ...]:
    """One sentence for every damaged checkpoint that is newer than the one loaded."""
    return tuple(
        text("The checkpoint of step {step} is damaged ({reason}); going on from step {used}.",
             step=point.step, reason=str(reason), used=loaded.point.step)
        for point, reason in loaded.skipped
    )  # fmt: skip


def inexact(facts: Mapping[str, Any], device: torch.device, dtype: torch.dtype) -> tuple[Text, ...]:
    """Sentences for whatever keeps the rest of the run from being bit for bit what it would have been."""
    words = {
        "device": "device",
        "threads": "number of threads",
        "torch": "version of PyTorch",
        "machine": "kind of processor",
        "arithmetic": "number format",
    }
    before = {"arithmetic": "float32", **facts}  # older checkpoints do not say: float32 was all there was
    return tuple(
        text("The {what} was {before} and is {now}: the run goes on, but not to the very same bits.",
             what=words[key], before=before.get(key), now=now)
        for key, now in surroundings(device, dtype).items() if before.get(key) != now
    )  # fmt: skip
