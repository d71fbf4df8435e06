"""Attribute accuracy: does a conditional sample show what was asked for, in the eyes of a judge?

No generator can be told to be better than its judge: a judge that is right on 99 % of real pictures finds about 99 % in
a perfect generator's too.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from studio.ground.errors import UsageError
from studio.measures.estimate import Estimate, mean_of, share_of

Labels = Mapping[str, Sequence[str]]


def matched(told: Labels, known: Labels) -> dict[str, list[int]]:
    """How the labels that a generator is told (``told``) are found among those that a judge knows.

    Returns for each shared label the judge's code of each of the generator's values; labels that the judge does not
    know are left out. Order and further values of the judge do not matter.

    Raises:
        UsageError: they share no label, or a value that the generator can be told is unknown to the judge.
    """
    shared = [name for name in told if name in known]
    if not shared:
        raise UsageError(
            "The judge knows {known}, but the generator is told {told}; train a judge on data with the same labels.",
            known=_listed(known), told=_listed(told),
        )  # fmt: skip
    for name in shared:
        for value in told[name]:
            if value not in known[name]:
                raise _unknown_value(name, value, known[name])
    return {name: [list(known[name]).index(value) for value in told[name]] for name in shared}


def attribute_accuracy(probabilities: Mapping[str, Tensor], asked: Mapping[str, Tensor]) -> dict[str, Estimate]:
    """Share of pictures in which the judge sees the value that was asked for, by label; and under ``""`` their mean.

    Args:
        probabilities: label -> (N, K) of the judge. asked: label -> (N,) codes of the judge; -1 where none was asked.

    The error of the mean is that of the pictures' own means: what is wrong in one picture may go together.
    """
    right = {name: (probabilities[name].argmax(dim=1) == codes) for name, codes in asked.items()}
    known = {name: codes >= 0 for name, codes in asked.items()}
    found = {name: share_of(right[name][known[name]]) for name in asked if bool(known[name].any())}
    everywhere = torch.stack([known[name] for name in found]).all(dim=0) if found else torch.zeros(0, dtype=torch.bool)
    if bool(everywhere.any()):
        found[""] = mean_of(torch.stack([right[name][everywhere] for name in found]).double().mean(dim=0))
    return found


def _listed(labels: Labels) -> str:
    return ", ".join(labels) or "nothing"


def _unknown_value(name: str, value: str, known: Sequence[str]) -> UsageError:
    near = difflib.get_close_matches(value, known, n=1)
    return UsageError(
        "The judge does not know {name} {value}{hint}; it knows: {known}.",
        name=name, value=value, hint=f" (it may be its {near[0]})" if near else "", known=", ".join(known),
    )  # fmt: skip
