"""Seeds that mean the same thing everywhere: a stable hash of what is drawn, never the state of a shared generator."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch


def stable_seed(*parts: int | str) -> int:
    """A seed in [0, 2**63) that depends on ``parts`` alone, in every process and on every system (BLAKE2b)."""
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def seeded_generator(*parts: int | str, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator of its own, seeded by :func:`stable_seed` of ``parts``."""
    return torch.Generator(device).manual_seed(stable_seed(*parts))


@contextmanager
def process_generator(*parts: int | str, device: torch.device | None = None) -> Iterator[None]:
    """Seed the process-wide generators (dropout, initial weights) for the duration of a block, then put them back.

    Only the owner of a training may use this: two threads inside such blocks would disturb each other.
    """
    cuda = [device] if device is not None and device.type == "cuda" else []
    with torch.random.fork_rng(cuda):
        torch.manual_seed(stable_seed(*parts))
        yield
