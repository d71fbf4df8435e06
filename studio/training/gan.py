"""The GAN family's part of training: discriminator and generator phases, samples from fixed latents, what to show.

Shapes: B pictures, C channels, H x W, Z latent numbers, L labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from studio.config.gan import GanConfig, NonSaturating, Relativistic, Wasserstein
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
from studio.training.augmentation import augment, mirror
from studio.training.gan_data import GanData
from studio.training.gan_diagnosis import Diagnosis
from studio.training.gan_losses import discriminator_loss, generator_loss, lipschitz_penalty, slope_penalty
from studio.training.picture_data import RealBatch, compared, named_codes
from studio.training.rng import Draws
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
        self.rhythm = getattr(config.loss, "interval", 1) if self._slopes_due(0) else 1
        sizes = label_sizes(self.labels)
        with process_generator(config.seed, "weights"):
            generator, discriminator = build_generator(config, sizes), build_discriminator(config, sizes)
        self.generator = generator.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.discriminator = discriminator.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.modules: dict[str, nn.Module] = {"generator": self.generator, "discriminator": self.discriminator}
        self.optimisers = {name: self._adam(module) for name, module in self.modules.items()}
        self.follow(config)
        self.diagnosis = Diagnosis()
        self._values: dict[str, Tensor] = {}
        self._judges: RealBatch | None = None
        self._reference: tuple[Tensor, Tensor] | None = None
        self._real, self._fake = RealBatch(torch.empty(0), torch.empty(0), np.empty(0)), torch.empty(0)

    # --- what the trainer asks ---------------------------------------------------------------------------------

    def blank(self, name: str) -> nn.Module:
        """The generator or the discriminator anew, on ``meta``."""
        build: Any = build_generator if name == "generator" else build_discriminator
        with torch.device("meta"):
            made: nn.Module = build(self.config, label_sizes(self.labels))
        return made

    def follow(self, config: TrainingSettings) -> None:
        """Take over the learning rates."""
        assert isinstance(config, GanConfig)
        self.config = config
        rates = {"generator": config.generator_rate, "discriminator": config.discriminator_rate}
        for name, optimiser in self.optimisers.items():
            for group in optimiser.param_groups:
                group["lr"] = rates[name]

    def phases(self, draws: Draws) -> Iterator[Phase]:
        """Discriminator phases, then the generator's, then what the discriminator believes."""
        self._values = {}
        for k in range(self.config.discriminator_steps):
            yield Phase("discriminator", partial(self._discriminator_loss, draws, k))
        yield Phase("generator", partial(self._generator_loss, draws), frozen=("discriminator",))
        if (draws.step + 1) % JUDGE_EVERY == 0:
            self._judge(draws)
        self._fake = self._fake.detach()

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

    def _next_batch(self, draws: Draws, k: int) -> None:
        """Real pictures of sub-step ``k``, and generated ones with the same labels.

        The last sub-step's pictures keep their graph: the generator learns from them without making them again.
        """
        config = self.config
        self._real = self.data.batch(config.seed, draws.step * config.discriminator_steps + k, config.batch)
        z = torch.randn((config.batch, config.latent_size), generator=draws.stream(f"latents {k}"), device=self.device)
        last = k == config.discriminator_steps - 1
        with torch.set_grad_enabled(last):
            self._fake = self.generator(z, self._real.codes_BL)

    def _discriminator_loss(self, draws: Draws, k: int) -> Tensor:
        self._next_batch(draws, k)
        config, codes, real = self.config, self._real.codes_BL, self._real.x_BCHW
        if config.mirror:
            real = mirror(real, draws.stream(f"mirror {k}"))
        real = augment(real, config.augment, draws.stream(f"augment real {k}"))
        fake = augment(self._fake.detach().float(), config.augment, draws.stream(f"augment fake {k}"))
        if self._slopes_due(draws.step):
            return self._loss_with_slopes(real, fake)
        real_scores, fake_scores = self._score_both(real, fake)
        loss = discriminator_loss(config.loss.kind, real_scores, fake_scores)
        self._values["discriminator_loss"] = loss.detach()
        if isinstance(config.loss, Wasserstein):
            share = torch.rand(len(real), generator=draws.stream(f"between {k}"), device=self.device)
            loss = loss + self._penalty(config.loss.penalty, self._lipschitz(real, fake, codes, share))
        return loss

    def _generator_loss(self, draws: Draws) -> Tensor:
        kind, codes = self.config.loss.kind, self._real.codes_BL
        fake = augment(self._fake, self.config.augment, draws.stream("augment generator"))
        scores = self.discriminator(fake, codes).float()
        self._fake_scores = scores.detach()
        real_scores = None
        if kind == "relativistic":
            with torch.no_grad():
                view = augment(self._real.x_BCHW, self.config.augment, draws.stream("augment pair"))
                real_scores = self.discriminator(view, codes).float()
        loss = generator_loss(kind, scores, real_scores)
        self._values["generator_loss"] = loss.detach()
        return loss

    # --- penalties on slopes, in full precision ------------------------------------------------------------------

    def _slopes_due(self, step: int) -> bool:
        loss = self.config.loss
        if isinstance(loss, NonSaturating):
            return loss.r1 > 0 and step % loss.interval == 0
        return isinstance(loss, Relativistic) and step % loss.interval == 0

    def _loss_with_slopes(self, real: Tensor, fake: Tensor) -> Tensor:
        """The loss with R1 (and R2 where the loss asks for it), scaled up by the interval at which it is applied."""
        settings, codes = self.config.loss, self._real.codes_BL
        assert isinstance(settings, NonSaturating | Relativistic)
        both = isinstance(settings, Relativistic)
        weight = settings.gamma if isinstance(settings, Relativistic) else settings.r1
        with torch.autocast(self.device.type, enabled=False):
            real = real.detach().requires_grad_()
            fake = fake.detach().requires_grad_(both)
            real_scores, fake_scores = self.discriminator(real, codes), self.discriminator(fake, codes)
            slopes = slope_penalty(real_scores, real)
            if both:
                slopes = slopes + slope_penalty(fake_scores, fake)
            loss = discriminator_loss(settings.kind, real_scores, fake_scores)
            self._values["discriminator_loss"] = loss.detach()
            return loss + self._penalty(weight / 2 * settings.interval, slopes)

    def _lipschitz(self, real: Tensor, fake: Tensor, codes: Tensor, share: Tensor) -> Tensor:
        with torch.autocast(self.device.type, enabled=False):
            return lipschitz_penalty(lambda x: self.discriminator(x, codes), real, fake, share)

    def _penalty(self, weight: float, value: Tensor) -> Tensor:
        self._values["penalty"] = value.detach()
        return weight * value

    def _score_both(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """Scores of real and of generated pictures: in one call where pictures do not influence one another."""
        codes = self._real.codes_BL
        if self.discriminator.batch_norm:
            return self.discriminator(real, codes).float(), self.discriminator(fake, codes).float()
        scores = self.discriminator(torch.cat([real, fake]), torch.cat([codes, codes]), parts=2).float()
        return scores[: len(real)], scores[len(real) :]

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
            fake, kind = self._fake_scores, self.config.loss.kind
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
