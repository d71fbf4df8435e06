"""Sentences translated by beam search in random weights: by the studio, by transformers, by CTranslate2, and the
products of the layers alone.

Arguments: sentences in a batch; tokens to write for each; rounds. All have the same weights, 6 + 6 layers of 512 with a
vocabulary of 8,000, and a beam of 4; none may end before the last token. In every round each translates the same
sentences of its own round. The last line of output: for each name the rates (tokens a second) round by round,
``threads``, and ``same``: how many of the translations in float32 are those of transformers, of how many in ``of``.
"""

import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import torch.nn.functional as F
import transformers
from torch import Tensor

from studio.config.decoding import Decoding
from studio.generation.translation_decoding import Decoder, Marks, finished
from studio.models.products import Product, packed
from studio.models.translation import TranslationModel
from studio.models.translation_format import load_folder

BATCH, TOKENS, ROUNDS = map(int, sys.argv[1:4])
VOCABULARY, WIDTH, BEAM, SHORTEST, LONGEST = 8001, 512, 4, 12, 28
END, PAD = 0, VOCABULARY - 1
Sentences = list[list[int]]


def foreign() -> Any:
    """Transformers' model, which never ends of itself."""
    torch.manual_seed(0)
    config = transformers.MarianConfig(
        vocab_size=VOCABULARY, d_model=WIDTH, encoder_layers=6, decoder_layers=6, encoder_attention_heads=8,
        decoder_attention_heads=8, encoder_ffn_dim=2048, decoder_ffn_dim=2048, max_position_embeddings=512,
        pad_token_id=PAD, decoder_start_token_id=PAD, eos_token_id=END, forced_eos_token_id=None, scale_embedding=True,
        activation_function="swish",
    )  # fmt: skip
    model = transformers.MarianMTModel(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1 and "embed_positions" not in name:
                parameter.mul_(2.5)  # so that words differ in likelihood
        model.model.shared.weight[PAD] = 0.0  # as CTranslate2 begins
        model.final_logits_bias[0, END] = model.final_logits_bias[0, PAD] = -100.0
    return model


def foreign_translations(peer: Any, sentences: Sentences) -> Sentences:
    """What transformers makes of them."""
    longest = max(map(len, sentences))
    tokens = torch.full((len(sentences), longest), PAD)
    for row, sentence in enumerate(sentences):
        tokens[row, : len(sentence)] = torch.tensor(sentence)
    made = peer.generate(
        tokens, attention_mask=(tokens != PAD).long(), num_beams=BEAM, do_sample=False, early_stopping=False,
        max_new_tokens=TOKENS, min_new_tokens=TOKENS,
    )  # fmt: skip
    return [row[1 : 1 + TOKENS].tolist() for row in made]


def compiled(saved: str, folder: str, kind: str) -> Any:
    """The same model in CTranslate2, whose converter changes the one that it is given."""
    import ctranslate2
    from ctranslate2.converters import transformers as loaders

    peer, loader = transformers.MarianMTModel.from_pretrained(saved), loaders.MarianMTLoader()
    spec = loader.get_model_spec(peer)
    loader.set_config(spec.config, peer, SimpleNamespace(eos_token="</s>", unk_token="<unk>"))
    words = ["</s>", "<unk>", *(f"w{number}" for number in range(2, VOCABULARY - 1))]
    spec.register_source_vocabulary(words)
    spec.register_target_vocabulary(words)
    spec.validate()
    spec.optimize(quantization=kind)
    Path(folder).mkdir()
    spec.save(folder)
    return ctranslate2.Translator(
        folder, device="cpu", compute_type=kind, inter_threads=1, intra_threads=torch.get_num_threads()
    )


def compiled_translations(translator: Any, sentences: Sentences) -> Sentences:
    """What CTranslate2 makes of them."""
    words = [[f"w{token}" if token > 1 else "</s>" for token in sentence] for sentence in sentences]
    made = translator.translate_batch(
        words, beam_size=BEAM, max_decoding_length=TOKENS, min_decoding_length=TOKENS, length_penalty=1.0
    )
    return [[int(word[1:]) for word in one.hypotheses[0] if word.startswith("w")] for one in made]


def products(model: TranslationModel, *, int8: bool) -> list[tuple[Product, Tensor]]:
    """The products of one step in their order, with an input for each, in the form in which the studio has them."""
    rows = BATCH * BEAM
    found = list[Product]()
    for block in model.decoder.blocks:
        own, seen, part = block.attention, block.words, block.forward_part
        layers = (own.out, seen.ask, seen.out, part.up, part.down)
        found += [*own.products(), *(Product(layer.weight, layer.bias) for layer in layers)]
    found.append(Product(model.written_words.weight, model.output_bias))
    for product in found if int8 else ():
        product.pack(int8=True)
    return [(product, torch.randn(rows, product.weight.shape[1])) for product in found]


@torch.inference_mode()
def chain(layers: list[tuple[Product, Tensor]]) -> None:
    """The products of all steps, and nothing between them."""
    for _ in range(TOKENS):
        for product, x in layers:
            product(x) if product._fast else F.linear(x, product.weight, product.bias)


def main() -> None:
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    peer = foreign()
    works: dict[str, Callable[[Sentences], Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        peer.save_pretrained(f"{folder}/marian")
        marks, decoding = Marks(PAD, END, (PAD,)), Decoding(beam=BEAM, tokens=TOKENS + 1)
        for name, int8 in (("studio", False), ("studio int8", True)):
            model = load_folder(Path(folder) / "marian")[1].join()
            plain = products(model, int8=int8)
            decoder = Decoder(packed(model, int8=int8), marks)  # type: ignore[arg-type]
            works[name] = lambda s, d=decoder: [
                list(found[0].tokens) for found in finished(d.decode(s, decoding))
            ]  # fmt: skip
            works[f"chain{name.removeprefix('studio')}"] = lambda _, p=plain: chain(p)
        works["transformers"] = lambda s: foreign_translations(peer, s)
        with contextlib.suppress(ImportError):  # that peer is optional
            for name, kind in (("ctranslate2", "float32"), ("ctranslate2 int8", "int8")):
                translator = compiled(f"{folder}/marian", f"{folder}/{kind}", kind)
                works[name] = lambda s, t=translator: compiled_translations(t, s)
    found: dict[str, Any] = {name: [] for name in works}
    same = of = 0
    for number in range(-1, ROUNDS):  # the first one is to warm up
        lengths = torch.randint(SHORTEST, LONGEST + 1, (BATCH,)).tolist()
        sentences = [[*torch.randint(2, PAD, (length,)).tolist(), END] for length in lengths]
        made = {}
        for name, work in works.items():
            begin = time.perf_counter()
            made[name] = work(sentences)
            if number >= 0:
                found[name].append(BATCH * TOKENS / (time.perf_counter() - begin))
        if number >= 0:
            same += sum(a == b for a, b in zip(made["studio"], made["transformers"], strict=True))
            of += BATCH
    print(json.dumps(found | {"threads": torch.get_num_threads(), "same": same, "of": of}))


if __name__ == "__main__":
    main()
