"""A tiny data set in memory and a way to make trainers for it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from studio.config import classifier, cyclegan, diffusion, language
from studio.config.classifier import ClassifierConfig
from studio.config.cyclegan import CycleganConfig
from studio.config.data import Choices
from studio.config.diffusion import DiffusionConfig
from studio.config.facts import DataFacts
from studio.config.gan import GanConfig, ResidualNetwork
from studio.config.language import LanguageConfig
from studio.config.registry import data_kinds
from studio.config.texts import Characters
from studio.config.training import TrainingSettings
from studio.config.translation import TranslationConfig, TranslationNetwork
from studio.data.splitting import Parts
from studio.ground.events import Ended, Event
from studio.training.assemble import assemble
from studio.training.recorder import MemoryRecorder
from studio.training.trainer import Trainer
from tests.tiny_pairs import TinyPairs

from .tiny_texts import TinyTexts, talks

CPU = torch.device("cpu")


class TinyPictures:
    """What ``studio.data.prepared.PreparedPictures`` offers, in memory: coloured squares on noise, two labels."""

    def __init__(self, count: int = 72, *, size: int = 32, channels: int = 3, seed: int = 0) -> None:
        generator = np.random.default_rng(seed)
        hair = generator.integers(0, 3, count)
        self._pixels = generator.integers(0, 120, (count, channels, size, size), dtype=np.uint8)
        for i in range(count):
            x, y = generator.integers(2, size - 14, size=2)
            self._pixels[i, hair[i] % channels, y : y + 12, x : x + 12] = 230
        self.codes = {"hair": hair.astype(np.int32), "smile": generator.integers(-1, 2, count).astype(np.int32)}
        self.values = {"hair": ("black", "blond", "red"), "smile": ("no", "yes")}
        names = [self.values["hair"][code] for code in hair]
        self.captions = tuple(f"a square, {n}" if i % 7 else "" for i, n in enumerate(names))
        self.facts = DataFacts(
            count=count, height=size, width=size, channels=channels, labels=self.values, captions=True
        )
        self.held_out, self.training = np.arange(16), np.arange(16, count)
        self.names = tuple(f"{names[i]}/{int((hair[:i] == hair[i]).sum())}.png" for i in range(count))
        self.choices = Choices()
        self.parts = Parts(self.training, np.arange(10), np.arange(10, 16))
        self.fingerprint = f"tiny {count} {size} {seed}"

    def read(self, indices: np.ndarray) -> np.ndarray:
        """uint8 (N, C, H, W)."""
        return self._pixels[indices]


@pytest.fixture(scope="session")
def tiny() -> TinyPictures:
    """72 pictures of 32x32 with the labels ``hair`` and ``smile``."""
    return TinyPictures()


TINY: dict[str, TrainingSettings] = {
    "gan": GanConfig(
        steps=12, batch=8, sample_count=4, condition=("hair",), latent_size=8, network=ResidualNetwork(width=4)
    ),
    "classifier": ClassifierConfig(
        steps=12,
        batch=8,
        sample_count=4,
        network=classifier.ResidualNetwork(width=4),
        schedule="constant",
        validate_every=3,
    ),
    "diffusion": DiffusionConfig(
        steps=12,
        batch=8,
        sample_count=4,
        condition=("hair", "smile"),
        text=True,
        network=diffusion.UnetNetwork(width=4),
        warm_up=2,
    ),
    "cyclegan": CycleganConfig(
        steps=12,
        batch=8,
        sample_count=4,
        split="hair=black:blond",
        generator=cyclegan.ResnetGenerator(width=4, blocks=1),
        discriminator=cyclegan.PatchDiscriminator(width=4),
        pool=20,
        decay=0,
        shares=1,
    ),
    "language": LanguageConfig(
        steps=12,
        batch=4,
        accumulate=2,
        shares=2,
        context=64,
        network=language.ModernNetwork(depth=2, width=16, heads=2),
        tokens=Characters(),
        ema_half_life=500,
        warm_up=2,
        schedule="constant",
        sample_count=2,
        sample_tokens=4,
        validate_every=3,
    ),
    "translation": TranslationConfig(
        steps=12,
        batch=120,
        context=32,
        network=TranslationNetwork(width=16, heads=2, output_bias=True),
        schedule="constant",
        warm_up=2,
        ema_half_life=500,
        sample_count=2,
        scored=4,
        validate_every=3,
    ),
}
"""Small runs of 12 steps, one for each family, in which every part of the state is in use."""


@pytest.fixture(scope="session")
def tiny_texts() -> TinyTexts:
    """40 short conversations."""
    return TinyTexts(talks())


@pytest.fixture(scope="session")
def tiny_pairs() -> TinyPairs:
    """120 pairs of sentences."""
    return TinyPairs()


@pytest.fixture
def family() -> str:
    """Which family the other fixtures are about."""
    return "gan"


@pytest.fixture
def config(family: str) -> TrainingSettings:
    """The small run of the family."""
    return TINY[family]


@pytest.fixture
def make_trainer(
    tiny: TinyPictures, tiny_texts: TinyTexts, tiny_pairs: TinyPairs, family: str, config: TrainingSettings,
    tmp_path: Path,
) -> Callable[..., Trainer]:  # fmt: skip
    """A function (folder name, changes of the config) that makes a trainer with fresh objects."""

    def make(folder: str = "run", *, data: Any = None, stop_at: int | None = None, **changes: Any) -> Trainer:
        return assemble(
            type(config).model_validate(config.model_dump() | changes),
            data or {"pictures": tiny, "parallel": tiny_pairs}.get(data_kinds(family)[-1], tiny_texts),
            family=family,
            device=CPU,
            recorder=MemoryRecorder(),
            folder=tmp_path / folder,
            stop_at=stop_at,
        )

    return make


def other_data(family: str) -> Any:
    """Data of the family's kind that differ from those that :func:`make_trainer` takes."""
    if "parallel" in data_kinds(family):
        return TinyPairs(seed=1)
    return TinyPictures(seed=1) if "pictures" in data_kinds(family) else TinyTexts(talks(45))


@pytest.fixture
def quick_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measures of 40 samples instead of 512, by a denoiser of 16 with few steps."""
    monkeypatch.setattr("studio.training.gan.MEASURED", 40)
    monkeypatch.setattr("studio.training.diffusion.MEASURED", 16)
    monkeypatch.setattr("studio.training.diffusion.SAMPLE_STEPS", 2)
    monkeypatch.setattr("studio.training.cyclegan.MEASURED", 16)


def finish(trainer: Trainer) -> list[Event]:
    """Run to the end; fails where there is not exactly one ending."""
    events = list(trainer.run())
    assert [isinstance(event, Ended) for event in events].count(True) == 1
    assert isinstance(events[-1], Ended)
    return events
