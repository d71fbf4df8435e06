"""The translation family's presets: what data and device make of them."""

import pytest

from studio.config.facts import DeviceFacts, TextFacts
from studio.config.translation import TranslationConfig, preset, tokens_of

CPU, GPU = DeviceFacts(kind="cpu", cores=2), DeviceFacts(kind="cuda")
LARGE = TextFacts(kind="parallel", count=40_000, characters=3_060_000, distinct=90, longest=200)
SMALL = TextFacts(kind="parallel", count=5_000, characters=200_000, distinct=90, longest=60)


def test_quick_on_a_processor_goes_through_large_data_a_few_times_without_dropout() -> None:
    made = preset(LARGE, CPU, "quick")
    assert (made.network.width, made.dropout, made.steps, made.batch) == (128, 0.0, 4000, 2048)
    assert made.learning_rate == pytest.approx(3e-3)
    assert made.tokens == tokens_of(LARGE) and 2000 <= tokens_of(LARGE).size <= 4096


def test_small_data_is_learned_with_dropout_and_few_tokens() -> None:
    made = preset(SMALL, CPU, "quick")
    assert made.dropout == 0.2 and tokens_of(SMALL).size == 512 and made.steps == 600
    assert preset(LARGE, CPU, "balanced").dropout == 0.1


@pytest.mark.parametrize("dial", ["quick", "balanced", "best"])
def test_wider_networks_have_smaller_rates_and_every_preset_is_valid(dial: str) -> None:
    for device in (CPU, GPU):
        made = preset(LARGE, device, dial)  # type: ignore[arg-type]
        assert made.learning_rate * made.network.width == pytest.approx(0.384)
        assert TranslationConfig.model_validate(made.model_dump()) == made
        assert made.context >= LARGE.longest / 2
