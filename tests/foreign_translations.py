"""Tiny Marian models with random weights as transformers makes and saves them: a second opinion."""

import atexit
import functools
import io
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import sentencepiece
import torch
import transformers

import tests.foreign_languages  # noqa: F401  (offline, and quiet)

TOKENS = 60
END, PAD = 0, TOKENS - 1
KINDS = ("marian", "apart", "uneven")
_SIZES: dict[str, Any] = {
    "vocab_size": TOKENS, "d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "max_position_embeddings": 64,
    "pad_token_id": PAD, "decoder_start_token_id": PAD, "eos_token_id": END, "forced_eos_token_id": END,
    "scale_embedding": True, "activation_function": "swish",
}  # fmt: skip
_DIFFERENT: dict[str, dict[str, Any]] = {
    "marian": {},
    "apart": {"share_encoder_decoder_embeddings": False, "activation_function": "gelu", "scale_embedding": False},
    "uneven": {"encoder_layers": 3, "decoder_layers": 1, "decoder_attention_heads": 2, "decoder_ffn_dim": 40,
               "activation_function": "relu"},
}  # fmt: skip


def foreign_config(kind: str, **changes: Any) -> Any:
    """A tiny model's settings, as transformers has them."""
    return transformers.MarianConfig(**(_SIZES | _DIFFERENT[kind] | changes))


def foreign_model(kind: str, seed: int = 0) -> Any:
    """Every weight is random, also those that begin as ones and zeros, so that none can be mistaken for another."""
    torch.manual_seed(seed)
    model = transformers.MarianMTModel(foreign_config(kind)).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "embed_positions" not in name:
                parameter.add_(torch.randn_like(parameter) * 0.15)
        model.final_logits_bias.normal_()
        model.final_logits_bias[0, END] += 1.5  # so that texts come to an end
    return model


@functools.cache
def foreign_folder(kind: str) -> Path:
    """The folder that transformers saved the model of seed 0 to; for reading only."""
    root = Path(tempfile.mkdtemp(prefix="studio-foreign-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    foreign_model(kind).save_pretrained(root / kind)
    return root / kind


ENGLISH = ("the cat sat on the mat", "a dog and a cat", "that is the hat of the cat") * 8
FRENCH = ("le chat est sur le tapis", "un chien et un chat", "c'est le chapeau du chat") * 8


def write_tokenisers(folder: Path) -> int:
    """Tokenisers as a Marian folder has them: two models of pieces, one list of words; gives how many tokens."""
    words = ["</s>", "<unk>", ">>fra<<"]
    for name, texts in (("source.spm", ENGLISH), ("target.spm", FRENCH)):
        made = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(texts), model_writer=made, vocab_size=34, minloglevel=2, hard_vocab_limit=False
        )
        (folder / name).write_bytes(made.getvalue())
        model = sentencepiece.SentencePieceProcessor(model_file=str(folder / name))
        words += [piece for n in range(3, model.get_piece_size()) if (piece := model.id_to_piece(n)) not in words]
    words.append("<pad>")
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    return len(words)
