"""A batch in shares that are worked on side by side, each by its own part of the processor's threads.

Two threads that share every small operation wait for each other most of the time; given half a batch each they meet
once a step. Measured on two cores, the preset ``quick`` of the GAN, whose operations are small: two threads on every
operation made no more pictures a second than one thread alone, two shares nearly twice as many.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

import torch
from torch import Tensor, nn

_NEIGHBOURS = 4  # so many that stand together in a batch stay together: a GAN's discriminator compares them
Answer = TypeVar("Answer")


class Crew:
    """Threads that do ``size`` pieces of work at the same time.

    A thread of torch's own computes with a number of helpers that is the thread's property, so each of ours gets an
    equal part of what this thread has.
    """

    def __init__(self, size: int) -> None:
        threads, met = torch.get_num_threads(), threading.Barrier(size + 1)
        part = max(1, threads // size)

        def join() -> None:
            torch.get_num_threads()  # a thread's first question makes it take the process's number, once
            torch.set_num_threads(part)
            met.wait()

        self._pool = ThreadPoolExecutor(size, thread_name_prefix="share", initializer=join)
        for _ in range(size):
            self._pool.submit(lambda: None)
        met.wait()
        torch.set_num_threads(threads)  # the number set last holds for threads that are started later

    def work(self, pieces: Sequence[Callable[[], Answer]]) -> list[Answer]:
        """The answers in the order of the pieces. All are done before an error of one is raised."""
        futures = [self._pool.submit(piece) for piece in pieces]
        wait(futures)
        return [future.result() for future in futures]


def places(batch: int, shares: int) -> list[Tensor]:
    """Which places of a batch each share takes, equally many: four neighbours for the first, four for the next, ....

    One share of everything where the batch does not come out even.
    """
    if batch % (shares * _NEIGHBOURS):
        return [torch.arange(batch)]
    turns = torch.arange(batch).view(-1, shares, _NEIGHBOURS)
    return [turns[:, share].flatten() for share in range(shares)]


def twin(module: nn.Module) -> nn.Module:
    """A module with the very parameters of ``module`` and buffers of its own, to be called beside it."""
    return copy.deepcopy(module, {id(p): p for p in module.parameters()})


def lend_buffers(module: nn.Module, twins: Sequence[nn.Module]) -> None:
    """Let the twins' running statistics begin where the module's are."""
    for other in twins:
        for mine, theirs in zip(module.buffers(), other.buffers(), strict=True):
            theirs.copy_(mine)


def gather_buffers(module: nn.Module, twins: Sequence[nn.Module]) -> None:
    """Give the module the mean of its own running statistics and its twins'; counters stay as its own are."""
    if not twins:
        return
    for mine, *theirs in zip(module.buffers(), *(other.buffers() for other in twins), strict=True):
        if mine.is_floating_point():
            mine.copy_(torch.stack([mine, *theirs]).mean(dim=0))


def mean_gradients(gradients: Sequence[Sequence[Tensor | None]]) -> list[Tensor | None]:
    """Parameter by parameter the mean over shares, summed in their order; a share without one counts as zero."""
    found: list[Tensor | None] = []
    for of_shares in zip(*gradients, strict=True):
        present = [gradient for gradient in of_shares if gradient is not None]
        total = present[0] if present else None
        for gradient in present[1:]:
            total = total + gradient
        found.append(None if total is None else total / len(of_shares))
    return found
