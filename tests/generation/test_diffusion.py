"""A denoiser as people use it: the same bits for the same recipe, prompts, edits of pictures, every step on the way."""

import io
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from PIL import Image

from studio.config.denoising import Beginning, Denoising, Restart, Sampler
from studio.config.diffusion import ClassicNetwork, DitNetwork, Gradual
from studio.config.requests import Drawn, Recipe, Slerp, grid, variations
from studio.generation.diffusion import DiffusionModel
from studio.generation.diffusion_guidance import guided
from studio.generation.exporting import write_export
from studio.generation.models import PictureModel, StepwiseModel, load_model
from studio.ground.errors import DamagedError, UsageError
from studio.ground.files import whole_folder, write_json, write_manifest
from studio.models.seeding import process_generator
from studio.models.weights import read_tensors, table_of, write_tensors
from studio.training.assemble import assemble
from studio.training.checkpoints import Checkpoints
from studio.training.diffusion import DiffusionTask
from studio.training.recorder import MemoryRecorder
from tests.training.conftest import TINY, TinyPictures, finish

CPU = torch.device("cpu")
FEW: dict[str, Any] = {"sampler_steps": 4, "guidance": 2.0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The newest model point of a run that knows labels and words."""
    folder = tmp_path_factory.mktemp("diffusion")
    config = type(TINY["diffusion"]).model_validate(TINY["diffusion"].model_dump() | {"steps": 2})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio.training.diffusion.MEASURED", 16)
        patch.setattr("studio.training.diffusion.SAMPLE_STEPS", 2)
        finish(
            assemble(config, TinyPictures(), family="diffusion", device=CPU, recorder=MemoryRecorder(), folder=folder)
        )
    return Checkpoints(folder).points("model")[-1].path


@pytest.fixture(scope="module")
def model(folder: Path) -> DiffusionModel:
    """Its weights are shaken, so that everything it is told shows."""
    found = DiffusionModel.from_checkpoint(folder, CPU)
    with process_generator(0, "shaken"), torch.no_grad():
        for parameter in found.denoiser.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape))
    return found


def made(model: DiffusionModel, *recipes: Recipe) -> np.ndarray:
    return np.concatenate(list(model.pictures(recipes)))


def one(index: int = 0, labels: dict[str, str] | None = None, seed: int = 3, **denoising: Any) -> Recipe:
    return Recipe(latent=Drawn(seed=seed, index=index), labels=labels or {}, denoising=Denoising(**(FEW | denoising)))


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


PICTURE = np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8)
MASK = np.zeros((32, 32), np.uint8)
MASK[8:20, 4:28] = 255


# --- promises --------------------------------------------------------------------------------------------------


def test_it_keeps_its_promises(folder: Path) -> None:
    model = load_model("diffusion", folder, CPU)
    assert isinstance(model, PictureModel) and isinstance(model, StepwiseModel) and model.step == 2
    assert dict(model.labels) == {"hair": ("black", "blond", "red"), "smile": ("no", "yes")}


OTHERS: dict[str, dict[str, Any]] = {
    "transformer": {"network": DitNetwork(width=32, depth=2)},
    "grey, its last estimate shown": {"channels": 1, "self_conditioning": True, "process": Gradual()},
    "classic": {"network": ClassicNetwork(widths="8, 16", groups=4, depth=1), "process": Gradual(prediction="epsilon")},
    "ending in noise": {"process": Gradual(zero_terminal_snr=True, schedule="linear")},
}


def built(changes: dict[str, Any], folder: Path) -> DiffusionModel:
    """A model of random weights with other settings."""
    config = TINY["diffusion"].model_copy(update={"steps": 1, **changes})
    task = DiffusionTask(config, TinyPictures(channels=config.channels), CPU)
    tensors = {name: tensor.clone() for name, tensor in task.denoiser.state_dict().items()}
    with process_generator(1, "built"):
        for tensor in tensors.values():
            tensor.add_(0.1 * torch.randn(tensor.shape))
    with whole_folder(folder) as target:
        write_tensors(target / "average.denoiser.safetensors", tensors)
        facts = {"family": "diffusion", "step": 1, "config": config.model_dump(mode="json")}
        write_json(target / "state.json", facts | {"description": task.description()})
        write_manifest(target)
    return DiffusionModel.from_checkpoint(folder, CPU)


@pytest.mark.parametrize("kind", OTHERS)
def test_other_networks_and_processes_keep_the_promise_too(kind: str, tmp_path: Path) -> None:
    model = built(OTHERS[kind], tmp_path / "model")
    recipes = grid(3, 17, denoising=Denoising(prompt="red", negative="black", sampler="heun", **FEW))
    whole = made(model, *recipes)
    assert whole.shape == (17, 32, 32, model.config.channels)
    for index in (5, 16):
        assert np.array_equal(made(model, recipes[index])[0], whole[index])
    begin = _begin(mask=png(MASK))
    grey = np.asarray(Image.fromarray(PICTURE).convert("L"))[..., None]
    (found,) = made(model, one(begin=begin))
    kept = PICTURE if model.config.channels == 3 else grey
    assert np.array_equal(found[MASK == 0], kept[MASK == 0])
    assert list(model.seen_steps(one(prompt="red"), words=kind != "classic"))
    if kind == "classic":
        with pytest.raises(UsageError, match="told of them all at once"):
            list(model.seen_steps(one(prompt="red"), words=True))


@pytest.mark.parametrize("sampler", get_args(Sampler))
def test_a_picture_alone_is_the_one_in_the_grid(model: DiffusionModel, sampler: str) -> None:
    recipes = grid(3, 18, denoising=Denoising(sampler=sampler, eta=0.5, **FEW))
    whole = made(model, *recipes)
    assert whole.shape == (18, 32, 32, 3) and whole.dtype == np.uint8
    assert np.array_equal(made(model, recipes[7])[0], whole[7])
    assert np.array_equal(made(model, recipes[17])[0], whole[17])
    assert len(np.unique(whole.reshape(18, -1), axis=0)) == 18


def test_company_of_another_kind_changes_nothing(model: DiffusionModel) -> None:
    recipes = [one(0), one(1, prompt="red"), one(2, sampler="ddpm"), one(3, guidance=1.0), one(4, begin=_begin())]
    assert np.array_equal(made(model, *recipes), np.concatenate([made(model, recipe) for recipe in recipes]))


def test_a_completed_recipe_makes_the_same_and_says_everything(model: DiffusionModel) -> None:
    bare = Recipe(latent=Drawn(seed=1))
    whole = model.completed(bare)
    assert whole.denoising is not None and whole.denoising.size == (32, 32) and set(whole.labels) == set(model.labels)
    assert model.completed(whole) == whole
    read = Recipe.model_validate_json(whole.model_dump_json())
    assert read == whole and np.array_equal(made(model, read), made(model, bare))


def test_the_size_of_a_chunk_belongs_to_the_picture(model: DiffusionModel) -> None:
    recipes = grid(3, 5, denoising=Denoising(chunk=4, **FEW))
    assert np.array_equal(made(model, recipes[4])[0], made(model, *recipes)[4])
    assert [len(piece) for piece in model.pictures(recipes)] == [4, 1]


def test_draw_and_its_labels(model: DiffusionModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.generation.diffusion.Denoising", lambda: Denoising(**FEW))
    drawn = np.concatenate(list(model.draw(5, 0, 18)))
    assert np.array_equal(np.concatenate(list(model.draw(5, 17, 1))), drawn[17:])
    labels = model.labels_drawn(5, 0, 18)
    assert all(set(each) == {"hair", "smile"} for each in labels) and len({each["hair"] for each in labels}) > 1
    assert np.array_equal(np.concatenate(list(model.draw(5, 0, 2, labels[:2]))), drawn[:2])


def test_pictures_form_step_by_step(model: DiffusionModel) -> None:
    pieces = list(model.forming(grid(1, 3, denoising=Denoising(**FEW))))
    assert [piece.whole for piece in pieces] == [False] * 4 + [True]
    assert [piece.done for piece in pieces] == [1, 2, 3, 4, 4] and {piece.total for piece in pieces} == {4}
    assert all(piece.pictures.shape == (3, 32, 32, 3) for piece in pieces)


# --- what is told ----------------------------------------------------------------------------------------------


def test_labels_words_and_what_is_not_wanted_steer(model: DiffusionModel) -> None:
    base = {"hair": "red"}
    recipes = [one(labels=base), one(labels={"hair": "black"}), one(labels=base, prompt="red"),
               one(labels=base, prompt="black"), one(labels=base, prompt="black", negative="red")]  # fmt: skip
    assert len(np.unique(made(model, *recipes).reshape(5, -1), axis=0)) == 5


def test_beside_a_prompt_labels_stay_open(model: DiffusionModel) -> None:
    assert model.labels_of(one(prompt="red")) == {}
    assert model.labels_of(one(prompt="red", labels={"smile": "yes"})) == {"smile": "yes"}
    assert set(model.labels_of(one())) == {"hair", "smile"}


def test_guidance_of_one_is_none(model: DiffusionModel, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    forward = model.denoiser.forward
    monkeypatch.setattr(model.denoiser, "forward", lambda x, *rest: calls.append(len(x)) or forward(x, *rest))
    plain = made(model, one(prompt="red", guidance=1.0))
    assert set(calls) == {16}
    assert np.array_equal(made(model, one(prompt="red", guidance=1.0, negative="black", guidance_rescale=0.7)), plain)
    barely = made(model, one(prompt="red", guidance=1.0 + 1e-7))
    assert set(calls) == {16, 32}
    assert np.abs(barely.astype(int) - plain).max() <= 1


def test_guidance_and_its_rescaling_in_numbers() -> None:
    told, against = torch.randn((2, 3, 3, 8, 8), generator=torch.Generator().manual_seed(0))
    scale, none = torch.tensor([1.0, 3.0, 0.0]), torch.zeros(3)
    found = guided(told, against, scale, none)
    assert torch.allclose(found[0], told[0], atol=1e-6) and torch.equal(found[2], against[2])
    assert torch.allclose(found[1], 3 * told[1] - 2 * against[1], atol=1e-5)
    whole = guided(told, against, scale, torch.ones(3))
    assert torch.allclose(whole.std(dim=(1, 2, 3)), told.std(dim=(1, 2, 3)), rtol=1e-4)
    half = guided(told, against, scale, torch.full((3,), 0.5))
    assert torch.allclose(half, (found + whole) / 2, atol=1e-5)


def test_words_that_are_not_known_are_named(model: DiffusionModel) -> None:
    (notice,) = model.remarks([one(prompt="a red zebra, glasses"), one(negative="zebra")])
    assert notice.code == "unknown-words" and "zebra, glasses." in str(notice.body)
    (notice,) = model.remarks([one(prompt="red " * 40 + "black")])
    assert notice.code == "words-left-out" and "red, black" in str(notice.body)
    assert model.remarks([one(prompt="a red square"), one()]) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"prompt": " ,;  "}, "no words"),
        ({"prompt": "zebra crossing"}, "knows none of these words: zebra, crossing"),
        ({"prompt": "red " * 2000}, "8000 characters; shorten it to 4096"),
        ({"negative": "\n"}, "no words"),
        ({"size": (36, 32)}, "cannot make 32 × 36 pixels: sides are multiples of 8"),
        ({"size": (32, 264)}, "multiples of 8 up to 256"),
        ({"size": (0, 32)}, "cannot make 32 × 0"),
        ({"labels": {"hat": "yes"}}, "no label hat"),
        ({"labels": {"hair": "blonde"}}, "did you mean blond"),
    ],
)
def test_what_it_cannot_make_is_said_in_a_sentence(model: DiffusionModel, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        made(model, one(**changes))


def test_other_sizes_and_one_size_a_request(model: DiffusionModel) -> None:
    assert made(model, one(size=(40, 32))).shape == (1, 40, 32, 3)
    with pytest.raises(UsageError, match="one size"):
        made(model, one(), one(size=(40, 32)))


def test_what_belongs_to_gans_is_refused(model: DiffusionModel) -> None:
    for changes in ({"truncation": 0.5}, {"directions": {"hair=red": 1.0}}):
        with pytest.raises(UsageError, match="are of GANs"):
            made(model, one().model_copy(update=changes))


def test_a_model_without_words_says_so(model: DiffusionModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "vocabulary", None)
    with pytest.raises(UsageError, match="reads no words"):
        made(model, one(prompt="red"))


# --- edits -----------------------------------------------------------------------------------------------------


def _begin(**changes: Any) -> Beginning:
    return Beginning(**({"picture": png(PICTURE), "strength": 0.5} | changes))


def test_strength_from_the_picture_itself_to_anew(model: DiffusionModel) -> None:
    found = made(model, *(one(begin=_begin(strength=s)) for s in (0.0, 0.25, 1.0)))
    assert np.array_equal(found[0], PICTURE)
    far = [float(np.abs(picture.astype(int) - PICTURE).mean()) for picture in found]
    assert 0 == far[0] < far[1] < far[2]
    assert next(model.forming([one(begin=_begin(strength=0.25))])).total == 1


@pytest.mark.parametrize("sampler", get_args(Sampler))
def test_outside_of_the_mask_nothing_changes(model: DiffusionModel, sampler: str) -> None:
    begin = _begin(mask=png(MASK), strength=1.0)
    found = made(model, one(sampler=sampler, begin=begin), one(1, sampler=sampler, begin=begin))
    free = MASK > 0
    assert all(np.array_equal(picture[~free], PICTURE[~free]) for picture in found)
    assert all(np.abs(picture[free].astype(int) - PICTURE[free]).mean() > 5 for picture in found)
    assert not np.array_equal(found[0], found[1])


def test_what_is_known_stays_the_picture_under_its_noise(model: DiffusionModel) -> None:
    steps = list(model.seen_steps(one(sampler="heun", begin=_begin(mask=png(MASK), strength=1.0))))
    assert all(np.array_equal(step.clean[MASK == 0], PICTURE[MASK == 0]) for step in steps)


def test_pictures_of_other_sizes_are_cut_to_the_middle(model: DiffusionModel) -> None:
    large = np.zeros((64, 128, 3), np.uint8)
    large[:, 32:96] = 200
    (found,) = made(model, one(begin=_begin(picture=png(large), strength=0.0)))
    assert (found == 200).all()
    mask = np.zeros((64, 128), np.uint8)
    mask[:, :64] = 255
    (found,) = made(model, one(begin=_begin(picture=png(large), mask=png(mask), strength=1.0)))
    assert (found[:, 16:] == 200).all() and not (found[:, :16] == 200).all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mask": png(MASK[:16])}, r"mask has 32 × 16 pixels and the picture 32 × 32"),
        ({"mask": png(0 * MASK)}, "dark everywhere"),
        ({"mask": b"no picture"}, "The mask to begin with is not a picture"),
        ({"picture": b""}, "The picture to begin with is empty"),
        ({"picture": png(PICTURE)[:500]}, "damaged"),
        ({"towards": b"nothing"}, "is not a picture"),
    ],
)
def test_pictures_that_do_not_fit_are_refused(model: DiffusionModel, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        made(model, one(begin=_begin(**changes)))


def test_between_two_pictures(model: DiffusionModel) -> None:
    other = png(255 - PICTURE)
    for way in ("noise", "inversion"):
        recipes = [
            one(sampler_steps=12, guidance=1.0, begin=_begin(towards=other, share=share, way=way))
            for share in (0.0, 0.5, 1.0)
        ]
        found = made(model, *recipes).astype(int)
        alone = made(model, one(sampler_steps=12, guidance=1.0, begin=_begin(way=way)))[0]
        assert np.abs(found[0] - alone).max() <= 1
        assert np.array_equal(made(model, recipes[1])[0], found[1])
        assert len(np.unique(found.reshape(3, -1), axis=0)) == 3


def test_inversion_leads_back_to_the_picture(folder: Path) -> None:
    model = DiffusionModel.from_checkpoint(folder, CPU)
    begin = _begin(way="inversion", strength=0.5)
    way = {"sampler": "heun", "sampler_steps": 100, "guidance": 1.0, "chunk": 1}
    found = made(model, one(begin=begin, **way))[0].astype(int)
    fresh = made(model, one(begin=_begin(strength=0.5), **way))[0].astype(int)
    assert np.abs(found - PICTURE).mean() < 4 < np.abs(fresh - PICTURE).mean()


def test_between_noises_and_prompts(model: DiffusionModel) -> None:
    a, b = Drawn(seed=1), Drawn(seed=2)
    way = {"labels": {"hair": "red", "smile": "no"}, "denoising": Denoising(**FEW)}
    ends = [Recipe(latent=latent, **way) for latent in (a, b)]
    walk = made(model, *(Recipe(latent=Slerp(a=a, b=b, t=t), **way) for t in (0.0, 0.5, 1.0))).astype(int)
    for found, end in zip(walk[::2], ends, strict=True):
        assert np.abs(found - made(model, end)[0]).max() <= 2
    words = made(model, *(one(prompt="red", other_prompt="black", other_share=s) for s in (0.0, 0.5, 1.0)))
    pure = made(model, one(prompt="red"), one(prompt="black"))
    assert np.array_equal(words[::2], pure) and not any(np.array_equal(words[1], end) for end in pure)


def test_between_labels(model: DiffusionModel) -> None:
    def told(**more: Any) -> Recipe:
        labels = {"hair": more.pop("hair", "red"), "smile": "no"}
        return Recipe(latent=Drawn(seed=4), labels=labels, denoising=Denoising(**FEW, **more))

    walk = made(model, *(told(other_labels={"hair": "black"}, other_share=s) for s in (0.0, 0.5, 1.0)))
    ends = made(model, told(), told(hair="black"))
    assert np.array_equal(walk[::2], ends) and not any(np.array_equal(walk[1], end) for end in ends)
    with pytest.raises(UsageError, match="green"):
        made(model, told(other_labels={"hair": "green"}, other_share=0.5))


def test_variations_are_near(model: DiffusionModel) -> None:
    recipe = one()
    base, near = made(model, recipe)[0].astype(int), made(model, *variations(recipe, 9, 3, 0.02))
    far = made(model, one(seed=99))[0]
    assert max(np.abs(picture - base).mean() for picture in near) < np.abs(far - base).mean()
    assert len(np.unique(near.reshape(3, -1), axis=0)) == 3


# --- the steps -------------------------------------------------------------------------------------------------


def test_every_step_is_seen(model: DiffusionModel) -> None:
    steps = list(model.seen_steps(one(2, prompt="red")))
    assert [step.number for step in steps] == [0, 1, 2, 3]
    assert all(a.sigma > b.sigma for a, b in pairwise(steps))
    for step in steps:
        assert all(part.shape == (32, 32, 3) and part.dtype == np.uint8 for part in (step.seen, step.clean, step.noise))
    assert np.array_equal(steps[-1].clean, made(model, one(2, prompt="red"))[0])


@pytest.mark.parametrize("sampler", ["dpm++2m", "heun"])
def test_where_words_are_looked_at(model: DiffusionModel, sampler: str) -> None:
    steps = list(model.seen_steps(one(prompt="a square, red", sampler=sampler), words=True))
    for step in steps:
        assert [word for word, _ in step.words] == ["a", "square", ",", "red"]
        maps = np.stack([place for _, place in step.words])
        assert maps.shape == (4, 32, 32) and (maps >= 0).all() and (maps.sum(axis=0) <= 1 + 1e-5).all()
        assert float(maps.max()) > 0
    with pytest.raises(UsageError, match="Without a prompt"):
        model.seen_steps(one(), words=True)


def test_restarts_go_on_differently_from_a_step(model: DiffusionModel) -> None:
    base = one(prompt="red", sampler="ddim")
    changes = [Restart(step=2), Restart(step=2, seed=8), Restart(step=2, prompt="black"), Restart(step=2, seed=9)]
    recipes = [one(prompt="red", sampler="ddim", restarts=(change,)) for change in changes]
    films = [list(model.seen_steps(recipe)) for recipe in [base, *recipes]]
    for film in films[1:]:
        assert all(np.array_equal(a.clean, b.clean) for a, b in zip(film[:2], films[0][:2], strict=True))
        assert [step.number for step in film] == [0, 1, 2, 3]
    found = made(model, base, *recipes)
    assert np.array_equal(found[0], found[1])
    assert len(np.unique(found[1:].reshape(4, -1), axis=0)) == 4
    assert np.array_equal(made(model, recipes[3])[0], found[4])


def test_restarts_before_the_beginning_are_refused(model: DiffusionModel) -> None:
    with pytest.raises(UsageError, match="begins at step 2; restart there or later, not at 1"):
        made(model, one(begin=_begin(), restarts=(Restart(step=1),)))


# --- on the disk -----------------------------------------------------------------------------------------------


def test_an_export_holds_the_denoiser(model: DiffusionModel, tmp_path: Path) -> None:
    facts = write_export(model.exported(), tmp_path / "out")
    assert facts["input"]["words"] == list(model.vocabulary.words) and facts["output"]["size"] == 32
    tensors = model.denoiser.state_dict()
    again = read_tensors(tmp_path / "out" / "denoiser.safetensors", table_of(tensors))
    assert all(torch.equal(again[name], tensor) for name, tensor in tensors.items())


@pytest.mark.parametrize("file", ["state.json", "average.denoiser.safetensors"])
def test_damaged_checkpoints_are_refused(
    folder: Path, tmp_path: Path, file: str, make_copy: Callable[[Path, Path], Path]
) -> None:
    copy = make_copy(folder, tmp_path / "model")
    data = bytearray((copy / file).read_bytes())
    data[len(data) // 2] ^= 4
    (copy / file).write_bytes(data)
    with pytest.raises(DamagedError):
        load_model("diffusion", copy, CPU)
