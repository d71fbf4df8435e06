"""The forward process against its closed form, for every process that a denoiser can be trained with."""

from typing import Any

import numpy as np
import pytest

from studio.generation.diffusion_forward import COMPARED, drown, read_process
from studio.ground.errors import UsageError


@pytest.fixture
def pictures() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (2, 16, 8, 3), np.uint8)


@pytest.mark.parametrize("name", sorted(COMPARED))
def test_it_begins_with_the_picture_and_ends_in_noise(name: str, pictures: np.ndarray) -> None:
    found = drown(pictures, COMPARED[name], count=21, seed=3)
    assert found.pictures.shape == (2, 21, 16, 8, 3) and found.pictures.dtype == np.uint8
    first = found.pictures[:, 0].astype(int) - pictures
    assert np.abs(first).mean() < 3, "next to no noise at time 0"
    assert (np.diff(found.picture) < 0).all() and (np.diff(found.noise) > 0).all()
    last = np.corrcoef(found.pictures[0, -1].ravel(), pictures[0].ravel())[0, 1]
    assert abs(last) < 0.12, "nothing of it left at time 1"


def test_a_straight_line_is_as_it_says(pictures: np.ndarray) -> None:
    found = drown(pictures, read_process({"kind": "flow"}), count=11, seed=3)
    np.testing.assert_allclose(found.times, np.linspace(0, 1, 11), atol=1e-6)
    np.testing.assert_allclose(found.picture, 1 - found.times, atol=1e-6)
    np.testing.assert_allclose(found.noise, found.times, atol=1e-6)
    np.testing.assert_array_equal(found.pictures[:, 0], pictures)
    np.testing.assert_allclose(found.sigma[1:-1], found.noise[1:-1] / found.picture[1:-1], rtol=1e-5)


@pytest.mark.parametrize("schedule", ["linear", "cosine", "sigmoid"])
def test_gradual_noise_keeps_the_variance(schedule: str, pictures: np.ndarray) -> None:
    found = drown(pictures, read_process({"kind": "gradual", "schedule": schedule}), count=31, seed=0)
    np.testing.assert_allclose(found.picture**2 + found.noise**2, 1, atol=1e-5)
    np.testing.assert_allclose(found.others[schedule], found.picture, atol=1e-6)
    ended = drown(pictures, read_process({"kind": "gradual", "schedule": schedule, "zero_terminal_snr": True}),
                  count=31, seed=0)  # fmt: skip
    assert ended.picture[-1] == pytest.approx(0, abs=1e-6) and np.isfinite(ended.sigma).all()


def test_noise_is_the_seeds_and_each_pictures_own(pictures: np.ndarray) -> None:
    flow = read_process({"kind": "flow"})
    one, same = drown(pictures, flow, count=5, seed=1), drown(pictures[:1], flow, count=5, seed=1)
    np.testing.assert_array_equal(one.pictures[:1], same.pictures)
    assert (drown(pictures, flow, count=5, seed=2).pictures[:, -1] != one.pictures[:, -1]).any()
    assert (one.pictures[0, -1] != one.pictures[1, -1]).any()


@pytest.mark.parametrize("data", [{"kind": "gradual", "schedule": "square"}, {"kind": "flow", "speed": 3}])
def test_a_process_that_there_is_not_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="noise process"):
        read_process(data)
