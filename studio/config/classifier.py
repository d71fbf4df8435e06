"""Settings of the classifier family: what it learns to tell, its network, how it trains and when it stops."""

from __future__ import annotations

from typing import Literal

from studio.config.base import Best, Dial, Settings, setting
from studio.config.facts import DataFacts, DeviceFacts
from studio.config.texts import DataKind
from studio.config.training import TrainingSettings
from studio.ground.errors import UsageError

CAPABILITIES: frozenset[str] = frozenset({"judges"})
DATA_KINDS: tuple[DataKind, ...] = ("pictures",)
BEST = Best("validation_loss", lowest=True)
SPLIT = "split"
"""The label that says which pictures are for training and which for the test; nobody learns to tell it."""
MOST_VALUES = 256
FEW = 20_000  # pictures below which a network learns them by heart within a preset's steps
Augmentation = Literal["shift", "colour", "erase", "mixup"]
Architecture = Literal["mobilenet_v3_small", "mobilenet_v3_large", "efficientnet_b0", "resnet18", "resnet34"]


class MlpNetwork(Settings):
    """Layers from every number to every number: no notion of place, the simplest network there is."""

    kind: Literal["mlp"] = "mlp"
    width: int = setting(256, help="Numbers in each hidden layer.", ge=4, le=4096, auto="device", log=True)
    depth: int = setting(2, help="Hidden layers.", unit="layers", ge=1, le=8, advanced=True)


class _Stages(Settings):
    """What networks of stages share, each at half the side of the one before."""

    width: int = setting(
        16,
        help="Channels of the first stage; they double whenever the picture is halved.",
        ge=4,
        le=512,
        auto="device",
        log=True,
    )


class CnnNetwork(_Stages):
    """Plain convolutions with batch norm, the picture halved between stages (Simonyan & Zisserman 2014)."""

    kind: Literal["cnn"] = "cnn"
    depth: int = setting(1, help="Convolutions in each stage.", unit="layers", ge=1, le=8, advanced=True)


class ResidualNetwork(_Stages):
    """Blocks that add to what they are given (He et al. 2015, arXiv:1512.03385)."""

    kind: Literal["residual"] = "residual"
    depth: int = setting(1, help="Blocks in each stage.", unit="blocks", ge=1, le=16, advanced=True)


class PretrainedNetwork(Settings):
    """A network of torchvision that has seen ImageNet's million photographs, and is taught on from there."""

    kind: Literal["pretrained"] = "pretrained"
    architecture: Architecture = setting(
        "mobilenet_v3_small",
        help="Which one; its weights have to be at hand (studio weights list). The first is the fastest.",
    )
    input_size: int = setting(
        224, help="Pictures are brought to this size inside; it has learnt at 224, smaller is faster.", unit="px",
        ge=32, le=512, advanced=True,
    )  # fmt: skip
    learn: Literal["head", "head_then_all", "all"] = setting(
        "head_then_all",
        help="What is taught: only the new last layer, that one for a fifth of the run and then all, or all at once.",
    )
    trunk_share: float = setting(
        0.05,
        label="Share of the rate",
        help="Learning rate of the layers that know something already, as a share of the last layer's.",
        gt=0,
        le=1,
        advanced=True,
        log=True,
    )


Network = MlpNetwork | CnnNetwork | ResidualNetwork | PretrainedNetwork


class ClassifierConfig(TrainingSettings):
    """Everything that decides a classifier's run; the resolved one is stored with the run."""

    family: Literal["classifier"] = "classifier"
    picture_size: int = setting(
        32, help="Side of the square pictures it sees.", unit="px", ge=8, le=512, auto="data", log=True
    )
    channels: Literal[1, 3] = setting(3, help="3 for colour, 1 for grey.", advanced=True, auto="data")
    labels: tuple[str, ...] = setting(
        (),
        label="Learn to tell",
        help="Labels of the data set that it learns, each with an output of its own; none chosen means all that suit.",
        unit="all",
    )
    network: Network = setting(ResidualNetwork(), help="The network.", discriminator="kind", auto="device")
    learning_rate: float = setting(
        1e-2, help="Step size at its highest.", gt=0, le=1, advanced=True, live=True, log=True
    )
    schedule: Literal["cosine", "constant"] = setting(
        "cosine", help="How the learning rate changes: up, then down to nothing, or not at all.", advanced=True
    )
    warm_up: float = setting(
        0.2,
        help="Share of the run in which the learning rate rises to its highest.",
        ge=0,
        le=0.9,
        advanced=True,
        when=("schedule", ("cosine",)),
    )
    weight_decay: float = setting(
        0.05, help="How strongly weights are drawn towards zero.", ge=0, le=10, advanced=True, log=True
    )
    label_smoothing: float = setting(
        0.05,
        help="Share of certainty taken from the right answer and spread over all, against overconfidence.",
        ge=0,
        le=0.5,
        advanced=True,
    )
    class_weights: Literal["none", "balanced"] = setting(
        "none", help="Balanced makes rare values count as much as frequent ones.", advanced=True
    )
    augment: tuple[Augmentation, ...] = setting(
        ("shift",),
        label="Augmentation",
        help="Training pictures are changed in these ways, so that it cannot learn them by heart.",
        advanced=True,
        auto="number of pictures",
    )
    mirror: bool = setting(
        False, help="Show half of the pictures mirrored left to right; wrong for letters and digits.", auto="data"
    )
    validate_every: int = setting(
        100,
        help="Measure on the validation pictures every so many steps.",
        unit="steps",
        ge=1,
        le=1_000_000,
        advanced=True,
        auto="steps",
        log=True,
    )
    patience: int = setting(
        0,
        help="End the run when so many validations in a row were no better than the best; 0 never does.",
        unit="validations",
        ge=0,
        le=10_000,
        advanced=True,
    )

    @property
    def knows_horizon(self) -> bool:
        """The learning rate follows the length of the run unless it is constant; so does when the trunk is taught."""
        network = self.network
        return self.schedule != "constant" or (
            isinstance(network, PretrainedNetwork) and network.learn == "head_then_all"
        )


def learned_labels(config: ClassifierConfig, facts: DataFacts) -> dict[str, tuple[str, ...]]:
    """The labels that a run learns to tell, with their values in the order of their codes.

    Raises:
        UsageError: there is no such label, or none from which anything can be learnt; says what there is.
    """
    for name in config.labels:
        if name not in facts.labels:
            known = ", ".join(facts.labels) or "none"
            raise UsageError("The data set has no label {name}; it has: {known}.", name=name, known=known)
        _must_suit(name, facts.labels[name])
    if config.labels:
        return {name: tuple(facts.labels[name]) for name in config.labels}
    suited = {name: tuple(values) for name, values in facts.labels.items() if suits(name, values)}
    if not suited:
        raise _nothing_to_learn(facts)
    return suited


def suits(name: str, values: tuple[str, ...]) -> bool:
    """Whether a label has something to tell apart."""
    return name != SPLIT and 2 <= len(values) <= MOST_VALUES


def _must_suit(name: str, values: tuple[str, ...]) -> None:
    if name == SPLIT:
        raise UsageError("The label split says which pictures are for training and testing; choose another one.")
    if not suits(name, values):
        raise UsageError(
            "The label {name} has {count} values; to tell pictures apart it takes between 2 and {most}.",
            name=name, count=len(values), most=MOST_VALUES,
        )  # fmt: skip


def _nothing_to_learn(facts: DataFacts) -> UsageError:
    names = ", ".join(name for name in facts.labels if name != SPLIT)
    if not names:
        return UsageError(
            "The data set has no labels, so there is nothing to tell apart: label its pictures on the Data page, or "
            "import them from folders named after what they show."
        )
    return UsageError(
        "A classifier needs a label with at least two values; the data set has only: {names}.", names=names
    )


def preset(data: DataFacts, device: DeviceFacts, dial: Dial) -> ClassifierConfig:
    """The configuration that ``dial`` stands for, derived from the data and the device.

    So many times through the data, within bounds of steps: ten times through Fashion-MNIST's 59,000 pictures is
    ``balanced``. Small sets are changed a little at every sight; what looks like writing is not mirrored.
    """
    side = min(data.height, data.width)
    limit = {"quick": 32, "balanced": 32, "best": 64}[dial] * (1 if device.kind == "cpu" else 2)
    batch = max(8, min(128, 2 ** (max(1, data.count // 8).bit_length() - 1)))
    epochs, least, most = {"quick": (2.5, 600, 1200), "balanced": (10, 1500, 5000), "best": (30, 4000, 20000)}[dial]
    steps = max(least, min(most, round(epochs * data.count / batch, -2)))
    return ClassifierConfig(
        picture_size=max(8, side) if side <= limit else limit,
        channels=1 if data.channels == 1 else 3,
        steps=int(steps),
        batch=batch,
        ema_half_life=20_000,
        network=ResidualNetwork(width={"quick": 16, "balanced": 32, "best": 48}[dial]),
        validate_every=max(1, int(steps) // 40),
        augment=("shift",) if data.count < FEW or dial == "best" else (),
        mirror=not any(_written(values) for values in data.labels.values()),
    )


def _written(values: tuple[str, ...]) -> bool:
    """Whether values are single letters or digits, so that the pictures probably show writing."""
    return len(values) >= 8 and all(len(value) == 1 for value in values)


def remedy(config: ClassifierConfig, action: str) -> tuple[str, float] | None:
    """The change of a setting, as (path, value), that a notice's ``action`` stands for; None for an unknown action."""
    if action != "halve_classifier_rate":
        return None
    return "learning_rate", config.learning_rate / 2
