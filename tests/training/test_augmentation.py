"""Changes of pictures: drawn from the given generator alone, differentiable, of the promised reach."""

import pytest
import torch
from torch import Tensor

from studio.training.augmentation import augment, mirror

KINDS = ("colour", "translation", "cutout")


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _pictures(channels: int = 3) -> Tensor:
    return torch.rand((8, channels, 32, 32), generator=_generator(1)) * 2 - 1


@pytest.mark.parametrize("kinds", [*((k,) for k in KINDS), KINDS])
@pytest.mark.parametrize("channels", [1, 3])
def test_same_generator_same_change(kinds: tuple[str, ...], channels: int) -> None:
    before = torch.get_rng_state()
    x = _pictures(channels)
    one, same, other = (augment(x, kinds, _generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(one, same) and not torch.equal(one, other)
    assert one.shape == x.shape and torch.isfinite(one).all()
    assert torch.equal(torch.get_rng_state(), before)


def test_nothing_asked_nothing_changed() -> None:
    x = _pictures()
    assert augment(x, (), _generator()) is x


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_pass(kind: str) -> None:
    x = _pictures().requires_grad_()
    augment(x, (kind,), _generator()).sum().backward()
    assert x.grad is not None and (x.grad != 0).float().mean() > 0.5


def test_colour_keeps_edges_where_they_are() -> None:
    x = torch.full((8, 3, 32, 32), -0.5)
    x[:, :, 10:20] = 0.5
    changed = augment(x, ("colour",), _generator())
    assert torch.equal(
        changed.diff(dim=2).abs().amax(dim=(0, 1, 3)) > 1e-3, x.diff(dim=2).abs().amax(dim=(0, 1, 3)) > 0
    )
    brightness = (changed.mean(dim=(1, 2, 3)) - x.mean(dim=(1, 2, 3))).abs()
    assert brightness.max() <= 0.5 and brightness.max() > 0.1


def test_translation_moves_by_an_eighth_at_most_and_fills_with_grey() -> None:
    x = torch.zeros(64, 1, 32, 32)
    x[:, :, 16, 16] = 1.0
    moved = augment(x, ("translation",), _generator())
    places = moved.flatten(1).argmax(dim=1)
    rows, columns = places // 32 - 16, places % 32 - 16
    assert moved.flatten(1).sum(dim=1).eq(1).all()
    assert set(rows.tolist()) == set(range(-4, 5)) == set(columns.tolist())
    edge = augment(torch.ones(64, 1, 32, 32), ("translation",), _generator())
    assert set(edge.unique().tolist()) == {0.0, 1.0}


def test_cutout_takes_a_quarter_at_most() -> None:
    cut = augment(torch.ones(64, 3, 32, 32), ("cutout",), _generator())
    share = (cut == 0).float().mean(dim=(1, 2, 3))
    assert share.max() == 0.25 and share.min() > 0
    assert torch.equal((cut == 0).any(dim=1), (cut == 0).all(dim=1))


def test_mirror_turns_about_half() -> None:
    x = torch.rand((400, 1, 4, 4), generator=_generator(2))
    turned = mirror(x, _generator())
    is_turned = (turned == x.flip(3)).flatten(1).all(dim=1)
    is_kept = (turned == x).flatten(1).all(dim=1)
    assert (is_turned ^ is_kept).all() and 150 < int(is_turned.sum()) < 250
