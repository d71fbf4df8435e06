"""The ``config.json`` of foreign language models as our settings, and back: GPT-2, Llama, Qwen2, Qwen3."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from studio.config.base import validated
from studio.config.language import Gpt2Network, LanguageConfig, ModernNetwork
from studio.ground.errors import DamagedError, UsageError

CONFIG = "config.json"
_ACTIVATIONS = {
    "gelu_new": "gelu_tanh", "gelu_pytorch_tanh": "gelu_tanh", "gelu": "gelu", "relu": "relu", "silu": "silu",
    "swish": "silu",
}  # fmt: skip
_GPT2_FIXED: Mapping[str, Any] = {
    "scale_attn_weights": True, "scale_attn_by_inverse_layer_idx": False, "add_cross_attention": False,
}  # fmt: skip
_MODERN_FIXED: Mapping[str, Any] = {
    "attention_bias": False, "mlp_bias": False, "hidden_act": "silu", "use_sliding_window": False,
}  # fmt: skip
"""Settings that have one value here; they have it as well where a file leaves them out."""
_GPT2_DEFAULTS: Mapping[str, Any] = {
    "vocab_size": 50257, "n_positions": 1024, "n_embd": 768, "n_layer": 12, "n_head": 12, "n_inner": None,
    "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5, "tie_word_embeddings": True,
}  # fmt: skip
_MODERN_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "llama": {"vocab_size": 32000, "intermediate_size": 11008, "num_key_value_heads": None, "head_dim": None,
              "max_position_embeddings": 2048},
    "qwen2": {"vocab_size": 151936, "intermediate_size": 22016, "num_key_value_heads": 32, "head_dim": None,
              "max_position_embeddings": 32768},
    "qwen3": {"vocab_size": 151936, "intermediate_size": 22016, "num_key_value_heads": 32, "head_dim": 128,
              "max_position_embeddings": 32768},
}  # fmt: skip
_MODERN_SHARED: Mapping[str, Any] = {
    "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32, "rms_norm_eps": 1e-6,
    "tie_word_embeddings": False, "rope_theta": 10_000.0,
}  # fmt: skip
"""What a file means that leaves them out."""
_ROTATIONS = ("default", "linear", "llama3")
KINDS = ("gpt2", *_MODERN_DEFAULTS)


def read_settings(about: Mapping[str, Any], name: str) -> tuple[LanguageConfig, int]:
    """The settings of a ``config.json`` in the folder ``name``, and how many different tokens there are.

    Raises:
        UsageError: no network here can express it; says which setting is in the way. DamagedError: it makes no sense.
    """
    kind = about.get("model_type")
    if kind not in KINDS:
        raise UsageError(
            "{name} is a model of the kind {kind}; those that can be loaded are: {known}.",
            name=name, kind=str(kind)[:80], known=", ".join(KINDS),
        )  # fmt: skip
    if about.get("quantization_config") is not None:
        raise UsageError("The weights of {name} are quantised; load the folder of the model that is not.", name=name)
    read: Callable[[Mapping[str, Any]], dict[str, Any]] = _gpt2 if kind == "gpt2" else _modern
    try:
        tokens = int(
            about.get("vocab_size", (_GPT2_DEFAULTS if kind == "gpt2" else _MODERN_DEFAULTS[kind])["vocab_size"])
        )
        config = validated(LanguageConfig, _checked(read(about)))
    except (TypeError, ValueError, AttributeError, KeyError, ZeroDivisionError) as error:
        raise DamagedError("The file {name} is damaged: its settings do not fit together.", name=CONFIG) from error
    if tokens < 1:
        raise DamagedError("The file {name} is damaged: its settings do not fit together.", name=CONFIG)
    return config, tokens


def written_settings(config: LanguageConfig, tokens: int) -> dict[str, Any]:
    """The ``config.json`` that says the same."""
    network = config.network
    shared = {
        "vocab_size": tokens, "tie_word_embeddings": network.tied, "dtype": "float32", "torch_dtype": "float32",
        "use_cache": True,
    }  # fmt: skip
    if isinstance(network, Gpt2Network):
        words = {ours: theirs for theirs, ours in reversed(_ACTIVATIONS.items())}
        return shared | {
            "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_positions": config.context,
            "n_ctx": config.context, "n_embd": network.full_width, "n_layer": network.depth,
            "n_head": network.full_heads, "n_inner": network.full_inner, "layer_norm_epsilon": network.epsilon,
            "activation_function": words[network.activation], **dict.fromkeys(
                ("resid_pdrop", "embd_pdrop", "attn_pdrop"), config.dropout),
        }  # fmt: skip
    kind, name = _modern_kind(network)
    return shared | {
        "model_type": kind, "architectures": [name], "hidden_size": network.full_width, "hidden_act": "silu",
        "intermediate_size": network.full_inner, "num_hidden_layers": network.depth,
        "num_attention_heads": network.full_heads, "num_key_value_heads": network.full_key_heads,
        "head_dim": network.full_head_width, "max_position_embeddings": config.context,
        "rms_norm_eps": network.epsilon, **_written_rotation(network),
    }  # fmt: skip


def _modern_kind(network: ModernNetwork) -> tuple[str, str]:
    if network.head_norms and network.input_bias:
        raise UsageError("This model has both biases and norms of heads, which no other program's format expresses.")
    if network.head_norms:
        return "qwen3", "Qwen3ForCausalLM"
    return ("qwen2", "Qwen2ForCausalLM") if network.input_bias else ("llama", "LlamaForCausalLM")


def _gpt2(about: Mapping[str, Any]) -> dict[str, Any]:
    _must_be(_GPT2_FIXED, about)
    asked = dict(_GPT2_DEFAULTS) | {key: value for key, value in about.items() if key in _GPT2_DEFAULTS}
    if asked["activation_function"] not in _ACTIVATIONS:
        raise _inexpressible("activation_function", asked["activation_function"])
    network = {
        "kind": "gpt2", "depth": asked["n_layer"], "width": asked["n_embd"], "heads": asked["n_head"],
        "inner": asked["n_inner"] or 4 * asked["n_embd"], "epsilon": asked["layer_norm_epsilon"],
        "activation": _ACTIVATIONS[asked["activation_function"]], "tied": asked["tie_word_embeddings"],
    }  # fmt: skip
    return {"network": network, "context": asked["n_positions"]}


def _modern(about: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(about["model_type"])
    _must_be(_MODERN_FIXED, about)
    if set(about.get("layer_types") or ()) - {"full_attention"}:
        raise _inexpressible("layer_types", about["layer_types"])
    known = {**_MODERN_SHARED, **_MODERN_DEFAULTS[kind]}
    asked = known | {key: value for key, value in about.items() if key in known}
    network = {
        "kind": "modern", "depth": asked["num_hidden_layers"], "width": asked["hidden_size"],
        "heads": asked["num_attention_heads"], "inner": asked["intermediate_size"], "epsilon": asked["rms_norm_eps"],
        "key_heads": asked["num_key_value_heads"] or asked["num_attention_heads"],
        "head_width": asked["head_dim"] or asked["hidden_size"] // asked["num_attention_heads"],
        "tied": asked["tie_word_embeddings"], "input_bias": kind == "qwen2", "head_norms": kind == "qwen3",
        **_rotation(about, asked["rope_theta"]),
    }  # fmt: skip
    return {"network": network, "context": asked["max_position_embeddings"]}


def _rotation(about: Mapping[str, Any], base: float) -> dict[str, Any]:
    """Rotary positions; older files keep their base apart from how they are stretched."""
    said = about.get("rope_parameters") or about.get("rope_scaling") or {}
    kind = said.get("rope_type", said.get("type", "default"))
    if kind not in _ROTATIONS or said.get("partial_rotary_factor", 1) != 1:
        raise _inexpressible("rope_type" if kind not in _ROTATIONS else "partial_rotary_factor", kind)
    found = {"rotary_base": said.get("rope_theta", base)}
    if kind != "default":
        found["rotary_factor"] = said["factor"]
    if kind == "llama3":
        found |= {
            "rotary_original": said["original_max_position_embeddings"], "rotary_low": said["low_freq_factor"],
            "rotary_high": said["high_freq_factor"],
        }  # fmt: skip
    return found


def _written_rotation(network: ModernNetwork) -> dict[str, Any]:
    """In the words of newer files and of older ones."""
    said: dict[str, Any] = {"rope_type": "default"}
    if network.rotary_factor != 1:
        said = {"rope_type": "linear", "factor": network.rotary_factor}
    if network.rotary_factor != 1 and network.rotary_original:
        said |= {
            "rope_type": "llama3", "original_max_position_embeddings": network.rotary_original,
            "low_freq_factor": network.rotary_low, "high_freq_factor": network.rotary_high,
        }  # fmt: skip
    older = None if said["rope_type"] == "default" else said
    base = network.rotary_base
    return {"rope_parameters": said | {"rope_theta": base}, "rope_theta": base, "rope_scaling": older}


def _checked(settings: dict[str, Any]) -> dict[str, Any]:
    """Nothing is left to what follows from it: a size of zero is one that the file gets wrong."""
    sizes = [value for key, value in settings["network"].items() if key in ("width", "heads", "inner", "key_heads")]
    if any(type(size) is not int or size < 1 for size in sizes):
        raise ValueError("a size that is none")
    return settings


def _must_be(fixed: Mapping[str, Any], about: Mapping[str, Any]) -> None:
    for key, value in fixed.items():
        if about.get(key, value) != value:
            raise _inexpressible(key, about[key])


def _inexpressible(key: str, value: object) -> UsageError:
    return UsageError(
        "This model has {key} = {value}, which no network here can express.", key=key, value=str(value)[:80]
    )
