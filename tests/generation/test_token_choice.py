"""What may come next: the same tokens with the same probabilities as transformers leaves; draws that follow them."""

from typing import Any

import pytest
import torch
from torch import Tensor

from studio.config.writing import Writing
from studio.generation.token_choice import Candidates, candidates, drawn, penalised
from tests.foreign_languages import transformers  # which is told there to stay offline and quiet

LOGITS = torch.randn(1500, generator=torch.Generator().manual_seed(0)) * 3
OPEN: dict[str, Any] = {"temperature": 1.0, "top_p": 1.0}


def dense(choice: Candidates, size: int = 1500) -> Tensor:
    """The probabilities of all tokens."""
    return torch.zeros(size, dtype=torch.float64).index_put((choice.tokens,), choice.probabilities)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"temperature": 0.7},
        {"top_k": 5},
        {"top_k": 9999},
        {"top_p": 0.8},
        {"top_p": 0.999},
        {"top_p": 1e-6},
        {"min_p": 0.05},
        {"temperature": 1.5, "top_k": 40, "top_p": 0.9, "min_p": 0.1},
    ],
    ids=str,
)
def test_what_is_left_is_what_transformers_leaves(asked: dict[str, Any]) -> None:
    writing, own = Writing(**OPEN | asked), transformers.generation.logits_process
    chain = [
        own.TemperatureLogitsWarper(writing.temperature),
        *([own.TopKLogitsWarper(writing.top_k)] if writing.top_k else []),
        *([own.TopPLogitsWarper(writing.top_p)] if writing.top_p < 1 else []),
        *([own.MinPLogitsWarper(writing.min_p)] if writing.min_p else []),
    ]
    scores = LOGITS[None].double()
    for link in chain:
        scores = link(None, scores)
    torch.testing.assert_close(dense(candidates(LOGITS, writing)), scores.softmax(dim=-1)[0])


def test_so_is_the_penalty() -> None:
    seen = [3, 7, 7, 1499]
    theirs = transformers.RepetitionPenaltyLogitsProcessor(1.3)(torch.tensor([seen]), LOGITS[None].clone())[0]
    assert torch.equal(penalised(LOGITS, seen, 1.3), theirs)
    assert penalised(LOGITS, seen, 1.0) is LOGITS


def test_temperature_nothing_is_the_likeliest() -> None:
    choice = candidates(LOGITS, Writing(temperature=0, top_k=3))
    assert (choice.tokens.tolist(), choice.probabilities.tolist()) == ([int(LOGITS.argmax())], [1.0])


def test_draws_follow_the_probabilities() -> None:
    choice, random = candidates(LOGITS[:6], Writing(**OPEN)), torch.Generator().manual_seed(0)
    counts = torch.bincount(torch.tensor([drawn(choice, random) for _ in range(4000)]), minlength=6)
    torch.testing.assert_close(counts.double() / 4000, dense(choice, 6), atol=0.03, rtol=0)


@pytest.mark.parametrize("bad", [{"top_p": 0.0}, {"temperature": -1.0}, {"tokens": 0}, {"count": 65}, {"min_p": 2.0}])
def test_what_makes_no_sense_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Writing(**bad)
