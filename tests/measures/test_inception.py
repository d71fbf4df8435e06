"""FID and KID: what torchmetrics gives, by our way through it; the weights are drawn here, their form is right."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
from torchmetrics.image.fid import FrechetInceptionDistance, NoTrainInceptionV3

from studio.ground.errors import DamagedError
from studio.measures.inception import Inception, fid, kid, weights_table
from studio.models.weights import write_tensors

from .conftest import normal

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def weights() -> dict[str, torch.Tensor]:
    """Weights of the network's form, drawn."""
    generator = torch.Generator().manual_seed(0)
    made = {}
    for name, (kind, shape) in weights_table().items():
        drawn = torch.randn(shape, generator=generator, dtype=kind)
        fan = max(1, int(np.prod(shape[1:])))
        made[name] = drawn.abs() * 0.1 + 0.5 if name.endswith("running_var") else drawn * (2 / fan) ** 0.5
    return made


def test_the_form_is_that_of_the_published_file() -> None:
    table = weights_table()
    assert len(table) == 566 - 94  # without the counters of its 94 norms
    assert table["fc.weight"] == (torch.float32, (1008, 2048))


def test_features_are_those_of_torchmetrics(weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    write_tensors(tmp_path / "weights.safetensors", weights)
    network = Inception(tmp_path / "weights.safetensors", CPU)
    pictures = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    found = network.features(pictures)
    counters = {name: torch.zeros((), dtype=torch.int64) for name in _names() - set(weights)}
    torch.save(weights | counters, tmp_path / "weights.pth")
    theirs = NoTrainInceptionV3("inception-v3-compat", ["2048"], str(tmp_path / "weights.pth"))
    expected = theirs(torch.from_numpy(pictures).permute(0, 3, 1, 2)).numpy()
    assert found.shape == (3, 2048) and np.allclose(found, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())
    grey = network.features(pictures[..., :1])
    assert np.allclose(grey, network.features(np.repeat(pictures[..., :1], 3, axis=3)), rtol=1e-4, atol=1e-4)


def _names() -> set[str]:
    with torch.device("meta"):
        from studio.measures.inception import _Blank

        return set(_Blank().state_dict())


def test_weights_of_another_network_are_refused(weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    write_tensors(tmp_path / "x.safetensors", dict(list(weights.items())[:-1]))
    with pytest.raises(DamagedError, match="is missing or does not belong"):
        Inception(tmp_path / "x.safetensors", CPU)


class Known(torch.nn.Module):
    """Features that are known already."""

    num_features = 12

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


def test_fid_is_torchmetrics_and_agrees_with_our_own() -> None:
    made, real = normal(300, 12, seed=1, shift=0.3), normal(250, 12, seed=2)
    metric = FrechetInceptionDistance(feature=Known())
    metric.update(real, real=True)
    metric.update(made, real=False)
    found = fid(made, real)
    assert found.value == float(metric.compute()) and found.error is not None and 0 < found.error < found.value
    from studio.measures.distributions import frechet_distance

    assert found.value == pytest.approx(frechet_distance(made, real).value, rel=1e-4)


def test_kid_is_the_unbiased_estimate_in_blocks_and_draws_nothing() -> None:
    before = torch.get_rng_state()
    same = [kid(normal(60, 12, seed=i), normal(60, 12, seed=500 + i)).value for i in range(30)]
    assert abs(np.mean(same)) < 3 * np.std(same) / 30**0.5
    far = kid(normal(2100, 12, seed=1, shift=0.5), normal(2100, 12, seed=2))
    whole = kid(normal(900, 12, seed=1, shift=0.5), normal(900, 12, seed=2))
    assert far.value == pytest.approx(whole.value, abs=5 * whole.error)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_library_would_have_read_a_pickle() -> None:
    """Why it is handed no file: should this change, the detour can go."""
    import inspect

    assert "weights_only=False" in inspect.getsource(FeatureExtractorInceptionV3.__init__)
