"""Memory: recognising that it ran out, giving it back, and knowing how much was used."""

from __future__ import annotations

import gc

import torch

_SIGNS = ("out of memory", "can't allocate memory", "not enough memory", "failed to allocate")


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out; torch raises plain RuntimeErrors for that on some devices."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in _SIGNS)


def release(device: torch.device) -> None:
    """Give unused memory back to the device."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
