"""The networks of the GAN family from a config, and what a discriminator's score means under each loss."""

from __future__ import annotations

import torch
from torch import Tensor

from studio.config.facts import DataFacts
from studio.config.gan import GanConfig, ResidualNetwork
from studio.models.gan_dcgan import DcganDiscriminator, DcganGenerator
from studio.models.gan_residual import ResidualDiscriminator, ResidualGenerator
from studio.models.layers import bound_by_spectral_norm, label_sizes

Generator = DcganGenerator | ResidualGenerator
Discriminator = DcganDiscriminator | ResidualDiscriminator
__all__ = ["build_discriminator", "build_generator", "condition_labels", "label_sizes", "score_threshold"]
EMBEDDING = 16  # numbers a label adds to the latent: few, so that the label steers and the latent still decides


def condition_labels(config: GanConfig, facts: DataFacts) -> dict[str, tuple[str, ...]]:
    """The labels that the generator is told, with their values in the order of their codes.

    Raises:
        UsageError: the data set has no label of that name.
    """
    return facts.chosen_labels(config.condition)


def build_generator(config: GanConfig, labels: tuple[int, ...] = ()) -> Generator:
    """The generator: latents (B, Z) and codes (B, L) int64 -> pictures (B, C, H, W) in [-1, 1]."""
    kind = ResidualGenerator if isinstance(config.network, ResidualNetwork) else DcganGenerator
    return kind(
        size=config.picture_size,
        channels=config.channels,
        width=config.network.width,
        latent=config.latent_size,
        labels=labels,
        embedding=EMBEDDING,
    )


def build_discriminator(config: GanConfig, labels: tuple[int, ...] = ()) -> Discriminator:
    """The discriminator: pictures (B, C, H, W) in [-1, 1] and codes (B, L) -> raw scores (B,)."""
    kind = ResidualDiscriminator if isinstance(config.network, ResidualNetwork) else DcganDiscriminator
    made = kind(
        size=config.picture_size,
        channels=config.channels,
        width=config.network.width,
        labels=labels,
        batch_norm=config.network.discriminator_norm == "batch",
    )
    if config.spectral_norm:
        bound_by_spectral_norm(made)
    return made


def score_threshold(loss: str, real: Tensor, fake: Tensor) -> Tensor:
    """The score above which a picture is judged real, (), under a loss.

    Non-saturating and hinge aim at both sides of 0, least squares at 1 and 0. Wasserstein and relativistic scores have
    no zero of their own: there it is the middle between the mean scores of the real and of the generated pictures.
    """
    if loss in {"wasserstein", "relativistic"}:
        return (real.mean() + fake.mean()) / 2
    return torch.full((), 0.5 if loss == "least_squares" else 0.0, device=real.device)
