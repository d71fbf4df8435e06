"""How much memory a run will take, measured by trial steps before the first.

A trial at the full batch could be the very thing that exhausts the memory, and what a process holds says more about
its past than about the next step. So two steps are carried out at two small batches while every tensor is counted as
it comes and goes; what a step needs grows in proportion to the batch, so two points give the rest.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from studio.config.base import with_overrides
from studio.config.training import TrainingSettings
from studio.training.assemble import make_task
from studio.training.ema import average_of
from studio.training.memory import release
from studio.training.precision import choose_precision
from studio.training.stepping import Stepper
from studio.training.task import TrainingData

SMALL_BATCHES = (4, 8)
WORKSPACE = 1.6
"""Scratch memory of the matrix kernels and holes between blocks, beyond the tensors that are counted."""
PROCESS_BYTES = 200 * 2**20
"""What torch's libraries take besides when they first compute."""
ALLOWED_SHARE = 0.8


class TensorMeter(TorchDispatchMode):
    """Counts the bytes of all tensors made inside the block: :attr:`live` now, :attr:`peak` at most."""

    def __init__(self) -> None:
        super().__init__()
        self.live = 0
        self.peak = 0
        self._known: dict[int, weakref.ref[Any]] = {}

    def __enter__(self) -> Self:
        super().__enter__()
        return self

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(made):
            if isinstance(leaf, torch.Tensor):
                self._count(leaf)
        return made

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._known.clear()

    def _count(self, tensor: torch.Tensor) -> None:
        if tensor.device.type == "meta":
            return
        storage = tensor.untyped_storage()
        key = id(storage)
        if key in self._known:
            return
        size = storage.nbytes()

        def gone(_: object) -> None:
            if self._known.pop(key, None) is not None:
                self.live -= size

        self._known[key] = weakref.ref(storage, gone)
        self.live += size
        self.peak = max(self.peak, self.live)


@dataclass(frozen=True, slots=True)
class Footprint:
    """Bytes that a run takes: ``fixed`` whatever the batch, and ``per_item`` for each item of it."""

    fixed: int
    per_item: int

    def at(self, batch: int) -> int:
        """Bytes at a batch, workspaces included."""
        return int((self.fixed + self.per_item * batch) * WORKSPACE) + PROCESS_BYTES

    def largest_batch(self, bytes_allowed: int) -> int:
        """The largest batch that stays within; 0 where not even one does."""
        room = (bytes_allowed - PROCESS_BYTES) / WORKSPACE - self.fixed
        return max(0, int(room // max(1, self.per_item)))


def measure_footprint(
    config: TrainingSettings, data: TrainingData, *, family: str, device: torch.device
) -> Iterator[Footprint | None]:
    """One step at each of two small batches, on networks that are thrown away; yields None between, the footprint last.

    The first step is the dearest: it includes what a task does only now and then (penalties).
    """
    small, large = SMALL_BATCHES
    peaks = []
    for batch in (small, large):
        with TensorMeter() as meter:
            _one_step(with_overrides(config, {"batch": batch}), data, family, device)
        if device.type != "cpu":
            release(device)
        peaks.append(meter.peak)
        yield None
    per_item = max(0, peaks[1] - peaks[0]) // (large - small)
    yield Footprint(max(0, peaks[0] - per_item * small), per_item)


def _one_step(config: TrainingSettings, data: TrainingData, family: str, device: torch.device) -> None:
    task = make_task(family, config, data, device)
    averages = {name: average_of(task, name, device) for name in task.averaged}
    dtype = choose_precision(config.precision, device)
    Stepper(task, averages, device=device, dtype=dtype, lazy=False).make(0).read()
