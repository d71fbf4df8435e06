"""One text written token by token, greedily, in float32: by the studio, by transformers, and the products alone.

Arguments: gpt2-10m, llama-10m or gpt2-124m; tokens to write; rounds. In every round each of them writes as many tokens
after a prompt of its own round. The last line of output: rates (tokens a second) of ``studio``, ``peer``, ``chain`` and
``int8`` (the studio in numbers of eight bits) round by round, ``weights``, ``threads``, and ``same``: how many of the
rounds' texts are equal.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import torch.nn.functional as F
import transformers
from torch import Tensor

from studio.config.writing import Writing
from studio.generation.language_writing import Writer
from studio.models.language import LanguageModel
from studio.models.language_format import load_folder
from studio.models.products import twin

SIDE, TOKENS, ROUNDS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
PROMPT = 16
CONFIGS: dict[str, Callable[[], Any]] = {
    "gpt2-10m": lambda: transformers.GPT2Config(vocab_size=65, n_positions=256, n_embd=384, n_layer=6, n_head=6),
    "llama-10m": lambda: transformers.LlamaConfig(
        vocab_size=65, max_position_embeddings=256, hidden_size=384, intermediate_size=1024, num_hidden_layers=6,
        num_attention_heads=6, tie_word_embeddings=True,
    ),
    "gpt2-124m": transformers.GPT2Config,
}  # fmt: skip


def products(model: LanguageModel) -> list[tuple[Tensor, Tensor | None]]:
    """Weight and bias of every linear layer in the order of one step, as ours has them."""
    found: list[tuple[Tensor, Tensor | None]] = []
    for block in model.stack.blocks:
        own, part = block.attention, block.forward_part
        layers = (own.products()[0], own.out, part.up, part.down)
        found += [(layer.weight, layer.bias) for layer in layers]
    return [*found, (model.words.weight if model.head is None else model.head.weight, None)]


@torch.inference_mode()
def chain(layers: list[tuple[Tensor, Tensor | None]], inputs: list[Tensor]) -> None:
    """The products of one step, and nothing between them."""
    for x, (weight, bias) in zip(inputs, layers, strict=True):
        F.linear(x, weight, bias)


def rate(work: Callable[[], Any]) -> tuple[float, Any]:
    """Tokens a second, and what came out."""
    begin = time.perf_counter()
    made = work()
    return TOKENS / (time.perf_counter() - begin), made


def pair() -> tuple[Any, LanguageModel]:
    """Transformers' model and ours, with the same weights."""
    torch.manual_seed(0)
    config = CONFIGS[SIDE]()
    config.bos_token_id = config.eos_token_id = None
    peer = transformers.AutoModelForCausalLM.from_config(config).eval()
    with tempfile.TemporaryDirectory() as folder:
        peer.save_pretrained(folder)
        return peer, load_folder(Path(folder))[1]


def generated(peer: Any, prompt: Tensor) -> list[int]:
    """What transformers continues a prompt with."""
    made = peer.generate(
        prompt, attention_mask=torch.ones_like(prompt), do_sample=False, max_new_tokens=TOKENS, min_new_tokens=TOKENS,
        pad_token_id=0,
    )  # fmt: skip
    return made[0, PROMPT:].tolist()


def main() -> None:
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    peer, model = pair()
    writer = Writer(model)
    small, layers = Writer(twin(model), int8=True), products(model)  # type: ignore[arg-type]
    inputs = [torch.randn(1, 1, weight.shape[1]) for weight, _ in layers]
    writing = Writing(temperature=0, tokens=TOKENS)
    found: dict[str, list[float]] = {"studio": [], "peer": [], "chain": [], "int8": []}
    same = 0
    for number in range(-1, ROUNDS):  # the first one is to warm up
        prompt = torch.randint(0, model.tokens, (1, PROMPT))
        ours = rate(lambda p=prompt: [step[0].token for step in writer.write(p.tolist(), writing) if step])
        theirs = rate(lambda p=prompt: generated(peer, p))
        bare = rate(lambda: [chain(layers, inputs) for _ in range(TOKENS)])
        less = rate(lambda p=prompt: [step[0].token for step in small.write(p.tolist(), writing) if step])
        if number >= 0:
            for name, value in zip(found, (ours[0], theirs[0], bare[0], less[0]), strict=True):
                found[name].append(value)
            same += ours[1] == theirs[1]
    weights = sum(parameter.numel() for parameter in model.parameters())
    print(json.dumps(found | {"weights": weights, "threads": torch.get_num_threads(), "same": same}))


if __name__ == "__main__":
    main()
