"""The order of the data: permutations without repeats, as a pure function of seed and step."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.data.order import batch_indices, permutation

EPOCH_0 = [0, 7, 2, 5, 4, 6, 3, 1]
EPOCH_LATE = [1, 6, 7, 4, 2, 3, 0, 5]


@given(seed=st.integers(0, 2**31 - 1), count=st.integers(1, 300), batch=st.integers(1, 70))
@settings(max_examples=60, deadline=None)
def test_every_epoch_has_every_item_once(seed: int, count: int, batch: int) -> None:
    steps = -(-3 * count // batch)
    stream = np.concatenate([batch_indices(seed, count, step, batch) for step in range(steps)])
    for epoch in range(3):
        part = stream[epoch * count : (epoch + 1) * count]
        assert sorted(part.tolist()) == list(range(count))


def test_a_batch_is_the_same_whatever_was_asked_before() -> None:
    forwards = [batch_indices(7, 101, step, 16) for step in range(40)]
    permutation.cache_clear()
    backwards = [batch_indices(7, 101, step, 16) for step in reversed(range(40))][::-1]
    assert all(np.array_equal(a, b) for a, b in zip(forwards, backwards, strict=True))


def test_a_batch_larger_than_the_data_goes_round() -> None:
    found = batch_indices(0, 3, 2, 8)
    assert found.shape == (8,)
    stream = np.concatenate([permutation(0, 3, epoch) for epoch in range(9)])
    assert np.array_equal(found, stream[16:24])


def test_seeds_and_epochs_differ_and_the_order_is_fixed_for_ever() -> None:
    assert not np.array_equal(permutation(0, 50, 0), permutation(1, 50, 0))
    assert not np.array_equal(permutation(0, 50, 0), permutation(0, 50, 1))
    assert permutation(0, 8, 0).tolist() == EPOCH_0
    assert permutation(2**31 - 1, 8, 10**9).tolist() == EPOCH_LATE


def test_positions_are_spread_evenly() -> None:
    """The first place of an epoch is held by every item equally often: a chi-square test with a fixed seed."""
    firsts = np.bincount([permutation(3, 10, epoch)[0] for epoch in range(5000)], minlength=10)
    assert ((firsts - 500) ** 2 / 500).sum() < 27.9  # 99.9 % of the distribution with 9 degrees of freedom


def test_the_shared_permutation_cannot_be_changed() -> None:
    with pytest.raises(ValueError):
        permutation(0, 5, 0)[0] = 1


@pytest.mark.parametrize(("count", "step", "batch"), [(0, 0, 1), (5, -1, 1), (5, 0, 0)])
def test_nonsense_is_refused(count: int, step: int, batch: int) -> None:
    with pytest.raises(ValueError):
        batch_indices(0, count, step, batch)
