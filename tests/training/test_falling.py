"""Learning rates that fall in a straight line at the end of a run."""

import pytest

from studio.config.gan import GanConfig
from studio.training.falling import rate_factor
from studio.training.gan import make_task
from studio.training.rng import Draws

from .conftest import CPU, TINY, TinyPictures


def test_it_falls_in_the_last_share_alone() -> None:
    config = GanConfig(steps=100, decay=0.5)
    assert [rate_factor(config, step) for step in (0, 50, 75, 99)] == pytest.approx([1, 1, 0.5, 0.02])
    assert rate_factor(GanConfig(steps=100, decay=0), 99) == 1.0


def test_a_gan_takes_the_rate_of_its_step(tiny: TinyPictures) -> None:
    config = TINY["gan"].model_copy(update={"steps": 100, "decay": 0.5, "generator_rate": 1e-3})
    assert isinstance(config, GanConfig)
    task = make_task(config, tiny, CPU)
    for step, rate in ((10, 1e-3), (75, 5e-4)):
        next(iter(task.phases(Draws(0, CPU).at(step))))
        assert task.optimisers["generator"].param_groups[0]["lr"] == pytest.approx(rate)
