"""The classic U-Net: what it makes of its settings, as part of the denoiser."""

import pytest
import torch

from studio.config.base import with_overrides
from studio.config.diffusion import ClassicNetwork, DiffusionConfig, Gradual
from studio.ground.errors import UsageError
from studio.models.diffusion import Condition, build_denoiser

SMALL = ClassicNetwork(widths="8, 16", depth=1, attention="2", groups=4, head_width=8)


def _denoiser(network: ClassicNetwork = SMALL, **changes: object) -> torch.nn.Module:
    torch.manual_seed(0)
    return build_denoiser(DiffusionConfig(network=network, **changes), labels=(3,))


@pytest.mark.parametrize("process", ["flow", "gradual"])
@pytest.mark.parametrize("scaled", [False, True])
def test_it_denoises_any_shape_and_every_weight_learns(process: str, scaled: bool) -> None:
    network = SMALL.model_copy(update={"scaled": scaled, "padded": not scaled})
    config = with_overrides(DiffusionConfig(network=network), {"process": process})
    denoiser = build_denoiser(config, labels=(3,))
    condition = Condition(torch.tensor([[0], [2]]))
    clean = denoiser(torch.randn(2, 3, 8, 12), torch.tensor([0.5, 3.0]), condition)
    assert clean.shape == (2, 3, 8, 12)
    clean.square().mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in denoiser.parameters())


def test_with_the_noise_asked_for_the_answer_is_the_network_alone() -> None:
    """No straight guess is beside it: that is how networks of this kind are trained elsewhere."""
    denoiser = _denoiser(process=Gradual(prediction="epsilon", schedule="linear"))
    z, time = torch.randn(2, 3, 8, 8), torch.tensor([0.2, 0.9])
    told = denoiser.read(Condition(torch.full((2, 1), -1)))
    direct = denoiser.network(z, torch.nn.functional.silu(denoiser.time(time) + told.vector_BV))
    assert torch.equal(denoiser.answer(z, time, told), direct)


def test_the_time_is_told_as_the_settings_say() -> None:
    at = torch.tensor([1.0])
    ours = _denoiser().time.waves(at)
    sines = _denoiser(SMALL.model_copy(update={"cosine_first": False})).time.waves(at)
    assert torch.equal(ours.roll(4, dims=1), sines)
    slower = _denoiser(SMALL.model_copy(update={"shift": 1})).time.waves(at)
    rate = 10_000.0 ** (-3 / 3)
    assert slower[0, 3] == pytest.approx(torch.tensor(999 * rate).cos().item(), abs=1e-4)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"network.widths": "8"}, "2 to 8 numbers"),
        ({"network.widths": "9, 18", "network.groups": "3"}, "even"),
        ({"network.widths": "8, many"}, "whole numbers"),
        ({"network.widths": "8, 20", "network.groups": "8"}, "multiple of the 8 groups"),
        ({"network.widths": "8, 16", "network.groups": "4", "network.head_width": "5"}, "head width 5"),
        ({"network.attention": "4"}, "coarsest"),
        ({"picture_size": "40", "network.widths": "16, 16, 16, 16, 16"}, "multiples of 16"),
    ],
)
def test_what_cannot_be_built_is_refused(changes: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        with_overrides(DiffusionConfig(), {"network": "classic"} | changes)
