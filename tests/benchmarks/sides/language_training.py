"""Pace of learning of the same GPT-2 (6 blocks, 6 heads, 384 numbers): transformers' model in the plain loop, and the
studio's trainer by the same recipe.

Arguments: ``studio|peer``, steps, texts in one of them. Prints tokens a second of the clock and of the processor, as
JSON. The plain loop is the usual one: random windows, the model's own loss, AdamW, gradients clipped, the loss read
every step. What takes turns with steps (samples, measures, checkpoints) is left out by taking the median.
"""

import itertools
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch  # before studio, so that torch's own waiting policy holds unless the caller set another

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "training")]

CONTEXT, DEPTH, HEADS, WIDTH = 256, 6, 6, 384
RATE, DECAY, BETAS, CLIP = 1e-3, 0.1, (0.9, 0.99), 1.0
LONG, WARM_UP = 100_000, 2
LETTERS = "abcdefghijklmnopqrstuvwxyz .,\n"
Clocks = tuple[float, float]


def texts() -> list[str]:
    """Letters by chance, with words and lines: what they say does not matter here."""
    drawn = np.random.default_rng(0).integers(0, len(LETTERS), (400, 4 * CONTEXT))
    return ["".join(LETTERS[i] for i in row) for row in drawn]


def rates(clocks: list[Clocks], tokens: int) -> dict[str, float]:
    """Tokens a second by the median, by both clocks."""
    wall, cpu = np.median(np.diff(np.asarray(clocks)[WARM_UP:], axis=0), axis=0)
    return {"rate": tokens / float(wall), "cpu rate": tokens / float(cpu)}


def now() -> Clocks:
    return time.perf_counter(), time.process_time()


def peer(steps: int, batch: int) -> tuple[list[Clocks], int]:
    import transformers
    from tiny_texts import TinyTexts

    data = TinyTexts(texts())
    line = torch.from_numpy(np.concatenate([data.window(i, 0, None) for i in range(len(data.lengths))])).long()
    torch.manual_seed(0)
    config = transformers.GPT2Config(
        vocab_size=data.tokeniser.bound, n_positions=CONTEXT, n_embd=WIDTH, n_layer=DEPTH, n_head=HEADS,
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=None, eos_token_id=None,
    )  # fmt: skip
    model = transformers.GPT2LMHeadModel(config).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, betas=BETAS, weight_decay=DECAY)
    times = []
    for _ in range(steps):
        starts = torch.randint(0, len(line) - CONTEXT, (batch,)).tolist()
        tokens = torch.stack([line[start : start + CONTEXT] for start in starts])
        optimiser.zero_grad()
        loss = model(tokens, labels=tokens).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimiser.step()
        assert np.isfinite(loss.item())
        times.append(now())
    return times, sum(parameter.numel() for parameter in model.parameters())


def studio(steps: int, batch: int) -> tuple[list[Clocks], int]:
    from tiny_texts import TinyTexts

    from studio.config.base import with_overrides
    from studio.config.facts import DeviceFacts
    from studio.config.language import Gpt2Network, preset
    from studio.ground.events import Metrics
    from studio.training.assemble import assemble
    from studio.training.recorder import NoRecorder

    data = TinyTexts(texts())
    usual = preset(data.facts, DeviceFacts(kind="cpu"), "quick")
    network = Gpt2Network(depth=DEPTH, heads=HEADS, width=WIDTH)
    wanted: dict[str, Any] = {
        "steps": LONG, "batch": batch, "context": CONTEXT, "optimiser": "adamw", "learning_rate": RATE,
        "weight_decay": DECAY, "second_momentum": BETAS[1], "gradient_clip": CLIP, "validate_every": 1000,
        "precision": "float32",
    }  # fmt: skip
    config = with_overrides(usual.model_copy(update={"network": network}), wanted)
    with tempfile.TemporaryDirectory() as folder:
        trainer = assemble(
            config, data, family="language", device=torch.device("cpu"), recorder=NoRecorder(), folder=Path(folder)
        )
        run = trainer.run()
        events = (e for e in run if isinstance(e, Metrics) and "training_loss" in e.values)
        times = [now() for _ in itertools.islice(events, steps)]
        run.close()
        return times, sum(parameter.numel() for parameter in trainer.task.decoder.parameters())


if __name__ == "__main__":
    which, count, rows = sys.argv[1], *map(int, sys.argv[2:4])
    clocks, weights = {"peer": peer, "studio": studio}[which](count, rows)
    policy = os.environ.get("OMP_WAIT_POLICY", "")
    print(json.dumps(rates(clocks, rows * CONTEXT) | {"weights": weights, "policy": policy}))
