"""Two measured steps on networks that are thrown away: how fast, how much memory, which batch fits."""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
import torch

from studio.config.base import with_overrides
from studio.config.training import TrainingSettings
from studio.training.ema import average_of
from studio.training.memory import out_of_memory, release
from studio.training.precision import choose_precision, fast_arithmetic
from studio.training.stepping import Stepper
from studio.training.task import Task, TrainingData

_WATCH = 0.01  # seconds between two looks at the process's memory


@dataclass(frozen=True)
class Trial:
    """What the trial steps cost. ``memory``: the peak in bytes beyond what was used before; ``free``: free then."""

    seconds_per_step: float
    items_per_second: float
    memory: int
    free: int


def trial(config: TrainingSettings, data: TrainingData, *, family: str, device: torch.device, steps: int = 2) -> Trial:
    """Measure ``steps`` steps of each kind (after one to warm up) of a task of its own; no run is touched by it.

    Where some steps are dearer than others (a penalty every n-th), their share counts.

    Raises:
        Exception: whatever a step raises, lack of memory included.
    """
    release(device)
    free = free_memory(device)
    with fast_arithmetic(device), _watching(device) as peak:
        seconds, items = _measure(config, data, family, device, steps)
    release(device)
    return Trial(seconds, items / seconds, peak[0], free)


def _measure(
    config: TrainingSettings, data: TrainingData, family: str, device: torch.device, steps: int
) -> tuple[float, int]:
    """Seconds of one step and its items; everything made here is gone when this returns."""
    task: Task = importlib.import_module(f"studio.training.{family}").make_task(config, data, device)
    averages = {name: average_of(task, name, device) for name in task.averaged}
    stepper = Stepper(task, averages, device=device, dtype=choose_precision(config.precision, device))
    rhythm = task.rhythm
    stepper.make(0).read()
    dear = [_seconds(stepper, i * rhythm) for i in range(1, steps + 1)]
    plain = [_seconds(stepper, i * rhythm + 1) for i in range(1, steps + 1)] if rhythm > 1 else dear
    return (min(dear) + (rhythm - 1) * min(plain)) / rhythm, task.items_per_step


def _seconds(stepper: Stepper, step: int) -> float:
    """Seconds of one step, its numbers read."""
    began = time.perf_counter()
    stepper.make(step).read()
    return time.perf_counter() - began


def batch_that_fits(config: TrainingSettings, data: TrainingData, *, family: str, device: torch.device) -> int | None:
    """The largest half, quarter, ... of the config's batch whose trial steps go through; None where none does."""
    batch = config.batch // 2
    while batch >= 1:
        if _goes_through(with_overrides(config, {"batch": batch}), data, family, device):
            return batch
        release(device)
        batch //= 2
    return None


def _goes_through(config: TrainingSettings, data: TrainingData, family: str, device: torch.device) -> bool:
    try:
        trial(config, data, family=family, device=device, steps=1)
        return True
    except (RuntimeError, MemoryError) as error:
        if not out_of_memory(error):
            raise
        return False


def free_memory(device: torch.device) -> int:
    """Bytes that could be had now: on the device, or (CPU, and MPS, which shares it) of the computer."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)


@contextmanager
def _watching(device: torch.device) -> Iterator[list[int]]:
    """A list whose one entry is, after the block, the peak of memory used beyond that before it."""
    peak = [0]
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        yield peak
        peak[0] = torch.cuda.max_memory_allocated(device) - before
        return
    process, done = psutil.Process(), threading.Event()
    before = process.memory_info().rss

    def watch() -> None:
        while not done.wait(_WATCH):
            peak[0] = max(peak[0], process.memory_info().rss - before)

    watcher = threading.Thread(target=watch, name="memory watch", daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()
        peak[0] = max(peak[0], process.memory_info().rss - before)
