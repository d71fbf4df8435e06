"""Batches in shares: every place once, gradients as those of the whole batch, the same bits however threads run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import nn

from studio.training.sharing import Crew, gather_buffers, lend_buffers, mean_gradients, places, twin
from studio.training.trainer import Trainer


@pytest.mark.parametrize(("batch", "shares"), [(64, 2), (64, 4), (8, 2), (24, 3)])
def test_every_place_belongs_to_one_share_and_neighbours_stay_together(batch: int, shares: int) -> None:
    found = places(batch, shares)
    assert [len(share) for share in found] == [batch // shares] * shares
    assert torch.equal(torch.cat(found).sort().values, torch.arange(batch))
    for share in found:
        fours = share.view(-1, 4)
        assert torch.equal(fours, fours[:, :1] + torch.arange(4))


@pytest.mark.parametrize(("batch", "shares"), [(3, 2), (12, 2), (64, 3)])
def test_what_does_not_come_out_even_is_one_share(batch: int, shares: int) -> None:
    assert [share.tolist() for share in places(batch, shares)] == [list(range(batch))]


def test_the_pieces_run_at_the_same_time_and_answer_in_order() -> None:
    crew, both = Crew(2), threading.Barrier(2, timeout=60)

    def piece(answer: int) -> int:
        both.wait()  # alone it would wait until the barrier breaks
        return answer

    assert crew.work([partial(piece, 1), partial(piece, 2)]) == [1, 2]


def test_each_thread_has_its_part_of_the_threads_and_the_others_keep_theirs() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(4)
        x = torch.randn(64, 1024, 64)

        def piece() -> int:
            torch.relu(x)  # the first work in a thread makes torch look at the process's number
            return torch.get_num_threads()

        assert Crew(2).work([piece, piece]) == [2, 2]
        assert torch.get_num_threads() == 4
    finally:
        torch.set_num_threads(before)


def test_an_error_of_one_piece_waits_for_the_others() -> None:
    done = threading.Event()

    def fails() -> None:
        raise ValueError("no")

    def lasts() -> None:
        failed.wait(60)
        done.set()

    failed = threading.Event()
    threading.Timer(0.1, failed.set).start()
    with pytest.raises(ValueError, match="no"):
        Crew(2).work([fails, lasts])
    assert done.is_set()


def test_the_mean_of_the_shares_gradients_is_that_of_the_batch() -> None:
    torch.manual_seed(0)
    net, x = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 1)).double(), torch.randn(16, 5).double()
    parameters = list(net.parameters())
    whole = torch.autograd.grad(net(x).square().mean(), parameters)
    shares = [torch.autograd.grad(net(x[share]).square().mean(), parameters) for share in places(16, 2)]
    for mine, theirs in zip(mean_gradients(shares), whole, strict=True):
        torch.testing.assert_close(mine, theirs)


def test_a_share_without_a_gradient_counts_as_zero() -> None:
    a = torch.tensor([2.0])
    assert [g if g is None else g.tolist() for g in mean_gradients([(a, None), (None, None)])] == [[1.0], None]


def test_a_twin_has_the_same_parameters_and_statistics_of_its_own() -> None:
    module = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2))
    other = twin(module)
    assert all(a is b for a, b in zip(module.parameters(), other.parameters(), strict=True))
    for each, value in ((module, 1.0), (other, 3.0)):
        each[1].running_mean.fill_(value)
    gather_buffers(module, [other])
    assert module[1].running_mean.tolist() == [2.0, 2.0]
    assert other[1].running_mean.tolist() == [3.0, 3.0]
    lend_buffers(module, [other])
    assert other[1].running_mean.tolist() == [2.0, 2.0]


@pytest.mark.parametrize("family", ["diffusion"])
def test_a_step_in_shares_is_the_step_of_the_whole_batch(make_trainer: Callable[..., Trainer], family: str) -> None:
    """Where no layer looks across the batch, shares change nothing but rounding."""
    ends = []
    for shares in (1, 2):
        trainer = make_trainer(f"{shares}", shares=shares, gradient_clip=0.0)
        trainer.stepper.make(0)
        ends.append({name: p.detach() for name, p in trainer.task.modules["denoiser"].named_parameters()})
    for name, value in ends[0].items():
        torch.testing.assert_close(ends[1][name], value, rtol=1e-3, atol=1e-6, msg=lambda m, n=name: f"{n}: {m}")


def test_each_weight_is_moved_by_its_own_gradient(make_trainer: Callable[..., Trainer]) -> None:
    """A fused optimiser walks weights and gradients side by side in memory, so they have to lie there alike."""
    trainer = make_trainer(shares=2, beta1=0.0, gradient_clip=0.0)
    trainer.stepper.make(0)
    for name, optimiser in trainer.task.optimisers.items():
        for parameter in trainer.task.modules[name].parameters():
            first = optimiser.state[parameter]["exp_avg"]  # without a memory it is the gradient itself
            torch.testing.assert_close(first, parameter.grad)
