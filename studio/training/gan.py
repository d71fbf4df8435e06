"""The GAN family's part of training: discriminator and generator phases, samples from fixed latents, what to show.

Shapes: B pictures, C channels, H x W, Z latent numbers, L labels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from studio.config.gan import GanConfig
from studio.config.training import TrainingSettings
from studio.generation.gan import grow
from studio.generation.latents import drawn_latent
from studio.ground.events import Notice
from studio.measures.wasserstein import comparable, deviation
from studio.models.gan import (
    build_discriminator,
    build_generator,
    condition_labels,
    label_sizes,
    score_threshold,
)
from studio.models.seeding import process_generator
from studio.training.augmentation import augment
from studio.training.falling import rate_factor
from studio.training.gan_data import GanData
from studio.training.gan_diagnosis import Diagnosis
from studio.training.gan_step import GanShare, slopes_due
from studio.training.picture_data import RealBatch, compared, named_codes
from studio.training.rng import Draws
from studio.training.sharing import gather_buffers, lend_buffers, places, twin
from studio.training.state import start_optimiser
from studio.training.task import Phase, Pictures, Verdict

JUDGE_EVERY = 8  # steps between two judgements on held-out pictures
JUDGE_COUNT = 64
MEASURED = 512  # fixed samples behind "best"
METRICS = (
    "generator_loss", "discriminator_loss", "generator_gradient", "discriminator_gradient", "penalty",
    "real_right", "fake_right", "real_score", "fake_score", "real_probability", "fake_probability",
    "distance", "diversity", "diversity_within",
)  # fmt: skip


class GanTask:
    """Two networks that learn from each other; see ``studio.training.task.Task`` for what the trainer asks of it."""

    family = "gan"
    averaged = ("generator",)
    metric_names = METRICS
    validate_every = 0

    def __init__(self, config: GanConfig, data: Pictures, device: torch.device) -> None:
        self.config, self.device = config, device
        self.labels = condition_labels(config, data.facts)
        self.data = GanData(data, config.condition, device)
        self.items_per_step = config.batch * config.discriminator_steps
        self.rhythm = getattr(config.loss, "interval", 1) if slopes_due(config, 0) else 1
        sizes = label_sizes(self.labels)
        with process_generator(config.seed, "weights"):
            generator, discriminator = build_generator(config, sizes), build_discriminator(config, sizes)
        self.generator = generator.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.discriminator = discriminator.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.modules: dict[str, nn.Module] = {"generator": self.generator, "discriminator": self.discriminator}
        self.optimisers = {name: self._adam(module) for name, module in self.modules.items()}
        self.diagnosis = Diagnosis()
        self._values: dict[str, Tensor] = {}
        self._judges: RealBatch | None = None
        self._reference: tuple[Tensor, Tensor] | None = None
        self._places = [at.to(device) for at in places(config.batch, config.shares)]
        self._shares = self._make_shares()

    # --- what the trainer asks ---------------------------------------------------------------------------------

    def blank(self, name: str) -> nn.Module:
        """The generator or the discriminator anew, on ``meta``."""
        build: Any = build_generator if name == "generator" else build_discriminator
        with torch.device("meta"):
            made: nn.Module = build(self.config, label_sizes(self.labels))
        return made

    def follow(self, config: TrainingSettings) -> None:
        """Take over the learning rates, from the next step on."""
        assert isinstance(config, GanConfig)
        self.config = config

    def phases(self, draws: Draws) -> Iterator[Phase]:
        """Discriminator phases, then the generator's, then what the discriminator believes."""
        self._set_rates(rate_factor(self.config, draws.step))
        for name, module in self.modules.items():
            lend_buffers(module, self._twins(name))
        for share in self._shares:
            share.values = {}
        for k in range(self.config.discriminator_steps):
            yield self._side_by_side("discriminator", self._discriminator_losses(draws, k))
        losses: list[Callable[[], Tensor]] = [partial(share.generator_loss, draws) for share in self._shares]
        yield self._side_by_side("generator", losses, frozen=("discriminator",))
        for name, module in self.modules.items():
            gather_buffers(module, self._twins(name))
        first = self._shares[0].values
        self._values = {name: torch.stack([s.values[name] for s in self._shares]).mean() for name in first}
        if (draws.step + 1) % JUDGE_EVERY == 0:
            self._judge(draws)

    def values(self) -> Mapping[str, Tensor]:
        """Losses, and every few steps what the discriminator believes."""
        return self._values

    def samples(self, averages: Mapping[str, nn.Module]) -> Iterator[np.ndarray]:
        """The averaged generator's pictures of the run's own latents: seed of the run, indices from 0."""
        count = self.config.sample_count
        codes = self.data.shown_codes(count, cycle=True)
        yield from grow(averages["generator"], self._latents(count), codes)

    def sample_notes(self) -> Mapping[str, Any]:
        """With which labels each sample is made; a label that is unknown is left out."""
        codes = self.data.shown_codes(self.config.sample_count, cycle=True)
        return {"labels": named_codes(self.labels, codes)} if self.labels else {}

    def sample_values(self, pictures: np.ndarray) -> dict[str, float]:
        """How diverse the samples are, as a share of the data's."""
        real, _ = self._reference_pictures()
        return {"diversity": deviation(comparable(pictures)) / max(1e-6, deviation(real))}

    def measure(self, averages: Mapping[str, nn.Module]) -> Iterator[dict[str, float] | None]:
        """Distance of 512 fixed samples from real pictures, and their diversity as a share of the data's."""
        codes, pieces = self.data.shown_codes(MEASURED, cycle=False), []
        for piece in grow(averages["generator"], self._latents(MEASURED), codes):
            pieces.append(comparable(piece))
            yield None
        yield from compared(torch.cat(pieces), codes, self._reference_pictures(), seed=self.config.seed)

    def verdict(self, values: Mapping[str, float]) -> Verdict:
        """A GAN's losses do not say when it is good enough."""
        return Verdict()

    def remarks(self, step: int, values: Mapping[str, float]) -> list[Notice]:
        """A game that one side has won, samples that are becoming alike."""
        return self.diagnosis.observe(step, values)

    def extra_state(self) -> dict[str, Tensor]:
        """A GAN keeps nothing beyond its networks and optimisers."""
        return {}

    def load_extra_state(self, tensors: Mapping[str, Tensor]) -> None:
        """Nothing to load; see :meth:`extra_state`."""

    def description(self) -> dict[str, Any]:
        """The labels' values, which give the codes their meaning, and how often each occurs."""
        labels = {name: list(values) for name, values in self.labels.items()}
        return {"labels": labels, "label_counts": self.data.label_counts(self.labels)}

    # --- one step ----------------------------------------------------------------------------------------------

    def _adam(self, module: nn.Module) -> torch.optim.Adam:
        optimiser = torch.optim.Adam(
            module.parameters(), lr=1e-3, betas=(self.config.beta1, self.config.beta2), fused=True
        )
        start_optimiser(optimiser)
        return optimiser

    def _set_rates(self, factor: float) -> None:
        rates = {"generator": self.config.generator_rate, "discriminator": self.config.discriminator_rate}
        for name, optimiser in self.optimisers.items():
            for group in optimiser.param_groups:
                group["lr"] = factor * rates[name]

    def _make_shares(self) -> list[GanShare]:
        """The shares of a batch; the first works with the networks themselves, the others with their twins."""
        config, (generator, discriminator) = self.config, self.modules.values()
        first = GanShare(0, config, generator, discriminator)
        others = range(1, len(self._places))
        return [first, *(GanShare(n, config, twin(generator), twin(discriminator)) for n in others)]

    def _side_by_side(self, name: str, losses: list[Callable[[], Tensor]], frozen: tuple[str, ...] = ()) -> Phase:
        return Phase(name, losses[0], frozen, tuple(losses[1:]))

    def _discriminator_losses(self, draws: Draws, k: int) -> list[Callable[[], Tensor]]:
        """What each share is to descend in sub-step ``k``."""
        config = self.config
        batch = self.data.batch(config.seed, draws.step * config.discriminator_steps + k, config.batch)
        z = torch.randn((config.batch, config.latent_size), generator=draws.stream(f"latents {k}"), device=self.device)
        if len(self._shares) == 1:
            return [partial(self._shares[0].discriminator_loss, batch, z, draws, k)]
        return [
            partial(share.discriminator_loss, batch.of(at), z[at], draws, k)
            for share, at in zip(self._shares, self._places, strict=True)
        ]

    def _twins(self, name: str) -> list[nn.Module]:
        return [getattr(share, name) for share in self._shares[1:]]

    # --- what is shown -----------------------------------------------------------------------------------------

    def _judge(self, draws: Draws) -> None:
        """Shares judged right, of held-out real pictures and of this step's generated ones, and mean raw scores.

        The networks' running statistics take no notice: the call works on copies of them.
        """
        if self._judges is None:
            self._judges = self.data.judges(JUDGE_COUNT)
        view = augment(self._judges.x_BCHW, self.config.augment, draws.stream("augment judges"))
        copies = {name: buffer.clone() for name, buffer in self.discriminator.named_buffers()}
        with torch.no_grad():
            call = (view, self._judges.codes_BL)
            real = torch.func.functional_call(self.discriminator, copies, call).float()
            fake, kind = torch.cat([share.fake_scores for share in self._shares]), self.config.loss.kind
            line = score_threshold(kind, real, fake)
            found = {"real_right": (real > line).float().mean(), "fake_right": (fake <= line).float().mean()}
            found |= {"real_score": real.mean(), "fake_score": fake.mean()}
            if kind == "non_saturating":
                found |= {"real_probability": real.sigmoid().mean(), "fake_probability": fake.sigmoid().mean()}
        self._values |= found

    def _latents(self, count: int) -> Tensor:
        """The latents (count, Z) that the run's seed draws, the same as in a request."""
        return torch.stack([drawn_latent(self.config.seed, i, self.config.latent_size) for i in range(count)])

    def _reference_pictures(self) -> tuple[Tensor, Tensor]:
        """The real pictures that generated ones are measured by, ready to be compared, and their codes."""
        if self._reference is None:
            self._reference = self.data.references(MEASURED)
        return self._reference


def make_task(config: GanConfig, data: Pictures, device: torch.device) -> GanTask:
    """The task of this family; every family's training module has this function."""
    return GanTask(config, data, device)
