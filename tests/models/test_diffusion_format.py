"""U-Nets in diffusers' folder format: read and written with equal outputs, and a sentence for all that cannot be."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import DDIMScheduler, DDPMScheduler, UNet2DModel
from safetensors.torch import load_file, save_file

from studio.config.diffusion import ClassicNetwork, DiffusionConfig, DitNetwork, Flow, Gradual, UnetNetwork
from studio.generation.exporting import write_diffusers
from studio.ground.errors import DamagedError, StudioError, UsageError
from studio.models.diffusion import Condition, Denoiser, build_denoiser
from studio.models.diffusion_format import CONFIG, WEIGHTS, read_unet, unet_files
from studio.models.diffusion_schedules import kept_variance
from studio.models.weights import fill

SMALL: dict[str, Any] = {
    "sample_size": 32, "block_out_channels": (16, 32), "layers_per_block": 1, "norm_num_groups": 8,
    "down_block_types": ("DownBlock2D", "AttnDownBlock2D"), "up_block_types": ("AttnUpBlock2D", "UpBlock2D"),
}  # fmt: skip
OF_HO = {"downsample_padding": 0, "flip_sin_to_cos": False, "freq_shift": 1, "norm_eps": 1e-6,
         "attention_head_dim": None}  # fmt: skip
THREE = {"block_out_channels": (16, 32, 24), "layers_per_block": 2, "in_channels": 1, "out_channels": 1,
         "down_block_types": ("AttnDownBlock2D", "DownBlock2D", "DownBlock2D"),
         "up_block_types": ("UpBlock2D", "UpBlock2D", "AttnUpBlock2D")}  # fmt: skip
UNETS = {"usual": {}, "of Ho et al.": OF_HO, "three levels, grey": THREE, "by classes": {"num_class_embeds": 5},
         "scaled": {"resnet_time_scale_shift": "scale_shift"}}  # fmt: skip
NETWORK = ClassicNetwork(widths="16, 32", depth=1, attention="2", groups=8, head_width=8)


def theirs(**changes: Any) -> UNet2DModel:
    """A random network, all of whose weights count."""
    torch.manual_seed(1)
    made = UNet2DModel(**(SMALL | changes))
    with torch.no_grad():
        for weight in made.parameters():
            weight.add_(0.02 * torch.randn(weight.shape))
    return made.eval()


def saved(folder: Path, scheduler: Any = None, **changes: Any) -> Path:
    theirs(**changes).save_pretrained(folder)
    if scheduler is not None:
        scheduler.save_pretrained(folder / "scheduler")
    return folder


def loaded(folder: Path) -> Denoiser:
    found = read_unet(folder)
    made = build_denoiser(found.config, tuple(map(len, found.labels.values())))
    fill(made, found.tensors)
    return made.eval()


def answers(ours: Denoiser, other: UNet2DModel, classes: list[int] | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """What both tell of the same pictures at steps from the first to the last."""
    steps, z = torch.tensor([0, 1, 500, 999]), torch.randn(4, ours.channels, 32, 32)
    codes = torch.tensor(classes)[:, None] if classes else torch.zeros((4, 0), dtype=torch.int64)
    more = {} if classes is None else {"class_labels": torch.tensor(classes)}
    with torch.no_grad():
        told = ours.read(Condition(codes))
        return ours.answer(z, steps / 999, told), other(z, steps, **more).sample


def apart(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).abs().max() / b.abs().max())


# --- reading -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", UNETS)
def test_a_loaded_network_tells_the_same(kind: str, tmp_path: Path) -> None:
    folder = saved(tmp_path / "unet", **UNETS[kind])
    classes = [0, 4, 2, 1] if kind == "by classes" else None
    assert apart(*answers(loaded(folder), theirs(**UNETS[kind]), classes)) < 1e-4


def test_networks_of_older_files_and_whole_pipelines(tmp_path: Path) -> None:
    """Until 2023 the parts of attention bore other names; in a pipeline the U-Net has a folder of its own."""
    folder = saved(tmp_path / "pipeline" / "unet", **OF_HO)
    DDPMScheduler(beta_schedule="squaredcos_cap_v2").save_pretrained(tmp_path / "pipeline" / "scheduler")
    tensors = load_file(folder / WEIGHTS)
    for new, old in (("to_q", "query"), ("to_k", "key"), ("to_v", "value"), ("to_out.0", "proj_attn")):
        tensors = {name.replace(new, old): tensor for name, tensor in tensors.items()}
    save_file(tensors, folder / WEIGHTS)
    assert read_unet(tmp_path / "pipeline").config.process == Gradual(
        prediction="epsilon", schedule="cosine", min_snr=0
    )
    assert apart(*answers(loaded(tmp_path / "pipeline"), theirs(**OF_HO))) < 1e-4


SCHEDULERS: dict[str, Gradual] = {
    "linear": Gradual(prediction="epsilon", schedule="linear"),
    "squaredcos_cap_v2": Gradual(prediction="v", schedule="cosine", zero_terminal_snr=True),
}


@pytest.mark.parametrize("name", SCHEDULERS)
def test_how_noise_is_added_is_read(name: str, tmp_path: Path) -> None:
    process = SCHEDULERS[name]
    scheduler = DDIMScheduler(
        beta_schedule=name,
        prediction_type={"epsilon": "epsilon", "v": "v_prediction"}[process.prediction],
        rescale_betas_zero_snr=process.zero_terminal_snr,
    )
    found = read_unet(saved(tmp_path / "unet", scheduler)).config.process
    assert found == process.model_copy(update={"min_snr": 0})
    assert isinstance(found, Gradual)
    # theirs keeps a last trace of the picture, so that it can divide by it
    assert torch.allclose(torch.from_numpy(kept_variance(found)).float(), scheduler.alphas_cumprod, atol=1e-5)


def test_without_a_scheduler_it_tells_the_noise_on_the_linear_schedule(tmp_path: Path) -> None:
    assert read_unet(saved(tmp_path / "unet")).config.process == Gradual(
        prediction="epsilon", schedule="linear", min_snr=0
    )


# --- writing -----------------------------------------------------------------------------------------------------


class Written:
    """What ``write_diffusers`` wants of a model."""

    def __init__(self, labels: dict[str, tuple[str, ...]], **changes: Any) -> None:
        torch.manual_seed(2)
        gradual = Gradual(prediction="epsilon", schedule="linear", min_snr=0)
        config = DiffusionConfig(**({"network": NETWORK, "process": gradual} | changes))
        words = 20 if config.text else 0
        self.config, self.labels = config, labels
        self.denoiser = build_denoiser(config, tuple(map(len, labels.values())), words, 8).eval()

    def diffusers_files(self) -> dict[str, Any]:
        return unet_files(self.config, self.labels, self.denoiser)


@pytest.mark.parametrize(
    "changes", [{}, {"scaled": True}, {"padded": False, "cosine_first": False, "shift": 1}], ids=str
)
def test_a_written_network_tells_the_same_there(changes: dict[str, Any], tmp_path: Path) -> None:
    model = Written({}, network=NETWORK.model_copy(update=changes))
    write_diffusers(model, tmp_path / "out")
    assert apart(*answers(model.denoiser, UNet2DModel.from_pretrained(tmp_path / "out").eval())) < 1e-4


def test_a_label_becomes_classes_and_one_more_for_none(tmp_path: Path) -> None:
    model = Written({"hair": ("black", "blond", "red")})
    write_diffusers(model, tmp_path / "out")
    other = UNet2DModel.from_pretrained(tmp_path / "out").eval()
    assert apart(*answers(model.denoiser, other, [0, 1, 2, 1])) < 1e-4
    with torch.no_grad():
        z, nothing = torch.randn(1, 3, 32, 32), Condition(torch.tensor([[0]])).nothing()
        ours = model.denoiser.answer(z, torch.ones(1), model.denoiser.read(nothing))
        assert apart(ours, other(z, 999, class_labels=torch.tensor([3])).sample) < 1e-4


@pytest.mark.parametrize("schedule", ["linear", "cosine", "sigmoid"])
@pytest.mark.parametrize("zero", [False, True])
def test_what_was_written_is_read_again(schedule: Any, zero: bool, tmp_path: Path) -> None:
    process = Gradual(prediction="v", schedule=schedule, zero_terminal_snr=zero, min_snr=0)
    model = Written({}, process=process, channels=1, picture_size=64, picture_height=32)
    write_diffusers(model, tmp_path / "out")
    found = read_unet(tmp_path / "out")
    assert (found.config.network, found.config.process) == (NETWORK, process)
    assert (found.config.picture_shape, found.config.channels, found.labels) == ((32, 64), 1, {})
    state = model.denoiser.state_dict()
    assert found.tensors.keys() == state.keys()
    assert all(torch.equal(found.tensors[name], state[name]) for name in state)
    scheduler = DDIMScheduler.from_pretrained(tmp_path / "out", subfolder="scheduler")
    kept = torch.from_numpy(kept_variance(process)).float()
    assert torch.allclose(kept, scheduler.alphas_cumprod, atol=1e-5)


@pytest.mark.parametrize(
    ("labels", "changes", "words"),
    [
        ({}, {"network": UnetNetwork(width=4)}, "of the kind unet"),
        ({}, {"network": DitNetwork(width=16, depth=1)}, "of the kind dit"),
        ({}, {"process": Flow()}, "straight lines"),
        ({}, {"text": True}, "reads words"),
        ({}, {"self_conditioning": True}, "last estimate"),
        ({"a": ("0", "1"), "b": ("0", "1")}, {}, "more than one label"),
    ],
    ids=str,
)
def test_what_cannot_be_expressed_there_is_said(
    labels: dict[str, tuple[str, ...]], changes: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=words):
        write_diffusers(Written(labels, **changes), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_nothing_is_overwritten_and_other_models_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is there already"):
        write_diffusers(Written({}), tmp_path)
    with pytest.raises(UsageError, match="Only denoisers"):
        write_diffusers(object(), tmp_path / "out")


# --- what is wrong -----------------------------------------------------------------------------------------------


def edited(**changes: Any) -> Callable[[Path], None]:
    """Settings changed in ``config.json``."""

    def edit(folder: Path) -> None:
        about = json.loads((folder / CONFIG).read_text())
        (folder / CONFIG).write_text(json.dumps(about | changes))

    return edit


def scheduled(**changes: Any) -> Callable[[Path], None]:
    def schedule(folder: Path) -> None:
        (folder / "scheduler_config.json").write_text(json.dumps(changes))

    return schedule


def weighed(change: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[Path], None]:
    def weigh(folder: Path) -> None:
        tensors = load_file(folder / WEIGHTS)
        change(tensors)
        save_file(tensors, folder / WEIGHTS)

    return weigh


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def pickled(folder: Path) -> None:
    (folder / WEIGHTS).rename(folder / "diffusion_pytorch_model.bin")


def cut(folder: Path) -> None:
    data = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(data[: len(data) // 2])


def halved(tensors: dict[str, torch.Tensor]) -> None:
    tensors["conv_in.bias"] = tensors["conv_in.bias"].half()


def spoilt(tensors: dict[str, torch.Tensor]) -> None:
    tensors["conv_in.bias"][0] = torch.nan


WRONG: dict[str, tuple[Callable[[Path], None], type[StudioError], str]] = {
    "no config": (without(CONFIG), UsageError, "holds no config.json"),
    "no weights": (without(WEIGHTS), DamagedError, "lacks its weights"),
    "pickled": (pickled, UsageError, "pickled weights"),
    "cut": (cut, DamagedError, "cut short|damaged"),
    "text as weights": (lambda f: (f / WEIGHTS).write_text("oops"), DamagedError, "not a safetensors file"),
    "no json": (lambda f: (f / CONFIG).write_text("{"), DamagedError, "holds no JSON"),
    "a list": (lambda f: (f / CONFIG).write_text("[]"), DamagedError, "holds no settings"),
    "another class": (edited(_class_name="UNet2DConditionModel"), UsageError, "is a UNet2DConditionModel"),
    "another time": (edited(time_embedding_type="fourier"), UsageError, "time_embedding_type = fourier"),
    "another block": (edited(down_block_types=["DownBlock2D", "SkipDownBlock2D"]), UsageError, "SkipDownBlock2D"),
    "one way attends": (edited(up_block_types=["UpBlock2D"] * 2), UsageError, "level 2"),
    "levels differ": (edited(down_block_types=["DownBlock2D"]), DamagedError, "do not fit together"),
    "widths of words": (edited(block_out_channels=["wide", 3]), DamagedError, "do not fit together"),
    "something new": (edited(brand_new=3), UsageError, "brand_new = 3"),
    "more comes out": (edited(out_channels=6), UsageError, "out_channels = 6"),
    "a size": (edited(sample_size=28), UsageError, "makes 28 × 28 pixels; here sides are multiples of 8"),
    "groups": (edited(norm_num_groups=7), UsageError, "7 groups"),
    "other widths": (edited(block_out_channels=[16, 48]), DamagedError, "another shape"),
    "a weight missing": (weighed(lambda t: t.pop("conv_in.bias")), DamagedError, "conv_in.bias is missing"),
    "not a number": (weighed(spoilt), DamagedError, "not finite"),
    "half precision": (weighed(halved), DamagedError, "another shape or type"),
    "schedule": (scheduled(beta_schedule="scaled_linear"), UsageError, "beta_schedule = scaled_linear"),
    "steps": (scheduled(num_train_timesteps=50), UsageError, "num_train_timesteps = 50"),
    "what it tells": (scheduled(prediction_type="flow"), UsageError, "prediction_type = flow"),
    "odd betas": (scheduled(trained_betas=[0.1, 0.2]), DamagedError, "do not fit together"),
    "other betas": (scheduled(beta_end=0.05), UsageError, "a noise schedule = linear from"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_damaged_and_foreign_folders_get_a_sentence(wrong: str, tmp_path: Path) -> None:
    spoil, kind, words = WRONG[wrong]
    spoil(saved(tmp_path / "unet"))
    with pytest.raises(kind, match=words) as found:
        read_unet(tmp_path / "unet")
    assert str(found.value).endswith(".") and "\n" not in str(found.value)


def test_a_folder_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no folder nowhere"):
        read_unet(tmp_path / "nowhere")
