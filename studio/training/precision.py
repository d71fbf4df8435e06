"""Number formats and device settings: the fastest arithmetic that a device has in full."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch

from studio.config.training import Precision
from studio.ground.errors import UsageError
from studio.training.memory import keep_freed


def choose_device(name: str) -> torch.device:
    """The device for ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Raises:
        UsageError: the computer has no such device.
    """
    found = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        name = next(kind for kind in ("cuda", "mps", "cpu") if found[kind])
    if not found.get(name, False):
        raise UsageError("This computer has no device {name} that PyTorch can use; take auto or cpu.", name=name)
    return torch.device(name, 0) if name == "cuda" else torch.device(name)


def choose_precision(wish: Precision, device: torch.device) -> torch.dtype:
    """float32, or bfloat16 where the device computes with it in full and it was wished for or left to us.

    On a CPU ``auto`` is float32. Where threads share an operation, the kernels for bfloat16 find weight gradients
    waiting for one another by spinning: beside other work a step took ten times as long. Batches that are worked on in
    shares do not know this trouble; presets that train so ask for bfloat16 where the processor has it.
    """
    if wish != "auto":
        return {"float32": torch.float32, "bfloat16": torch.bfloat16}[wish]
    if device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0):
        return torch.bfloat16
    return torch.float32


def arithmetic(dtype: torch.dtype, device: torch.device) -> AbstractContextManager[object]:
    """The context in which networks are called."""
    if dtype == torch.float32:
        return nullcontext()
    return torch.autocast(device.type, dtype)


@contextmanager
def fast_arithmetic(device: torch.device) -> Iterator[None]:
    """Process-wide settings for the duration of a run.

    On CUDA, float32 factors are rounded to TF32 and convolution algorithms tried out; on a CPU, freed memory is kept.
    """
    if device.type != "cuda":
        keep_freed()
        yield
        return
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32, torch.backends.cudnn.benchmark
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before[0])
        torch.backends.cudnn.allow_tf32, torch.backends.cudnn.benchmark = before[1], before[2]
