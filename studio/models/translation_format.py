"""Marian translation models (OPUS-MT; Junczys-Dowmunt et al. 2018) in the folder format of Hugging Face, both ways.

A folder holds ``config.json``, the weights, and beside them the tokenisers of both languages. Weights are read tensor
by tensor into their places; pickled ones have to be made safetensors first (``studio.models.unpickling``).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from studio.config.base import validated
from studio.config.translation import TranslationConfig
from studio.ground.errors import DamagedError, UsageError
from studio.ground.files import read_object
from studio.models import foreign_weights
from studio.models.foreign_weights import Piece, Pieces, by_name, weight_files, write_object, write_weights
from studio.models.translation import TranslationModel, build_translation_model

CONFIG, KIND = "config.json", "marian"
PICKLED = "pytorch_model.bin"
BESIDE = (
    "source.spm", "target.spm", "vocab.json", "target_vocab.json", "tokenizer_config.json", "special_tokens_map.json",
    "generation_config.json",
)  # fmt: skip
"""What belongs to a model besides its network, as far as a folder has it."""
_ACTIVATIONS = {
    "gelu_new": "gelu_tanh", "gelu_pytorch_tanh": "gelu_tanh", "gelu": "gelu", "relu": "relu", "silu": "silu",
    "swish": "silu",
}  # fmt: skip
_FIXED: Mapping[str, Any] = {
    "normalize_before": False, "normalize_embedding": False, "add_final_layer_norm": False,
    "static_position_embeddings": True, "extra_pos_embeddings": 0,
}  # fmt: skip
"""Settings that have one value in all Marian models; they have it as well where a file leaves them out."""
_DEFAULTS: Mapping[str, Any] = {
    "vocab_size": 58101, "max_position_embeddings": 1024, "encoder_layers": 12, "encoder_ffn_dim": 4096,
    "encoder_attention_heads": 16, "decoder_layers": 12, "decoder_ffn_dim": 4096, "decoder_attention_heads": 16,
    "activation_function": "gelu", "d_model": 1024, "decoder_start_token_id": 58100, "scale_embedding": False,
    "pad_token_id": 58100, "eos_token_id": 0, "share_encoder_decoder_embeddings": True, "tie_word_embeddings": True,
}  # fmt: skip
"""What a file means that leaves them out."""
_SIZES = ("vocab_size", "d_model", "encoder_layers", "decoder_layers", "encoder_ffn_dim", "decoder_ffn_dim",
          "encoder_attention_heads", "decoder_attention_heads")  # fmt: skip
_BIAS, _SHARED, _HEAD = "final_logits_bias", "model.shared.weight", "lm_head.weight"
_READ, _WRITTEN = "model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight"


@dataclass(frozen=True)
class ForeignTranslation:
    """What a folder says of its model before any weight is read.

    Attributes:
        source_tokens, target_tokens: how many different ones there are.
        begin: the token before a translation. end: the one after every text. pad: one that is never written.
    """

    folder: Path
    config: TranslationConfig
    source_tokens: int
    target_tokens: int
    begin: int
    end: int
    pad: int


def read_folder(folder: Path) -> ForeignTranslation:
    """What kind of model a folder holds.

    Raises:
        UsageError: it is no such folder, or of a kind that no network here can express. DamagedError: it is not whole.
    """
    if not (folder / CONFIG).is_file():
        raise UsageError("{name} holds no config.json; choose the folder of a translation model.", name=folder.name)
    about = read_object(folder / CONFIG)
    if about.get("model_type") != KIND:
        raise UsageError(
            "{name} is a model of the kind {kind}; translation models that can be loaded are of the kind {known}.",
            name=folder.name, kind=str(about.get("model_type"))[:80], known=KIND,
        )  # fmt: skip
    if about.get("quantization_config") is not None:
        raise UsageError(
            "The weights of {name} are quantised; load the folder of the model that is not.", name=folder.name
        )
    for key, value in _FIXED.items():
        if about.get(key, value) != value:
            raise _inexpressible(key, about[key])
    asked = dict(_DEFAULTS) | {key: value for key, value in about.items() if key in _DEFAULTS}
    if asked["activation_function"] not in _ACTIVATIONS:
        raise _inexpressible("activation_function", asked["activation_function"])
    try:
        return _read(folder, asked, about.get("decoder_vocab_size") or asked["vocab_size"])
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise DamagedError("The file {name} is damaged: its settings do not fit together.", name=CONFIG) from error


def load_folder(
    folder: Path, *, device: torch.device | str = "cpu", weights: Path | None = None
) -> tuple[ForeignTranslation, TranslationModel]:
    """The model of a folder in float32, in eval mode and frozen. Raises as :func:`read_folder` and :func:`filling`."""
    found = read_folder(folder)
    model = blank(found, device=device)
    for _ in filling(found, model, weights):
        pass
    return found, model.eval().requires_grad_(False)


def blank(found: ForeignTranslation, *, device: torch.device | str = "cpu") -> TranslationModel:
    """The network without its weights, which takes its whole memory but draws nothing; fill it next."""
    with torch.device("meta"):
        model = build_translation_model(found.config, found.source_tokens, found.target_tokens)
    model = model.to_empty(device=device)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name == "output_bias":
                parameter.zero_()
    return model


def filling(
    found: ForeignTranslation, model: TranslationModel, weights: Path | None = None
) -> Iterator[tuple[int, int]]:
    """Read the weights tensor by tensor into their places; after each, how many of how many are there.

    Args:
        weights: the safetensors file of a folder whose own weights are pickled.

    Raises:
        UsageError: the weights are pickled, and no others are given. DamagedError: a file or a tensor is missing, of
            another shape, not finite, or one that does not belong there.
    """
    pieces = pieces_of(model)
    files = weight_files(found.folder) if weights is None else [weights]
    parameters = dict(model.named_parameters())

    def named(name: str) -> str | None:
        if name.endswith("embed_positions.weight") or (name == _HEAD and _HEAD not in pieces):
            return None
        if _SHARED in pieces and name in (_READ, _WRITTEN):
            return _SHARED
        return None if name == _SHARED and _SHARED not in pieces else name

    yield from foreign_weights.filling(
        files, found.folder, pieces, parameters, named=named, optional=frozenset({_BIAS})
    )


def write_folder(
    folder: Path, model: TranslationModel, *, begin: int, end: int, pad: int, beside: Path | None = None
) -> None:
    """Write ``model`` into the existing ``folder`` as other programs read it; ``beside``: where its tokenisers are.

    Raises:
        UsageError: the format cannot express it. OSError: the disk is full, gone or read-only.
    """
    about = written_settings(model, begin=begin, end=end, pad=pad)
    write_weights(folder, pieces_of(model), dict(model.named_parameters()))
    for name in BESIDE if beside is not None else ():
        if beside is not None and (beside / name).is_file():
            shutil.copyfile(beside / name, folder / name)
    write_object(folder / CONFIG, about)


def written_settings(model: TranslationModel, *, begin: int, end: int, pad: int) -> dict[str, Any]:
    """The ``config.json`` that says the same. Raises UsageError where Marian models are never like that."""
    config, network = model.config, model.config.network
    for key, value in {"norm": "post", "positions": "halves", "output_bias": True}.items():
        if getattr(network, key) != value:
            raise UsageError(
                "This model has network.{key} = {found}; the format that other programs read knows only {value}.",
                key=key, found=getattr(network, key), value=value,
            )  # fmt: skip
    words = {ours: theirs for theirs, ours in reversed(_ACTIVATIONS.items())} | {"silu": "swish"}
    return {
        "model_type": KIND, "architectures": ["MarianMTModel"], "vocab_size": model.source_tokens,
        "decoder_vocab_size": model.target_tokens, "d_model": network.width, "encoder_layers": network.full_depth,
        "decoder_layers": network.full_decoder_depth, "encoder_attention_heads": network.full_heads,
        "decoder_attention_heads": network.full_decoder_heads, "encoder_ffn_dim": network.full_inner,
        "decoder_ffn_dim": network.full_decoder_inner, "activation_function": words[network.activation],
        "max_position_embeddings": config.context, "scale_embedding": network.scaled, "dropout": config.dropout,
        "share_encoder_decoder_embeddings": network.shared, "tie_word_embeddings": network.tied,
        "decoder_start_token_id": begin, "eos_token_id": end, "forced_eos_token_id": end, "pad_token_id": pad,
        "bos_token_id": None, "is_encoder_decoder": True, "normalize_before": False, "normalize_embedding": False,
        "add_final_layer_norm": False, "static_position_embeddings": True, "dtype": "float32",
        "torch_dtype": "float32", "use_cache": True,
    }  # fmt: skip


def pieces_of(model: TranslationModel) -> Pieces:
    """All foreign tensors that ``model`` is made of, in the order of the network."""
    return by_name(_pieces(model))


def _pieces(model: TranslationModel) -> Iterator[Piece]:
    if model.target_words is None:
        yield Piece(_SHARED, "source_words.weight")
    else:
        yield Piece(_READ, "source_words.weight")
        yield Piece(_WRITTEN, "target_words.weight")
    for side, stack in (("encoder", model.encoder), ("decoder", model.decoder)):
        for number in range(len(stack.blocks)):
            yield from _block(f"model.{side}.layers.{number}", f"{side}.blocks.{number}", stack.layout.width, side)
    if model.head is not None:
        yield Piece(_HEAD, "head.weight")
    if model.output_bias is not None:
        yield Piece(_BIAS, "output_bias", wrapped=True)


def _block(theirs: str, ours: str, width: int, side: str) -> Iterator[Piece]:
    parts = {"self_attn": ("attention", "norm1")} | ({"encoder_attn": ("words", "norm3")} if side == "decoder" else {})
    for kind in ("weight", "bias"):
        for part, (attention, norm) in parts.items():
            yield Piece(f"{theirs}.{part}.q_proj.{kind}", f"{ours}.{attention}.ask.{kind}")
            yield Piece(f"{theirs}.{part}.k_proj.{kind}", f"{ours}.{attention}.offer.{kind}", ours=(0, width))
            yield Piece(f"{theirs}.{part}.v_proj.{kind}", f"{ours}.{attention}.offer.{kind}", ours=(width, None))
            yield Piece(f"{theirs}.{part}.out_proj.{kind}", f"{ours}.{attention}.out.{kind}")
            yield Piece(f"{theirs}.{part}_layer_norm.{kind}", f"{ours}.{norm}.{kind}")
        yield Piece(f"{theirs}.fc1.{kind}", f"{ours}.forward_part.up.{kind}")
        yield Piece(f"{theirs}.fc2.{kind}", f"{ours}.forward_part.down.{kind}")
        yield Piece(f"{theirs}.final_layer_norm.{kind}", f"{ours}.norm2.{kind}")


def _read(folder: Path, asked: Mapping[str, Any], target_tokens: Any) -> ForeignTranslation:
    """Raises ValueError or TypeError for numbers that make no sense."""
    sizes = [asked[key] for key in _SIZES] + [target_tokens]
    if any(type(size) is not int or size < 1 for size in sizes):
        raise ValueError("a size that is none")
    shared = bool(asked["share_encoder_decoder_embeddings"])
    marks = [asked[key] for key in ("decoder_start_token_id", "eos_token_id", "pad_token_id")]
    if any(type(mark) is not int or not 0 <= mark < target_tokens for mark in marks):
        raise ValueError("a mark that is no token")
    if shared and target_tokens != asked["vocab_size"]:
        raise ValueError("shared weights of two sizes")
    network = {
        "width": asked["d_model"], "depth": asked["encoder_layers"], "decoder_depth": asked["decoder_layers"],
        "heads": asked["encoder_attention_heads"], "decoder_heads": asked["decoder_attention_heads"],
        "inner": asked["encoder_ffn_dim"], "decoder_inner": asked["decoder_ffn_dim"], "norm": "post",
        "positions": "halves", "activation": _ACTIVATIONS[asked["activation_function"]],
        "scaled": asked["scale_embedding"], "shared": shared, "tied": asked["tie_word_embeddings"],
        "output_bias": True,
    }  # fmt: skip
    context = asked["max_position_embeddings"]
    config = validated(TranslationConfig, {"network": network, "context": context})
    return ForeignTranslation(folder, config, asked["vocab_size"], target_tokens, *marks)


def _inexpressible(key: str, value: object) -> UsageError:
    return UsageError(
        "This model has {key} = {value}, which no network here can express.", key=key, value=str(value)[:80]
    )
