"""Presets of the diffusion family, and what its settings refuse."""

import pytest

from studio.config.base import DIALS, Dial, describe, with_overrides
from studio.config.diffusion import DiffusionConfig, preset, remedy
from studio.config.facts import DataFacts, DeviceFacts
from studio.ground.errors import UsageError


def _facts(side: int = 64, channels: int = 3, captions: bool = False) -> DataFacts:
    return DataFacts(count=4000, height=side, width=side + 8, channels=channels, captions=captions)


@pytest.mark.parametrize("dial", DIALS)
@pytest.mark.parametrize(("kind", "limit"), [("cpu", 64), ("cuda", 128)])
@pytest.mark.parametrize("side", [16, 28, 45, 64, 300])
def test_presets_fit_the_data_and_the_device(dial: Dial, kind: str, limit: int, side: int) -> None:
    config = preset(_facts(side), DeviceFacts(kind=kind), dial)  # type: ignore[arg-type]
    assert all(length % 8 == 0 for length in config.picture_shape)
    assert 32 <= min(config.picture_shape) <= max(32, min(side, limit))


@pytest.mark.parametrize(
    ("height", "width", "shape"),
    [(64, 64, (32, 32)), (218, 178, (32, 32)), (300, 200, (48, 32)), (480, 640, (32, 40)), (100, 4000, (32, 256))],
)
def test_presets_keep_the_shape_of_pictures_that_are_clearly_not_square(
    height: int, width: int, shape: tuple[int, int]
) -> None:
    config = preset(DataFacts(count=9, height=height, width=width, channels=3), DeviceFacts(), "quick")
    assert config.picture_shape == shape and (config.picture_height == 0) == (shape[0] == shape[1])


def test_presets_read_captions_where_there_are_some() -> None:
    assert preset(_facts(captions=True), DeviceFacts(), "quick").text
    assert not preset(_facts(), DeviceFacts(), "quick").text
    assert preset(_facts(channels=1), DeviceFacts(), "quick").channels == 1


def test_better_presets_take_longer() -> None:
    found = [preset(_facts(), DeviceFacts(), dial) for dial in DIALS]
    assert [c.steps for c in found] == sorted({c.steps for c in found})
    widths = [c.network.width for c in found]
    assert widths == sorted(widths)
    assert widths[-1] > widths[0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"picture_size": "36"}, "multiple of 8"),
        ({"picture_height": "36"}, "multiple of 8"),
        ({"picture_height": "24"}, "at least 32 pixels high"),
        ({"picture_size": "24"}, "greater than or equal to 32"),
        ({"process": "gradual", "process.prediction": "epsilon", "process.zero_terminal_snr": "true"}, "nothing but"),
        ({"network.width": "33"}, "multiple of 4"),
    ],
)
def test_what_cannot_work_is_refused(changes: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        with_overrides(DiffusionConfig(), changes)


def test_a_remedy_halves_the_rate() -> None:
    config = DiffusionConfig(learning_rate=1e-3)
    assert remedy(config, "halve_denoiser_rate") == ("learning_rate", 5e-4)
    assert remedy(config, "anything else") is None


def test_every_setting_is_explained() -> None:
    assert all(row.help.endswith(".") for row in describe(DiffusionConfig))
