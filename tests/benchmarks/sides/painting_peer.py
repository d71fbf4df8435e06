"""The other side of the race of denoisers: diffusers' UNet2DModel, trained by diffusers' own recipe.

The network is the 32 x 32 one of Ho et al. 2020 as diffusers configures it (four levels, two blocks each, attention at
the second), made narrower until it has as many parameters as our default denoiser. The recipe is that of the example
``train_unconditional``: the noise is predicted, 1,000 steps of the linear schedule, AdamW (1e-4, betas 0.95 and 0.999,
decay 1e-6), 500 steps of warm-up and then a cosine to the end, batches of 16, gradients of length 1 at most, EMAModel
with warm-up (gamma 1, power 0.75, at most 0.9999).

That example steers by nothing. What is asked for enters where UNet2DModel takes class embeddings: ``attributes``, one
embedding for each attribute, added; or ``words``, our text encoder, learnt along. ``cross`` is UNet2DConditionModel of
the same widths with cross-attention to that encoder. Told nothing in a tenth of the batch, so that guidance works.
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from clock import Clock
from painting import Marks, arguments, pictures
from torch import Tensor, nn

from studio.data.portraits import ATTRIBUTES
from studio.models.diffusion_text import TextEncoder
from studio.models.vocabulary import BEGIN, PAD, Vocabulary

MEMORY = 64  # numbers a word, as in ours of this size
DROPPED = 0.1
TIMES = 1000
TRIED = 15  # steps, to know the pace


class Peer(nn.Module):
    """eps(z, t) of diffusers' network, steered. ``about`` is all that is needed to build it anew.

    Told is (B, T) tokens, or (B, L) codes of attributes; where ``drop_B`` nothing is told.
    """

    def __init__(self, about: dict[str, Any]) -> None:
        super().__init__()
        self.about, self.told = about, about["told"]
        first = about["widths"][0]
        if self.told == "attributes":
            self.labels = nn.ModuleList(nn.Embedding(len(v) + 1, 4 * first) for v in ATTRIBUTES.values())
        else:
            self.text = TextEncoder(len(about["words"]) + 3, about["length"], MEMORY)
            self.vector = nn.Linear(MEMORY, 4 * first) if self.told == "words" else nn.Identity()
        self.unet = unet(self.told, about["widths"])

    def forward(self, z_BCHW: Tensor, t_B: Tensor, told: Tensor, drop_B: Tensor) -> Tensor:
        if self.told == "attributes":
            codes = torch.where(drop_B[:, None], 0, told + 1)
            vector = torch.stack([table(codes[:, i]) for i, table in enumerate(self.labels)]).sum(dim=0)
            return self.unet(z_BCHW, t_B, class_labels=vector).sample
        nothing = torch.full_like(told, PAD)
        nothing[:, 0] = BEGIN
        tokens = torch.where(drop_B[:, None], nothing, told)
        words = self.text(tokens)
        if self.told == "words":
            return self.unet(z_BCHW, t_B, class_labels=self.vector(words[:, 0])).sample
        return self.unet(z_BCHW, t_B, words, encoder_attention_mask=tokens != PAD).sample


def unet(told: str, widths: list[int]) -> nn.Module:
    from diffusers import UNet2DConditionModel, UNet2DModel

    attended = [i == 1 for i in range(len(widths))]
    groups = next(n for n in range(max(1, widths[0] // 4), 0, -1) if all(w % n == 0 for w in widths))
    shared = {"sample_size": 32, "in_channels": 3, "out_channels": 3, "layers_per_block": 2,
              "block_out_channels": tuple(widths), "norm_num_groups": groups}  # fmt: skip
    kind = "CrossAttn" if told == "cross" else "Attn"
    down = tuple(f"{kind}DownBlock2D" if one else "DownBlock2D" for one in attended)
    up = tuple(f"{kind}UpBlock2D" if one else "UpBlock2D" for one in reversed(attended))
    if told == "cross":
        return UNet2DConditionModel(**shared, down_block_types=down, up_block_types=up, cross_attention_dim=MEMORY,
                                    attention_head_dim=2)  # fmt: skip
    return UNet2DModel(**shared, down_block_types=down, up_block_types=up, attention_head_dim=None,
                       class_embed_type="identity")  # fmt: skip


def of_size(about: dict[str, Any], wanted: int) -> Peer:
    """The narrowest of the shape (w, 2w, 2w, 2w), w even, with at least as many parameters."""
    for first in range(8, 512, 2):
        made = Peer(about | {"widths": [first, 2 * first, 2 * first, 2 * first]})
        if parameters(made) >= wanted:
            return made
    raise AssertionError("no width is large enough")


def parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def default_size(data: Any) -> int:
    """Parameters of our default denoiser for these data."""
    from studio.config.diffusion import DiffusionConfig
    from studio.models.diffusion import build_denoiser

    vocabulary = Vocabulary.of(data.captions[row] for row in data.training.tolist())
    with torch.device("meta"):
        return parameters(build_denoiser(DiffusionConfig(text=True), (), vocabulary.size, vocabulary.length))


def told_of(about: dict[str, Any], data: Any) -> Tensor:
    """What is told of each picture of the data."""
    if about["told"] == "attributes":
        return torch.from_numpy(np.stack([data.codes[name] for name in ATTRIBUTES], axis=1)).long()
    return torch.from_numpy(Vocabulary(about["words"], about["length"]).encode_all(data.captions))


class Run:
    """The example's loop."""

    def __init__(self, given: argparse.Namespace, data: Any) -> None:
        from diffusers import DDPMScheduler
        from diffusers.training_utils import EMAModel

        torch.manual_seed(given.seed)
        vocabulary = Vocabulary.of(data.captions[row] for row in data.training.tolist())
        about = {"told": given.told, "words": list(vocabulary.words), "length": vocabulary.length}
        self.model = of_size(about, given.parameters or default_size(data))
        self.given, self.data, self.told = given, data, told_of(about, data)
        self.noise = DDPMScheduler(num_train_timesteps=TIMES)
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), lr=given.rate, betas=(0.95, 0.999), weight_decay=1e-6, eps=1e-8
        )
        self.ema = EMAModel(self.model.parameters(), decay=0.9999, use_ema_warmup=True, inv_gamma=1.0, power=0.75)
        self.order = np.random.default_rng(given.seed)
        self.epoch: list[int] = []

    def rows(self) -> np.ndarray:
        """Those of the next batch, shuffled anew in each epoch."""
        if len(self.epoch) < self.given.batch:
            self.epoch = self.order.permutation(self.data.training).tolist()
        now, self.epoch = self.epoch[: self.given.batch], self.epoch[self.given.batch :]
        return np.asarray(now)

    def step(self) -> float:
        rows = self.rows()
        x0 = torch.from_numpy(self.data.read(rows)).float() / 127.5 - 1.0
        noise, t = torch.randn_like(x0), torch.randint(0, TIMES, (len(rows),))
        drop = torch.rand(len(rows)) < DROPPED
        made = self.model(self.noise.add_noise(x0, noise, t), t, self.told[rows], drop)
        loss = nn.functional.mse_loss(made, noise)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad()
        self.ema.step(self.model.parameters())
        return loss.item()

    def keep(self, folder: Path) -> None:
        """The averaged network, and what it takes to build it."""
        from safetensors.torch import save_file

        self.ema.store(self.model.parameters())
        self.ema.copy_to(self.model.parameters())
        save_file({k: v.contiguous() for k, v in self.model.state_dict().items()}, folder / "peer.safetensors")
        self.ema.restore(self.model.parameters())
        (folder / "peer.json").write_text(json.dumps(self.model.about), encoding="utf-8")


def load(folder: Path) -> Peer:
    """The averaged network of a mark."""
    from safetensors.torch import load_file

    made = Peer(json.loads((folder / "peer.json").read_text(encoding="utf-8")))
    made.load_state_dict(load_file(folder / "peer.safetensors"))
    return made.eval()


def main() -> None:
    from diffusers.optimization import get_scheduler

    parser = arguments(__doc__)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--warm-up", type=int, default=500)
    parser.add_argument("--parameters", type=int, default=0, help="at least so many; 0: those of our default denoiser")
    parser.add_argument("--steps", type=int, default=0, help="horizon of the cosine; 0: those that fit, as measured")
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    data = pictures(given.data)
    horizon = given.steps or fitting_steps(given, data)
    run, marks = Run(given, data), Marks(given.out, "diffusers", given)
    scheduler = get_scheduler("cosine", run.optimiser, num_warmup_steps=given.warm_up, num_training_steps=horizon)
    about = {"told": given.told, "widths": run.model.about["widths"], "parameters": parameters(run.model),
             "threads": torch.get_num_threads(), "batch": given.batch, "rate": given.rate,
             "horizon": horizon}  # fmt: skip
    print(run.model, json.dumps(about), sep="\n", flush=True)
    for step in range(1, horizon + 1):
        loss = run.step()
        scheduler.step()
        facts = about | {"step": step, "items": step * given.batch, "loss": loss, "lr": scheduler.get_last_lr()[0]}
        if marks.pass_by(facts, run.keep, last=step == horizon):
            return


def fitting_steps(given: argparse.Namespace, data: Any) -> int:
    """How many steps fit until the last mark, as tried on a network of its own."""
    trial, marks = Run(given, data), Marks(given.out, "trial", given)
    trial.step()
    marks.clock = Clock()
    for _ in range(TRIED):
        trial.step()
    return int(marks.end / marks.now() * TRIED)


if __name__ == "__main__":
    main()
