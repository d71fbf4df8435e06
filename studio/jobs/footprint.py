"""How much memory a run will take, and how long a step lasts: measured by trial steps before the first.

A trial at the full batch could be the very thing that exhausts the memory, and what a process holds says more about
its past than about the next step. So two steps are carried out at two small batches while every tensor is counted as
it comes and goes; what a step needs grows in proportion to the batch, so two points give the rest.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from studio.config.training import TrainingSettings
from studio.training.rng import Draws
from studio.training.task import Task

MakeTask = Callable[[TrainingSettings], Task]
SMALL_BATCHES = (4, 8)
WORKSPACE = 1.6
"""Scratch memory of the matrix kernels and holes between blocks, beyond the tensors that are counted."""
PROCESS_BYTES = 200 * 2**20
"""What torch's libraries take besides when they first compute."""
ALLOWED_SHARE = 0.8
_TIMED_STEPS = 4


class TensorMeter(TorchDispatchMode):
    """Counts the bytes of all tensors made inside the block: :attr:`live` now, :attr:`peak` at most."""

    def __init__(self) -> None:
        super().__init__()
        self.live = 0
        self.peak = 0
        self._known: dict[int, weakref.ref[Any]] = {}

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


def with_batch(config: TrainingSettings, batch: int) -> TrainingSettings:
    """The same settings with another batch."""
    return config.model_copy(update={"batch": batch})


def measure_footprint(make_task: MakeTask, config: TrainingSettings) -> Iterator[Footprint | None]:
    """Two trial steps at small batches; yields None between pieces, and the footprint last.

    The averaged copies are counted as one more copy of each averaged module's weights.
    """
    small, large = SMALL_BATCHES
    peaks = []
    for batch in (small, large):
        meter = TensorMeter()
        with meter:
            task = make_task(with_batch(config, batch))
            copies = sum(_module_bytes(task.modules[name]) for name in task.averaged)
            for _ in trial_steps(task, count=1):
                yield None
            del task
        peaks.append(meter.peak + copies)
        yield None
    per_item = max(0, peaks[1] - peaks[0]) // (large - small)
    yield Footprint(max(0, peaks[0] - per_item * small), per_item)


def measure_seconds(make_task: MakeTask, config: TrainingSettings, device: torch.device) -> Iterator[float | None]:
    """Seconds of one step at the configured batch, the median of a few; yields None between steps, the figure last."""
    task = make_task(config)
    spent, began = [], time.perf_counter()
    for _ in trial_steps(task, count=_TIMED_STEPS + 1):
        _settle(device)
        spent.append(time.perf_counter() - began)
        yield None
        began = time.perf_counter()
    yield sorted(spent[1:])[_TIMED_STEPS // 2]


def trial_steps(task: Task, *, count: int) -> Iterator[int]:
    """Carry out whole steps of a task that nobody keeps; yields after each.

    The first steps include what a task does only now and then (penalties, judgements), so they bound the others.
    """
    device = next(next(iter(task.modules.values())).parameters()).device
    draws = Draws(task.config.seed, device)
    for step in range(count):
        for phase in task.phases(draws.at(step)):
            optimiser = task.optimisers[phase.name]
            optimiser.zero_grad(set_to_none=True)
            frozen = [p for name in phase.frozen for p in task.modules[name].parameters() if p.requires_grad]
            for weight in frozen:
                weight.requires_grad_(False)
            try:
                phase.loss().backward()
            finally:
                for weight in frozen:
                    weight.requires_grad_(True)
            optimiser.step()
        yield step


def _module_bytes(module: torch.nn.Module) -> int:
    return sum(t.numel() * t.element_size() for t in module.state_dict().values())


def _settle(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
