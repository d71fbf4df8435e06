"""Where the weights of foreign language models lie in ours: name by name, piece by piece, both ways.

Shapes: V tokens, E numbers a token, F inside the feed-forward part; A and O numbers that ask and are asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch import nn

from studio.config.language import Gpt2Network
from studio.models.foreign_weights import Piece, Pieces, by_name
from studio.models.language import LanguageModel

HEAD = "lm_head.weight"
_NOT_WEIGHTS = re.compile(r"(^|\.)(attn\.(masked_)?bias|rotary_emb\.inv_freq)$")
"""What older files hold besides: masks and rates, which follow from the settings."""


def pieces_of(model: LanguageModel) -> Pieces:
    """All foreign tensors that ``model`` is made of, in the order of the network."""
    find = _gpt2_pieces if isinstance(model.config.network, Gpt2Network) else _modern_pieces
    return by_name(find(model))


def matters(name: str, pieces: Pieces) -> bool:
    """Whether a foreign tensor may not be passed over: masks and rates may, and a head that is tied."""
    return name in pieces or (name != HEAD and not _NOT_WEIGHTS.search(name))


def _gpt2_pieces(model: LanguageModel) -> Iterator[Piece]:
    yield Piece("transformer.wte.weight", "words.weight")
    yield Piece("transformer.wpe.weight", "places")
    for number in range(len(model.stack.blocks)):
        begin, ours = f"transformer.h.{number}", f"stack.blocks.{number}"
        asked = model.stack.layout.width
        for kind in ("weight", "bias"):
            turned = kind == "weight"
            for theirs, mine in (("ln_1", "norm1"), ("ln_2", "norm2")):
                yield Piece(f"{begin}.{theirs}.{kind}", f"{ours}.{mine}.{kind}")
            joined = f"{begin}.attn.c_attn.{kind}"
            yield Piece(joined, f"{ours}.attention.ask.{kind}", (0, asked), turned=turned)
            yield Piece(joined, f"{ours}.attention.offer.{kind}", (asked, None), turned=turned)
            yield Piece(f"{begin}.attn.c_proj.{kind}", f"{ours}.attention.out.{kind}", turned=turned)
            yield Piece(f"{begin}.mlp.c_fc.{kind}", f"{ours}.forward_part.up.{kind}", turned=turned)
            yield Piece(f"{begin}.mlp.c_proj.{kind}", f"{ours}.forward_part.down.{kind}", turned=turned)
    yield Piece("transformer.ln_f.weight", "stack.norm.weight")
    yield Piece("transformer.ln_f.bias", "stack.norm.bias")
    if model.head is not None:
        yield Piece(HEAD, "head.weight")


def _modern_pieces(model: LanguageModel) -> Iterator[Piece]:
    yield Piece("model.embed_tokens.weight", "words.weight")
    for number, block in enumerate(model.stack.blocks):
        yield from _modern_block(f"model.layers.{number}", f"stack.blocks.{number}", block)
    yield Piece("model.norm.weight", "stack.norm.weight")
    if model.head is not None:
        yield Piece(HEAD, "head.weight")


def _modern_block(begin: str, ours: str, block: nn.Module) -> Iterator[Piece]:
    parameters = dict(block.named_parameters())
    offered = len(parameters["attention.offer.weight"]) // 2
    inner = len(parameters["forward_part.up.weight"]) // 2
    yield Piece(f"{begin}.input_layernorm.weight", f"{ours}.norm1.weight")
    for kind in ("weight", "bias"):
        if f"attention.ask.{kind}" in parameters:
            yield Piece(f"{begin}.self_attn.q_proj.{kind}", f"{ours}.attention.ask.{kind}")
            for theirs, rows in (("k_proj", (0, offered)), ("v_proj", (offered, None))):
                yield Piece(f"{begin}.self_attn.{theirs}.{kind}", f"{ours}.attention.offer.{kind}", ours=rows)
    for theirs, mine in (("q_norm", "ask_norm"), ("k_norm", "key_norm")):
        if f"attention.{mine}.weight" in parameters:
            yield Piece(f"{begin}.self_attn.{theirs}.weight", f"{ours}.attention.{mine}.weight")
    yield Piece(f"{begin}.self_attn.o_proj.weight", f"{ours}.attention.out.weight")
    yield Piece(f"{begin}.post_attention_layernorm.weight", f"{ours}.norm2.weight")
    for theirs, rows in (("gate_proj", (0, inner)), ("up_proj", (inner, None))):
        yield Piece(f"{begin}.mlp.{theirs}.weight", f"{ours}.forward_part.up.weight", ours=rows)
    yield Piece(f"{begin}.mlp.down_proj.weight", f"{ours}.forward_part.down.weight")
