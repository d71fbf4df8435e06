"""torchvision's networks as trunks: the same features as torchvision's own, for colour and grey, taught in part."""

from pathlib import Path
from typing import get_args

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torchvision.models.feature_extraction import create_feature_extractor

from studio.config.classifier import Architecture, ClassifierConfig, PretrainedNetwork
from studio.ground.errors import UsageError
from studio.models.classifier import build_classifier
from studio.models.classifier_pretrained import PretrainedClassifier, resized, take_weights, weights_table
from studio.models.pickled import COUNTER
from studio.models.weights import second_instance, write_tensors

SIDE = 64


def config(architecture: str, **more: object) -> ClassifierConfig:
    network = PretrainedNetwork(architecture=architecture, **({"input_size": SIDE} | more))  # type: ignore[arg-type]
    return ClassifierConfig(network=network)


def build(architecture: str, **more: object) -> PretrainedClassifier:
    made = build_classifier(config(architecture, **more), (3, 2))
    assert isinstance(made, PretrainedClassifier)
    return made


def ready(network: nn.Module) -> nn.Module:
    """A network that answers with drawn weights."""
    network.begun.fill_(1)
    return network.eval()


def drawn_file(architecture: str, folder: Path) -> tuple[nn.Module, Path]:
    """torchvision's network with drawn weights, and a file of them as the cache holds it."""
    whole = torchvision.models.get_model(architecture, weights=None)
    for norm in whole.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.momentum = 1.0  # else the numbers fade away on the way up
    whole(torch.rand(8, 3, SIDE, SIDE))
    whole.eval()
    path = folder / "weights.safetensors"
    write_tensors(path, {name: t for name, t in whole.state_dict().items() if not name.endswith(COUNTER)})
    return whole, path


def pooled(whole: nn.Module, x: Tensor) -> Tensor:
    """What torchvision's own network makes of pictures in [0, 1], before its last layers."""
    transforms = torchvision.transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    found: Tensor = create_feature_extractor(whole, {"avgpool": "h"})(transforms(x))["h"].flatten(1)
    return found


@pytest.mark.parametrize("architecture", get_args(Architecture))
def test_features_are_those_of_torchvision(architecture: str, tmp_path: Path) -> None:
    whole, path = drawn_file(architecture, tmp_path)
    mine = build(architecture).eval()
    x = torch.rand((2, 3, SIDE, SIDE), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        with pytest.raises(UsageError, match=f"studio weights download {architecture}"):
            mine(x)
        take_weights(mine, path, architecture)
        expected = pooled(whole, x)
        assert float(expected.std()) > 1e-3
        assert torch.allclose(mine.features(2 * x - 1), expected, atol=1e-3 * float(expected.std()), rtol=1e-3)
    assert mine.feature_size == pooled(whole, x).shape[1]
    assert [logits.shape for logits in mine(2 * x - 1)] == [(2, 3), (2, 2)]


def test_grey_is_shown_as_colour_and_every_size_as_the_one_inside() -> None:
    mine = ready(build("mobilenet_v3_small"))
    grey = torch.rand(2, 1, 40, 40) * 2 - 1
    with torch.no_grad():
        assert torch.equal(mine.features(grey), mine.features(grey.repeat(1, 3, 1, 1)))
        assert mine.maps(grey).shape[-2:] == mine.maps(torch.rand(1, 3, 100, 100)).shape[-2:] == (2, 2)
    flat = torch.full((1, 3, 100, 100), 0.25)
    assert torch.allclose(resized(flat, SIDE), flat[..., :SIDE, :SIDE])
    assert resized(flat, 100) is flat


def test_it_stands_on_meta_without_a_drawn_number() -> None:
    made = config("mobilenet_v3_small")
    source = ready(build_classifier(made, (3,)))
    state = torch.random.get_rng_state()
    with torch.device("meta"):
        blank = build_classifier(made, (3,))
    assert torch.equal(torch.random.get_rng_state(), state)
    other = second_instance(blank, source.state_dict(), torch.device("cpu"))
    x = torch.rand(2, 3, 32, 32)
    assert torch.allclose(other(x)[0], source(x)[0], atol=1e-5)


def learns(mine: PretrainedClassifier, step: int) -> tuple[bool, bool, bool]:
    """Whether heads and trunk get gradients in a step of ten, and whether running statistics move."""
    mine.follow(step, 10)
    mine.zero_grad()
    before = {name: b.clone() for name, b in mine.trunk.named_buffers() if "running" in name}
    sum(logits.square().mean() for logits in mine(torch.rand(4, 3, 32, 32))).backward()
    moved = any(not torch.equal(b, before[n]) for n, b in mine.trunk.named_buffers() if n in before)
    heads = all(p.grad is not None for p in mine.heads.parameters())
    return heads, all(p.grad is not None for p in mine.trunk.parameters()), moved


@pytest.mark.parametrize(
    ("learn", "first", "later"),
    [
        ("head", (True, False, False), (True, False, False)),
        ("head_then_all", (True, False, False), (True, True, True)),
        ("all", (True, True, True), (True, True, True)),
    ],
)
def test_what_learns_when(learn: str, first: object, later: object) -> None:
    mine = build("mobilenet_v3_small", learn=learn)
    assert [learns(mine, step) for step in (0, 1, 2, 9)] == [first, first, later, later]


def test_the_heads_move_faster_than_the_trunk() -> None:
    mine = build("mobilenet_v3_small", trunk_share=0.1)
    shares = [(share, len(parameters)) for share, parameters in mine.rate_shares()]
    assert shares == [(1.0, 4), (0.1, len(list(mine.trunk.parameters())))]
    assert sum(count for _, count in shares) == len(list(mine.parameters()))


def test_the_file_holds_the_whole_network_of_imagenet() -> None:
    table = weights_table("resnet18")
    assert table["fc.weight"] == (torch.float32, (1000, 512))
    assert not [name for name in table if name.endswith(COUNTER)]
