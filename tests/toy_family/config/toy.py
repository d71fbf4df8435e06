"""Settings of the toy family: a picture squeezed through a few numbers and unfolded again."""

from typing import Literal

from studio.config.base import Best, Dial, setting
from studio.config.facts import DataFacts, DeviceFacts
from studio.config.texts import DataKind
from studio.config.training import TrainingSettings

CAPABILITIES: frozenset[str] = frozenset({"pictures"})
DATA_KINDS: tuple[DataKind, ...] = ("pictures",)
BEST = Best("error", lowest=True)


class ToyConfig(TrainingSettings):
    """Everything that decides a toy run."""

    family: Literal["toy"] = "toy"
    picture_size: int = setting(16, help="Side of the square pictures.", unit="px", ge=8, le=64)
    channels: Literal[1, 3] = setting(3, help="3 for colour, 1 for grey.")
    latent_size: int = setting(4, help="Numbers that a picture is squeezed into.", ge=1, le=64)
    learning_rate: float = setting(1e-2, help="Step size.", gt=0, le=1, live=True, log=True)


def preset(data: DataFacts, device: DeviceFacts, dial: Dial) -> ToyConfig:
    """The same for every dial."""
    return ToyConfig(steps=20, batch=16, channels=1 if data.channels == 1 else 3, sample_count=4)


def remedy(config: ToyConfig, action: str) -> tuple[str, float] | None:
    """No notice of this family has an action."""
    return None
