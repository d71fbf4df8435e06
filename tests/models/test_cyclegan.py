"""The networks of a CycleGAN: shapes, how they paint, norms whose statistics are given."""

from typing import Any

import pytest
import torch
from torch import nn

from studio.config.base import with_overrides
from studio.config.cyclegan import CycleganConfig
from studio.models.cyclegan import build_discriminators, build_generators, patch_discriminator
from studio.models.cyclegan_generators import Translator
from studio.models.cyclegan_layers import InstanceNorm, MomentSums, norms_lent, norms_of

SMALL = {"generator.width": 4, "discriminator.width": 4}


def config(**changes: Any) -> CycleganConfig:
    """A narrow one."""
    return with_overrides(CycleganConfig(), {**changes, **SMALL})


def translator(**changes: Any) -> Translator:
    """From A to B, of a narrow config."""
    torch.manual_seed(1)
    found = build_generators(config(**changes))["a2b"]
    assert isinstance(found, Translator)
    return found


@pytest.mark.parametrize("output", ["residual", "mask", "plain"])
@pytest.mark.parametrize("upsample", ["resize", "transposed"])
@pytest.mark.parametrize("generator", ["resnet", "unet"])
def test_a_translator_takes_any_multiple_of_its_grain(generator: str, upsample: str, output: str) -> None:
    changes: dict[str, Any] = {"generator": generator, "generator.upsample": upsample, "output": output}
    network = translator(**changes)
    x = torch.rand(2, 3, network.grain * 2, network.grain * 3) * 2 - 1
    assert network(x).shape == x.shape
    if output == "plain":
        assert network(x).abs().max() <= 1


@pytest.mark.parametrize("output", ["residual", "mask", "plain"])
def test_strength_goes_from_the_picture_to_the_translation_in_a_straight_line(output: str) -> None:
    network, x = translator(output=output), torch.rand(1, 3, 16, 16) * 2 - 1
    with torch.no_grad():
        whole, half, none = network(x), network(x, 0.5), network(x, 0.0)
    assert torch.allclose(none, x, atol=1e-6) and not torch.allclose(whole, x, atol=1e-3)
    assert torch.allclose(half, (x + whole) / 2, atol=1e-6)


def test_a_mask_that_is_shut_leaves_the_picture_alone() -> None:
    network, x = translator(output="mask"), torch.rand(1, 3, 16, 16) * 2 - 1
    last = network.end[-1]  # type: ignore[index]
    assert isinstance(last, nn.Conv2d) and last.out_channels == 4 and last.bias is not None
    last.bias.data[-1] = -50.0
    assert torch.allclose(network(x), x, atol=1e-6)


@pytest.mark.parametrize(("layers", "seen"), [(1, 16), (2, 34), (3, 70)])
def test_a_patch_discriminator_sees_patches_of_the_known_size(layers: int, seen: int) -> None:
    network = patch_discriminator(3, 4, layers)
    for norm in norms_of(network):
        norm.forward = lambda x: x  # type: ignore[method-assign]  # a norm sees the whole picture
    x = torch.zeros(1, 3, 192, 192, requires_grad=True)
    scores = network(x)
    middle = scores.shape[-1] // 2
    scores[0, 0, middle, middle].backward()
    assert x.grad is not None
    rows = x.grad.abs().sum(dim=(0, 1, 3)).nonzero().flatten()
    assert int(rows[-1] - rows[0]) + 1 == seen


@pytest.mark.parametrize("layers", [1, 2, 3, 4, 5])
def test_the_smallest_picture_leaves_one_patch(layers: int) -> None:
    side = 3 * 2**layers
    assert patch_discriminator(3, 4, layers)(torch.zeros(1, 3, side, side)).shape == (1, 1, 1, 1)


def test_a_pixel_discriminator_judges_every_pixel() -> None:
    network = build_discriminators(config(discriminator="pixel"))["b"]
    assert network(torch.zeros(2, 3, 8, 12)).shape == (2, 1, 8, 12)


def test_modes_have_the_parts_that_they_need() -> None:
    assert set(build_generators(config())) == {"a2b", "b2a"} and set(build_discriminators(config())) == {"a", "b"}
    one_way = config(mode="contrastive")
    assert set(build_generators(one_way)) == {"a2b", "heads"} and set(build_discriminators(one_way)) == {"b"}
    pairs = build_discriminators(config(mode="paired"))["a"]
    assert pairs[0].in_channels == 6  # type: ignore[index]


@pytest.mark.parametrize("generator", ["resnet", "unet"])
def test_features_are_as_wide_as_their_heads(generator: str) -> None:
    network: Any = translator(generator=generator, mode="contrastive")
    maps = network.features(torch.rand(1, 3, 32, 32))
    assert [one.shape[1] for one in maps] == network.feature_widths


def test_the_norm_is_torchs_own() -> None:
    x = torch.randn(2, 5, 7, 9)
    assert torch.allclose(InstanceNorm()(x), nn.InstanceNorm2d(5)(x), atol=1e-5)


def test_parts_of_a_picture_have_its_moments_together() -> None:
    network, x, sums = nn.Sequential(InstanceNorm()), torch.randn(1, 5, 8, 12), MomentSums()
    parts = [x[..., :4], x[..., 4:]]
    with norms_lent(network) as (norm,):
        norm.measure = sums.add
        for part in parts:
            network(part)
        whole = sums.moments()
        assert torch.allclose(whole.mean, x.mean(dim=(0, 2, 3)), atol=1e-6)
        assert torch.allclose(whole.variance, x.var(dim=(0, 2, 3), correction=0), atol=1e-6)
        norm.given = whole
        tiles = torch.cat([network(part) for part in parts], dim=3)
    assert torch.allclose(tiles, network(x), atol=1e-5)
    assert norm.given is None and norm.measure is None


def test_networks_begin_the_same_from_one_seed() -> None:
    one, other = translator(), translator()
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
