"""Noise schedules and parametrisations against their closed forms."""

import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from studio.config.diffusion import DiffusionConfig, Flow, Gradual, Process
from studio.models.diffusion_preconditioning import DEVIATION, Preconditioning, target_of
from studio.models.diffusion_schedules import SIGMA_CAP, STEPS, Levels, VarianceKeeping, kept_variance, make_schedule

SCHEDULES = ("linear", "cosine", "sigmoid")
PROCESSES: list[Process] = [
    Flow(),
    *(Gradual(schedule=name, zero_terminal_snr=zero) for name in SCHEDULES for zero in (False, True)),
]
TARGETS: list[Process] = [Flow(), *(Gradual(prediction=p) for p in ("epsilon", "x0", "v"))]


def _times(count: int = 257) -> torch.Tensor:
    return torch.linspace(0, 1, count)


@pytest.mark.parametrize("process", PROCESSES, ids=str)
def test_shares_add_up_and_noise_only_grows(process: Process) -> None:
    levels = make_schedule(process).levels(_times())
    a, b = levels.picture_B, levels.noise_B
    whole = a + b if isinstance(process, Flow) else a.square() + b.square()
    assert torch.allclose(whole, torch.ones_like(whole), atol=1e-6)
    assert bool((a.diff() < 0).all()) and bool((b.diff() >= 0).all())


@pytest.mark.parametrize("process", PROCESSES, ids=str)
def test_time_and_sigma_are_inverses(process: Process) -> None:
    schedule = make_schedule(process)
    times = _times()[1:] * schedule.time(torch.tensor([schedule.sigma_max / 2]))
    assert torch.allclose(schedule.time(schedule.sigma(times)), times, atol=2e-4)
    sigmas = torch.logspace(math.log10(schedule.sigma_min * 2), 1, 50)
    assert torch.allclose(schedule.sigma(schedule.time(sigmas)), sigmas, rtol=2e-3)


def test_linear_is_the_product_of_its_steps() -> None:
    kept, product = kept_variance(Gradual(schedule="linear")), 1.0
    for i in range(STEPS):
        product *= 1 - (1e-4 + (0.02 - 1e-4) * i / (STEPS - 1))
        assert kept[i] == pytest.approx(product, rel=1e-9)


def test_cosine_and_sigmoid_follow_their_curves() -> None:
    place = np.arange(1, STEPS - 10) / STEPS
    level = np.cos((place + 0.008) / 1.008 * np.pi / 2) ** 2 / np.cos(0.008 / 1.008 * np.pi / 2) ** 2
    assert np.allclose(kept_variance(Gradual(schedule="cosine"))[: STEPS - 11], level, rtol=1e-9)

    def sigmoid(x: np.ndarray | float) -> np.ndarray:
        return np.asarray(1 / (1 + np.exp(-np.asarray(x))))

    level = (sigmoid(3) - sigmoid(6 * place - 3)) / (sigmoid(3) - sigmoid(-3))
    assert np.allclose(kept_variance(Gradual(schedule="sigmoid"))[: STEPS - 11], level, rtol=1e-9)


@pytest.mark.parametrize("name", SCHEDULES)
def test_zero_terminal_snr_ends_in_noise_alone_and_begins_alike(name: str) -> None:
    plain, ending = (kept_variance(Gradual(schedule=name, zero_terminal_snr=zero)) for zero in (False, True))
    assert ending[-1] == 0 < plain[-1]
    assert ending[0] == pytest.approx(plain[0], rel=1e-12)
    last = VarianceKeeping(ending).levels(torch.ones(1))
    assert (float(last.picture_B), float(last.noise_B)) == (0.0, 1.0)
    assert make_schedule(Gradual(schedule=name, zero_terminal_snr=True)).sigma_max == SIGMA_CAP


@pytest.mark.parametrize("process", PROCESSES, ids=str)
def test_sigmas_fall_from_the_highest_to_zero(process: Process) -> None:
    schedule = make_schedule(process)
    for count in (1, 4, 1000):
        sigmas = schedule.sigmas(count)
        assert len(sigmas) == count + 1 and sigmas[-1] == 0
        assert float(sigmas[0]) == pytest.approx(schedule.sigma_max, rel=1e-3)
        assert bool((sigmas.diff() < 0).all())


def test_the_table_is_that_of_the_discrete_process() -> None:
    schedule = make_schedule(Gradual(schedule="linear"))
    assert isinstance(schedule, VarianceKeeping)
    kept = kept_variance(Gradual(schedule="linear"))
    assert np.allclose(schedule.table.numpy(), np.sqrt((1 - kept) / kept), rtol=1e-5)
    places = torch.arange(STEPS) / (STEPS - 1)
    assert torch.allclose(schedule.sigma(places), schedule.table, rtol=1e-3)


# --- what is predicted -----------------------------------------------------------------------------------------


def _example(process: Process) -> tuple[Preconditioning, torch.Tensor, torch.Tensor, Levels]:
    generator = torch.Generator().manual_seed(0)
    x0, n = torch.randn((2, 8, 3, 4, 4), generator=generator, dtype=torch.float64)
    found = make_schedule(process).levels(torch.linspace(0.05, 0.9, 8))
    levels = Levels(found.picture_B.double(), found.noise_B.double())
    return Preconditioning(target_of(process)), x0, n, levels


@pytest.mark.parametrize("process", TARGETS, ids=str)
def test_the_right_answer_gives_the_picture_back(process: Process) -> None:
    asked, x0, n, levels = _example(process)
    z = asked.mixed(x0, n, levels)
    assert torch.allclose(asked.clean(z, asked.answer(x0, n, levels), levels), x0, atol=1e-5)


def test_answers_are_what_they_are_called() -> None:
    for process in TARGETS:
        asked, x0, n, levels = _example(process)
        a, b = levels.picture_B.view(-1, 1, 1, 1), levels.noise_B.view(-1, 1, 1, 1)
        expected = {"epsilon": n, "x0": x0, "v": a * n - b * x0, "flow": n - x0}[asked.target]
        assert torch.equal(asked.answer(x0, n, levels), expected)


@pytest.mark.parametrize("process", TARGETS, ids=str)
def test_min_snr_weighs_the_error_of_the_picture(process: Process) -> None:
    """Whatever is predicted, the weighted loss is min(SNR, gamma) times the squared error of the clean picture."""
    asked, x0, n, levels = _example(process)
    z, answer = asked.mixed(x0, n, levels), asked.answer(x0, n, levels)
    wrong = answer + 0.1 * torch.randn(answer.shape, generator=torch.Generator().manual_seed(1), dtype=answer.dtype)
    error = (asked.clean(z, wrong, levels) - x0).square().mean(dim=(1, 2, 3))
    snr = (levels.picture_B / levels.noise_B).square()
    loss = asked.weight(levels, 5.0) * (wrong - answer).square().mean(dim=(1, 2, 3))
    assert torch.allclose(loss, snr.clamp(max=5.0) * error, rtol=1e-4)
    assert torch.equal(asked.weight(levels, 0.0), torch.ones_like(levels.picture_B))


@pytest.mark.parametrize("process", TARGETS, ids=str)
def test_the_straight_guess_is_the_best_one(process: Process) -> None:
    """For independent pictures of the supposed deviation: least squares finds the same share, and what is missed."""
    asked = Preconditioning(target_of(process))
    x0, n = torch.randn((2, 1, 1, 1, 400_000), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    x0 = DEVIATION * x0
    for time in (0.1, 0.5, 0.95):
        levels = make_schedule(process).levels(torch.tensor([time]))
        z, answer, guess = asked.mixed(x0, n, levels), asked.answer(x0, n, levels), asked.guess(levels)
        assert float(guess.share) == pytest.approx(float((z * answer).sum() / z.square().sum()), abs=0.01)
        assert float(guess.scale) == pytest.approx(float((answer - guess.share * z).std()), rel=0.01)
        assert float(guess.size) == pytest.approx(float(z.std()), rel=0.01)


def test_noise_cannot_be_predicted_from_noise_alone() -> None:
    with pytest.raises(ValidationError, match="predicting the noise says nothing"):
        DiffusionConfig(process=Gradual(prediction="epsilon", zero_terminal_snr=True))
