"""All that a run is, as named tensors by part, and the digest over it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from studio.models.weights import Table, fill, table_of
from studio.training.ema import Average
from studio.training.task import Task

Parts = Mapping[str, Mapping[str, Tensor]]
"""Part (``module.generator``, ``average.generator``, ``optimiser.generator``, ``task``) -> its tensors."""


def start_optimiser(optimiser: Optimizer) -> None:
    """Give Adam its zero moments now, laid out like the weights, so that the state has one form from step 0 on.

    The fused kernels walk weights and moments side by side in memory: another layout would mix up elements silently.
    """
    for group in optimiser.param_groups:
        for weight in group["params"]:
            optimiser.state[weight] = {
                "step": torch.zeros((), dtype=torch.float32, device=weight.device),
                "exp_avg": torch.zeros_like(weight, memory_format=torch.preserve_format),
                "exp_avg_sq": torch.zeros_like(weight, memory_format=torch.preserve_format),
            }


def collect(task: Task, averages: Mapping[str, Average]) -> Parts:
    """Every tensor of the run, by part. The tensors are the living ones: write or hash them before the next step."""
    parts: dict[str, Mapping[str, Tensor]] = {}
    for name, module in task.modules.items():
        parts[f"module.{name}"] = module.state_dict()
    for name, average in averages.items():
        parts[f"average.{name}"] = average.module.state_dict()
    for name, optimiser in task.optimisers.items():
        parts[f"optimiser.{name}"] = _moments(task.modules[name], optimiser)
    extra = task.extra_state()
    return parts | ({"task": extra} if extra else {})


def model_parts(parts: Parts) -> Parts:
    """What a model point holds of them: the averages, and the modules that have none."""
    averaged = {part.removeprefix("average.") for part in parts if part.startswith("average.")}
    plain = {f"module.{name}" for name in averaged}
    return {p: t for p, t in parts.items() if p.partition(".")[0] in {"average", "module"} and p not in plain}


def still(task: Task) -> dict[str, frozenset[str]]:
    """What of a module and of its average no optimiser changes, by part: all but the additions of a large model."""
    found: dict[str, frozenset[str]] = {}
    for name, optimiser in task.optimisers.items():
        learning = {id(weight) for group in optimiser.param_groups for weight in group["params"]}
        names = [name for name, weight in task.modules[name].named_parameters() if id(weight) not in learning]
        found |= {f"{kind}.{name}": frozenset(names) for kind in ("module", "average")}
    return found


def tables(parts: Parts) -> dict[str, Table]:
    """What the files of each part must hold."""
    return {part: table_of(tensors) for part, tensors in parts.items()}


def put_back(parts: Parts, task: Task, averages: Mapping[str, Average]) -> None:
    """Copy saved tensors into the living run."""
    for part, tensors in parts.items():
        kind, _, name = part.partition(".")
        if kind == "module":
            fill(task.modules[name], tensors)
        elif kind == "average":
            fill(averages[name].module, tensors)
        elif kind == "optimiser":
            _fill_moments(task.modules[name], task.optimisers[name], tensors)
        else:
            task.load_extra_state(tensors)


def digest(parts: Parts, facts: Mapping[str, Any]) -> str:
    """SHA-256 over every name, type, shape and byte of the state, and over its plain facts."""
    result = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for part in sorted(parts):
        for name in sorted(parts[part]):
            tensor = parts[part][name].detach().cpu().contiguous()
            result.update(f"{part}/{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            result.update(tensor.flatten().view(torch.uint8).numpy().tobytes())
    return result.hexdigest()


def _moments(module: nn.Module, optimiser: Optimizer) -> dict[str, Tensor]:
    return {f"{n}:{key}": value for n, p in module.named_parameters() for key, value in optimiser.state[p].items()}


def _fill_moments(module: nn.Module, optimiser: Optimizer, tensors: Mapping[str, Tensor]) -> None:
    for name, weight in module.named_parameters():
        for key, value in optimiser.state[weight].items():
            value.copy_(tensors[f"{name}:{key}"])
