"""What eight bits cost: perplexity of a model that has learnt a little, on text that it never read, byte by byte.

Arguments: steps of training. The text is this program's own. The last line of output: perplexities ``float32``,
``int8`` and ``untrained`` (of the model before its first step), and ``weights``.
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from studio.config.language import LanguageConfig, ModernNetwork
from studio.models.language import LanguageModel, build_language_model
from studio.models.products import packed, twin

STEPS, CONTEXT, BATCH = int(sys.argv[1]), 128, 8
TREE = Path(__file__).resolve().parents[3] / "studio"


def text() -> Tensor:
    """All files of the engine, their bytes one after another."""
    return torch.tensor(list(b"".join(path.read_bytes() for path in sorted(TREE.rglob("*.py")))))


@torch.inference_mode()
def perplexity(model: LanguageModel, tokens: Tensor) -> float:
    """Of the rows (B, N) of ``tokens``."""
    total = torch.tensor([float(_loss(model, row[None])) for row in tokens])
    return float(total.mean().exp())


def _loss(model: LanguageModel, rows_BN: Tensor) -> Tensor:
    return F.cross_entropy(model(rows_BN[:, :-1]).flatten(0, 1), rows_BN[:, 1:].flatten())


def main() -> None:
    torch.manual_seed(0)
    found, config = text(), LanguageConfig(network=ModernNetwork(depth=4), context=CONTEXT)
    end = len(found) * 9 // 10
    unread = found[end : end + 60 * (CONTEXT + 1)].view(60, CONTEXT + 1)
    model = build_language_model(config, 256)
    before = perplexity(model.eval(), unread)
    optimiser = torch.optim.AdamW(model.train().parameters(), lr=2e-3)
    for _ in range(STEPS):
        starts = torch.randint(0, end - CONTEXT - 1, (BATCH,)).tolist()
        optimiser.zero_grad()
        _loss(model, torch.stack([found[start : start + CONTEXT + 1] for start in starts])).backward()
        optimiser.step()
    model.eval().requires_grad_(False).join()
    small = packed(twin(model), int8=True)
    assert isinstance(small, LanguageModel)
    weights = sum(parameter.numel() for parameter in model.parameters())
    values = {"untrained": before, "float32": perplexity(model, unread), "int8": perplexity(small, unread)}
    print(json.dumps(values | {"weights": weights}))


if __name__ == "__main__":
    main()
