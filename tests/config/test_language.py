"""Presets of the language family: what a dial means on a processor and on a GPU."""

import pytest

from studio.config.base import DIALS, Dial
from studio.config.facts import DeviceFacts, TextFacts
from studio.config.language import preset

DATA = TextFacts(kind="chat", count=40_000, characters=7_500_000, distinct=70, longest=700)
CPU, GPU = DeviceFacts(kind="cpu", cores=2), DeviceFacts(kind="cuda")


@pytest.mark.parametrize("dial", DIALS)
def test_on_a_processor_steps_are_small_and_many(dial: Dial) -> None:
    found = preset(DATA, CPU, dial)
    assert found.batch * found.context == 2048 and found.batch % found.shares == 0
    assert found.network.full_width <= preset(DATA, GPU, dial).network.full_width


@pytest.mark.parametrize("device", [CPU, GPU])
@pytest.mark.parametrize("dial", DIALS)
def test_wider_networks_take_smaller_steps_and_all_can_be_exported(dial: Dial, device: DeviceFacts) -> None:
    found = preset(DATA, device, dial)
    assert found.learning_rate * found.network.full_width == pytest.approx(0.64)
    assert found.network.kind == "modern" and found.network.head_norms and not found.network.input_bias


def test_wide_networks_learn_in_16_bits_where_a_processor_has_them() -> None:
    processor = DeviceFacts(cores=2, bfloat16=True)
    found = [preset(DATA, processor, dial).precision for dial in ("quick", "balanced", "best")]
    assert found == ["auto", "auto", "bfloat16"]
    assert preset(DATA, DeviceFacts(cores=2), "best").precision == "auto"
    assert preset(DATA, DeviceFacts(kind="cuda", bfloat16=True), "best").precision == "auto"
