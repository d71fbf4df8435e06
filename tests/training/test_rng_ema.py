"""Draws that have no memory, and averaged weights."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from studio.models.seeding import process_generator, stable_seed
from studio.training.ema import Average
from studio.training.rng import Draws

CPU = torch.device("cpu")


def test_seeds_are_what_they_always_were() -> None:
    assert stable_seed(0, "latents 0", 0) == 9059237095913713308
    assert stable_seed(1, "a") != stable_seed(1, "b") != stable_seed("1", "b", 0)
    assert stable_seed("ab", "c") != stable_seed("a", "bc")
    assert all(0 <= stable_seed(i) < 2**63 for i in range(100))


def test_a_stream_depends_on_seed_name_and_step_alone() -> None:
    def draw(seed: int, name: str, step: int) -> float:
        draws = Draws(seed, CPU).at(step)
        draws.stream("something else")
        return float(torch.rand((), generator=draws.stream(name)))

    values = {draw(seed, name, step) for seed in (0, 1) for name in ("a", "b") for step in (0, 1)}
    assert len(values) == 8
    assert draw(1, "b", 1) in values and draw(0, "a", 0) == draw(0, "a", 0)


def test_the_process_wide_generator_comes_back() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    with Draws(3, CPU).at(7).process_wide():
        first = torch.rand(4)
    assert torch.equal(torch.get_rng_state(), before)
    with process_generator(3, "process", 7):
        assert torch.equal(torch.rand(4), first)


def _average(half_life: int) -> tuple[nn.BatchNorm1d, Average]:
    source, module = nn.BatchNorm1d(2), nn.BatchNorm1d(2).requires_grad_(False)
    return source, Average(source, module, half_life)


def test_half_of_the_past_is_forgotten_after_the_half_life() -> None:
    source, average = _average(1000)
    with torch.no_grad():
        source.weight.fill_(3.0)
        for step in range(10):
            average.update(10**9 + step, 100)
    assert average.module.weight.tolist() == pytest.approx([2.0, 2.0], rel=1e-5)


def test_memory_is_short_at_first() -> None:
    _, average = _average(1000)
    assert average.weight(items=100, added=100) == pytest.approx(1 - 0.5 ** (100 / 5))
    assert average.weight(items=10**6, added=100) == pytest.approx(1 - 0.5**0.1)


def test_no_half_life_copies() -> None:
    source, average = _average(0)
    with torch.no_grad():
        source.weight.normal_()
    average.update(10**6, 10)
    assert torch.equal(source.weight, average.module.weight)


def test_running_statistics_are_averaged_and_counters_copied() -> None:
    source, average = _average(1000)
    source.running_mean.fill_(4.0)
    source.num_batches_tracked.fill_(7)
    average.update(10**9, 1000)
    assert average.module.running_mean.tolist() == pytest.approx([2.0, 2.0])
    assert int(average.module.num_batches_tracked) == 7
    assert math.isclose(float(average.module.running_var.mean()), 1.0)


@pytest.mark.parametrize("length", [0.05, 0.1, 0.2])
def test_the_power_function_remembers_a_share_of_the_run(length: float) -> None:
    """The weights' profile over a run has the wished deviation, whatever the run's length."""
    source, module = nn.BatchNorm1d(2), nn.BatchNorm1d(2).requires_grad_(False)
    average = Average(source, module, half_life=5, length=length)
    count = 4000
    shares = np.zeros(count)
    for step in range(count):
        weight = average.weight(items=(step + 1) * 8, added=8)
        shares *= 1 - weight
        shares[step] = weight
    time = (np.arange(count) + 0.5) / count
    mean = (shares * time).sum()
    assert shares.sum() == pytest.approx(1.0)
    assert np.sqrt((shares * (time - mean) ** 2).sum()) == pytest.approx(length, rel=0.01)
