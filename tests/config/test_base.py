"""Settings describe themselves, and refuse what cannot be."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.config import registry
from studio.config.base import DIALS, describe, differences, flat, get_value, validated, with_overrides
from studio.config.facts import DataFacts, DeviceFacts, TextFacts
from studio.config.gan import GanConfig
from studio.families import FAMILIES
from studio.ground.errors import UsageError


@pytest.mark.parametrize("family", FAMILIES)
def test_every_setting_has_help_and_its_default_is_within_its_limits(family: str) -> None:
    for row in describe(registry.config_class(family)):
        assert row.help.endswith("."), row.path
        if row.kind in {"int", "float"}:
            assert row.minimum is None or row.default >= row.minimum, row.path
            assert row.maximum is None or row.default <= row.maximum, row.path
        if row.kind == "choice":
            assert str(row.default) in row.choices, row.path


def test_rows_of_a_variant_are_shown_only_with_it() -> None:
    rows = {row.path: row for row in describe(GanConfig)}
    assert rows["loss"].choices[0] == "non_saturating"
    assert rows["loss.penalty"].when == ("loss", ("wasserstein",))
    assert rows["loss.interval"].when == ("loss", ("non_saturating", "relativistic"))


@pytest.mark.parametrize(
    ("overrides", "path", "value"),
    [
        ({"batch": "64"}, "batch", 64),
        ({"generator_rate": "0,0002"}, "generator_rate", 0.0002),
        ({"picture_size": "64"}, "picture_size", 64),
        ({"condition": "hair, glasses"}, "condition", ("hair", "glasses")),
        ({"loss": "hinge"}, "loss", "hinge"),
        ({"loss.gamma": "0.5", "loss": "relativistic"}, "loss.gamma", 0.5),
        ({"mirror": "true"}, "mirror", True),
    ],
)
def test_overrides_by_dotted_path(overrides: dict[str, Any], path: str, value: Any) -> None:
    assert get_value(with_overrides(GanConfig(), overrides), path) == value


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"los": "hinge"}, "nearest are: loss"),
        ({"width": "8"}, "network.width"),
        ({"loss.gamma": 1}, "no meaning while loss is"),
        ({"batch": "many"}, "batch"),
        ({"batch": 0}, "greater than or equal to 1"),
        ({"loss": "love"}, "loss"),
        ({"network.discriminator_norm": "batch"}, "gradient penalty"),
        ({"picture_size": 33}, "picture_size"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(overrides: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words) as refusal:
        with_overrides(GanConfig(), overrides)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("family", FAMILIES)
@given(data=st.data())
def test_a_config_survives_its_file_and_differs_from_itself_in_nothing(family: str, data: st.DataObject) -> None:
    count, height = data.draw(st.integers(2, 10**6)), data.draw(st.integers(8, 900))
    facts: DataFacts | TextFacts = DataFacts(count=count, height=height, width=300, channels=3)
    if "pictures" not in registry.data_kinds(family):
        kind = registry.data_kinds(family)[-1]
        facts = TextFacts(kind=kind, count=count, characters=count * height, distinct=60, longest=height)  # type: ignore[arg-type]
    device = DeviceFacts(kind=data.draw(st.sampled_from(["cpu", "cuda"])))
    made = registry.preset(family, facts, device, data.draw(st.sampled_from(DIALS)))
    again = registry.load_config(made.model_dump(mode="json"))
    assert again == made
    assert differences(made, again) == {}


def test_differences_name_both_values() -> None:
    changed = with_overrides(GanConfig(), {"batch": GanConfig().batch + 1})
    assert differences(GanConfig(), changed) == {"batch": (GanConfig().batch, GanConfig().batch + 1)}


def test_flat_lists_what_describe_lists() -> None:
    listed = {row.path for row in describe(GanConfig)}
    assert set(flat(GanConfig())) - {"family"} <= listed


def test_what_is_a_familys_own_stands_before_what_all_share() -> None:
    basic = [row.path for row in describe(GanConfig) if not row.advanced]
    assert basic[0] == "picture_size"
    assert basic[-3:] == ["steps", "batch", "seed"]


def test_unknown_keys_in_a_file_are_refused() -> None:
    with pytest.raises(UsageError):
        validated(GanConfig, {"batch": 8, "os.system": "x"})
    with pytest.raises(UsageError, match="no family"):
        registry.load_config({"family": "../gan"})
