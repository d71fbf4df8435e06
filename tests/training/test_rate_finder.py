"""The learning-rate finder: a proposal from a curve, and from a real network, without a trace."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from studio.config.base import with_overrides
from studio.ground.errors import UsageError
from studio.training.rate_finder import FoundRate, find_rate, proposed

from .conftest import CPU, TINY, TinyPictures

RATES = tuple(np.geomspace(1e-5, 1, 51).tolist())


def test_the_proposal_lies_before_the_turn() -> None:
    turn = 0.03
    losses = tuple(2 - 0.3 * np.log10(r / 1e-5) if r <= turn else 1 + 40 * (r - turn) for r in RATES)
    found = proposed(RATES, losses)
    assert found is not None and turn / 5 < found < turn / 2


@pytest.mark.parametrize("losses", [(), (1.0, 0.5), (2.3,) * 51, tuple(np.linspace(2, 9, 51))])
def test_a_loss_that_never_fell_proposes_nothing(losses: tuple[float, ...]) -> None:
    assert proposed(RATES[: len(losses)], losses) is None


def test_a_network_is_given_a_rate_that_works(tiny: TinyPictures) -> None:
    before = torch.get_rng_state()
    config = with_overrides(TINY["classifier"], {"labels": ("hair",), "batch": 16})
    *_, before_last, last = find_rate(config, tiny, family="classifier", device=CPU, steps=60)
    assert last == replace(before_last, proposal=last.proposal)
    assert last.proposal is not None and 1e-4 < last.proposal < 0.5
    assert all(a < b for a, b in pairwise(last.rates))
    assert torch.equal(torch.get_rng_state(), before)
    again = list(find_rate(config, tiny, family="classifier", device=CPU, steps=60))[-1]
    assert isinstance(again, FoundRate) and again == last


def test_a_family_without_one_rate_is_refused(tiny: TinyPictures) -> None:
    with pytest.raises(UsageError, match="gan has no single learning rate"):
        list(find_rate(TINY["gan"], tiny, family="gan", device=CPU))
