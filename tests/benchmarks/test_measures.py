"""The noise of every measure of pictures at its default count, over draws, beside the error bar that it gives itself.

``python -m pytest tests/benchmarks/test_measures.py -m benchmark -s``. Real and made pictures are *Portraits* of
different seeds; the worse generator of two makes them blurred and pale. The features are those of a fixed
random convolutional network: what a judge's are like matters little for how much a measure scatters. Fails only where
an error bar is far from the noise.
"""

import time

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from studio.data.portraits import draw_many
from studio.measures.copies import cells, near_copies, ratios
from studio.measures.estimate import Estimate
from studio.measures.registry import MEASURES
from studio.models.seeding import seeded_generator

COUNT, DRAWS, SIZE = 1000, 6, 32

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]


def portraits(seed: int, count: int) -> np.ndarray:
    """(count, 32, 32, 3) uint8."""
    return np.concatenate([pictures for _, pictures in draw_many(seed, range(count), SIZE)])


def worse(pictures: np.ndarray) -> np.ndarray:
    """Blurred and paler: less fidelity, less variety."""
    x = torch.from_numpy(pictures).permute(0, 3, 1, 2).float()
    soft = F.avg_pool2d(x, 3, 1, 1, count_include_pad=False).permute(0, 2, 3, 1).numpy()
    return (soft * 0.8 + 51).round().astype(np.uint8)


def features(pictures: np.ndarray) -> torch.Tensor:
    """(N, 64) float32 of a fixed network with random weights, deviation one."""
    x = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1
    for layer, (before, after) in enumerate(((3, 32), (32, 64), (64, 64))):
        weight = torch.randn((after, before, 3, 3), generator=seeded_generator("random features", layer))
        x = F.leaky_relu(F.conv2d(x, weight * (2 / (9 * before)) ** 0.5, stride=2, padding=1), 0.2)
    return x.mean(dim=(2, 3)) / x.mean(dim=(2, 3)).std(dim=0).mean()


def measured(made: np.ndarray, real: np.ndarray) -> dict[str, Estimate]:
    """Every measure that needs pictures or features."""
    seen, known = features(made), features(real)
    found = {}
    for measure in MEASURES.values():
        if measure.needs == "features":
            found[measure.name] = measure.load()(seen, known)
        elif measure.needs == "pictures":
            found[measure.name] = measure.load()(made, real)
    return found


def copied(made: np.ndarray, training: np.ndarray, unseen: np.ndarray) -> Estimate:
    """The share of near copies."""
    *_, usual = ratios(cells(unseen), cells(training), mirrored=True)
    *_, asked = ratios(cells(made), cells(training), mirrored=True)
    assert usual is not None and asked is not None
    return near_copies(asked, usual)


@pytest.mark.parametrize("kind", ["other portraits", "worse"])
def test_noise_at_the_default_count(kind: str) -> None:
    torch.set_num_threads(1)
    training = portraits(999, 3000)
    found: dict[str, list[Estimate]] = {}
    start = time.perf_counter()
    for draw in range(DRAWS):
        real, made = portraits(2 * draw, COUNT), portraits(2 * draw + 1, COUNT)
        made = worse(made) if kind == "worse" else made
        one = measured(made, real) | {"near_copies": copied(made, training, real[:200])}
        for name, estimate in one.items():
            found.setdefault(name, []).append(estimate)
    print(f"\n{kind}: {COUNT} samples, {DRAWS} draws, {(time.perf_counter() - start) / DRAWS:.1f} s a draw")
    for name, estimates in found.items():
        noise, bar = np.std([e.value for e in estimates], ddof=1), np.mean([e.error for e in estimates])
        mean = np.mean([e.value for e in estimates])
        print(f"  {name:20} {mean:9.4f}   noise {noise:8.4f}   error bar {bar:8.4f}   {estimates[0].note}")
        assert noise < 3 * bar, f"{name} scatters more than it admits"
