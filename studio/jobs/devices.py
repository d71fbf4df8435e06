"""Which devices this computer has, and which one a run uses."""

from __future__ import annotations

import os

import psutil
import torch

from studio.config.facts import DeviceFacts
from studio.config.requests import Device
from studio.ground.errors import UsageError


def available_devices() -> tuple[DeviceFacts, ...]:
    """The devices found here, the fastest first; the processor is always among them."""
    found = []
    if torch.cuda.is_available():
        properties = torch.cuda.get_device_properties(0)
        facts = {"name": str(properties.name), "memory": int(properties.total_memory)}
        found.append(DeviceFacts(kind="cuda", cores=_cores(), bfloat16=properties.major >= 8, **facts))
    if torch.backends.mps.is_available():
        memory = psutil.virtual_memory().total
        found.append(DeviceFacts(kind="mps", name="Apple GPU", cores=_cores(), memory=memory))
    facts = {"name": "processor", "memory": psutil.virtual_memory().available}
    return (*found, DeviceFacts(kind="cpu", cores=_cores(), bfloat16=_processor_has_bfloat16(), **facts))


def device_facts(wanted: Device = "auto") -> DeviceFacts:
    """Facts of the device that ``wanted`` stands for; ``auto`` takes the fastest.

    Raises:
        UsageError: this computer has no such device; names those it has.
    """
    found = available_devices()
    if wanted == "auto":
        return found[0]
    for facts in found:
        if facts.kind == wanted:
            return facts
    names = ", ".join(facts.kind for facts in found)
    raise UsageError(
        "This computer has no device {wanted} that PyTorch can use; it has: {names}.", wanted=wanted, names=names
    )


def free_memory(kind: str) -> int:
    """Bytes that a new run may still take on a device."""
    if kind == "cuda":
        return int(torch.cuda.mem_get_info()[0])
    return int(psutil.virtual_memory().available)


def _processor_has_bfloat16() -> bool:
    """Whether the processor has products of bfloat16 of its own; others imitate them slowly."""
    known: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()  # older versions of torch cannot tell
    return bool(known.get("avx512_bf16") or known.get("amx_bf16"))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
