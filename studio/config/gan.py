"""Settings of the GAN family: networks, losses, training, presets, and what a trained generator can be asked for."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from studio.config.base import Best, Dial, Settings, setting
from studio.config.facts import DataFacts, DeviceFacts
from studio.config.texts import DataKind
from studio.config.training import TrainingSettings, shares_setting

CAPABILITIES: frozenset[str] = frozenset({"pictures"})
DATA_KINDS: tuple[DataKind, ...] = ("pictures",)
BEST = Best("distance", lowest=True)
DiscriminatorNorm = Literal["none", "batch"]
Augmentation = Literal["colour", "translation", "cutout"]
FEW_PICTURES = 2000  # fewer are soon learnt by heart


class DcganNetwork(Settings):
    """Transposed-convolution generator, strided-convolution discriminator (Radford et al. 2015, arXiv:1511.06434)."""

    kind: Literal["dcgan"] = "dcgan"
    width: int = setting(
        32,
        help="Channels of the widest resolution; the others are multiples of it.",
        ge=4,
        le=512,
        auto="picture size",
        log=True,
    )
    discriminator_norm: DiscriminatorNorm = setting(
        "none",
        help="Normalisation inside the discriminator; the textbook has batch, and then no penalty (R1 weight 0).",
        advanced=True,
    )


class ResidualNetwork(Settings):
    """Residual generator (nearest-neighbour, then convolution) and a residual discriminator."""

    kind: Literal["residual"] = "residual"
    width: int = setting(
        32,
        help="Channels of the widest resolution; the others are multiples of it.",
        ge=4,
        le=512,
        auto="picture size",
        log=True,
    )
    discriminator_norm: DiscriminatorNorm = setting(
        "none", help="Normalisation inside the discriminator.", advanced=True
    )


class NonSaturating(Settings):
    """-log D(G(z)), with a lazy R1 penalty (Goodfellow et al. 2014; Mescheder et al. 2018, arXiv:1801.04406)."""

    kind: Literal["non_saturating"] = "non_saturating"
    r1: float = setting(
        1.0,
        label="R1 weight",
        help="Penalty on the discriminator's slope at real pictures; 0 switches it off.",
        ge=0,
        le=1000,
        advanced=True,
        auto="picture size",
    )
    interval: int = setting(
        8, label="R1 every", unit="steps", help="Apply the penalty at every n-th step only.", ge=1, le=64, advanced=True
    )


class LeastSquares(Settings):
    """Squared distance to the labels 1 and 0 (Mao et al. 2016, arXiv:1611.04076)."""

    kind: Literal["least_squares"] = "least_squares"


class Hinge(Settings):
    """Hinge loss (Lim and Ye 2017, arXiv:1705.02894)."""

    kind: Literal["hinge"] = "hinge"


class Wasserstein(Settings):
    """Wasserstein loss with gradient penalty (Gulrajani et al. 2017, arXiv:1704.00028)."""

    kind: Literal["wasserstein"] = "wasserstein"
    penalty: float = setting(
        10.0,
        label="Gradient penalty",
        help="Weight that keeps the critic's slope near one.",
        gt=0,
        le=1000,
        advanced=True,
    )


class Relativistic(Settings):
    """Relativistic pairing loss with R1 and R2 (Huang et al. 2024, arXiv:2501.05441)."""

    kind: Literal["relativistic"] = "relativistic"
    gamma: float = setting(
        0.05,
        label="R1 and R2 weight",
        help="Penalty on the discriminator's slope at real and at generated pictures.",
        gt=0,
        le=1000,
        advanced=True,
    )
    interval: int = setting(
        1,
        label="Penalty every",
        unit="steps",
        help="Apply the penalties at every n-th step only.",
        ge=1,
        le=64,
        advanced=True,
    )


Network = DcganNetwork | ResidualNetwork
Loss = NonSaturating | LeastSquares | Hinge | Wasserstein | Relativistic


class GanConfig(TrainingSettings):
    """Everything that decides a GAN run; the resolved one is stored with the run."""

    family: Literal["gan"] = "gan"
    picture_size: Literal[32, 64, 128, 256] = setting(
        32, help="Side of the square pictures it learns and makes.", unit="px", auto="data"
    )
    channels: Literal[1, 3] = setting(3, help="3 for colour, 1 for grey.", advanced=True, auto="data")
    condition: tuple[str, ...] = setting(
        (),
        label="Steer by",
        help="Labels of the data set that the generator is told, so that you can ask for them later.",
    )
    network: Network = setting(ResidualNetwork(), help="The pair of networks.", discriminator="kind", auto="device")
    latent_size: int = setting(
        64, help="Numbers in the latent vector that a picture grows from.", ge=2, le=1024, advanced=True
    )
    loss: Loss = setting(NonSaturating(), help="What the two networks play for.", discriminator="kind")
    generator_rate: float = setting(
        6e-4,
        label="Generator learning rate",
        help="Step size of the generator.",
        gt=0,
        le=0.1,
        advanced=True,
        live=True,
        log=True,
    )
    discriminator_rate: float = setting(
        6e-4,
        label="Discriminator learning rate",
        help="Step size of the discriminator.",
        gt=0,
        le=0.1,
        advanced=True,
        live=True,
        log=True,
    )
    decay: float = setting(
        0.0, help="Last share of the run in which the learning rates fall to nothing.", ge=0, le=1, advanced=True
    )
    beta1: float = setting(
        0.0, label="Adam beta 1", help="How long Adam remembers the direction of a step.", ge=0, lt=1, advanced=True
    )
    beta2: float = setting(
        0.99, label="Adam beta 2", help="How long Adam remembers the size of a step.", gt=0, lt=1, advanced=True
    )
    discriminator_steps: int = setting(
        1, help="Discriminator steps for one generator step.", ge=1, le=10, advanced=True
    )
    spectral_norm: bool = setting(
        False, help="Bound the discriminator's layers by their largest singular value.", advanced=True
    )
    shares: int = shares_setting()
    augment: tuple[Augmentation, ...] = setting(
        (),
        label="Differentiable augmentation",
        help="Show real and generated pictures to the discriminator changed in these ways; helps small data sets.",
        advanced=True,
        auto="number of pictures",
    )
    mirror: bool = setting(False, help="Show half of the pictures mirrored left to right.", auto="data")

    @property
    def knows_horizon(self) -> bool:
        """A learning rate that falls in the end follows the length of the run."""
        return self.decay > 0

    @model_validator(mode="after")
    def _can_train(self) -> Self:
        """Refuse what cannot train: a penalty on slopes is per picture, batch norm mixes the pictures of a batch."""
        penalised = isinstance(self.loss, Wasserstein | Relativistic) or (
            isinstance(self.loss, NonSaturating) and self.loss.r1 > 0
        )
        if self.spectral_norm and self.shares > 1:
            raise ValueError("a bound by spectral norm is found from the whole batch: set shares to 1")
        if penalised and self.network.discriminator_norm == "batch":
            raise ValueError(
                "a discriminator with batch norm cannot have a gradient penalty: set network.discriminator_norm to "
                "none, or choose a loss without a penalty"
            )
        return self


def preset(data: DataFacts, device: DeviceFacts, dial: Dial) -> GanConfig:
    """The configuration that ``dial`` stands for, derived from the data and the device.

    On a CPU the work is measured out: a picture of twice the side costs about five times as much, so large pictures
    get fewer steps, and no dial starts on a side that two cores could not see through. Tried on Portraits: at 32x32
    the Fréchet distance in a judge's features was still falling by a fifth every 300 steps at step 1,400; an average
    over more than a twentieth of what was seen lagged behind, so only long runs get a long one. Rates that fall in the
    second half of a short run bring it to 5.6 after 1,900 steps where constant ones had 6.8; with higher rates and a
    longer fall it was no better. Long runs keep theirs, so that they can be made longer.
    """
    small = device.kind == "cpu"
    side = min(data.height, data.width)
    limit = (
        {"quick": 32, "balanced": 64, "best": 64}[dial] if small else {"quick": 64, "balanced": 128, "best": 256}[dial]
    )
    size = max((s for s in (32, 64, 128, 256) if s <= min(side, limit)), default=32)
    wide = dial == "best" and not small
    return GanConfig(
        picture_size=size,
        shares=2 if small else 1,
        precision="bfloat16" if small and device.bfloat16 else "auto",
        channels=1 if data.channels == 1 else 3,
        steps=_steps(dial, size, device),
        decay=0.5 if dial == "quick" else 0.0,
        network=ResidualNetwork(width=64 if wide else 32),
        generator_rate=3e-4 if wide else 6e-4,
        discriminator_rate=3e-4 if wide else 6e-4,
        ema_half_life={"quick": 2000, "balanced": 5000, "best": 20_000}[dial],
        augment=("colour", "translation") if data.count < FEW_PICTURES else (),
    )


def _steps(dial: Dial, size: int, device: DeviceFacts) -> int:
    """On two quiet cores some three minutes, a quarter of an hour, over an hour; on a GPU by the dial alone (untried).

    A processor with bfloat16 of its own makes a quarter more steps in the same time.
    """
    if device.kind != "cpu":
        return {"quick": 3000, "balanced": 15_000, "best": 60_000}[dial]
    steps = {"quick": 1750, "balanced": 9600, "best": 40_000}[dial] // (1 if size == 32 else 4)
    return steps * 6 // 5 if device.bfloat16 else steps


def remedy(config: GanConfig, action: str) -> tuple[str, float] | None:
    """The change of a setting, as (path, value), that a notice's ``action`` stands for; None for an unknown action."""
    paths = {"halve_discriminator_rate": "discriminator_rate", "halve_generator_rate": "generator_rate"}
    if action not in paths:
        return None
    return paths[action], getattr(config, paths[action]) / 2
