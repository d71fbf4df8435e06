"""Attribute accuracy, and judges that know other labels, other values, or the same in another order."""

import math

import pytest
import torch

from studio.ground.errors import UsageError
from studio.measures.attributes import attribute_accuracy, matched

TOLD = {"hair": ("black", "blond", "red"), "smile": ("no", "yes")}


def test_labels_are_matched_by_name_and_value_whatever_their_order() -> None:
    known = {"smile": ("yes", "no"), "hair": ("red", "white", "blond", "black"), "glasses": ("no", "yes")}
    assert matched(TOLD, known) == {"hair": [3, 2, 0], "smile": [1, 0]}
    assert matched(TOLD, {"smile": ("no", "yes")}) == {"smile": [0, 1]}


def test_nothing_in_common_is_a_sentence() -> None:
    with pytest.raises(UsageError, match="judge knows glasses, but the generator is told hair, smile"):
        matched(TOLD, {"glasses": ("no", "yes")})


def test_a_value_that_the_judge_does_not_know_is_a_sentence_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"does not know hair blond \(it may be its blonde\)"):
        matched(TOLD, {"hair": ("black", "blonde", "red")})


def test_shares_by_label_and_over_all() -> None:
    hair = torch.eye(3)[torch.tensor([0, 1, 2, 0])]
    smile = torch.eye(2)[torch.tensor([0, 0, 1, 1])]
    asked = {"hair": torch.tensor([0, 1, 1, 0]), "smile": torch.tensor([0, 0, 0, 0])}
    found = attribute_accuracy({"hair": hair, "smile": smile}, asked)
    assert {name: one.value for name, one in found.items()} == {"hair": 0.75, "smile": 0.5, "": 0.625}
    assert found["hair"].error == pytest.approx(math.sqrt(0.75 * 0.25 / 3))
    assert found[""].error == pytest.approx(torch.tensor([1.0, 1.0, 0.0, 0.5]).std().item() / 2)


def test_pictures_that_nothing_was_asked_of_do_not_count() -> None:
    asked = {"hair": torch.tensor([0, -1, -1])}
    found = attribute_accuracy({"hair": torch.eye(3)}, asked)
    assert (found["hair"].value, found[""].value, found["hair"].error) == (1.0, 1.0, None)
    assert attribute_accuracy({"hair": torch.eye(3)}, {"hair": torch.full((3,), -1)}) == {}
