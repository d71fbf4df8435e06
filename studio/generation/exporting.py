"""A trained model as files that other programs can read: safetensors, and its config beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from studio.generation.models import Exported
from studio.ground.errors import DamagedError, UsageError
from studio.ground.files import whole_folder, write_json
from studio.models.weights import read_tensors, table_of, write_tensors


def write_export(exported: Exported, folder: Path) -> dict[str, Any]:
    """Write a safetensors file for each part and ``config.json`` into the new folder ``folder`` and read them back.

    Returns what ``config.json`` holds.

    Raises:
        UsageError: there is something of that name already.
        OSError: it cannot be written.
    """
    if folder.exists():
        raise UsageError("{name} is there already; choose another name.", name=folder.name)
    with whole_folder(folder) as target:
        for stem, tensors in exported.tensors.items():
            write_tensors(target / f"{stem}.safetensors", tensors)
        write_json(target / "config.json", exported.facts)
        for stem, tensors in exported.tensors.items():
            again = read_tensors(target / f"{stem}.safetensors", table_of(tensors))
            if not all(torch.equal(again[name], tensor.cpu()) for name, tensor in tensors.items()):
                raise DamagedError("The exported file does not hold what was written; the disk may be failing.")
    return dict(exported.facts)
