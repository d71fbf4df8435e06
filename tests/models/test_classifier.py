"""The classifier's networks: every size, every parameter learns, pictures do not influence one another."""

import pytest
import torch

from studio.config.classifier import ClassifierConfig, CnnNetwork, MlpNetwork, Network, ResidualNetwork
from studio.models.classifier import build_classifier, stage_widths
from studio.models.weights import second_instance

KINDS = {
    "mlp": MlpNetwork(width=8),
    "deep mlp": MlpNetwork(width=8, depth=3),
    "cnn": CnnNetwork(width=4, depth=2),
    "residual": ResidualNetwork(width=4, depth=2),
}
CPU = torch.device("cpu")


def config(network: Network, size: int = 32, channels: int = 3) -> ClassifierConfig:
    return ClassifierConfig(network=network, picture_size=size, channels=channels)


@pytest.mark.parametrize("network", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize(("size", "channels"), [(8, 1), (28, 1), (33, 3), (48, 3), (100, 1)])
def test_every_size_and_channel(network: Network, size: int, channels: int) -> None:
    model = build_classifier(config(network, size, channels), (3, 2))
    x = torch.rand((2, channels, size, size), generator=torch.Generator().manual_seed(0)) * 2 - 1
    assert [tuple(logits.shape) for logits in model(x)] == [(2, 3), (2, 2)]
    maps = model.maps(x)
    assert maps.shape[:2] == (2, model.feature_size) and max(maps.shape[2:]) <= 8
    assert (maps.shape[2:] != (1, 1)) == model.has_maps
    assert torch.allclose(model.features(x), maps.mean(dim=(2, 3)))


@pytest.mark.parametrize("network", KINDS.values(), ids=KINDS)
def test_every_parameter_learns(network: Network) -> None:
    model = build_classifier(config(network), (3, 2))
    with torch.no_grad():  # of a block's second norm, which starts at zero, so that the layers before it see a gradient
        for parameter in model.parameters():
            parameter.add_(0.01)
    x = torch.rand((4, 3, 32, 32), generator=torch.Generator().manual_seed(0))
    sum(logits.square().sum() for logits in model(x)).backward()
    assert [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()] == []


@pytest.mark.parametrize("network", KINDS.values(), ids=KINDS)
def test_a_picture_is_told_the_same_alone_and_in_company(network: Network) -> None:
    model = build_classifier(config(network), (3,))
    model.standardise(torch.tensor([0.1, 0.2, 0.3]), torch.tensor([0.5, 0.0, 1.0]))
    with torch.device("meta"):
        blank = build_classifier(config(network), (3,))
    again = second_instance(blank, model.state_dict(), CPU)
    assert again.std.tolist() == pytest.approx([0.5, 1e-3, 1.0])
    x = torch.rand((6, 3, 32, 32), generator=torch.Generator().manual_seed(0))
    (together,) = again(x)
    alone = torch.cat([again(x[i : i + 1])[0] for i in range(6)])
    assert torch.allclose(together, alone, atol=1e-4, rtol=1e-4)


def test_stages_bring_the_maps_down_and_widths_have_a_bound() -> None:
    assert stage_widths(28, 16) == stage_widths(32, 16) == [16, 32, 64]
    assert stage_widths(8, 16) == [16, 32]
    assert stage_widths(64, 16) == [16, 32, 64]
    assert stage_widths(512, 4)[-1] == 32
