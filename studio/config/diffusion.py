"""Settings of the diffusion family: the denoiser, how noise is added and what is predicted, what steers it."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import field_validator, model_validator

from studio.config.base import Best, Dial, Settings, setting
from studio.config.facts import DataFacts, DeviceFacts
from studio.config.texts import DataKind
from studio.config.training import TrainingSettings, shares_setting

CAPABILITIES: frozenset[str] = frozenset({"pictures", "steps"})
DATA_KINDS: tuple[DataKind, ...] = ("pictures",)
BEST = Best("distance", lowest=True)
LEAST_SIDE, MOST_SIDE = 32, 256
CLEARLY_LONGER = 1.25  # times the other side, from which on presets keep the shape of the pictures
Prediction = Literal["epsilon", "x0", "v"]
Schedule = Literal["linear", "cosine", "sigmoid"]


class UnetNetwork(Settings):
    """Convolutions on a pyramid of resolutions with shortcuts across (Ronneberger et al. 2015; Ho et al. 2020)."""

    kind: Literal["unet"] = "unet"
    width: int = setting(
        32,
        help="Channels at the finest resolution; 32 makes about 2 million weights, 176 about 60.",
        ge=4,
        le=512,
        multiple_of=4,
        auto="device",
        log=True,
    )
    depth: int = setting(1, help="Blocks at each resolution on the way down.", unit="blocks", ge=1, le=8, advanced=True)


class DitNetwork(Settings):
    """A Transformer on patches of the picture (Peebles & Xie 2022, arXiv:2212.09748)."""

    kind: Literal["dit"] = "dit"
    width: int = setting(
        128, help="Numbers that describe a patch.", ge=16, le=1536, multiple_of=16, auto="device", log=True
    )
    depth: int = setting(6, help="Transformer blocks.", unit="blocks", ge=1, le=48, advanced=True)


class ClassicNetwork(Settings):
    """The U-Net of Ho et al. 2020 (arXiv:2006.11239), which other programs read and write as well (UNet2DModel)."""

    kind: Literal["classic"] = "classic"
    widths: str = setting("64, 128, 128", help="Channels at each resolution, the finest first; each is half as large.")
    depth: int = setting(2, help="Blocks at each resolution on the way down.", unit="blocks", ge=1, le=8, advanced=True)
    attention: str = setting(
        "2", help="Resolutions with attention, 1 the finest; the middle has it always.", empty="none", advanced=True
    )
    head_width: int = setting(
        0, help="Channels of one head of attention; 0: one head.", unit="channels", ge=0, le=512, advanced=True
    )
    groups: int = setting(16, help="Groups of channels that are normalised together.", ge=1, le=256, advanced=True)
    epsilon: float = setting(
        1e-5, help="What keeps the norms from dividing by nothing.", gt=0, le=0.1, advanced=True, log=True
    )
    scaled: bool = setting(False, help="The noise level scales channels as well as shifting them.", advanced=True)
    padded: bool = setting(True, help="Halving pads pictures on all sides, not only below and right.", advanced=True)
    cosine_first: bool = setting(True, help="Cosines of the time come before its sines.", advanced=True)
    shift: int = setting(
        0, help="How much slower the slowest wave of the time is: 1 as Ho et al. have it.", ge=0, le=1, advanced=True
    )

    @property
    def level_widths(self) -> tuple[int, ...]:
        """Channels at each resolution."""
        return _numbers(self.widths)

    @property
    def attended(self) -> frozenset[int]:
        """Places in ``level_widths`` of the resolutions with attention."""
        return frozenset(number - 1 for number in _numbers(self.attention))

    @field_validator("widths", "attention")
    @classmethod
    def _are_numbers(cls, value: str) -> str:
        return ", ".join(map(str, _numbers(value)))

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        widths = self.level_widths
        if not 2 <= len(widths) <= 8 or not all(4 <= width <= 2048 for width in widths):
            raise ValueError("widths have to be 2 to 8 numbers from 4 to 2048, such as 64, 128, 128")
        if widths[0] % 2:
            raise ValueError("the first width has to be even, because it also tells the time in pairs of waves")
        if any(width % self.groups for width in widths):
            raise ValueError(f"every width has to be a multiple of the {self.groups} groups")
        if any(width % self.head_width for width in widths if self.head_width):
            raise ValueError(f"every width has to be a multiple of the head width {self.head_width}")
        if not self.attended <= set(range(len(widths))):
            raise ValueError(f"attention names resolutions from 1, the finest, to {len(widths)}, the coarsest")
        return self


def _numbers(words: str) -> tuple[int, ...]:
    try:
        return tuple(int(word) for word in words.replace(",", " ").split())
    except ValueError:
        raise ValueError(f"{words!r} has to hold whole numbers with commas between them") from None


class Gradual(Settings):
    """Noise is added so that the picture's variance is kept (Ho et al. 2020, arXiv:2006.11239)."""

    kind: Literal["gradual"] = "gradual"
    prediction: Prediction = setting(
        "v", help="What the denoiser tells: the noise, the clean picture, or v, a mixture that suits every noise level."
    )
    schedule: Schedule = setting("cosine", help="How fast the picture drowns in the noise.")
    zero_terminal_snr: bool = setting(
        False,
        label="End in pure noise",
        help="Leave nothing of the picture at the last step, so that very dark and bright pictures can be made too.",
        advanced=True,
    )
    min_snr: float = setting(
        5.0,
        label="Min-SNR gamma",
        help="Levels with less noise than this signal-to-noise ratio count no more than it; 0 lets all count alike.",
        ge=0,
        le=1000,
        advanced=True,
    )


class Flow(Settings):
    """A straight line from picture to noise, of which the direction is learnt (Liu et al. 2022, arXiv:2209.03003)."""

    kind: Literal["flow"] = "flow"
    location: float = setting(
        -0.5,
        label="Middle of the times",
        help="Trained noise levels gather here: 0 is half noise, above it more noise, below it less.",
        ge=-3,
        le=3,
        advanced=True,
    )
    spread: float = setting(
        1.0, label="Spread of the times", help="How far the trained noise levels spread.", gt=0, le=5, advanced=True
    )


Network = UnetNetwork | DitNetwork | ClassicNetwork
Process = Gradual | Flow


class DiffusionConfig(TrainingSettings):
    """Everything that decides a diffusion run; the resolved one is stored with the run."""

    family: Literal["diffusion"] = "diffusion"
    picture_size: int = setting(
        32, help="Width of the pictures it learns and makes.", unit="px", ge=32, le=256, multiple_of=8,
        auto="data", log=True,
    )  # fmt: skip
    picture_height: int = setting(
        0, help="Height of pictures that are not square; 0: as high as wide.", unit="px", ge=0, le=256, multiple_of=8,
        advanced=True, auto="data",
    )  # fmt: skip
    channels: Literal[1, 3] = setting(3, help="3 for colour, 1 for grey.", advanced=True, auto="data")
    condition: tuple[str, ...] = setting(
        (),
        label="Steer by",
        help="Labels of the data set that the denoiser is told, so that you can ask for them later.",
    )
    text: bool = setting(
        False, label="Steer by words", help="Learn from the captions of the pictures, so that you can write a prompt.",
        auto="data",
    )  # fmt: skip
    condition_dropout: float = setting(
        0.1,
        help="Share of pictures whose labels and words are kept back, so that it learns without them too: guidance "
        "compares both.",
        ge=0,
        lt=1,
        advanced=True,
    )
    clause_dropout: float = setting(
        0.0,
        label="Leave clauses out",
        help="Share of captions of which random clauses are kept back, so that a prompt may name a few things and "
        "leave the others open.",
        ge=0,
        le=1,
        advanced=True,
        auto="data",
    )
    network: Network = setting(UnetNetwork(), help="The denoiser.", discriminator="kind", auto="device")
    process: Process = setting(
        Flow(), label="Noise", help="How noise is added and what is predicted.", discriminator="kind"
    )
    shares: int = shares_setting()
    self_conditioning: bool = setting(
        False, help="Show the denoiser its last estimate of the picture (Chen et al. 2022).", advanced=True
    )
    dropout: float = setting(
        0.0, help="Share of numbers inside the network that are left out, against learning by heart.", ge=0, lt=0.9,
        advanced=True,
    )  # fmt: skip
    mirror: bool = setting(
        False, help="Show half of the pictures mirrored left to right; wrong for letters and digits.", auto="data"
    )
    learning_rate: float = setting(
        1.5e-3, help="Step size at its highest.", gt=0, le=1, advanced=True, live=True, log=True
    )
    warm_up: int = setting(
        30, help="Steps in which the learning rate rises to its highest.", unit="steps", ge=0, le=100_000,
        advanced=True,
    )  # fmt: skip
    decay: Literal["none", "linear"] = setting(
        "none", help="Whether the learning rate falls to nothing over the last part of the run.", advanced=True
    )
    ema_length: float = setting(
        0.1,
        help="Length of the averaging as a share of the run so far, so that it fits any run; 0 uses the half-life.",
        ge=0,
        le=0.25,
        advanced=True,
    )

    sample_count: int = setting(
        16,
        label="Samples",
        help="Pictures in the live grid, always from the same noise and words.",
        unit="pictures",
        ge=1,
        le=256,
        advanced=True,
    )

    @property
    def ema_share(self) -> float:
        """The averaged weights remember a share of the run."""
        return self.ema_length

    @property
    def picture_shape(self) -> tuple[int, int]:
        """Height and width of the pictures."""
        return self.picture_height or self.picture_size, self.picture_size

    @property
    def sample_gap(self) -> int:
        """A picture is drawn in many calls of the network."""
        return 4096

    @property
    def export_formats(self) -> tuple[str, ...]:
        """The classic U-Net is one of diffusers' networks."""
        return ("studio", "diffusers") if isinstance(self.network, ClassicNetwork) else ("studio",)

    @property
    def knows_horizon(self) -> bool:
        """A learning rate that falls in the end follows the length of the run."""
        return self.decay != "none"

    @model_validator(mode="after")
    def _can_train(self) -> Self:
        """Refuse what cannot work: from pure noise, the noise says nothing about the picture."""
        if 0 < self.picture_height < LEAST_SIDE:
            raise ValueError(f"pictures have to be at least {LEAST_SIDE} pixels high (0: as high as wide)")
        process = self.process
        if isinstance(process, Gradual) and process.zero_terminal_snr and process.prediction == "epsilon":
            raise ValueError(
                "predicting the noise says nothing where nothing but noise is left: set process.prediction to v or "
                "x0, or process.zero_terminal_snr to false"
            )
        levels = len(self.network.level_widths) if isinstance(self.network, ClassicNetwork) else 1
        multiple = 2 ** (levels - 1)
        if any(side % multiple for side in self.picture_shape):
            raise ValueError(
                f"with {levels} resolutions sides have to be multiples of "
                f"{multiple}: change picture_size, picture_height or network.widths"
            )
        return self


def preset(data: DataFacts, device: DeviceFacts, dial: Dial) -> DiffusionConfig:
    """The configuration that ``dial`` stands for, derived from the data and the device.

    Measured on Portraits at 32x32, by prompts of five to seven attributes that a judge looks for in 500 pictures: a
    U-Net of width 32 shows 90 % of them after 930 steps and 98 % after 1,930 (300 and 600 seconds of one core). Width
    48 costs four times as much a step; ``best`` is for a night on a CPU, untried.
    """
    limit = {"quick": 32, "balanced": 32, "best": 64}[dial] * (1 if device.kind == "cpu" else 2)
    height, width = _shape(data, limit)
    return DiffusionConfig(
        picture_size=width,
        picture_height=height if height != width else 0,
        channels=1 if data.channels == 1 else 3,
        text=data.captions,
        shares=2 if device.kind == "cpu" else 1,
        network=UnetNetwork(width={"quick": 32, "balanced": 32, "best": 64}[dial]),
        steps={"quick": 1500, "balanced": 4000, "best": 20_000}[dial],
        gradient_clip=1.0,
    )


def _shape(data: DataFacts, limit: int) -> tuple[int, int]:
    """Height and width: the shorter side up to ``limit``, the longer one as the pictures are, where they are clearly
    not square; others are cut to their middle."""
    shorter, longer = sorted((data.height, data.width))
    side = max(LEAST_SIDE, min(shorter, limit) // 8 * 8)
    ratio = longer / max(shorter, 1)
    other = min(MOST_SIDE, round(side * ratio / 8) * 8) if ratio >= CLEARLY_LONGER else side
    return (side, other) if data.width >= data.height else (other, side)


def remedy(config: DiffusionConfig, action: str) -> tuple[str, float] | None:
    """The change of a setting, as (path, value), that a notice's ``action`` stands for; None for an unknown action."""
    if action != "halve_denoiser_rate":
        return None
    return "learning_rate", config.learning_rate / 2
