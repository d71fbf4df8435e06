"""Precision, recall, density and coverage against their definitions, a second implementation, and known cases."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch_fidelity.metric_prc import calculate_precision_recall_full

from studio.measures.estimate import Estimate
from studio.measures.manifolds import coverage, density, precision, radii_of, recall

from .conftest import normal


def by_definition(made: np.ndarray, real: np.ndarray) -> dict[str, float]:
    """All four with loops, as the papers write them."""

    def reach(members: np.ndarray, k: int) -> list[float]:
        return [sorted(np.linalg.norm(members - x, axis=1))[k] for x in members]

    def share(asked: np.ndarray, members: np.ndarray) -> float:
        radii = reach(members, 3)
        return float(
            np.mean([any(np.linalg.norm(x - y) <= r for y, r in zip(members, radii, strict=True)) for x in asked])
        )

    radii = reach(real, 5)
    inside = [[np.linalg.norm(x - y) <= r for y, r in zip(real, radii, strict=True)] for x in made]
    return {
        "precision": share(made, real),
        "recall": share(real, made),
        "density": float(np.sum(inside)) / 5 / len(made),
        "coverage": float(np.any(inside, axis=0).mean()),
    }


def all_four(made: Tensor, real: Tensor) -> dict[str, Estimate]:
    return {f.__name__: f(made, real) for f in (precision, recall, density, coverage)}


@pytest.mark.parametrize(("shift", "spread"), [(0.0, 1.0), (0.7, 1.0), (0.0, 0.5), (0.3, 2.0)])
def test_by_definition(shift: float, spread: float) -> None:
    made, real = normal(60, 3, seed=1, shift=shift, spread=spread), normal(50, 3, seed=2)
    found = {name: one.value for name, one in all_four(made, real).items()}
    assert found == pytest.approx(by_definition(made.numpy(), real.numpy()))


def test_precision_and_recall_by_torch_fidelity() -> None:
    made, real = normal(200, 8, seed=1, shift=0.4), normal(180, 8, seed=2)
    theirs = calculate_precision_recall_full(made, real)
    assert (precision(made, real).value, recall(made, real).value) == pytest.approx(theirs)


def test_equal_sets_and_sets_far_apart() -> None:
    a = normal(300)
    equal = all_four(a, a)
    assert equal["precision"].value == equal["recall"].value == equal["coverage"].value == 1.0
    assert equal["density"].value >= 1.0
    apart = all_four(a + 100, a)
    assert {one.value for one in apart.values()} == {0.0}
    assert {one.error for one in apart.values()} == {1 / 300}  # none was found, which is not certain


def test_equal_distributions_are_where_the_paper_says() -> None:
    found = [all_four(normal(500, seed=2 * i), normal(500, seed=2 * i + 1)) for i in range(5)]
    covered = np.mean([one["coverage"].value for one in found])
    n = m = 500
    expected = 1 - np.prod([(m - i) / (n + m - i) for i in range(1, 6)])
    assert covered == pytest.approx(expected, abs=0.01)
    assert np.mean([one["density"].value for one in found]) == pytest.approx(1.0, abs=0.08)


def test_half_of_the_modes_costs_recall_and_coverage_but_no_precision() -> None:
    real = torch.cat([normal(300, seed=1), normal(300, seed=2, shift=20)])
    found = all_four(normal(600, seed=3), real)
    assert found["precision"].value > 0.8 and found["density"].value > 0.7
    assert found["recall"].value < 0.55 and found["coverage"].value < 0.55


def test_one_far_real_picture_raises_precision_but_not_density() -> None:
    real, made = normal(300, seed=1), normal(300, seed=2, shift=6)
    outlier = torch.cat([real, torch.full((1, 6), 12.0)])
    assert precision(made, outlier).value - precision(made, real).value > 0.5
    assert density(made, outlier).value < 0.4


def test_the_error_bars_are_the_noise_over_draws() -> None:
    found = [all_four(normal(200, seed=2 * i, shift=0.5), normal(200, seed=2 * i + 1)) for i in range(30)]
    for name in found[0]:
        noise = np.std([one[name].value for one in found])
        assert np.mean([one[name].error for one in found]) == pytest.approx(noise, rel=0.5), name


def test_fewer_members_than_neighbours() -> None:
    tiny = normal(3)
    assert torch.equal(radii_of(torch.cdist(tiny, tiny), 5), torch.cdist(tiny, tiny).max(dim=1).values)
    assert 0 <= coverage(normal(2, seed=1), tiny).value <= 1
