"""What a classifier is asked for: probabilities of pictures of any kind, features, and which places spoke."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from studio.config.classifier import ClassifierConfig, CnnNetwork, MlpNetwork, ResidualNetwork
from studio.config.data import Choices, PrepareSettings
from studio.data.preparing import prepare_bytes
from studio.generation.classifier import ClassifierModel, load_model
from studio.ground.errors import DamagedError, UsageError
from studio.ground.files import write_json, write_manifest
from studio.models.classifier import Classifier
from studio.models.pictures import to_unit
from studio.training.assemble import assemble
from studio.training.checkpoints import Checkpoints
from studio.training.recorder import MemoryRecorder
from tests.training.conftest import TinyPictures, finish

CPU = torch.device("cpu")
NETWORKS = {"mlp": MlpNetwork(width=8), "cnn": CnnNetwork(width=4), "residual": ResidualNetwork(width=4)}


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory, tiny: TinyPictures) -> dict[str, Path]:
    """A checkpoint of each network after 8 steps."""
    found = {}
    for name, network in NETWORKS.items():
        config = ClassifierConfig(steps=8, batch=8, sample_count=4, network=network, validate_every=4)
        folder = tmp_path_factory.mktemp(name)
        finish(assemble(config, tiny, family="classifier", device=CPU, recorder=MemoryRecorder(), folder=folder))
        found[name] = Checkpoints(folder).points("model")[-1].path
    return found


@pytest.fixture(params=NETWORKS)
def model(request: pytest.FixtureRequest, points: dict[str, Path]) -> ClassifierModel:
    """Each network, loaded."""
    return load_model(points[request.param], CPU)


@pytest.fixture
def cnn(points: dict[str, Path]) -> ClassifierModel:
    """The network of plain convolutions."""
    return load_model(points["cnn"], CPU)


def pictures(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 255, shape, np.uint8)


def test_probabilities_are_those_of_the_network(model: ClassifierModel) -> None:
    x = pictures(70, 32, 32, 3)
    found = model.probabilities(x)
    assert {name: shares.shape for name, shares in found.items()} == {"hair": (70, 3), "smile": (70, 2)}
    with torch.no_grad():
        logits = model.network(to_unit(torch.from_numpy(x).permute(0, 3, 1, 2)))
    for shares, expected in zip(found.values(), logits, strict=True):
        assert shares.dtype == np.float32 and np.allclose(shares, expected.softmax(dim=1), atol=1e-5)
    assert model.features(x).shape == (70, model.network.feature_size)
    assert {shares.shape for shares in model.probabilities(x[:0]).values()} == {(0, 3), (0, 2)}
    assert model.features(x[:0]).shape[0] == 0 == len(model.grad_cam(x[:0], "hair", "red"))


@pytest.mark.parametrize("shape", [(64, 64, 3), (20, 50, 3), (32, 32, 1), (9, 9, 1), (1, 1, 3)])
def test_any_size_is_prepared_as_the_data_was(cnn: ClassifierModel, shape: tuple[int, ...]) -> None:
    x = pictures(3, *shape)
    ready = cnn.ready(x)
    assert ready.shape == (3, 32, 32, 3)
    for one, made in zip(x, ready, strict=True):
        image = Image.fromarray(one[..., 0] if shape[2] == 1 else one)
        assert np.array_equal(prepare_bytes(_png(image), cnn.settings, cnn.choices), made)
    for name, shares in cnn.probabilities(x).items():
        assert np.allclose(shares, cnn.probabilities(ready)[name], atol=1e-6)


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("shape", "kind"),
    [((2, 32, 32, 3), float), ((2, 32, 32, 4), np.uint8), ((32, 32, 3), np.uint8), ((1, 0, 4, 3), np.uint8)],
)
def test_what_is_no_picture_is_refused(cnn: ClassifierModel, shape: tuple[int, ...], kind: type) -> None:
    with pytest.raises(ValueError, match="pictures are"):
        cnn.probabilities(np.zeros(shape, kind))


def test_padding_and_its_colour_are_remembered(
    points: dict[str, Path], tmp_path: Path, make_copy: Callable[[Path, Path], Path]
) -> None:
    folder = make_copy(points["cnn"], tmp_path / "copy")
    _change(folder, lambda facts: facts["description"].update(choices={"shape": "pad", "background": "#ff0000"}))
    model = load_model(folder, CPU)
    assert model.choices == Choices(shape="pad", background="#ff0000")
    wide = np.full((1, 10, 40, 3), 255, np.uint8)
    assert model.ready(wide)[0, 0, 0].tolist() == [255, 0, 0]
    assert load_model(points["cnn"], CPU).ready(wide)[0, 0, 0].tolist() == [255, 255, 255]


# --- Grad-CAM --------------------------------------------------------------------------------------------------


def test_heat_is_as_large_as_the_picture(model: ClassifierModel) -> None:
    x = pictures(5, 48, 48, 3)
    before = [parameter.grad for parameter in model.network.parameters()]
    heat = model.grad_cam(x, "hair", "blond")
    assert heat.shape == (5, 32, 32) and heat.dtype == np.float32
    assert heat.min() >= 0 and heat.max() <= 1
    assert all(one.max() == pytest.approx(1) or not one.any() for one in heat)
    assert [parameter.grad for parameter in model.network.parameters()] == before == [None] * len(before)
    assert np.array_equal(model.grad_cam(x, "hair", "blond"), heat)


def test_heat_follows_the_equations(cnn: ClassifierModel) -> None:
    """With a linear head on mean maps, the mean slope of a map is its weight over the number of places."""
    x = pictures(2, 32, 32, 3)
    with torch.no_grad():
        maps = cnn.network.maps(to_unit(torch.from_numpy(x).permute(0, 3, 1, 2)))
    head = cnn.network.heads[1]
    assert isinstance(head, nn.Linear)
    expected = torch.einsum("f,nfhw->nhw", head.weight[1] / maps[0, 0].numel(), maps).relu()
    large = torch.nn.functional.interpolate(expected[:, None], (32, 32), mode="bilinear")[:, 0]
    large = large / large.amax(dim=(1, 2), keepdim=True).clamp_min(1e-30)
    assert np.allclose(cnn.grad_cam(x, "smile", "yes"), large.numpy(), atol=1e-5)


def test_heat_finds_the_place_that_spoke() -> None:
    """A network that only knows how bright one quarter is."""
    model = object.__new__(ClassifierModel)
    config = ClassifierConfig(picture_size=32, network=CnnNetwork(width=4))
    trunk = nn.AvgPool2d(8)
    network = Classifier(trunk, 3, channels=3, sizes=(2,), has_maps=True)
    with torch.no_grad():
        head = network.heads[0]
        assert isinstance(head, nn.Linear)
        head.weight.copy_(torch.tensor([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]))
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    model.config, model.device, model.step, model.network = config, CPU, 0, network.eval()
    model.labels, model.settings, model.choices = {"bright": ("no", "yes")}, PrepareSettings(size=32), Choices()
    x = np.full((1, 32, 32, 3), 60, np.uint8)
    x[0, 18:30, 2:14] = 255
    heat = model.grad_cam(x, "bright", "yes")[0]
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    assert 16 <= row < 32 and 0 <= column < 16 and heat[:12, 20:].max() == 0
    assert not model.grad_cam(x, "bright", "no").any()


@pytest.mark.parametrize(("label", "value", "words"), [("hare", "red", "did you mean hair"), ("hair", "rde", "red")])
def test_unknown_names_are_told_with_the_nearest(cnn: ClassifierModel, label: str, value: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        cnn.grad_cam(pictures(1, 32, 32, 3), label, value)


# --- damage ----------------------------------------------------------------------------------------------------


def _change(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Write another ``state.json`` that is whole in itself."""
    facts = json.loads((folder / "state.json").read_text())
    facts.pop("seal")
    change(facts)
    (folder / "manifest.json").unlink()
    write_json(folder / "state.json", facts)
    write_manifest(folder)


CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no description": lambda facts: facts.pop("description"),
    "no step": lambda facts: facts.pop("step"),
    "other labels": lambda facts: facts["description"]["labels"].update(hair=["black"]),
    "labels are a number": lambda facts: facts["description"].update(labels=3),
    "another colour": lambda facts: facts["description"].update(choices={"shape": "round"}),
    "another family": lambda facts: facts.update(family="gan"),
    "no family": lambda facts: facts.pop("family"),
    "wider": lambda facts: facts["config"]["network"].update(width=8),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_checkpoint_that_is_not_one_is_refused_in_a_sentence(
    points: dict[str, Path], tmp_path: Path, make_copy: Callable[[Path, Path], Path], change: Callable[[Any], None]
) -> None:
    folder = make_copy(points["cnn"], tmp_path / "copy")
    _change(folder, change)
    with pytest.raises(DamagedError) as told:
        load_model(folder, CPU)
    assert str(told.value).endswith(".")
