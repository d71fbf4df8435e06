"""Presets of the GAN family: what follows from the data and from the device."""

import pytest

from studio.config.facts import DataFacts, DeviceFacts
from studio.config.gan import GanConfig, preset

DATA = DataFacts(count=4000, height=64, width=64, channels=3)


def test_small_numbers_only_where_the_processor_has_them_and_shares_are_worked_on() -> None:
    plain = preset(DATA, DeviceFacts(cores=2), "quick")
    fast = preset(DATA, DeviceFacts(cores=2, bfloat16=True), "quick")
    assert (plain.precision, fast.precision) == ("auto", "bfloat16") and fast.shares == 2
    assert preset(DATA, DeviceFacts(kind="cuda", bfloat16=True), "quick").precision == "auto"


def test_a_rate_that_falls_knows_where_the_run_ends() -> None:
    assert GanConfig(decay=0.5).knows_horizon and not GanConfig(decay=0).knows_horizon


@pytest.mark.parametrize("dial", ["quick", "balanced", "best"])
def test_every_preset_can_train(dial: str) -> None:
    for device in (DeviceFacts(), DeviceFacts(kind="cuda")):
        config = preset(DATA, device, dial)  # type: ignore[arg-type]
        assert GanConfig.model_validate(config.model_dump()) == config
