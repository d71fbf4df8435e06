"""A trained generator as files that other programs can read: safetensors, and its config beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from studio.generation.gan import GeneratorModel
from studio.ground.errors import DamagedError, UsageError
from studio.ground.files import whole_folder, write_json
from studio.models.weights import read_tensors, table_of, write_tensors


def export_generator(model: GeneratorModel, folder: Path) -> dict[str, Any]:
    """Write ``generator.safetensors`` and ``config.json`` into the new folder ``folder`` and read them back.

    Returns what ``config.json`` holds.

    Raises:
        UsageError: there is something of that name already.
        OSError: it cannot be written.
    """
    if folder.exists():
        raise UsageError("{name} is there already; choose another name.", name=folder.name)
    tensors = model.generator.state_dict()
    facts = {
        "family": "gan",
        "step": model.step,
        "input": {"latent": model.config.latent_size, "labels": {name: list(v) for name, v in model.labels.items()}},
        "output": {"size": model.config.picture_size, "channels": model.config.channels, "range": [-1, 1]},
        "config": model.config.model_dump(mode="json"),
    }
    with whole_folder(folder) as target:
        write_tensors(target / "generator.safetensors", tensors)
        write_json(target / "config.json", facts)
        again = read_tensors(target / "generator.safetensors", table_of(tensors))
        if not all(torch.equal(again[name], tensor.cpu()) for name, tensor in tensors.items()):
            raise DamagedError("The exported file does not hold what was written; the disk may be failing.")
    return facts
