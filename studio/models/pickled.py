"""Reads a file of pickled weights in a process of its own and writes its tensors as safetensors.

``python -m studio.models.pickled SOURCE TARGET``: exit code 0, or 1 with a reason as the last line of output. Only
plain tensors are taken (``weights_only``), and what the process may use of the machine is bounded.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import psutil
import torch
from torch import Tensor

from studio.models.weights import write_tensors

COUNTER = "num_batches_tracked"
"""How many batches a norm has seen: older files lack it and nothing reads it, so it is left out."""
_MEMORY = 4 << 30  # bytes beyond what the libraries themselves take
_FILE = 2 << 30
_SECONDS = 120
_REASON = 300


def bound_resources() -> None:
    """Limit memory, processor time and the size of files, where the system has such limits."""
    try:
        import resource
    except ImportError:  # Windows; there the time limit of the one who started this process must do
        return
    taken = psutil.Process().memory_info().vms
    for what, limit in (
        (resource.RLIMIT_AS, taken + _MEMORY),
        (resource.RLIMIT_FSIZE, _FILE),
        (resource.RLIMIT_CPU, _SECONDS),
    ):
        _, hard = resource.getrlimit(what)
        most = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(what, (most, most))


def tensors_of(found: Any) -> dict[str, Tensor]:
    """The named tensors of a state dict. Raises ValueError for anything else."""
    if not isinstance(found, dict) or not found:
        raise ValueError("it is no table of named tensors")
    for name, tensor in found.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor) or tensor.layout != torch.strided:
            raise ValueError(f"{str(name)[:80]} is no plain tensor")
    kept = {name: tensor for name, tensor in found.items() if not name.endswith(COUNTER)}
    return {name: tensor.detach().clone().contiguous() for name, tensor in kept.items()}


def convert(source: Path, target: Path) -> str:
    """Write the tensors of ``source`` into ``target``; why not, or nothing."""
    try:
        write_tensors(target, tensors_of(torch.load(source, map_location="cpu", weights_only=True)))
    except Exception as error:  # noqa: BLE001 - whatever is wrong with the file is the answer
        reason = " ".join(str(error).split())[:_REASON]
        return f"{type(error).__name__}: {reason}" if reason else type(error).__name__
    return ""


if __name__ == "__main__":
    bound_resources()
    refused = convert(*map(Path, sys.argv[1:]))
    sys.stdout.write(f"{refused}\n")
    sys.exit(1 if refused else 0)
