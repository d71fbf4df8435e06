"""Every loss against its formula written out, every penalty against a function whose slope is known."""

import math

import pytest
import torch

from studio.training.gan_losses import discriminator_loss, generator_loss, lipschitz_penalty, slope_penalty

REAL, FAKE = torch.tensor([2.0, -0.5]), torch.tensor([0.25, -1.0])


def _softplus(x: float) -> float:
    return math.log1p(math.exp(x))


def _mean(*values: float) -> float:
    return sum(values) / len(values)


DISCRIMINATOR = {
    "non_saturating": _mean(_softplus(-2), _softplus(0.5)) + _mean(_softplus(0.25), _softplus(-1)),
    "least_squares": 0.5 * _mean(1.0, 2.25) + 0.5 * _mean(0.0625, 1.0),
    "hinge": _mean(0.0, 1.5) + _mean(1.25, 0.0),
    "wasserstein": _mean(0.25, -1.0) - _mean(2.0, -0.5),
    "relativistic": _mean(_softplus(-1.75), _softplus(-0.5)),
}
GENERATOR = {
    "non_saturating": _mean(_softplus(-0.25), _softplus(1)),
    "least_squares": 0.5 * _mean(0.5625, 4.0),
    "hinge": -_mean(0.25, -1.0),
    "wasserstein": -_mean(0.25, -1.0),
    "relativistic": _mean(_softplus(1.75), _softplus(0.5)),
}


@pytest.mark.parametrize("kind", DISCRIMINATOR)
def test_discriminator(kind: str) -> None:
    assert float(discriminator_loss(kind, REAL, FAKE)) == pytest.approx(DISCRIMINATOR[kind], rel=1e-6)


@pytest.mark.parametrize("kind", GENERATOR)
def test_generator(kind: str) -> None:
    assert float(generator_loss(kind, FAKE, REAL)) == pytest.approx(GENERATOR[kind], rel=1e-6)


@pytest.mark.parametrize("kind", DISCRIMINATOR)
def test_both_sides_pull_in_opposite_directions(kind: str) -> None:
    fake = torch.tensor([0.25, 0.75], requires_grad=True)
    (down,) = torch.autograd.grad(discriminator_loss(kind, REAL, fake), fake)
    (up,) = torch.autograd.grad(generator_loss(kind, fake, REAL), fake)
    assert (down > 0).all() and (up < 0).all()


def test_unknown_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="other"):
        discriminator_loss("other", REAL, FAKE)
    with pytest.raises(ValueError, match="relativistic"):
        generator_loss("relativistic", FAKE)


def test_slope_penalty_of_a_linear_score_is_its_squared_length() -> None:
    weights, x = torch.randn(3, 4, 4), torch.randn(5, 3, 4, 4, requires_grad=True)
    penalty = slope_penalty((x * weights).sum(dim=(1, 2, 3)), x)
    assert float(penalty.detach()) == pytest.approx(float(weights.square().sum()), rel=1e-5)


def test_slope_penalty_can_be_descended() -> None:
    weight, x = torch.tensor(2.0, requires_grad=True), torch.ones(5, 1, 2, 2, requires_grad=True)
    penalty = slope_penalty((weight * x).sum(dim=(1, 2, 3)), x)
    (gradient,) = torch.autograd.grad(penalty, weight)  # penalty = 4 weight**2
    assert float(gradient) == pytest.approx(16.0)


def test_lipschitz_penalty_measures_the_distance_from_slope_one() -> None:
    real, fake, share = torch.randn(6, 3, 4, 4), torch.randn(6, 3, 4, 4), torch.rand(6)
    direction = torch.nn.functional.normalize(torch.randn(48), dim=0).view(3, 4, 4)
    for slope, expected in ((1.0, 0.0), (3.0, 4.0), (0.5, 0.25)):
        penalty = lipschitz_penalty(lambda x, s=slope: s * (x * direction).sum(dim=(1, 2, 3)), real, fake, share)
        assert float(penalty) == pytest.approx(expected, abs=1e-5)


def test_lipschitz_penalty_looks_between_the_pictures() -> None:
    seen = []

    def score(x: torch.Tensor) -> torch.Tensor:
        seen.append(x.detach())
        return x.square().sum(dim=(1, 2, 3))

    lipschitz_penalty(score, torch.full((2, 1, 2, 2), 8.0), torch.zeros(2, 1, 2, 2), torch.tensor([0.25, 1.0]))
    assert seen[0][:, 0, 0, 0].tolist() == [2.0, 8.0]
