"""Settings of the CycleGAN family: two sides, translators between them, losses, training, presets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

from pydantic import model_validator

from studio.config.base import Best, Dial, Settings, setting
from studio.config.facts import DataFacts, DeviceFacts
from studio.config.requests import BOTH_DIRECTIONS, Direction
from studio.config.texts import DataKind
from studio.config.training import TrainingSettings, shares_setting
from studio.ground.errors import UsageError

CAPABILITIES: frozenset[str] = frozenset({"edits"})
DATA_KINDS: tuple[DataKind, ...] = ("pictures",)
BEST = Best("distance", lowest=True)
Upsample = Literal["resize", "transposed"]
Output = Literal["residual", "mask", "plain"]
AdversarialLoss = Literal["least_squares", "non_saturating", "hinge"]
Augmentation = Literal["colour", "translation", "cutout"]
FEW_PICTURES = 1000  # of both sides: fewer are soon learnt by heart
FARTHEST = ("black", "blond")
GRAIN = 4  # a ResNet generator halves its pictures twice


@dataclass(frozen=True, slots=True)
class Split:
    """One data set as two sides: pictures whose ``label`` is ``a``, and those where it is ``b``."""

    label: str
    a: str
    b: str

    def __str__(self) -> str:
        return f"{self.label}={self.a}:{self.b}"


def parse_split(words: str) -> Split:
    """``hair=black:blond`` as what it means.

    Raises:
        UsageError: it is not of this form, or both sides are the same.
    """
    label, equals, values = words.partition("=")
    a, colon, b = values.partition(":")
    found = Split(label.strip(), a.strip(), b.strip())
    if not (equals and colon and found.label and found.a and found.b):
        raise UsageError("A split is written LABEL=VALUE:VALUE, as in hair=black:blond; not {words}.", words=words)
    if found.a == found.b:
        raise UsageError("Both sides of the split {words} are the same; name two values of {label}.",
                         words=words, label=found.label)  # fmt: skip
    return found


class Cycle(Settings):
    """There and back again must give the same picture (Zhu et al. 2017, arXiv:1703.10593)."""

    kind: Literal["cycle"] = "cycle"
    cycle_weight: float = setting(
        10.0, help="How much a picture translated there and back must be itself again.", ge=0, le=1000, advanced=True
    )
    identity_weight: float = setting(
        0.5,
        help="How much a picture that is of the wanted side already must stay as it is, as a share of the cycle "
        "weight.",
        ge=0,
        le=100,
        advanced=True,
    )


class Contrastive(Settings):
    """One translator, from A to B alone: every place must be told from others (Park et al. 2020, arXiv:2007.15651)."""

    kind: Literal["contrastive"] = "contrastive"
    contrastive_weight: float = setting(
        1.0, help="How much each place must be like the same place before.", ge=0, le=1000, advanced=True
    )
    identity: bool = setting(True, help="Pictures of side B must stay what they are, too.", advanced=True)
    patches: int = setting(
        128, help="Places of a picture that are compared with one another.", ge=4, le=1024, advanced=True, log=True
    )
    temperature: float = setting(0.07, help="Below it likeness counts sharply.", gt=0, le=10, advanced=True)


class Paired(Settings):
    """The two sides have pairs of the same file name (Isola et al. 2017, arXiv:1611.07004)."""

    kind: Literal["paired"] = "paired"
    l1_weight: float = setting(
        100.0,
        label="Weight of the partner",
        help="How much a translated picture must be like its true partner.",
        ge=0,
        le=10_000,
        advanced=True,
    )


class ResnetGenerator(Settings):
    """Two halvings, residual blocks, two doublings (Johnson et al. 2016, arXiv:1603.08155)."""

    kind: Literal["resnet"] = "resnet"
    blocks: int = setting(6, help="Residual blocks; 9 are for large pictures.", ge=1, le=16, auto="picture size")
    width: int = setting(
        32, help="Channels at full size; the others are multiples of it.", ge=4, le=256, auto="device", log=True
    )
    upsample: Upsample = setting(
        "resize",
        label="Growing",
        help="Enlarge and convolve, or a transposed convolution, which is faster and may leave a checkerboard.",
        advanced=True,
    )


class UnetGenerator(Settings):
    """Halvings down and doublings up with every size joined across (Ronneberger et al. 2015, arXiv:1505.04597)."""

    kind: Literal["unet"] = "unet"
    width: int = setting(32, help="Channels at full size.", ge=4, le=256, auto="device", log=True)
    depth: int = setting(4, help="How often the picture is halved.", ge=2, le=8, auto="picture size")
    upsample: Upsample = setting(
        "resize",
        label="Growing",
        help="Enlarge and convolve, or a transposed convolution, which is faster and may leave a checkerboard.",
        advanced=True,
    )


class PatchDiscriminator(Settings):
    """Judges every patch of a picture by itself (there, section 3.2)."""

    kind: Literal["patch"] = "patch"
    layers: int = setting(
        2, help="Halvings before the judgement: more see larger patches.", ge=1, le=5, auto="picture size"
    )
    width: int = setting(32, help="Channels of the first layer.", ge=4, le=256, auto="device", log=True)


class PixelDiscriminator(Settings):
    """Judges every pixel by itself: colours alone."""

    kind: Literal["pixel"] = "pixel"
    width: int = setting(32, help="Channels of the first layer.", ge=4, le=256, auto="device", log=True)


Mode = Cycle | Contrastive | Paired
Generator = ResnetGenerator | UnetGenerator
Discriminator = PatchDiscriminator | PixelDiscriminator


class CycleganConfig(TrainingSettings):
    """Everything that decides a CycleGAN run; the resolved one is stored with the run."""

    family: Literal["cyclegan"] = "cyclegan"
    split: str = setting(
        "",
        label="Sides",
        help="One data set as two sides, by a label: hair=black:blond.",
        auto="data",
        empty="the data set is side A, another one side B",
    )
    other_dataset: str = setting(
        "",
        label="Second data set",
        help="The data set of side B; then no label splits the first one.",
        empty="none: one data set is split by a label",
    )
    picture_size: int = setting(
        32, help="Side of the square pictures it learns from.", unit="px", ge=16, le=512, multiple_of=GRAIN,
        auto="data", log=True,
    )  # fmt: skip
    crop: int = setting(
        0, help="Side of the random squares cut out of them in training.", unit="px", ge=0, le=512, multiple_of=GRAIN,
        advanced=True, empty="the whole picture",
    )  # fmt: skip
    channels: Literal[1, 3] = setting(3, help="3 for colour, 1 for grey.", advanced=True, auto="data")
    mode: Mode = setting(Cycle(), help="What keeps a picture the same one.", discriminator="kind")
    generator: Generator = setting(
        ResnetGenerator(), help="The network that translates.", discriminator="kind", auto="device"
    )
    output: Output = setting(
        "mask",
        help="What the generator paints: a change of the picture, one through a mask of its own, which leaves alone "
        "what it need not touch, or all of it anew.",
        auto="data",
    )
    discriminator: Discriminator = setting(PatchDiscriminator(), help="The network that judges.", discriminator="kind")
    loss: AdversarialLoss = setting("least_squares", help="What the two play for.", advanced=True)
    pool: int = setting(
        50,
        label="Picture pool",
        help="Earlier translations of which half of what the discriminator sees is drawn; 0 shows it the newest alone.",
        unit="pictures",
        ge=0,
        le=1000,
        advanced=True,
    )
    generator_rate: float = setting(
        2e-4, label="Generator learning rate", help="Step size of the generators.", gt=0, le=0.1, advanced=True,
        live=True, log=True,
    )  # fmt: skip
    discriminator_rate: float = setting(
        2e-4, label="Discriminator learning rate", help="Step size of the discriminators.", gt=0, le=0.1,
        advanced=True, live=True, log=True,
    )  # fmt: skip
    decay: float = setting(
        0.5, help="Last share of the run in which the learning rates fall to nothing.", ge=0, le=1, advanced=True
    )
    augment: tuple[Augmentation, ...] = setting(
        (),
        label="Differentiable augmentation",
        help="Show real and translated pictures to the discriminators changed in these ways; helps small data sets.",
        advanced=True,
        auto="number of pictures",
    )
    mirror: bool = setting(
        False, help="Show half of the pictures mirrored left to right; wrong for letters and digits.", auto="data"
    )
    shares: int = shares_setting()
    batch: int = setting(
        4, help="Pictures of each side in one step.", unit="items", ge=1, le=256, auto="device", log=True
    )
    sample_count: int = setting(
        32,
        label="Samples",
        help="Pictures in the live grid: real, translated, back and identity of a quarter as many test pictures.",
        unit="pictures",
        ge=4,
        le=256,
        advanced=True,
    )

    @property
    def directions(self) -> tuple[Direction, ...]:
        """Which ways it learns to translate."""
        return BOTH_DIRECTIONS[:1] if isinstance(self.mode, Contrastive) else BOTH_DIRECTIONS

    @property
    def side(self) -> int:
        """Side of the pictures of a step."""
        return self.crop or self.picture_size

    @property
    def smallest_judged(self) -> int:
        """The smallest side of which the discriminator has anything to judge."""
        return 3 * 2**self.discriminator.layers if isinstance(self.discriminator, PatchDiscriminator) else 1

    @property
    def knows_horizon(self) -> bool:
        """A learning rate that falls in the end follows the length of the run."""
        return self.decay > 0

    @property
    def second_dataset(self) -> str:
        """The data set of side B; "" where one data set is split."""
        return self.other_dataset

    @property
    def sample_gap(self) -> int:
        """A row of samples takes three calls of a generator."""
        return 1024

    @model_validator(mode="after")
    def _can_train(self) -> Self:
        """Refuse what cannot be: squares larger than the pictures, sizes that the networks cannot take."""
        if self.crop > self.picture_size:
            raise ValueError(f"squares of {self.crop} px cannot be cut out of pictures of {self.picture_size} px")
        if self.split:
            parse_split(self.split)
        grain = 2**self.generator.depth if isinstance(self.generator, UnetGenerator) else GRAIN
        if self.side % grain:
            raise ValueError(f"this generator takes pictures whose side is a multiple of {grain}, not {self.side}")
        if self.side < self.smallest_judged:
            raise ValueError(
                f"this discriminator needs pictures of {self.smallest_judged} px, not {self.side}: give it fewer layers"
            )
        return self


def side_names(config: CycleganConfig, dataset: str) -> tuple[str, str]:
    """What the two sides are called."""
    if config.other_dataset or not config.split:
        return dataset, config.other_dataset
    split = parse_split(config.split)
    return split.a, split.b


def preset(data: DataFacts, device: DeviceFacts, dial: Dial) -> CycleganConfig:
    """The configuration that ``dial`` stands for, derived from the data and the device.

    Tried on Portraits, black against blond, 32 x 32, on one thread: painting through a mask had every held-out portrait
    changed and its face kept after 100 steps, painting a change after 250; a rate of 1e-3 was there sooner than 5e-4.
    At 64 x 64 a discriminator of two layers let the masks shut for good; one of three did not.

    Where no label splits the data, two folders are meant, which mostly differ in the style of whole pictures. Noto
    emoji as Fluent ones, 32 x 32, hardly changed by a mask and the usual weights (L1 to the true partners .141 after
    800 steps, .140 untouched), came nearer with less hold and a painted change: .129 after 300 steps; gradients .094
    (.098), features of a network that knows drawn tiles .376 (.413). There the last layer began at its full size, which
    here it does at a tenth.
    """
    small = device.kind == "cpu"
    limit = {"quick": 32, "balanced": 64, "best": 64} if small else {"quick": 64, "balanced": 128, "best": 256}
    size = max(32, min(data.height, data.width, limit[dial]) // 16 * 16)
    width = {"quick": 16, "balanced": 16, "best": 32}[dial] * (1 if small else 2)
    rate = 1e-3 if width <= 16 else 2e-4
    steps = (
        {"quick": 800, "balanced": 2500, "best": 12_000}
        if small
        else {"quick": 4000, "balanced": 20_000, "best": 100_000}
    )
    split = _likely_split(data)
    return CycleganConfig(
        split=split,
        mode=Cycle() if split else Cycle(cycle_weight=3.0, identity_weight=0.0),
        output="mask" if split else "residual",
        picture_size=size,
        channels=1 if data.channels == 1 else 3,
        generator=ResnetGenerator(width=width, blocks=9 if size >= 256 else 6),
        discriminator=PatchDiscriminator(width=32 if small else 64, layers=2 if size < 48 else 3),
        generator_rate=rate,
        discriminator_rate=rate,
        shares=2 if small else 1,
        augment=("colour", "translation") if data.count < FEW_PICTURES else (),
        steps=steps[dial],
    )


def _likely_split(data: DataFacts) -> str:
    """Of the first label that has two values: black against blond where it has both, which differ as much as hair can,
    else the first two; "" where no label has two.
    """
    for name, values in data.labels.items():
        a, b = FARTHEST if set(FARTHEST) <= set(values) else (*values, "", "")[:2]
        if a and b and not any(c in f"{name}{a}{b}" for c in "=:"):
            return str(Split(name, a, b))
    return ""


def remedy(config: CycleganConfig, action: str) -> tuple[str, float] | None:
    """The change of a setting, as (path, value), that a notice's ``action`` stands for; None for an unknown action."""
    paths = {"halve_discriminator_rate": "discriminator_rate", "halve_generator_rate": "generator_rate"}
    if action not in paths:
        return None
    return paths[action], getattr(config, paths[action]) / 2
