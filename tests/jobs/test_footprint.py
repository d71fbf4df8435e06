"""The estimate of memory: counted tensors, straight lines, no traces left."""

import gc

import pytest
import torch

from studio.config.gan import DcganNetwork, GanConfig, ResidualNetwork
from studio.jobs.footprint import PROCESS_BYTES, WORKSPACE, Footprint, TensorMeter, measure_footprint
from tests.training.conftest import TinyPictures

CPU = torch.device("cpu")


def measured(config: GanConfig) -> Footprint:
    found = [f for f in measure_footprint(config, TinyPictures(), family="gan", device=CPU) if f is not None]
    assert len(found) == 1
    return found[0]


def test_the_meter_counts_what_lives_and_what_lived_at_most():
    with TensorMeter() as meter:
        a = torch.zeros(1000, dtype=torch.float32)
        view = a[10:20]
        assert meter.live == 4000
        b = a + 1
        assert meter.live == 8000
        del b, view
        gc.collect()
        assert meter.live == 4000
        b = a.double()
        assert meter.peak == 12000
    del a, b


def test_the_meter_sees_what_a_backward_pass_needs():
    with TensorMeter() as meter:
        x = torch.zeros(1000, requires_grad=True)
        y = (x.exp() * x.sin()).sum()
        forward = meter.peak
        y.backward()
        assert meter.peak > forward >= 4 * 4000


def test_the_line_through_two_batches_and_its_inverse():
    line = Footprint(fixed=10_000_000, per_item=1_000_000)
    assert line.at(8) == int(18_000_000 * WORKSPACE) + PROCESS_BYTES
    for batch in (1, 7, 500):
        assert line.largest_batch(line.at(batch)) in (batch - 1, batch)
    assert line.largest_batch(10) == 0


def test_wider_networks_and_larger_pictures_need_more():
    narrow = measured(GanConfig(network=ResidualNetwork(width=4)))
    wide = measured(GanConfig(network=ResidualNetwork(width=16)))
    assert wide.fixed > 4 * narrow.fixed
    assert wide.per_item > 2 * narrow.per_item


@pytest.mark.parametrize("network", [ResidualNetwork(width=8), DcganNetwork(width=8, discriminator_norm="none")])
def test_the_line_foretells_a_larger_batch(network):
    """A whole step at batch 32, counted the same way, lies near what batches 4 and 8 foretold."""
    config = GanConfig(network=network, batch=32)
    line = measured(config)
    from studio.jobs import footprint

    with TensorMeter() as meter:
        footprint._one_step(config, TinyPictures(), "gan", CPU)
    foretold = line.fixed + 32 * line.per_item
    assert meter.peak == pytest.approx(foretold, rel=0.15)


def test_measuring_draws_nothing_from_the_shared_generator():
    before = torch.get_rng_state()
    measured(GanConfig(network=ResidualNetwork(width=4)))
    assert torch.equal(before, torch.get_rng_state())
