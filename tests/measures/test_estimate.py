"""Error bars: the jackknife of a mean is its standard error, and more groups than members do no harm."""

import math

import pytest
import torch

from studio.measures.estimate import Estimate, jackknifed, mean_of

from .conftest import normal


def test_with_a_group_for_each_member_the_error_of_a_mean_is_exact() -> None:
    x = normal(30, 1, seed=3)[:, 0].double()
    found, bias = jackknifed(lambda rows: float(x[rows].mean()), (30,), groups=30)
    assert found.error == pytest.approx(float(x.std()) / math.sqrt(30)) and bias == pytest.approx(0, abs=1e-9)
    assert mean_of(x) == Estimate(found.value, pytest.approx(found.error))


def test_the_variances_of_two_sets_add() -> None:
    x, y = normal(400, 1, seed=1)[:, 0].double(), normal(100, 1, seed=2)[:, 0].double()
    found, _ = jackknifed(lambda a, b: float(x[a].mean() - y[b].mean()), (400, 100))
    assert found.error == pytest.approx(math.sqrt(1 / 400 + 1 / 100), rel=0.4)


def test_the_bias_of_a_variance_without_its_correction_is_found() -> None:
    x = normal(20, 1, seed=5)[:, 0].double()
    found, bias = jackknifed(lambda rows: float(x[rows].var(unbiased=False)), (20,), groups=20)
    assert found.value - bias == pytest.approx(float(x.var()))


def test_one_member_has_no_error() -> None:
    assert jackknifed(lambda rows: 2.0, (1,))[0] == Estimate(2.0)
    assert mean_of(torch.tensor([True])) == Estimate(1.0)
