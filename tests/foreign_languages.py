"""Tiny language models with random weights as transformers makes and saves them: a second opinion."""

import atexit
import functools
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()

TOKENS = 300
KINDS = ("gpt2", "llama", "llama3", "qwen2", "qwen3")
_SIZES: dict[str, Any] = {
    "vocab_size": TOKENS, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 64, "bos_token_id": None, "eos_token_id": None,
}  # fmt: skip
_STRETCHED = {
    "rope_type": "llama3", "rope_theta": 500.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16,
}  # fmt: skip


def foreign_config(kind: str) -> Any:
    """A tiny model's settings, as transformers has them."""
    if kind == "gpt2":
        return transformers.GPT2Config(
            vocab_size=TOKENS, n_positions=64, n_embd=32, n_layer=2, n_head=4, bos_token_id=None, eos_token_id=None
        )
    if kind == "llama3":  # shared weights of words and head, heads of their own width, stretched positions
        return transformers.LlamaConfig(**_SIZES, tie_word_embeddings=True, head_dim=12, rope_parameters=_STRETCHED)
    if kind == "qwen3":
        return transformers.Qwen3Config(**_SIZES, head_dim=16, tie_word_embeddings=True)
    return {"llama": transformers.LlamaConfig, "qwen2": transformers.Qwen2Config}[kind](**_SIZES)


def foreign_model(kind: str, seed: int = 0) -> Any:
    """Every weight is random, also those that begin as ones and zeros, so that none can be mistaken for another."""
    torch.manual_seed(seed)
    model = transformers.AutoModelForCausalLM.from_config(foreign_config(kind)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return model


def make_tokeniser() -> Tokenizer:
    """A byte-level tokeniser with a few pairs and one mark, 260 tokens at most."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=270, special_tokens=["<end>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )  # fmt: skip
    made.train_from_iterator(["the cat and the hat", "then that is that"] * 3, trainer)
    return made


@functools.cache
def foreign_folder(kind: str) -> Path:
    """The folder that transformers saved the model of seed 0 to, with a tokeniser; for reading only."""
    root = Path(tempfile.mkdtemp(prefix="studio-foreign-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    foreign_model(kind).save_pretrained(root / kind)
    make_tokeniser().save(str(root / kind / "tokenizer.json"))
    return root / kind
