"""Confusion, precision, recall and calibration against closed forms and an independent implementation."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.measures.classification import (
    accuracy_of,
    calibration,
    confusion,
    expected_calibration_error,
    precision_of,
    recall_of,
)
from studio.measures.judging import accuracy, calibration_error

codes = st.lists(st.tuples(st.integers(-1, 3), st.integers(0, 3)), max_size=60)


@given(codes)
@settings(max_examples=100, deadline=None)
def test_a_confusion_counts_pairs(drawn: list[tuple[int, int]]) -> None:
    truth, guess = np.array([t for t, _ in drawn], np.int64), np.array([g for _, g in drawn], np.int64)
    table = confusion(truth, guess, 4)
    assert table.shape == (4, 4) and all(table[i, j] == drawn.count((i, j)) for i in range(4) for j in range(4))
    for i in range(4):
        told, are = [t for t, g in drawn if g == i and t >= 0], [g for t, g in drawn if t == i]
        assert precision_of(table)[i] == pytest.approx(np.mean([t == i for t in told]) if told else np.nan, nan_ok=True)
        assert recall_of(table)[i] == pytest.approx(np.mean([g == i for g in are]) if are else np.nan, nan_ok=True)


def test_without_pictures_nothing_is_known() -> None:
    nothing = np.zeros(0)
    assert np.isnan(accuracy_of(confusion(nothing.astype(int), nothing.astype(int), 3)))
    assert np.isnan(expected_calibration_error(nothing, nothing)) and len(calibration(nothing, nothing)[0]) == 0


def test_perfectly_calibrated_and_not_at_all() -> None:
    sure = np.repeat([0.55, 0.75, 0.95], 20)
    right = np.concatenate([np.arange(20) < 11, np.arange(20) < 15, np.arange(20) < 19])
    assert expected_calibration_error(sure, right) == pytest.approx(0, abs=1e-12)
    assert expected_calibration_error(np.ones(10), np.zeros(10)) == 1
    confidence, share, count = calibration(sure, right)
    assert np.allclose(confidence, share) and count.tolist() == [20, 20, 20]


def test_an_edge_belongs_to_the_bin_below() -> None:
    assert calibration(np.array([0.5, 0.5 + 1e-9]), np.array([1, 0]), bins=2)[2].tolist() == [1, 1]
    assert calibration(np.array([0.0, 1.0]), np.array([1, 0]), bins=2)[2].tolist() == [1, 1]


@given(st.integers(0, 2**31), st.integers(5, 80))
@settings(max_examples=40, deadline=None)
def test_it_agrees_with_the_measure_of_the_same_name(seed: int, count: int) -> None:
    generator = np.random.default_rng(seed)
    shares = generator.dirichlet(np.ones(4), count)
    truth = generator.integers(0, 4, count)
    guess, sure = shares.argmax(axis=1), shares.max(axis=1)
    other = calibration_error(torch.from_numpy(shares), torch.from_numpy(truth))
    assert other is not None
    assert expected_calibration_error(sure, guess == truth) == pytest.approx(other.value, abs=1e-9)
    right = accuracy(torch.from_numpy(shares), torch.from_numpy(truth))
    assert right is not None and accuracy_of(confusion(truth, guess, 4)) == pytest.approx(right.value)
