"""Samplers against closed forms, where the data is Gaussian and D is known, and against an independent implementation.

For data N(m, s^2) the best estimate is D(x, sigma) = m + s^2 / (s^2 + sigma^2) (x - m), and x follows
x(sigma) = m + c sqrt(s^2 + sigma^2) without fresh noise.
"""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any, get_args

import pytest
import torch

from studio.config.denoising import Sampler
from studio.config.diffusion import DiffusionConfig, Flow, Gradual, UnetNetwork
from studio.generation.diffusion_samplers import (
    METHODS,
    Denoise,
    Step,
    inverted,
    karras,
    method_of,
    noise_levels,
    sampled,
)
from studio.models.diffusion import Condition, Denoiser, build_denoiser
from studio.models.diffusion_schedules import STEPS, make_schedule
from studio.models.seeding import process_generator, seeded_generator

M, S = 0.3, 0.5
ORDERS = {"ddim": 1, "euler": 1, "heun": 2, "dpm++2m": 2, "unipc": 3}
FRESH = ("ddpm", "euler-ancestral")
TABLE = make_schedule(Gradual(schedule="linear", prediction="epsilon"))


def gaussian(x: torch.Tensor, sigma: float) -> torch.Tensor:
    """D for data N(M, S^2)."""
    return M + S**2 / (S**2 + sigma**2) * (x - M)


def levels(count: int, low: float = 0.02) -> list[float]:
    """Sigmas at even steps of their logarithm, without the 0."""
    return [80.0 * (low / 80.0) ** (i / count) for i in range(count + 1)]


def run(
    name: Any, denoise: Denoise, x: torch.Tensor, sigmas: list[float], *, eta: float = 0.0, seed: int = 0
) -> tuple[torch.Tensor, list[Step]]:
    """The last x and all steps; noise of a step depends on nothing but the seed and its number."""

    def noise(number: int) -> torch.Tensor:
        return torch.randn(x.shape, generator=seeded_generator("test", seed, number), dtype=x.dtype)

    steps: list[Step] = []
    return sampled(method_of(name, eta)(denoise, x, sigmas, noise), steps.append), steps


def start(*shape: int) -> torch.Tensor:
    """Noise in double precision."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)


def test_every_sampler_has_a_function() -> None:
    assert set(METHODS) == set(get_args(Sampler)) == set(ORDERS) | set(FRESH)


# --- closed forms ----------------------------------------------------------------------------------------------


def _error(name: str, count: int) -> float:
    sigmas, x = levels(count), start(1, 1, 8, 8) * 80
    exact = M + (x - M) * math.sqrt((S**2 + sigmas[-1] ** 2) / (S**2 + sigmas[0] ** 2))
    return float((run(name, gaussian, x, sigmas)[0] - exact).abs().max())


@pytest.mark.parametrize(("name", "order"), ORDERS.items())
def test_without_fresh_noise_they_meet_the_exact_way_at_their_order(name: str, order: int) -> None:
    errors = [_error(name, count) for count in (100, 200, 400)]
    assert errors[-1] < 0.02
    found = [math.log2(a / b) for a, b in pairwise(errors)]
    assert found[-1] == pytest.approx(order, abs=0.25), (errors, found)


@pytest.mark.parametrize("name", get_args(Sampler))
def test_from_noise_to_the_distribution_of_the_data(name: str) -> None:
    sigmas = [*levels(400, low=0.002), 0.0]
    x, _ = run(name, gaussian, start(40, 1, 32, 32) * sigmas[0], sigmas)
    assert float(x.mean()) == pytest.approx(M, abs=0.01)
    assert float(x.std()) == pytest.approx(S, rel=0.02)


@pytest.mark.parametrize("name", get_args(Sampler))
@pytest.mark.parametrize("count", [4, 1000])
def test_any_number_of_steps_from_four_to_a_thousand(name: str, count: int) -> None:
    for process in (Flow(), Gradual(), Gradual(zero_terminal_snr=True)):
        sigmas = noise_levels(make_schedule(process), count, "training")
        x, steps = run(name, gaussian, start(1, 1, 4, 4) * sigmas[0], sigmas)
        assert [step.number for step in steps] == list(range(count))
        assert bool(torch.isfinite(x).all()) and float(x.abs().max()) < 10


@pytest.mark.parametrize("count", [5, 10, 20])
@pytest.mark.parametrize("process", [Flow(), Gradual(zero_terminal_snr=True)])
def test_from_pure_noise_a_second_order_is_no_worse_than_the_first(process: Any, count: int) -> None:
    sigmas = noise_levels(make_schedule(process), count, "training")
    x = start(1, 1, 8, 8) * sigmas[0]
    exact = M + (x - M) * S / math.sqrt(S**2 + sigmas[0] ** 2)
    apart = {n: float((run(n, gaussian, x, sigmas)[0] - exact).abs().mean()) for n in ("euler", "heun", "dpm++2m")}
    assert apart["heun"] < apart["euler"] and apart["dpm++2m"] < apart["euler"]


@pytest.mark.parametrize("name", get_args(Sampler))
def test_what_a_step_says(name: str) -> None:
    sigmas = levels(6)
    _, steps = run(name, gaussian, start(2, 1, 4, 4) * 80, sigmas)
    assert [step.sigma for step in steps] == sigmas[:-1]
    for step in steps:
        assert torch.allclose(step.clean_BCHW, gaussian(step.x_BCHW, step.sigma)) or name == "unipc"
        assert torch.allclose(step.clean_BCHW + step.sigma * step.noise_BCHW, step.x_BCHW)


def test_methods_that_are_one_method_agree() -> None:
    x, sigmas = start(2, 1, 4, 4) * 80, [*levels(12), 0.0]
    quiet = [run(name, gaussian, x, sigmas)[0] for name in ("ddim", "euler")]
    fresh = [run(name, gaussian, x, sigmas)[0] for name in FRESH] + [run("ddim", gaussian, x, sigmas, eta=1.0)[0]]
    for same in (quiet, fresh):
        assert all(torch.allclose(same[0], other, atol=1e-9) for other in same[1:])
    assert not torch.allclose(quiet[0], fresh[0], atol=1e-3)


@pytest.mark.parametrize("name", ["ddpm", "ddim", "euler-ancestral"])
def test_another_seed_draws_other_noise_of_steps(name: str) -> None:
    x, sigmas = start(1, 1, 4, 4) * 80, [*levels(12), 0.0]
    one, same, other = (run(name, gaussian, x, sigmas, eta=0.5, seed=seed)[0] for seed in (0, 0, 1))
    assert torch.equal(one, same) and not torch.allclose(one, other, atol=1e-3)


def test_inversion_finds_the_noise() -> None:
    x0 = start(1, 1, 8, 8)
    rising = levels(60, low=0.002)[::-1]
    x = inverted(gaussian, x0, rising)
    exact = M + (x0 - M) * math.sqrt((S**2 + rising[-1] ** 2) / (S**2 + rising[0] ** 2))
    assert float(((x - exact) / exact).abs().max()) < 0.01
    back, _ = run("dpm++2m", gaussian, x, [*rising[::-1], 0.0])
    assert torch.allclose(back, x0, atol=0.01)


def test_karras_levels() -> None:
    found = karras(18, low=0.002, high=80.0)
    assert len(found) == 19 and found[-1] == 0 and found[0] == pytest.approx(80) and found[-2] == pytest.approx(0.002)
    roots = [sigma ** (1 / 7) for sigma in found[:-1]]
    assert all(a - b == pytest.approx(roots[0] - roots[1]) for a, b in pairwise(roots))
    assert noise_levels(make_schedule(Flow()), 18, "karras")[0] == pytest.approx(80)
    assert noise_levels(TABLE, 4, "karras")[0] == pytest.approx(80)
    assert noise_levels(TABLE, 4, "training")[0] == pytest.approx(TABLE.sigma_max)


# --- an independent implementation -----------------------------------------------------------------------------

KEPT = {"num_train_timesteps": STEPS, "beta_start": 1e-4, "beta_end": 0.02, "beta_schedule": "linear"}
KEPT |= {"prediction_type": "epsilon"}
COUNT = 12


@pytest.fixture(scope="module")
def network() -> Denoise:
    """D of a small random network whose last layers do not stand at zero."""
    config = DiffusionConfig(network=UnetNetwork(width=8), process=Gradual(schedule="linear", prediction="epsilon"))
    with process_generator(1, "samplers"):
        made: Denoiser = build_denoiser(config)
        for parameter in made.parameters():
            if not parameter.any():
                torch.nn.init.normal_(parameter, std=0.05)
    made.eval()
    told = made.read(Condition(torch.zeros((2, 0), dtype=torch.int64)))

    def denoise(x: torch.Tensor, sigma: float) -> torch.Tensor:
        with torch.no_grad():
            found: torch.Tensor = made(x, torch.full((len(x),), sigma), told)
        return found

    return denoise


def _noise() -> torch.Tensor:
    return torch.randn((2, 3, 32, 32), generator=torch.Generator().manual_seed(9))


class Draws:
    """The noise that a generator draws, call by call, as the schedulers of diffusers take it."""

    def __init__(self) -> None:
        self.generator = torch.Generator().manual_seed(11)

    def __call__(self, number: int) -> torch.Tensor:
        return torch.randn((2, 3, 32, 32), generator=self.generator)


def theirs(
    scheduler: Any, network: Denoise, share: Callable[[Any, int], float], sigma_of: Callable[[Any, int], float]
) -> tuple[torch.Tensor, list[float]]:
    """The scheduler's own loop. ``share``: x of ours = its sample / share; the network is the same in both units."""
    used = [sigma_of(scheduler, i) for i in range(len(scheduler.timesteps))]
    sample = _noise() * used[0] * share(scheduler, 0)
    generator = torch.Generator().manual_seed(11)
    takes = "generator" in scheduler.step.__code__.co_varnames
    for i, timestep in enumerate(scheduler.timesteps):
        x = sample / share(scheduler, i)
        scheduler.scale_model_input(sample, timestep)
        told = (x - network(x, used[i])) / used[i]
        more = {"generator": generator} if takes else {}
        sample = scheduler.step(told, timestep, sample, **more).prev_sample
    return sample, [*used, 0.0]


def ours(name: Any, network: Denoise, sigmas: list[float], eta: float = 0.0) -> torch.Tensor:
    return sampled(method_of(name, eta)(network, _noise() * sigmas[0], sigmas, Draws()), lambda step: None)


def kept_share(scheduler: Any, i: int) -> float:
    return float(scheduler.alphas_cumprod[scheduler.timesteps[i]]) ** 0.5


def of_table(scheduler: Any, i: int) -> float:
    kept = float(scheduler.alphas_cumprod[scheduler.timesteps[i]])
    return math.sqrt((1 - kept) / kept)


def own_sigma(scheduler: Any, i: int) -> float:
    return float(scheduler.sigmas[i])


def own_share(scheduler: Any, i: int) -> float:
    return 1 / math.sqrt(1 + float(scheduler.sigmas[i]) ** 2)


def whole(scheduler: Any, i: int) -> float:
    return 1.0


def close(a: torch.Tensor, b: torch.Tensor) -> None:
    assert float((a - b).norm() / b.norm()) < 1e-4


@pytest.mark.parametrize(
    ("name", "theirs_is", "settings", "share", "sigma", "eta"),
    [
        ("ddpm", "DDPMScheduler", {"variance_type": "fixed_small", "clip_sample": False}, kept_share, of_table, 0.0),
        ("euler", "EulerDiscreteScheduler", {}, whole, own_sigma, 0.0),
        ("euler", "EulerDiscreteScheduler", {"use_karras_sigmas": True}, whole, own_sigma, 0.0),
        ("euler-ancestral", "EulerAncestralDiscreteScheduler", {}, whole, own_sigma, 0.0),
        ("dpm++2m", "DPMSolverMultistepScheduler", {}, own_share, own_sigma, 0.0),
        ("dpm++2m", "DPMSolverMultistepScheduler", {"use_karras_sigmas": True}, own_share, own_sigma, 0.0),
        ("unipc", "UniPCMultistepScheduler", {}, own_share, own_sigma, 0.0),
        ("unipc", "UniPCMultistepScheduler", {"use_karras_sigmas": True}, own_share, own_sigma, 0.0),
    ],
)
def test_like_the_scheduler_of_diffusers(
    name: str, theirs_is: str, settings: Any, share: Any, sigma: Any, eta: float, network: Denoise
) -> None:
    import diffusers

    scheduler = getattr(diffusers, theirs_is)(**(KEPT | settings))
    scheduler.set_timesteps(COUNT)
    found, sigmas = theirs(scheduler, network, share, sigma)
    close(ours(name, network, sigmas, eta), found)


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
def test_like_ddim_of_diffusers(eta: float, network: Denoise) -> None:
    from diffusers import DDIMScheduler

    scheduler = DDIMScheduler(**KEPT, clip_sample=False)
    scheduler.set_timesteps(COUNT)
    sigmas = [*(of_table(scheduler, i) for i in range(COUNT)), 0.0]
    sample, draws = _noise() * sigmas[0] * kept_share(scheduler, 0), Draws()
    for i, timestep in enumerate(scheduler.timesteps):
        x = sample / kept_share(scheduler, i)
        told = (x - network(x, sigmas[i])) / sigmas[i]
        fresh = draws(i) if eta > 0 else None
        sample = scheduler.step(told, timestep, sample, eta=eta, variance_noise=fresh).prev_sample
    close(ours("ddim", network, sigmas, eta), sample)


@pytest.mark.parametrize("spread", [False, True])
def test_like_heun_of_diffusers(spread: bool, network: Denoise) -> None:
    from diffusers import HeunDiscreteScheduler

    scheduler = HeunDiscreteScheduler(**KEPT, use_karras_sigmas=spread)
    scheduler.set_timesteps(COUNT)
    falling = [float(sigma) for sigma in scheduler.sigmas]
    sample = _noise() * falling[0]
    for i, timestep in enumerate(scheduler.timesteps):  # every level but the first and the last stands there twice
        scheduler.scale_model_input(sample, timestep)
        at = falling[i]
        sample = scheduler.step((sample - network(sample, at)) / at, timestep, sample).prev_sample
    close(ours("heun", network, [falling[0], *falling[1::2]]), sample)


def test_like_the_flow_of_diffusers(network: Denoise) -> None:
    from diffusers import FlowMatchEulerDiscreteScheduler

    scheduler = FlowMatchEulerDiscreteScheduler()
    scheduler.set_timesteps(sigmas=[0.99 - 0.98 * i / COUNT for i in range(COUNT)])
    times = [float(time) for time in scheduler.sigmas]
    sample = _noise() * times[0]  # (1 - t) x0 + t n
    for i, timestep in enumerate(scheduler.timesteps):
        x, sigma = sample / (1 - times[i]), times[i] / (1 - times[i])
        clean = network(x, sigma)
        sample = scheduler.step((x - clean) / sigma - clean, timestep, sample).prev_sample
    close(ours("euler", network, [time / (1 - time) for time in times]), sample)
