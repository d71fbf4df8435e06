"""U-Nets in the folder format of diffusers: ``config.json`` and safetensors, and beside them how noise is added.

What can be expressed is UNet2DModel with the settings of ``ClassicNetwork``; anything else is refused with the setting
that is in the way. Of pickled weights nothing is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from studio.config.base import validated
from studio.config.diffusion import LEAST_SIDE, MOST_SIDE, ClassicNetwork, DiffusionConfig, Gradual
from studio.ground.errors import DamagedError, UsageError
from studio.ground.files import read_object
from studio.models.diffusion import Denoiser, build_denoiser
from studio.models.diffusion_schedules import STEPS, kept_variance
from studio.models.weights import read_tensors, table_of, tensor_names

CONFIG, WEIGHTS, SCHEDULER = "config.json", "diffusion_pytorch_model.safetensors", "scheduler_config.json"
CLASS, LABEL = "UNet2DModel", "class"
_FIXED: Mapping[str, Any] = {
    "center_input_sample": False, "time_embedding_type": "positional", "time_embedding_dim": None,
    "mid_block_type": "UNetMidBlock2D", "mid_block_scale_factor": 1, "downsample_type": "conv", "upsample_type": "conv",
    "act_fn": "silu", "add_attention": True, "class_embed_type": None,
}  # fmt: skip
"""Settings that have one value here; they have it as well where a file leaves them out."""
_DEFAULTS: Mapping[str, Any] = {
    "sample_size": None, "in_channels": 3, "out_channels": 3, "freq_shift": 0, "flip_sin_to_cos": True,
    "down_block_types": ("DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"),
    "up_block_types": ("AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
    "block_out_channels": (224, 448, 672, 896), "layers_per_block": 2, "downsample_padding": 1, "dropout": 0.0,
    "attention_head_dim": 8, "norm_num_groups": 32, "attn_norm_num_groups": None, "norm_eps": 1e-5,
    "resnet_time_scale_shift": "default", "num_class_embeds": None, "num_train_timesteps": None,
}  # fmt: skip
"""What a file means that leaves them out."""
_OUTER = {"time.0.": "time_embedding.linear_1.", "time.2.": "time_embedding.linear_2.", "network.": ""}
_OLD_NAMES = {".to_q.": ".query.", ".to_k.": ".key.", ".to_v.": ".value.", ".to_out.0.": ".proj_attn."}
_CLASSES, _TABLE, _TO_VECTOR = "class_embedding.weight", "labels.tables.0.weight", "label_vector."
_PREDICTIONS = {"epsilon": "epsilon", "sample": "x0", "v_prediction": "v"}
_SAME_SCHEDULE = 1e-5  # so far may the shares of the picture's variance lie apart


@dataclass(frozen=True)
class Found:
    """A U-Net as a denoiser: its settings, what it can be told (of values 0, 1, ...), its weights."""

    config: DiffusionConfig
    labels: dict[str, tuple[str, ...]]
    tensors: dict[str, Tensor]


def read_unet(folder: Path) -> Found:
    """The U-Net of a folder, or of a whole pipeline's.

    Without a scheduler beside it, it is taken for one that tells the noise on the linear schedule, as the format's own
    scheduler is where nothing is set.

    Raises:
        UsageError: it is no such folder, or holds what no network here can express. DamagedError: it is not whole.
    """
    place = _place_of(folder)
    about = read_object(place / CONFIG)
    config = validated(DiffusionConfig, _settings(about, place) | {"process": _process(place)})
    count = about.get("num_class_embeds")
    labels = {LABEL: tuple(map(str, range(int(count))))} if count else {}
    config = config.model_copy(update={"condition": tuple(labels)})
    with torch.device("meta"):
        blank = build_denoiser(config, tuple(map(len, labels.values())))
    return Found(config, labels, _read_weights(place, blank))


def unet_files(config: DiffusionConfig, labels: Mapping[str, Sequence[str]], denoiser: Denoiser) -> dict[str, Any]:
    """What a folder holds: path -> JSON object, or tensors by name.

    Raises:
        UsageError: the format cannot express the denoiser; says why.
    """
    network, sides = _must_be_expressible(config, labels, denoiser), config.picture_shape
    widths, attended = network.level_widths, [i in network.attended for i in range(len(network.level_widths))]
    about: dict[str, Any] = {"_class_name": CLASS, **_FIXED, **_DEFAULTS}
    about |= {
        "sample_size": sides[0] if sides[0] == sides[1] else list(sides),
        "in_channels": config.channels, "out_channels": config.channels,
        "block_out_channels": widths, "layers_per_block": network.depth, "dropout": config.dropout,
        "down_block_types": [f"{'Attn' * one}DownBlock2D" for one in attended],
        "up_block_types": [f"{'Attn' * one}UpBlock2D" for one in reversed(attended)],
        "freq_shift": network.shift, "flip_sin_to_cos": network.cosine_first, "norm_eps": network.epsilon,
        "downsample_padding": int(network.padded), "attention_head_dim": network.head_width or None,
        "norm_num_groups": network.groups, "resnet_time_scale_shift": "scale_shift" if network.scaled else "default",
        "num_class_embeds": _value_count(labels),
    }  # fmt: skip
    return {
        CONFIG: about,
        f"scheduler/{SCHEDULER}": _scheduler(config),
        WEIGHTS: _foreign_tensors(denoiser),
    }


# --- reading -----------------------------------------------------------------------------------------------------


def _place_of(folder: Path) -> Path:
    """Where the U-Net's own files are."""
    if not folder.is_dir():
        raise UsageError("There is no folder {name}; choose the folder of a U-Net.", name=folder.name)
    place = next((p for p in (folder, folder / "unet") if (p / CONFIG).is_file()), None)
    if place is None:
        raise UsageError(
            "{name} holds no config.json; choose the folder of a U-Net, or a pipeline's.", name=folder.name
        )
    if (place / WEIGHTS).is_file():
        return place
    if any(place.glob("*.bin")) or any(place.glob("*.pt")):
        raise UsageError(
            "{name} holds pickled weights, which can run foreign code; save the U-Net as safetensors.", name=folder.name
        )
    raise DamagedError("{name} lacks its weights, the file {file}.", name=folder.name, file=WEIGHTS)


def _settings(about: Mapping[str, Any], place: Path) -> dict[str, Any]:
    """The settings of a denoiser, yet to be checked."""
    kind = about.get("_class_name")
    if kind != CLASS:
        raise UsageError("{name} is a {kind}; only {known} can be loaded.", name=place.name, kind=kind, known=CLASS)
    for key, value in about.items():
        if key in _FIXED and value != _FIXED[key]:
            raise _inexpressible(key, value)
        if not key.startswith("_") and key not in _FIXED and key not in _DEFAULTS and value is not None:
            raise _inexpressible(key, value)
    asked = {**_DEFAULTS, **about}
    try:
        return _translated(asked)
    except (TypeError, ValueError, AttributeError) as error:
        raise DamagedError("The file {name} is damaged: its settings do not fit together.", name=CONFIG) from error


def _translated(asked: Mapping[str, Any]) -> dict[str, Any]:
    widths, attended = [int(width) for width in asked["block_out_channels"]], _attended(asked)
    if asked["resnet_time_scale_shift"] not in ("default", "scale_shift"):
        raise _inexpressible("resnet_time_scale_shift", asked["resnet_time_scale_shift"])
    if asked["attn_norm_num_groups"] is not None:
        raise _inexpressible("attn_norm_num_groups", asked["attn_norm_num_groups"])
    if asked["in_channels"] != asked["out_channels"]:
        raise _inexpressible("out_channels", asked["out_channels"])
    network = {
        "kind": "classic", "widths": ", ".join(map(str, widths)), "depth": asked["layers_per_block"],
        "attention": ", ".join(str(level + 1) for level in attended), "head_width": asked["attention_head_dim"] or 0,
        "groups": asked["norm_num_groups"], "epsilon": asked["norm_eps"], "cosine_first": asked["flip_sin_to_cos"],
        "scaled": asked["resnet_time_scale_shift"] == "scale_shift", "shift": asked["freq_shift"],
        "padded": bool(asked["downsample_padding"]),
    }  # fmt: skip
    size = asked["sample_size"] or 32
    sides = size if isinstance(size, list) else [size, size]
    height, width = sides
    if any(side % 8 or not LEAST_SIDE <= side <= MOST_SIDE for side in sides):
        raise UsageError(
            "This U-Net makes {height} × {width} pixels; here sides are multiples of 8 from {least} to {most}.",
            height=height, width=width, least=LEAST_SIDE, most=MOST_SIDE,
        )  # fmt: skip
    shape = {"picture_size": width, "picture_height": 0 if height == width else height}
    return {"network": network, **shape, "channels": asked["in_channels"], "dropout": asked["dropout"]}


def _attended(asked: Mapping[str, Any]) -> list[int]:
    """At which levels, 0 the finest, the U-Net attends on both ways."""
    down, up = list(asked["down_block_types"]), list(reversed(asked["up_block_types"]))
    if not len(down) == len(up) == len(asked["block_out_channels"]):
        raise ValueError("levels without blocks")
    for level, pair in enumerate(zip(down, up, strict=True)):
        if pair not in (("DownBlock2D", "UpBlock2D"), ("AttnDownBlock2D", "AttnUpBlock2D")):
            raise _inexpressible(f"block types at level {level + 1}", " + ".join(map(str, pair)))
    return [level for level, name in enumerate(down) if name == "AttnDownBlock2D"]


def _inexpressible(key: str, value: object) -> UsageError:
    return UsageError(
        "This U-Net has {key} = {value}, which no network here can express.", key=key, value=str(value)[:80]
    )


def _process(place: Path) -> dict[str, Any]:
    """How noise is added, as the scheduler beside the U-Net says."""
    beside = (place / SCHEDULER, place / "scheduler" / SCHEDULER, place.parent / "scheduler" / SCHEDULER)
    file = next((path for path in beside if path.is_file()), None)
    about = read_object(file) if file is not None else {}
    prediction = _PREDICTIONS.get(about.get("prediction_type", "epsilon"))
    if prediction is None:
        raise _inexpressible("prediction_type", about["prediction_type"])
    kept = _kept(about)
    for schedule in ("linear", "cosine", "sigmoid"):
        for ends in (False, True):
            process = Gradual(schedule=schedule, zero_terminal_snr=ends, min_snr=0)
            if np.abs(kept_variance(process) - kept).max() < _SAME_SCHEDULE:
                return process.model_dump() | {"prediction": prediction}
    kind, begin, end = about.get("beta_schedule", "linear"), about.get("beta_start"), about.get("beta_end")
    raise _inexpressible("a noise schedule", f"{kind} from {begin} to {end}" if kind == "linear" else kind)


def _kept(about: Mapping[str, Any]) -> np.ndarray:
    """(STEPS,) float64: the share of the picture's variance that is left after each step."""
    if about.get("num_train_timesteps", STEPS) != STEPS:
        raise _inexpressible("num_train_timesteps", about["num_train_timesteps"])
    kind, trained = about.get("beta_schedule", "linear"), about.get("trained_betas")
    begin, end = float(about.get("beta_start", 1e-4)), float(about.get("beta_end", 0.02))
    if trained is not None:
        betas = np.asarray(trained, np.float64)
    elif kind == "linear":
        betas = np.linspace(begin, end, STEPS)
    elif kind == "squaredcos_cap_v2":
        return _ended(kept_variance(Gradual(schedule="cosine")), about)
    else:
        raise _inexpressible("beta_schedule", kind)
    if betas.shape != (STEPS,) or not np.isfinite(betas).all():
        raise DamagedError("The file {name} is damaged: its settings do not fit together.", name=SCHEDULER)
    return _ended(np.cumprod(1 - betas), about)


def _ended(kept: np.ndarray, about: Mapping[str, Any]) -> np.ndarray:
    """Shifted to end in pure noise where it is wished (Lin et al. 2023, arXiv:2305.08891, algorithm 1)."""
    if not about.get("rescale_betas_zero_snr", False):
        return kept
    share = np.sqrt(kept)
    moved: np.ndarray = ((share - share[-1]) * share[0] / (share[0] - share[-1])) ** 2
    return moved


def _read_weights(place: Path, blank: Denoiser) -> dict[str, Tensor]:
    """The denoiser's tensors. Raises DamagedError."""
    file = place / WEIGHTS
    names = {name: _foreign_name(name) for name in blank.state_dict() if not name.startswith(_TO_VECTOR)}
    if any(".query." in name for name in tensor_names(file)):
        names = {name: _older(foreign) for name, foreign in names.items()}
    table = table_of(blank.state_dict())
    if blank.labels is not None:  # there nothing is said by no value of its own
        kind, (values, width) = table[_TABLE]
        table = {**table, _TABLE: (kind, (values - 1, width))}
    read = read_tensors(file, {foreign: table[name] for name, foreign in names.items()})
    found = {name: read[foreign] for name, foreign in names.items()}
    if not all(bool(tensor.isfinite().all()) for tensor in found.values()):
        raise DamagedError("The file {name} holds numbers that are not finite.", name=file.name)
    if blank.labels is not None:
        rows = found[_TABLE]
        found[_TABLE] = torch.cat([rows, rows.new_zeros(1, rows.shape[1])])
        found[f"{_TO_VECTOR}weight"] = torch.eye(rows.shape[1])
        found[f"{_TO_VECTOR}bias"] = torch.zeros(rows.shape[1])
    return found


def _foreign_name(name: str) -> str:
    if name == _TABLE:
        return _CLASSES
    begin = next(begin for begin in _OUTER if name.startswith(begin))
    return _OUTER[begin] + name.removeprefix(begin)


def _older(name: str) -> str:
    """As the format named the parts of attention before 2023."""
    for new, old in _OLD_NAMES.items():
        name = name.replace(new, old)
    return name


# --- writing -----------------------------------------------------------------------------------------------------


def _must_be_expressible(
    config: DiffusionConfig, labels: Mapping[str, Sequence[str]], denoiser: Denoiser
) -> ClassicNetwork:
    network, reason = config.network, ""
    if not isinstance(network, ClassicNetwork):
        reason = f"its network is of the kind {network.kind}; only networks of the kind classic are such U-Nets"
    elif denoiser.text is not None:
        reason = "it reads words"
    elif len(labels) > 1:
        reason = "it is steered by more than one label"
    elif config.self_conditioning:
        reason = "it looks at its own last estimate"
    elif not isinstance(config.process, Gradual):
        reason = "it learnt along straight lines; train with process = gradual"
    if not isinstance(network, ClassicNetwork) or reason:
        raise UsageError("This denoiser cannot be written as a {kind}: {reason}.", kind=CLASS, reason=reason)
    return network


def _value_count(labels: Mapping[str, Sequence[str]]) -> int | None:
    """The values, and one more that stands for none."""
    return next((len(values) + 1 for values in labels.values()), None)


def _scheduler(config: DiffusionConfig) -> dict[str, Any]:
    process = config.process
    assert isinstance(process, Gradual)
    kept = kept_variance(process)
    betas = 1 - kept / np.concatenate([[1.0], kept[:-1]])
    kinds = {known: word for word, known in _PREDICTIONS.items()}
    about: dict[str, Any] = {
        "_class_name": "DDIMScheduler", "num_train_timesteps": STEPS, "prediction_type": kinds[process.prediction],
        "clip_sample": False, "timestep_spacing": "trailing" if process.zero_terminal_snr else "leading",
    }  # fmt: skip
    if process.schedule == "linear" and not process.zero_terminal_snr:
        return about | {"beta_schedule": "linear", "beta_start": 1e-4, "beta_end": 0.02}
    return about | {"trained_betas": [float(f"{beta:.10g}") for beta in betas]}


def _foreign_tensors(denoiser: Denoiser) -> dict[str, Tensor]:
    state = denoiser.state_dict()
    kept = {n: t for n, t in state.items() if not n.startswith((_TO_VECTOR, _TABLE))}
    found = {_foreign_name(name): tensor for name, tensor in kept.items()}
    if denoiser.label_vector is not None:
        found[_CLASSES] = denoiser.label_vector(state[_TABLE]).detach()
    return found
