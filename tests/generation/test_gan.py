"""A generator as people use it: the same pixels for the same request, alone, in a grid, from any checkpoint."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from studio.config.gan import DcganNetwork, GanConfig, NonSaturating, ResidualNetwork
from studio.config.requests import Arithmetic, Drawn, Mean, Recipe, Slerp, grid
from studio.generation.exporting import write_export
from studio.generation.gan import GeneratorModel
from studio.generation.gan_directions import find_directions, load_directions, save_directions
from studio.generation.gan_looking import opinions, opinions_of
from studio.generation.latents import drawn_latent, first_drawn, latent_of, slerp
from studio.ground.errors import DamagedError, UsageError
from studio.models.weights import read_tensors, table_of
from studio.training.assemble import assemble
from studio.training.checkpoints import Checkpoints
from studio.training.recorder import MemoryRecorder
from tests.training.conftest import TinyPictures, finish

CPU = torch.device("cpu")


def _trained(folder: Path, **changes: Any) -> MemoryRecorder:
    recorder = MemoryRecorder()
    settings = {"steps": 4, "batch": 8, "sample_count": 6, "latent_size": 8, "condition": ("hair",)}
    config = GanConfig.model_validate(settings | {"network": ResidualNetwork(width=4)} | changes)
    finish(assemble(config, TinyPictures(), family="gan", device=CPU, recorder=recorder, folder=folder))
    return recorder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, MemoryRecorder]:
    """The checkpoints of a conditional run and what it recorded."""
    folder = tmp_path_factory.mktemp("conditional")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio.training.gan.MEASURED", 16)
        return folder, _trained(folder)


@pytest.fixture
def model(run: tuple[Path, MemoryRecorder]) -> GeneratorModel:
    return GeneratorModel.from_checkpoint(Checkpoints(run[0]).points("model")[-1].path, CPU)


@pytest.fixture
def plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GeneratorModel:
    """The model of an unconditional run without a penalty."""
    monkeypatch.setattr("studio.training.gan.MEASURED", 16)
    _trained(
        tmp_path / "plain",
        condition=(),
        network=DcganNetwork(width=4, discriminator_norm="batch"),
        loss=NonSaturating(r1=0),
    )
    return GeneratorModel.from_checkpoint(Checkpoints(tmp_path / "plain").points("model")[-1].path, CPU)


def _result(work: Generator[Any, None, Any]) -> Any:
    """What a piece of work returns; it must have told its progress."""
    told = 0
    while True:
        try:
            next(work)
        except StopIteration as end:
            assert told > 0
            return end.value
        told += 1


def _pictures(model: GeneratorModel, recipes: tuple[Recipe, ...]) -> np.ndarray:
    return np.concatenate(list(model.pictures(recipes)))


def _drawn(index: int, **changes: Any) -> Recipe:
    return Recipe(latent=Drawn(seed=3, index=index), **changes)


def test_alone_and_in_a_grid_are_the_same_picture(model: GeneratorModel) -> None:
    together = _pictures(model, grid(3, 37))
    assert together.shape == (37, 32, 32, 3) and together.dtype == np.uint8
    for index in (0, 5, 15, 16, 36):
        assert np.array_equal(_pictures(model, (_drawn(index),))[0], together[index])
    assert np.array_equal(_pictures(model, tuple(reversed(grid(3, 37))))[::-1], together)
    assert len(np.unique(together.reshape(37, -1), axis=0)) == 37


def test_both_kinds_of_checkpoint_give_the_same_pictures(
    run: tuple[Path, MemoryRecorder], model: GeneratorModel
) -> None:
    other = GeneratorModel.from_checkpoint(Checkpoints(run[0]).points("resume")[-1].path, CPU)
    assert other.step == model.step == 4
    assert np.array_equal(_pictures(other, grid(0, 4)), _pictures(model, grid(0, 4)))


def test_samples_of_a_run_can_be_asked_for_again(run: tuple[Path, MemoryRecorder], model: GeneratorModel) -> None:
    values = ("black", "blond", "red")
    recipes = tuple(Recipe(latent=Drawn(seed=0, index=i), labels={"hair": values[i % 3]}) for i in range(6))
    assert np.array_equal(_pictures(model, recipes), run[1].pictures[4])


def test_nothing_is_disturbed(model: GeneratorModel) -> None:
    before, state = torch.get_rng_state(), {k: v.clone() for k, v in model.generator.state_dict().items()}
    _pictures(model, grid(1, 3))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(state[k], v) for k, v in model.generator.state_dict().items())


def test_labels_are_obeyed_drawn_or_refused(model: GeneratorModel) -> None:
    black, red = (_drawn(0, labels={"hair": value}) for value in ("black", "red"))
    assert not np.array_equal(_pictures(model, (black,)), _pictures(model, (red,)))
    assert model.labels_of(red) == {"hair": "red"}
    drawn = [model.labels_of(recipe)["hair"] for recipe in grid(1, 60)]
    assert set(drawn) == {"black", "blond", "red"}
    assert drawn[7] == model.labels_of(grid(1, 60)[7])["hair"]
    with pytest.raises(UsageError, match=r"no label hat.*there is: hair"):
        _pictures(model, (_drawn(0, labels={"hat": "yes"}),))
    with pytest.raises(UsageError, match=r"value of hair blonde \(did you mean blond\?\); there is: black, blond, red"):
        _pictures(model, (_drawn(0, labels={"hair": "blonde"}),))


def test_a_known_label_is_a_slider(model: GeneratorModel) -> None:
    black, red = (_pictures(model, (_drawn(0, labels={"hair": value}),)) for value in ("black", "red"))
    start, end = (_drawn(0, labels={"hair": "black"}, directions={"hair=red": s}) for s in (0.0, 1.0))
    assert np.array_equal(_pictures(model, (start,)), black)
    assert np.abs(_pictures(model, (end,)).astype(int) - red).max() <= 1
    with pytest.raises(UsageError, match="no direction smile=yes"):
        _pictures(model, (_drawn(0, directions={"smile=yes": 1.0}),))


def test_truncation_shortens_the_latent(model: GeneratorModel) -> None:
    whole, half = model.latent(_drawn(0)), model.latent(_drawn(0, truncation=0.5))
    assert torch.equal(half, whole * 0.5)
    none = tuple(_drawn(i, truncation=0.0, labels={"hair": "red"}) for i in range(2))
    assert np.array_equal(*_pictures(model, none))


def test_latents() -> None:
    a, b, c = Drawn(seed=1, index=0), Drawn(seed=1, index=1), Drawn(seed=2, index=0)
    za, zb, zc = (latent_of(one, 64) for one in (a, b, c))
    assert torch.equal(za, drawn_latent(1, 0, 64)) and not torch.equal(za, zb)
    assert torch.allclose(latent_of(Slerp(a=a, b=b, t=0.0), 64), za, atol=1e-5)
    assert torch.allclose(latent_of(Slerp(a=a, b=b, t=1.0), 64), zb, atol=1e-5)
    middle = latent_of(Slerp(a=a, b=b, t=0.5), 64)
    assert float(middle.norm()) == pytest.approx(float(za.norm() + zb.norm()) / 2, rel=1e-4)
    assert float(middle @ za / za.norm()) == pytest.approx(float(middle @ zb / zb.norm()), rel=1e-4)
    mean = latent_of(Mean(of=(a, b, c)), 64)
    assert float(mean.norm()) == pytest.approx(8.0, rel=1e-5)
    assert torch.allclose(mean / mean.norm(), (za + zb + zc) / (za + zb + zc).norm(), atol=1e-5)
    sum_ = latent_of(Arithmetic(a=a, b=b, c=c), 64)
    assert torch.allclose(sum_ / sum_.norm(), (za - zb + zc) / (za - zb + zc).norm(), atol=1e-5)
    assert first_drawn(Slerp(a=Mean(of=(c, a)), b=b, t=0.3)) == c


def test_slerp_of_equal_and_opposite_latents_is_finite() -> None:
    z = torch.randn(8)
    assert torch.allclose(slerp(z, z, 0.4), z)
    assert torch.isfinite(slerp(z, -z, 0.5)).all()


def test_opinions_by_loss(model: GeneratorModel, tiny: TinyPictures) -> None:
    found = _result(opinions(model, grid(0, 20)))
    assert len(found) == 20
    assert all(0 < o.probability < 1 and o.judged_real == (o.probability > 0.5) for o in found)
    alone = _result(opinions(model, grid(0, 20)[7:8]))
    assert alone[0] == found[7]
    model.config = model.config.model_copy(update={"loss": type(model.config.loss).model_construct(kind="wasserstein")})
    without, given = _result(opinions(model, grid(0, 4))), _result(opinions(model, grid(0, 4), tiny))
    assert {o.judged_real for o in without} == {None} and {o.judged_real for o in given} <= {True, False}
    assert {o.probability for o in given} == {None}


def test_opinions_of_real_pictures(model: GeneratorModel, tiny: TinyPictures) -> None:
    pictures = tiny.read(np.arange(5)).transpose(0, 2, 3, 1)
    codes = torch.from_numpy(tiny.codes["hair"][:5].astype(np.int64))[:, None]
    assert len(_result(opinions_of(model, pictures, codes))) == 5


class _Ramp(torch.nn.Module):
    """A generator whose pictures' red grows with the first latent number."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(()))

    def forward(self, z_BZ: torch.Tensor, codes_BL: torch.Tensor) -> torch.Tensor:
        x = torch.zeros(len(z_BZ), 3, 32, 32)
        x[:, 0] = (z_BZ[:, 0] / 4)[:, None, None]
        return x


class _Means(torch.nn.Module):
    """A discriminator whose features are the mean colours."""

    def features(self, x_BCHW: torch.Tensor) -> torch.Tensor:
        return x_BCHW.mean(dim=(2, 3))


def test_directions_point_to_where_the_label_grows(
    plain: GeneratorModel, tiny: TinyPictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain, "generator", _Ramp())
    monkeypatch.setattr(plain, "_discriminator", _Means())
    found = {f"{d.label}={d.value}": d for d in _result(find_directions(plain, tiny))}
    assert set(found) == {"hair=black", "hair=blond", "hair=red", "smile=no", "smile=yes"}
    black = found["hair=black"]  # drawn as a square in the red channel
    assert black.vector[0] > 0.99 and black.reach > 0.95 and black.accuracy > 0.9
    assert found["smile=yes"].accuracy < 0.75
    save_directions(tmp_path / "d.json", list(found.values()), 4)
    step, again = load_directions(tmp_path / "d.json")
    assert step == 4 and np.allclose(again[0].vector, next(iter(found.values())).vector)


def test_directions_move_the_latent(plain: GeneratorModel, tiny: TinyPictures) -> None:
    for direction in _result(find_directions(plain, tiny)):
        plain.directions[f"{direction.label}={direction.value}"] = direction.vector
    still, moved = (plain.latent(_drawn(0, directions={"hair=red": s})) for s in (0.0, 2.0))
    assert float((moved - still).norm()) == pytest.approx(2.0, rel=1e-4)
    assert len(_pictures(plain, (_drawn(0, directions={"hair=red": 2.0}),))) == 1


def test_directions_need_other_labels(model: GeneratorModel, tiny: TinyPictures) -> None:
    names = {d.label for d in _result(find_directions(model, tiny))}
    assert names == {"smile"}
    model.labels = {"hair": (), "smile": ()}
    with pytest.raises(UsageError, match="no labels beyond"):
        next(find_directions(model, tiny))


def test_an_export_holds_the_generator(model: GeneratorModel, tmp_path: Path) -> None:
    facts = write_export(model.exported(), tmp_path / "out")
    assert facts["input"] == {"latent": 8, "labels": {"hair": ["black", "blond", "red"]}}
    tensors = model.generator.state_dict()
    again = read_tensors(tmp_path / "out" / "generator.safetensors", table_of(tensors))
    assert all(torch.equal(again[name], tensor) for name, tensor in tensors.items())
    with pytest.raises(UsageError, match="there already"):
        write_export(model.exported(), tmp_path / "out")


@pytest.mark.parametrize("damage", ["cut", "bit", "gone", "state"])
def test_damaged_checkpoints_are_refused(
    run: tuple[Path, MemoryRecorder], tmp_path: Path, damage: str, make_copy: Callable[[Path, Path], Path]
) -> None:
    folder = make_copy(Checkpoints(run[0]).points("model")[-1].path, tmp_path / "model")
    file = folder / ("state.json" if damage == "state" else "average.generator.safetensors")
    data = bytearray(file.read_bytes())
    if damage == "gone":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(data[:-7])
    else:
        data[len(data) // 2] ^= 4
        file.write_bytes(data)
    with pytest.raises(DamagedError):
        GeneratorModel.from_checkpoint(folder, CPU)
