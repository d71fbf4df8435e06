"""Fréchet and kernel distance against closed forms and against torchmetrics."""

import math

import numpy as np
import pytest
import torch
from torchmetrics.image.fid import _compute_fid
from torchmetrics.image.kid import poly_mmd

from studio.measures.distributions import frechet_distance, gaussian_distance, kernel_distance, moments, set_distance

from .conftest import normal


def test_two_gaussians_with_diagonal_covariances_have_a_closed_form() -> None:
    m1, m2 = torch.tensor([0.0, 1.0, 2.0]).double(), torch.tensor([1.0, 1.0, 0.0]).double()
    s1, s2 = torch.tensor([1.0, 4.0, 0.0]).double(), torch.tensor([9.0, 4.0, 0.25]).double()
    known = (m1 - m2).square().sum() + (s1.sqrt() - s2.sqrt()).square().sum()
    assert gaussian_distance(m1, s1.diag(), m2, s2.diag()) == pytest.approx(float(known), abs=1e-12)


def test_covariances_that_do_not_commute_agree_with_torchmetrics() -> None:
    a, b = normal(40, seed=1) @ normal(6, seed=2), normal(50, seed=3, shift=0.5) @ normal(6, seed=4)
    (m1, s1), (m2, s2) = moments(a), moments(b)
    assert gaussian_distance(m1, s1, m2, s2) == pytest.approx(float(_compute_fid(m1, s1, m2, s2)), rel=1e-9)
    assert gaussian_distance(m1, s1, m2, s2) == pytest.approx(gaussian_distance(m2, s2, m1, s1), rel=1e-9)


def test_sets_smaller_than_their_features_give_the_same_by_another_way() -> None:
    a, b = normal(30, 50, seed=1), normal(40, 50, seed=2, shift=0.2)
    assert set_distance(a, b) == pytest.approx(gaussian_distance(*moments(a), *moments(b)), rel=1e-6)


def test_moments_are_numpys() -> None:
    a = normal(30)
    mean, covariance = moments(a)
    assert np.allclose(mean, a.double().mean(0)) and np.allclose(covariance, np.cov(a.double().numpy().T))


def test_equal_sets_are_at_distance_zero_even_where_covariances_are_singular() -> None:
    a = normal(50, 80)  # fewer pictures than features
    found = frechet_distance(a, a.flip(0))
    assert found.value == pytest.approx(0, abs=1e-6) and found.note == "few"
    constant = torch.ones(20, 3)
    assert frechet_distance(constant, constant + 2).value == pytest.approx(12)


def test_a_shift_counts_its_square_and_a_spread_its_difference() -> None:
    real = normal(4000, seed=1)
    shifted = frechet_distance(normal(4000, seed=2, shift=0.5), real)
    assert shifted.value == pytest.approx(6 * 0.25, abs=4 * shifted.error) and shifted.note == ""
    wider = frechet_distance(normal(4000, seed=2, spread=1.5), real)
    assert wider.value == pytest.approx(6 * 0.25, abs=4 * wider.error)


def test_what_is_mostly_bias_is_marked_as_few() -> None:
    assert frechet_distance(normal(200, seed=1), normal(200, seed=2)).note == "few"
    assert frechet_distance(normal(200, seed=1, shift=3), normal(200, seed=2)).note == ""


def test_the_error_bar_is_the_noise_over_draws() -> None:
    pairs = [(normal(200, seed=2 * i, shift=0.4), normal(200, seed=2 * i + 1)) for i in range(40)]
    for measure in (frechet_distance, kernel_distance):
        found = [measure(a, b) for a, b in pairs]
        noise = np.std([one.value for one in found])
        assert np.mean([one.error for one in found]) == pytest.approx(noise, rel=0.35)


def slow_kernel_distance(a: np.ndarray, b: np.ndarray) -> float:
    """The same by its definition, pair by pair."""

    def kernel(x: np.ndarray, y: np.ndarray) -> float:
        return float((np.dot(x, y) / len(x) + 1) ** 3)

    inside = [math.fsum(kernel(s[i], s[j]) for i in range(len(s)) for j in range(len(s)) if i != j) for s in (a, b)]
    between = math.fsum(kernel(x, y) for x in a for y in b)
    return inside[0] / len(a) / (len(a) - 1) + inside[1] / len(b) / (len(b) - 1) - 2 * between / len(a) / len(b)


def test_the_kernel_distance_by_its_definition_and_by_torchmetrics() -> None:
    a, b = normal(17, seed=1, shift=0.3), normal(23, seed=2)
    assert kernel_distance(a, b).value == pytest.approx(slow_kernel_distance(a.double().numpy(), b.double().numpy()))
    equal = normal(17, seed=2)
    assert kernel_distance(a, equal).value == pytest.approx(float(poly_mmd(equal.double(), a.double())), rel=1e-9)


def test_the_kernel_distance_is_unbiased_and_grows_with_a_shift() -> None:
    same = [kernel_distance(normal(50, seed=i), normal(50, seed=1000 + i)).value for i in range(60)]
    assert abs(np.mean(same)) < 3 * np.std(same) / math.sqrt(len(same)) and min(same) < 0
    values = [kernel_distance(normal(300, seed=1, shift=s), normal(300, seed=2)).value for s in (0.0, 0.3, 0.6, 1.0)]
    assert values == sorted(values)


def test_the_same_again_to_the_bit() -> None:
    a, b = normal(100, seed=1), normal(90, seed=2)
    before = torch.get_rng_state()
    assert frechet_distance(a, b) == frechet_distance(a, b) and kernel_distance(a, b) == kernel_distance(a, b)
    assert torch.equal(torch.get_rng_state(), before)
