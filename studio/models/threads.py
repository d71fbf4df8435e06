"""How many threads of a processor PyTorch's operations use."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def at_most(count: int) -> Iterator[None]:
    """The calling thread's operations use at most ``count`` threads meanwhile; those of other threads keep theirs."""
    before = torch.get_num_threads()
    if before <= count:
        yield
        return
    torch.set_num_threads(count)
    # The number set last holds for threads that are started later: so another thread sets it once more.
    other = threading.Thread(target=torch.set_num_threads, args=(before,), daemon=True)
    other.start()
    other.join()
    try:
        yield
    finally:
        torch.set_num_threads(before)
