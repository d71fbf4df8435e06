"""Settings of a CycleGAN: splits, what cannot be, presets."""

import pytest

from studio.config.base import DIALS, Dial, describe, validated, with_overrides
from studio.config.cyclegan import Cycle, CycleganConfig, Split, parse_split, preset, remedy, side_names
from studio.config.facts import DataFacts, DeviceFacts
from studio.ground.errors import UsageError


def facts(side: int = 64, **labels: tuple[str, ...]) -> DataFacts:
    """Of pictures with these labels."""
    return DataFacts(count=4000, height=side, width=side, channels=3, labels=labels)


def test_a_split_is_read_and_written() -> None:
    split = parse_split(" hair = black : blond ")
    assert split == Split("hair", "black", "blond") and str(split) == "hair=black:blond"


@pytest.mark.parametrize("words", ["hair", "hair=black", "=black:blond", "hair=:blond", "hair=black:", "", "a:b"])
def test_what_is_no_split_is_refused(words: str) -> None:
    with pytest.raises(UsageError, match="LABEL=VALUE:VALUE"):
        parse_split(words)


def test_a_side_against_itself_is_refused() -> None:
    with pytest.raises(UsageError, match="are the same"):
        validated(CycleganConfig, {"split": "hair=red:red"})


def test_sides_are_called_by_their_values_or_their_data_sets() -> None:
    assert side_names(CycleganConfig(split="hair=black:blond"), "people") == ("black", "blond")
    assert side_names(CycleganConfig(split="hair=black:blond", other_dataset="cats"), "dogs") == ("dogs", "cats")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"crop": 64}, "cut out of pictures of 32 px"),
        ({"discriminator.layers": 4}, "needs pictures of 48 px"),
        ({"generator": "unet", "generator.depth": 6}, "a multiple of 64"),
        ({"picture_size": 30}, "picture_size"),
    ],
)
def test_what_cannot_train_is_refused_in_a_sentence(changes: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        with_overrides(CycleganConfig(), changes)


@pytest.mark.parametrize("dial", DIALS)
@pytest.mark.parametrize("kind", ["cpu", "cuda"])
@pytest.mark.parametrize("side", [20, 32, 50, 100, 600])
def test_presets_fit_any_pictures(dial: Dial, kind: str, side: int) -> None:
    made = preset(facts(side, hair=("black", "blond", "red")), DeviceFacts(kind=kind), dial)
    assert made.split == "hair=black:blond" and made.picture_size % 16 == 0 and made.knows_horizon


def test_hair_is_split_where_it_differs_most() -> None:
    hair = ("black", "brown", "blond", "red")
    assert preset(facts(hair=hair, two=("p", "q")), DeviceFacts(), "quick").split == "hair=black:blond"
    assert preset(facts(fur=("brown", "black")), DeviceFacts(), "quick").split == "fur=brown:black"


def test_a_preset_splits_by_the_first_label_that_can() -> None:
    assert preset(facts(one=("x",), odd=("a:b", "c"), two=("p", "q")), DeviceFacts(), "quick").split == "two=p:q"
    whole = preset(facts(), DeviceFacts(), "quick")
    assert whole.split == "" and whole.output == "residual" and whole.mode == Cycle(cycle_weight=3, identity_weight=0)
    assert preset(facts(two=("p", "q")), DeviceFacts(), "quick").mode == Cycle()


def test_one_way_and_both() -> None:
    assert CycleganConfig().directions == ("a2b", "b2a")
    assert with_overrides(CycleganConfig(), {"mode": "contrastive"}).directions == ("a2b",)


def test_every_setting_has_its_row() -> None:
    rows = {row.path: row for row in describe(CycleganConfig)}
    assert {"mode.cycle_weight", "mode.temperature", "mode.l1_weight", "generator.depth", "pool"} <= set(rows)
    assert [row.path for row in rows.values() if row.live] == ["generator_rate", "discriminator_rate", "gradient_clip"]


def test_a_remedy_halves_a_rate() -> None:
    assert remedy(CycleganConfig(discriminator_rate=1e-3), "halve_discriminator_rate") == ("discriminator_rate", 5e-4)
    assert remedy(CycleganConfig(), "unknown") is None
