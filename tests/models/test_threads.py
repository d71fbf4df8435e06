"""Threads of PyTorch's operations: one thread's number is its own."""

import threading
from collections.abc import Iterator

import pytest
import torch

from studio.models.threads import at_most


def number_there() -> int:
    """What a thread that is started now computes with."""
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    return found[0]


@pytest.fixture
def three_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("three_threads")
def test_only_this_thread_computes_with_fewer() -> None:
    with at_most(2):
        assert torch.get_num_threads() == 2 and number_there() == 3
        with at_most(5):
            assert torch.get_num_threads() == 2
    assert torch.get_num_threads() == 3 == number_there()
    with pytest.raises(ValueError), at_most(1):
        assert torch.get_num_threads() == 1
        raise ValueError
    assert torch.get_num_threads() == 3
