"""Near copies: planted ones are found, pictures of the same kind are not taken for copies."""

import numpy as np
import pytest
import torch
from torch import Tensor

from studio.data.portraits import draw_many
from studio.measures.copies import cells, near_copies, ratios, threshold
from studio.measures.estimate import Estimate


def ratios_of(asked: np.ndarray, training: np.ndarray, *, mirrored: bool = False) -> Tensor:
    *waits, found = ratios(cells(asked), cells(training), mirrored=mirrored)
    assert waits == [None] * len(waits) and found is not None
    return found


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    """900 portraits (32 x 32), no two alike."""
    return np.concatenate([pictures for _, pictures in draw_many(3, range(900), 32, workers=1)])


def test_planted_copies_are_found_and_others_are_not(faces: np.ndarray) -> None:
    training, unseen, others = faces[:600], faces[600:750], faces[750:]
    noisy = np.clip(training[:40] + np.random.default_rng(0).normal(0, 10, (40, 32, 32, 3)), 0, 255).astype(np.uint8)
    usual = ratios_of(unseen, training)
    made = ratios_of(np.concatenate([noisy, others[:120]]), training)
    found = near_copies(made, usual)
    assert found.value == pytest.approx(40 / 160, abs=0.02) and found.note == "" and 0.02 < found.error < 0.05
    assert bool((made[:40] < threshold(usual)).all())


def test_mirrored_copies_count_where_the_run_mirrors(faces: np.ndarray) -> None:
    turned = np.ascontiguousarray(faces[:5, :, ::-1])
    assert float(ratios_of(turned, faces[:600], mirrored=True).max()) == 0.0
    assert float(ratios_of(turned, faces[:600]).min()) > 0.1


def test_twins_in_the_data_hide_no_copy_and_raise_no_alarm(faces: np.ndarray) -> None:
    training = np.concatenate([faces[:300], faces[:5], faces[:5]])
    usual = ratios_of(faces[600:750], training)
    assert bool((ratios_of(faces[:5], training) < threshold(usual)).all())
    twins = torch.cat([torch.full((30,), 0.01), torch.full((70,), 0.8)])  # unseen pictures with near twins in the data
    assert threshold(twins) < 0.02


def test_none_found_is_not_certain_and_few_unseen_are_few() -> None:
    found = near_copies(torch.ones(200), torch.ones(150))
    assert found == Estimate(0.0, 1 / 200)
    assert near_copies(torch.ones(200), torch.ones(20)).note == "few"


def test_by_definition(faces: np.ndarray) -> None:
    training, asked = faces[:80], faces[100:103]
    small = lambda x: x.astype(float).reshape(-1, 16, 2, 16, 2, 3).mean((2, 4)).reshape(len(x), -1)  # noqa: E731
    sorted_distances = np.sort(np.linalg.norm(small(asked)[:, None] - small(training)[None], axis=2), axis=1)
    known = sorted_distances[:, 0] / sorted_distances[:, 1:51].mean(1)
    assert np.allclose(ratios_of(asked, training), known, rtol=1e-4)


def test_a_training_set_of_one_tells_nothing() -> None:
    picture = np.zeros((1, 32, 32, 3), np.uint8)
    assert ratios_of(picture, picture).tolist() == [1.0]
