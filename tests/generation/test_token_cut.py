"""What the window draws of a choice is the very choice that is made when a text is written."""

from itertools import product

import numpy as np
import pytest
import torch

from studio.config.writing import Writing
from studio.generation.token_choice import candidates
from studio.generation.token_cut import cut

LOGITS = np.random.default_rng(0).normal(0, 3, 1500).astype(np.float32)
ASKED = [
    Writing(temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p)
    for temperature, top_k, top_p, min_p in product((0.0, 0.3, 1.0, 2.5), (0, 1, 7, 9999), (0.2, 0.9, 1.0), (0.0, 0.08))
]


@pytest.mark.parametrize("size", [2, 90, 1500])
def test_the_cut_is_that_of_the_choice(size: int) -> None:
    logits = LOGITS[:size]
    for writing in ASKED:
        choice, found = candidates(torch.from_numpy(logits), writing), cut(logits, writing)
        dense = np.zeros(size)
        dense[choice.tokens.numpy()] = choice.probabilities.numpy()
        shares = np.zeros(size)
        shares[found.tokens] = found.shares
        assert np.abs(shares - dense).max() < 1e-12, writing
        assert found.left == len(choice.tokens), writing
        assert found.shares[: found.left].all() and not found.shares[found.left :].any()


def test_as_learnt_nothing_is_changed() -> None:
    found = cut(LOGITS, Writing(temperature=0.2, top_k=3))
    assert np.allclose(found.learnt, np.sort(torch.from_numpy(LOGITS).double().softmax(0).numpy())[::-1])
    assert found.tokens[0] == LOGITS.argmax() and sorted(found.tokens) == list(range(1500))


def test_every_rule_says_how_many_it_leaves() -> None:
    logits = np.log([0.5, 0.2, 0.15, 0.1, 0.05])
    assert cut(logits, Writing(temperature=1, top_k=4, top_p=0.8, min_p=0.35)).limits == {
        "top_k": 4, "top_p": 3, "min_p": 2,
    }  # fmt: skip
    assert cut(logits, Writing(temperature=1, top_k=4, top_p=0.8, min_p=0.35)).left == 2
    assert cut(logits, Writing(temperature=1, top_p=1)).limits == {}
    assert cut(logits, Writing(temperature=0)).limits == {"temperature": 1}
    assert cut(logits, Writing(temperature=1, top_k=5, top_p=1)).limits == {}  # it takes nothing away
