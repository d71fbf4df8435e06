"""The two losses of a GAN's step on one share of a batch.

Shapes: B pictures of the share, C channels, H x W, Z latent numbers, L labels.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from studio.config.gan import GanConfig, NonSaturating, Relativistic, Wasserstein
from studio.training.augmentation import augment, mirror
from studio.training.gan_losses import discriminator_loss, generator_loss, lipschitz_penalty, slope_penalty
from studio.training.picture_data import RealBatch
from studio.training.rng import Draws


class GanShare:
    """One share, with the networks that it alone calls; another thread may work on another share meanwhile.

    Args:
        number: which share it is; 0 is the first.

    Attributes:
        values: what the losses of this step were made of. fake_scores: what the discriminator said of the generated
            pictures that the generator learnt from, (B,).
    """

    def __init__(self, number: int, config: GanConfig, generator: nn.Module, discriminator: nn.Module) -> None:
        self.number, self.config = number, config
        self.generator, self.discriminator = generator, discriminator
        self.values: dict[str, Tensor] = {}
        self.fake_scores = torch.empty(0)
        self._real, self._fake = torch.empty(0), torch.empty(0)
        self._codes = torch.empty(0)

    def discriminator_loss(self, batch: RealBatch, z_BZ: Tensor, draws: Draws, k: int) -> Tensor:
        """The loss of sub-step ``k`` on real pictures and generated ones with the same labels.

        The last sub-step's pictures keep their graph: the generator learns from them without making them again.
        """
        config, self._real, self._codes = self.config, batch.x_BCHW, batch.codes_BL
        with torch.set_grad_enabled(k == config.discriminator_steps - 1):
            self._fake = self.generator(z_BZ, self._codes)
        real = mirror(self._real, self._stream(draws, f"mirror {k}")) if config.mirror else self._real
        real = augment(real, config.augment, self._stream(draws, f"augment real {k}"))
        fake = augment(self._fake.detach().float(), config.augment, self._stream(draws, f"augment fake {k}"))
        if slopes_due(config, draws.step):
            return self._loss_with_slopes(real, fake)
        real_scores, fake_scores = self._score_both(real, fake)
        loss = discriminator_loss(config.loss.kind, real_scores, fake_scores)
        self.values["discriminator_loss"] = loss.detach()
        if isinstance(config.loss, Wasserstein):
            share = torch.rand(len(real), generator=self._stream(draws, f"between {k}"), device=real.device)
            loss = loss + self._penalty(config.loss.penalty, self._lipschitz(real, fake, share))
        return loss

    def generator_loss(self, draws: Draws) -> Tensor:
        """The loss of the pictures that the last discriminator sub-step was shown."""
        kind = self.config.loss.kind
        fake = augment(self._fake, self.config.augment, self._stream(draws, "augment generator"))
        scores = self.discriminator(fake, self._codes).float()
        self.fake_scores = scores.detach()
        real_scores = None
        if kind == "relativistic":
            with torch.no_grad():
                view = augment(self._real, self.config.augment, self._stream(draws, "augment pair"))
                real_scores = self.discriminator(view, self._codes).float()
        loss = generator_loss(kind, scores, real_scores)
        self.values["generator_loss"] = loss.detach()
        self._fake = self._fake.detach()
        return loss

    def _stream(self, draws: Draws, name: str) -> torch.Generator:
        """The share's own draws; the first one's are those of a batch that is not shared."""
        return draws.stream(f"{name} share {self.number}" if self.number else name)

    def _score_both(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """Scores of real and of generated pictures: in one call where pictures do not influence one another."""
        codes = self._codes
        if self.discriminator.batch_norm:
            return self.discriminator(real, codes).float(), self.discriminator(fake, codes).float()
        scores = self.discriminator(torch.cat([real, fake]), torch.cat([codes, codes]), parts=2).float()
        return scores[: len(real)], scores[len(real) :]

    # --- penalties on slopes, in full precision ------------------------------------------------------------------

    def _loss_with_slopes(self, real: Tensor, fake: Tensor) -> Tensor:
        """The loss with R1 (and R2 where the loss asks for it), scaled up by the interval at which it is applied."""
        settings, codes = self.config.loss, self._codes
        assert isinstance(settings, NonSaturating | Relativistic)
        both = isinstance(settings, Relativistic)
        weight = settings.gamma if isinstance(settings, Relativistic) else settings.r1
        with torch.autocast(real.device.type, enabled=False):
            real = real.detach().requires_grad_()
            fake = fake.detach().requires_grad_(both)
            real_scores, fake_scores = self.discriminator(real, codes), self.discriminator(fake, codes)
            slopes = slope_penalty(real_scores, real)
            if both:
                slopes = slopes + slope_penalty(fake_scores, fake)
            loss = discriminator_loss(settings.kind, real_scores, fake_scores)
            self.values["discriminator_loss"] = loss.detach()
            return loss + self._penalty(weight / 2 * settings.interval, slopes)

    def _lipschitz(self, real: Tensor, fake: Tensor, share: Tensor) -> Tensor:
        with torch.autocast(real.device.type, enabled=False):
            return lipschitz_penalty(lambda x: self.discriminator(x, self._codes), real, fake, share)

    def _penalty(self, weight: float, value: Tensor) -> Tensor:
        self.values["penalty"] = value.detach()
        return weight * value


def slopes_due(config: GanConfig, step: int) -> bool:
    """Whether the discriminator's slopes are penalised at this step."""
    loss = config.loss
    if isinstance(loss, NonSaturating):
        return loss.r1 > 0 and step % loss.interval == 0
    return isinstance(loss, Relativistic) and step % loss.interval == 0
