"""Memory: recognising that it ran out, giving it back, and knowing how much was used."""

from __future__ import annotations

import ctypes
import gc
import sys

import torch

_SIGNS = ("out of memory", "can't allocate memory", "not enough memory", "failed to allocate")
_KEEP = ((-3, 2**30), (-1, 2**31 - 1), (-8, 1))  # M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, M_ARENA_MAX of glibc's malloc.h


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out; torch raises plain RuntimeErrors for that on some devices."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in _SIGNS)


def keep_freed() -> bool:
    """Let glibc keep what tensors free until :func:`release`; True where that was possible.

    Otherwise it hands large blocks back after every use and gets them again page by page, which takes a tenth of a
    step. One arena for all threads, since those of other threads are returned at once.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    return mallopt is not None and all(mallopt(option, value) for option, value in _KEEP)


def release(device: torch.device) -> None:
    """Give unused memory back to the device, on a CPU to the system."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
    elif sys.platform.startswith("linux"):
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
