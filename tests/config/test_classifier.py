"""The classifier's settings: what a preset makes of data, which labels are learnt, what a remedy changes."""

import pytest

from studio.config import registry
from studio.config.base import Best
from studio.config.classifier import ClassifierConfig, learned_labels, preset, remedy
from studio.config.facts import DataFacts, DeviceFacts
from studio.ground.errors import UsageError

CPU = DeviceFacts()


def facts(count: int = 60_000, side: int = 28, **labels: tuple[str, ...]) -> DataFacts:
    return DataFacts(count=count, height=side, width=side, channels=1, labels=labels)


def test_families_say_what_they_can_and_what_is_best() -> None:
    assert registry.capabilities("classifier") == {"judges"} and registry.capabilities("gan") == {"pictures"}
    assert registry.best_by("classifier") == Best("validation_loss", lowest=True)
    assert registry.best_by("gan") == Best("distance", lowest=True)
    with pytest.raises(UsageError, match="no family"):
        registry.best_by("oracle")


def test_a_preset_follows_the_data() -> None:
    balanced = preset(facts(), CPU, "balanced")
    assert (balanced.picture_size, balanced.channels, balanced.batch) == (28, 1, 128)
    assert 4000 <= balanced.steps <= 5000 and balanced.augment == ()
    small = preset(facts(count=300), CPU, "balanced")
    assert small.batch == 32 and small.steps == 1500 and small.augment == ("shift",)
    assert preset(facts(count=5), CPU, "quick").batch == 8
    assert preset(facts(side=500), CPU, "quick").picture_size == 32
    assert preset(facts(side=500), DeviceFacts(kind="cuda"), "best").picture_size == 128


def test_writing_is_not_mirrored() -> None:
    assert not preset(facts(digit=tuple("0123456789")), CPU, "quick").mirror
    assert preset(facts(hair=("black", "blond"), smile=("no", "yes")), CPU, "quick").mirror
    assert preset(facts(grade=("a", "b", "c")), CPU, "quick").mirror


def test_all_that_suit_are_learnt_unless_some_are_chosen() -> None:
    found = facts(hair=("a", "b"), split=("train", "test"), one=("x",), eyes=("c", "d", "e"))
    assert learned_labels(ClassifierConfig(), found) == {"hair": ("a", "b"), "eyes": ("c", "d", "e")}
    assert list(learned_labels(ClassifierConfig(labels=("eyes",)), found)) == ["eyes"]


def test_a_remedy_halves_the_rate() -> None:
    config = ClassifierConfig(learning_rate=0.01)
    assert remedy(config, "halve_classifier_rate") == ("learning_rate", 0.005)
    assert remedy(config, "halve_generator_rate") is None
