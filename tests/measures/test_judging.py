"""Measures of a judging model against their definitions and against torchmetrics."""

import math

import pytest
import torch
from torch import Tensor
from torchmetrics.functional.classification import multiclass_accuracy, multiclass_calibration_error

from studio.measures.judging import accuracy, balanced_accuracy, calibration_error, cross_entropy


def guesses(count: int = 400, values: int = 4, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    truth = torch.multinomial(torch.tensor([0.6, 0.2, 0.15, 0.05])[:values], count, True, generator=generator)
    scores = torch.randn((count, values), generator=generator) + 2 * torch.eye(values)[truth]
    return scores.softmax(dim=1), truth


def test_against_torchmetrics() -> None:
    p, truth = guesses()
    assert accuracy(p, truth).value == pytest.approx(float(multiclass_accuracy(p, truth, 4, average="micro")))
    assert balanced_accuracy(p, truth).value == pytest.approx(float(multiclass_accuracy(p, truth, 4, average="macro")))
    assert cross_entropy(p, truth).value == pytest.approx(float(torch.nn.functional.nll_loss(p.log(), truth)), rel=1e-5)
    theirs = float(multiclass_calibration_error(p, truth, 4, n_bins=15, norm="l1"))
    assert calibration_error(p, truth).value == pytest.approx(theirs, rel=1e-4)


def test_one_who_knows_nothing_and_one_who_knows_all() -> None:
    truth = torch.arange(4).repeat(25)
    nothing, everything = torch.full((100, 4), 0.25), torch.eye(4)[truth]
    assert cross_entropy(nothing, truth).value == pytest.approx(math.log(4))
    assert calibration_error(nothing, truth).value == pytest.approx(0, abs=1e-9)
    assert balanced_accuracy(nothing, truth).value == 0.25
    assert accuracy(everything, truth).value == balanced_accuracy(everything, truth).value == 1.0
    assert cross_entropy(everything, truth).value == calibration_error(everything, truth).value == 0.0


def test_one_who_is_sure_and_wrong() -> None:
    truth = torch.zeros(50, dtype=torch.int64)
    wrong = torch.eye(2)[torch.ones(50, dtype=torch.int64)]
    assert calibration_error(wrong, truth).value == 1.0
    assert math.isfinite(cross_entropy(wrong, truth).value) and cross_entropy(wrong, truth).value > 20


def test_rare_values_count_as_much_in_the_balanced_accuracy() -> None:
    truth = torch.tensor([0] * 90 + [1] * 10)
    always = torch.eye(2)[torch.zeros(100, dtype=torch.int64)]
    assert (accuracy(always, truth).value, balanced_accuracy(always, truth).value) == (0.9, 0.5)


@pytest.mark.parametrize("measure", [accuracy, balanced_accuracy, cross_entropy, calibration_error])
def test_pictures_without_a_value_are_left_out_and_none_is_none(measure) -> None:
    p, truth = guesses(50)
    more = torch.cat([p, torch.full((9, 4), 0.25)])
    assert measure(more, torch.cat([truth, torch.full((9,), -1)])) == measure(p, truth)
    assert measure(p, torch.full((50,), -1)) is None


def test_the_error_bars_are_the_noise_over_draws() -> None:
    for measure in (accuracy, balanced_accuracy, cross_entropy, calibration_error):
        found = [measure(*guesses(seed=seed)) for seed in range(60)]
        noise = float(torch.tensor([one.value for one in found]).std())
        mean = sum(one.error for one in found) / len(found)
        assert mean == pytest.approx(noise, rel=0.45), measure.__name__
