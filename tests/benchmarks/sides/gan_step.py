"""One side of the training comparison: steps of the same DCGAN, by a plain loop or by the studio's trainer.

Prints pictures a second after the warm-up. ``peer`` is the loop of the DCGAN tutorials with torch's default settings:
contiguous memory, default Adam, two backward passes for the discriminator, losses read at every step.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch  # before studio, so that torch's own waiting policy holds unless the caller set another

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from studio.config.base import with_overrides
from studio.config.facts import DataFacts
from studio.config.gan import GanConfig
from studio.jobs.devices import device_facts

WARM_UP = 5


class InMemory:
    """Prepared pictures that lie in memory."""

    def __init__(self, path: str) -> None:
        self._pixels = np.load(path)
        count, channels, size, _ = self._pixels.shape
        self.facts = DataFacts(count=count, height=size, width=size, channels=channels)
        self.codes: dict[str, np.ndarray] = {}
        self.values: dict[str, tuple[str, ...]] = {}
        self.held_out, self.training = np.arange(64), np.arange(64, count)
        self.fingerprint = "benchmark"

    def read(self, indices: np.ndarray) -> np.ndarray:
        return self._pixels[indices]


def configuration(width: int, size: int, steps: int, network: str, shares: int = 1) -> GanConfig:
    wanted = {"network": network, "shares": shares, "network.discriminator_norm": "batch",
              "network.width": width, "picture_size": size, "steps": steps, "batch": 64,
              "loss": "non_saturating", "loss.r1": 0, "latent_size": 100, "beta1": 0.5, "beta2": 0.999,
              "generator_rate": 2e-4, "discriminator_rate": 2e-4}  # fmt: skip
    if shares > 1 and torch.device("cpu") == where() and device_facts("cpu").bfloat16:
        wanted["precision"] = "bfloat16"  # as the presets train where the processor has it
    return with_overrides(GanConfig(), wanted)


def studio_side(config: GanConfig, data: InMemory, device: torch.device) -> float:
    """Through the trainer, as a run goes: checkpoints, samples and measures at its own cadence included in its loop."""
    from studio.ground.events import Metrics
    from studio.training.assemble import assemble
    from studio.training.recorder import NoRecorder

    with tempfile.TemporaryDirectory() as folder:
        trainer = assemble(config, data, family="gan", device=device, recorder=NoRecorder(), folder=Path(folder))
        times = [time.perf_counter() for event in trainer.run() if isinstance(event, Metrics)]
    # The median step: what a step costs, without the samples and checkpoints that fall between some of them.
    return config.batch / float(np.median(np.diff(times[WARM_UP:])))


def textbook(config: GanConfig) -> tuple[Any, Any]:
    """The pair as the tutorials write it: the same layers and the same numbers of parameters, torch's modules alone."""
    from torch import nn

    steps = config.picture_size.bit_length() - 3
    up = [config.network.width * 2**i for i in reversed(range(steps))]
    layers = [nn.ConvTranspose2d(config.latent_size, up[0], 4, 1, 0, bias=False)]
    for now, after in zip(up, [*up[1:], 3], strict=True):
        layers += [nn.BatchNorm2d(now), nn.ReLU(True), nn.ConvTranspose2d(now, after, 4, 2, 1, bias=False)]
    generator = nn.Sequential(*layers, nn.Tanh())
    layers = [nn.Conv2d(3, up[-1], 4, 2, 1, bias=False), nn.LeakyReLU(0.2, True)]
    for now, after in zip(up[::-1], up[-2::-1], strict=False):
        layers += [nn.Conv2d(now, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.LeakyReLU(0.2, True)]
    discriminator = nn.Sequential(*layers, nn.Conv2d(up[0], 1, 4, 1, 0, bias=False), nn.Flatten(0))
    for module in (*generator, *discriminator):
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(module.weight, 0.0, 0.02)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)
    return generator, discriminator


def peer_side(config: GanConfig, data: InMemory, device: torch.device) -> float:
    from torch import nn

    from studio.models.gan import build_discriminator, build_generator

    generator, discriminator = (module.to(device) for module in textbook(config))
    for ours, theirs in ((build_generator(config), generator), (build_discriminator(config), discriminator)):
        assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters())
    rates = {"lr": 2e-4, "betas": (0.5, 0.999)}
    of_generator = torch.optim.Adam(generator.parameters(), **rates)
    of_discriminator = torch.optim.Adam(discriminator.parameters(), **rates)
    criterion, times, order = nn.BCEWithLogitsLoss(), [], np.random.default_rng(0)
    for _ in range(config.steps):
        rows = order.choice(data.training, config.batch)
        real = torch.from_numpy(data.read(rows)).to(device).float() / 127.5 - 1.0
        ones, zeros = torch.ones(config.batch, device=device), torch.zeros(config.batch, device=device)
        discriminator.zero_grad()
        loss_real = criterion(discriminator(real), ones)
        loss_real.backward()
        noise = torch.randn(config.batch, config.latent_size, 1, 1, device=device)
        fake = generator(noise)
        loss_fake = criterion(discriminator(fake.detach()), zeros)
        loss_fake.backward()
        of_discriminator.step()
        generator.zero_grad()
        loss = criterion(discriminator(fake), ones)
        loss.backward()
        of_generator.step()
        assert np.isfinite([loss_real.item(), loss_fake.item(), loss.item()]).all()
        times.append(time.perf_counter())
    return config.batch / float(np.median(np.diff(times[WARM_UP:])))


def matrix_rate(device: torch.device) -> float:
    """What this machine's matrix product reaches now, in operations a second."""
    a = torch.randn(1024, 1024, device=device)
    best = 0.0
    for _ in range(5):
        begin = time.perf_counter()
        for _ in range(4):
            a @ a
        if device.type == "cuda":
            torch.cuda.synchronize()
        best = max(best, 4 * 2 * 1024**3 / (time.perf_counter() - begin))
    return best


def step_operations(config: GanConfig) -> int:
    """Operations of one plain step, counted by torch: three discriminator passes with gradients, one generator."""
    from torch.utils.flop_counter import FlopCounterMode

    from studio.models.gan import build_discriminator, build_generator

    generator, discriminator = build_generator(config), build_discriminator(config)
    codes = torch.zeros(config.batch, 0, dtype=torch.long)
    with FlopCounterMode(display=False) as counter:
        fake = generator(torch.randn(config.batch, config.latent_size), codes)
        (discriminator(fake.detach(), codes).sum() + discriminator(torch.rand_like(fake), codes).sum()).backward()
        discriminator.requires_grad_(False)
        discriminator(fake, codes).sum().backward()
    return int(counter.get_total_flops())


def where() -> torch.device:
    """The device that both sides use."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


if __name__ == "__main__":
    side, width, size, steps, pictures = sys.argv[1], *map(int, sys.argv[2:5]), sys.argv[5]
    network = sys.argv[6] if len(sys.argv) > 6 else "dcgan"
    device = where()
    shares = int(sys.argv[7]) if len(sys.argv) > 7 else 1
    settings, prepared = configuration(width, size, steps, network, shares), InMemory(pictures)
    rate = {"studio": studio_side, "peer": peer_side}[side](settings, prepared, device)
    share = rate / settings.batch * step_operations(settings) / matrix_rate(device)
    policy = os.environ.get("OMP_WAIT_POLICY", "")
    print(json.dumps({"rate": rate, "share": share, "policy": policy, "device": str(device)}))
