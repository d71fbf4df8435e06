"""The distance between sets of pictures, against cases whose answer is known."""

import numpy as np
import pytest
import torch
from torch import Tensor

from studio.measures.wasserstein import comparable, deviation, deviation_within, picture_distance, sliced_wasserstein


def _distance(a: Tensor, b: Tensor, **arguments: int) -> float:
    *waits, last = sliced_wasserstein(a, b, **arguments)
    assert waits == [None] * len(waits) and len(waits) > 0 and last is not None
    return last


def _set(count: int, seed: int, size: int = 8) -> Tensor:
    return torch.rand((count, 3, size, size), generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_equal_sets_in_any_order_are_at_distance_zero() -> None:
    a = _set(64, 0)
    assert _distance(a, a.flip(0)) == 0


def test_it_is_fixed_and_symmetric_but_for_the_scale() -> None:
    a, b = _set(64, 0), _set(64, 1)
    before = torch.get_rng_state()
    assert _distance(a, b) == _distance(a, b) != _distance(a, b, seed=1)
    assert _distance(a, b) == pytest.approx(_distance(b, a), rel=0.05)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_shift_counts_as_a_shift() -> None:
    a = _set(256, 0)
    values = [_distance(a, a + shift) for shift in (0.0, 0.1, 0.2, 0.4)]
    assert values[2] == pytest.approx(2 * values[1], rel=0.05) and values[3] == pytest.approx(4 * values[1], rel=0.05)


def test_one_dimension_is_the_textbook_distance() -> None:
    a, b = torch.tensor([0.0, 1.0, 3.0]).view(3, 1, 1, 1), torch.tensor([5.0, 6.0, 8.0]).view(3, 1, 1, 1)
    assert _distance(a, b) == pytest.approx(5 / float(b.std(unbiased=False)), rel=1e-5)


def test_collapse_is_further_away_than_another_draw() -> None:
    a, other, collapsed = _set(128, 0), _set(128, 1), _set(1, 2).expand(128, -1, -1, -1)
    assert _distance(a, other) * 3 < _distance(collapsed, other)


def test_large_pictures_are_averaged_down() -> None:
    pictures = np.full((2, 128, 128, 3), 255, np.uint8)
    pictures[:, ::2] = 0
    x = comparable(pictures)
    assert x.shape == (2, 3, 64, 64) and float(x.abs().max()) < 1e-6
    assert torch.equal(comparable(pictures[:, :64, :64])[:, :, 1], torch.ones(2, 3, 64))


def test_sets_of_different_sizes() -> None:
    assert _distance(_set(100, 0), _set(64, 1)) < 0.5
    assert _distance(_set(8, 0)[:1].expand(5, -1, -1, -1), torch.zeros(7, 3, 8, 8)) > 0


def test_deviation_over_all_and_within_classes() -> None:
    codes = torch.tensor([0, 1]).repeat(20)
    x = torch.where(codes == 0, -1.0, 1.0).view(40, 1, 1, 1).expand(40, 1, 4, 4).clone()
    assert deviation(x) == pytest.approx(1.0) and deviation_within(x, codes) == 0
    noise = torch.randn(40, 1, 4, 4, generator=torch.Generator().manual_seed(0)) * 0.1
    within = deviation_within(x + noise, codes)
    assert within == pytest.approx(0.1, rel=0.1)
    assert deviation_within(x[:7], codes[:7]) is None
    assert deviation_within(x, torch.full((40,), -1)) is None


def test_of_pictures_with_an_error_bar() -> None:
    draw = np.random.default_rng(0)
    sets = [draw.integers(0, 256, (60, 16, 16, 3), np.uint8) for _ in range(40)]
    pairs = [(a // 2, b) for a, b in zip(sets[::2], sets[1::2], strict=True)]
    found = [picture_distance(a, b) for a, b in pairs]
    assert found[0].value == pytest.approx(_distance(comparable(pairs[0][0]), comparable(pairs[0][1])), rel=1e-5)
    noise = np.std([one.value for one in found])
    assert np.mean([one.error for one in found]) == pytest.approx(noise, rel=0.5)
    assert picture_distance(sets[0], sets[0]).value == 0
