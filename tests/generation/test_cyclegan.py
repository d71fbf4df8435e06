"""A trained CycleGAN on pictures of any size: borders, tiles whose norms agree, the way there and back."""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
import torch
from torch import Tensor

from studio.config.base import with_overrides
from studio.config.cyclegan import CycleganConfig
from studio.config.requests import Editing
from studio.generation.cyclegan import TranslatorModel, load_model
from studio.generation.cyclegan_whole import Tiling, translate
from studio.generation.models import EditingModel, Model
from studio.ground.errors import DamagedError, UsageError
from studio.models.cyclegan import build_translator
from studio.models.cyclegan_generators import Translator
from studio.training.assemble import assemble
from studio.training.recorder import MemoryRecorder
from tests.training.conftest import CPU, TINY, TinyPictures, finish

Found = TypeVar("Found")


@pytest.fixture(scope="module", autouse=True)
def _quick_measure() -> Iterator[None]:
    """Measures of few pictures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio.training.cyclegan.MEASURED", 16)
        yield


def checkpoint(tiny: TinyPictures, folder: Path, **changes: Any) -> Path:
    """The last model point of a short run."""
    config = with_overrides(TINY["cyclegan"], {"steps": 2, **changes})
    trainer = assemble(config, tiny, family="cyclegan", device=CPU, recorder=MemoryRecorder(), folder=folder)
    finish(trainer)
    return trainer.checkpoints.points("model")[-1].path


@pytest.fixture(scope="module")
def folder(tiny: TinyPictures, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a run with a cycle."""
    return checkpoint(tiny, tmp_path_factory.mktemp("cyclegan"))


@pytest.fixture(scope="module")
def model(folder: Path) -> TranslatorModel:
    """Its model."""
    return load_model(folder, CPU)


def done(work: Generator[tuple[int, int], None, Found]) -> tuple[list[tuple[int, int]], Found]:
    """What a piece of work tells on the way, and what it comes to."""
    told = []
    while True:
        try:
            told.append(next(work))
        except StopIteration as end:
            return told, end.value


def noise(height: int, width: int, channels: int = 3) -> np.ndarray:
    """A smooth picture with some noise."""
    draw = np.random.default_rng(height * 1000 + width)
    rows, columns = np.mgrid[:height, :width]
    waves = 128 + 90 * np.sin(rows / 9 + draw.uniform(0, 6)) * np.cos(columns / 7)
    return (waves[..., None] + draw.normal(0, 12, (height, width, channels))).clip(0, 255).astype(np.uint8)


def test_it_keeps_its_promises(model: TranslatorModel) -> None:
    assert isinstance(model, Model) and isinstance(model, EditingModel)
    assert model.sides == ("black", "blond") and model.directions == ("a2b", "b2a") and model.step == 2
    exported = model.exported()
    assert set(exported.tensors) == {"a2b", "b2a"} and exported.facts["input"]["multiple"] == 4


@pytest.mark.parametrize("size", [(32, 32), (1, 1), (3, 5), (5, 200), (200, 3), (33, 47), (64, 100)])
@pytest.mark.parametrize("direction", ["a2b", "b2a"])
def test_every_picture_comes_back_at_its_own_size(
    model: TranslatorModel, size: tuple[int, int], direction: Any
) -> None:
    x = noise(*size)
    _, y = done(model.edit(x, Editing(direction=direction)))
    assert y.shape == x.shape and y.dtype == np.uint8
    _, none = done(model.edit(x, Editing(direction=direction, strength=0)))
    assert np.array_equal(none, x)


def test_the_same_question_has_the_same_answer(model: TranslatorModel, folder: Path) -> None:
    x, before = noise(40, 36), torch.random.get_rng_state()
    _, one = done(model.edit(x, Editing()))
    _, other = done(load_model(folder, CPU).edit(x, Editing()))
    assert np.array_equal(one, other) and torch.equal(torch.random.get_rng_state(), before)


def test_a_change_found_on_a_small_copy_is_enlarged(model: TranslatorModel) -> None:
    x = noise(96, 128)
    _, own = done(model.edit(x, Editing()))
    _, small = done(model.edit(x, Editing(side=48)))
    assert small.shape == x.shape and not np.array_equal(small, own)
    change = small.astype(int) - x
    assert np.abs(change).max() > 0 and np.abs(np.diff(change, axis=0)).mean() < np.abs(np.diff(x, axis=0)).mean()


@pytest.mark.parametrize("generator", ["resnet", "unet"])
def test_a_border_is_a_reflection(generator: str) -> None:
    network = translator(generator=generator, width=4)
    x = torch.from_numpy(noise(30, 26)).permute(2, 0, 1).float() / 127.5 - 1
    _, y = done(translate(network, x))
    _, mirrored = done(translate(network, x.flip(2)))
    assert y.shape == x.shape and mirrored.shape == x.shape
    assert torch.isfinite(y).all() and y.abs().max() <= 1


def translator(*, generator: str = "resnet", width: int = 8, seed: int = 3) -> Translator:
    """An untrained one whose changes are strong enough to be seen."""
    config = with_overrides(CycleganConfig(), {"generator": generator, "generator.width": width, "output": "plain"})
    torch.manual_seed(seed)
    network = build_translator(config)
    for parameter in network.parameters():
        parameter.data.mul_(3)
    return network.eval().requires_grad_(False)


def apart(one: Tensor, other: Tensor) -> float:
    """Mean difference."""
    return float((one - other).abs().mean())


@pytest.mark.parametrize(("generator", "inner"), [("resnet", 1 << 30), ("resnet", 0), ("unet", 0)])
def test_tiles_agree_with_the_whole_picture(generator: str, inner: int) -> None:
    """Half of the picture is dark: norms of its own would make each tile another picture."""
    pixels = noise(230, 310).astype(np.float32)
    pixels[:, :150] *= 0.3
    x = torch.from_numpy(pixels).permute(2, 0, 1) / 127.5 - 1
    network, tiling = translator(generator=generator), Tiling(above=10_000, side=192, overlap=128, inner=inner)
    _, whole = done(translate(network, x))
    told, tiled = done(translate(network, x, 1.0, tiling))
    assert tiled.shape == x.shape and len(told) > 8 and all(done < total for done, total in told)
    alone = _tiles_by_themselves(network, x, tiling)
    assert apart(tiled, whole) < 0.1 * apart(alone, whole)
    assert apart(tiled, whole) < (0.001 if inner else 0.01)


def _tiles_by_themselves(network: Translator, x: Tensor, tiling: Tiling) -> Tensor:
    """What tiles would be whose norms know nothing of the others."""
    found = torch.zeros_like(x)
    for top in range(0, x.shape[1], tiling.side):
        for left in range(0, x.shape[2], tiling.side):
            tile = x[:, top : top + tiling.side, left : left + tiling.side]
            found[:, top : top + tiling.side, left : left + tiling.side] = done(translate(network, tile))[1]
    return found


def test_seams_are_blended() -> None:
    """Along a seam neighbours differ as much as elsewhere."""
    x = torch.from_numpy(noise(160, 224)).permute(2, 0, 1).float() / 127.5 - 1
    network = translator()
    _, tiled = done(translate(network, x, 1.0, Tiling(above=10_000, side=128, overlap=64)))
    _, whole = done(translate(network, x))
    steps, usual = tiled.diff(dim=2).abs().mean(dim=(0, 1)), whole.diff(dim=2).abs().mean(dim=(0, 1))
    assert float((steps - usual).abs().max()) < 0.25 * float(usual.mean())


def test_there_and_back_with_what_is_lost(model: TranslatorModel) -> None:
    x = noise(48, 40)
    found = model.round_trip(x, "a2b")
    assert np.array_equal(found.real, x) and found.back is not None and found.identity is not None
    for picture, error in ((found.back, found.cycle_error), (found.identity, found.identity_error)):
        assert picture.shape == x.shape and error is not None and error.shape == x.shape[:2]
        assert np.abs(error - np.abs(picture.astype(float) - x).mean(axis=2) / 255).max() < 0.01
    assert found.patches_real is not None and found.patches_real.shape == found.patches_translated.shape == (10, 8)
    assert found.threshold == 0.5 and found.step == 2


@pytest.mark.parametrize("size", [(1, 1), (4, 90), (1000, 900)])
def test_patches_of_any_picture(model: TranslatorModel, size: tuple[int, int]) -> None:
    found = model.round_trip(noise(*size), "b2a")
    assert min(found.patches_translated.shape) >= 1 and np.isfinite(found.patches_translated).all()
    assert found.real.shape[0] * found.real.shape[1] <= 768 * 768


def test_one_way_has_no_way_back(tiny: TinyPictures, tmp_path: Path) -> None:
    model = load_model(checkpoint(tiny, tmp_path, mode="contrastive"), CPU)
    found = model.round_trip(noise(32, 32), "a2b")
    assert found.back is None and found.cycle_error is None and found.patches_real is None
    with pytest.raises(UsageError, match="from black to blond alone"):
        done(model.edit(noise(32, 32), Editing(direction="b2a")))
    assert set(model.exported().tensors) == {"a2b"}


def test_pairs_are_judged_together(tiny: TinyPictures, tmp_path: Path) -> None:
    model = load_model(checkpoint(tiny, tmp_path, mode="paired", generator="unet", channels=3), CPU)
    assert model.round_trip(noise(40, 40), "b2a").patches_translated.size > 0


def test_a_checkpoint_that_lacks_something_is_named(
    folder: Path, tmp_path: Path, make_copy: Callable[[Path, Path], Path]
) -> None:
    damaged = make_copy(folder, tmp_path / folder.name)
    (damaged / "average.generators.safetensors").write_bytes(b"x")
    with pytest.raises(DamagedError):
        load_model(damaged, CPU)
