"""The measures that there are: their names, what they need, which way is better, and the words for them.

A measure is one entry here and one function. The function's arguments follow from ``needs``:

- ``pictures``: (made, real) pictures (N, H, W, C) uint8, and the seed.
- ``features``: (made, real) features (N, F) float32 of a judge, divided by the deviation of the real ones.
- ``inception``: (made, real) features (N, 2048) float32 of the network Inception 2015, as they are.
- ``copies``: the ratios of ``studio.measures.copies.ratios`` of made and of unseen real pictures.
- ``attributes``: probabilities of a judge and the codes asked for; it returns an estimate by label.
- ``edits``: what each of N pictures lost, as a share of the range; asked once a direction.
- ``judged edits``: probabilities (N, K) of a judge after the translation, with those before it or the code wanted.
- ``truth``: the model's own probabilities (N, K) of a label and the true codes (N,); asked once a label.

How much they scatter at the default count of 1,000 samples, one deviation over six draws of other portraits (where a
perfect generator stands) against 1,000 real ones, by ``tests/benchmarks/test_measures.py``: sliced Wasserstein distance
0.056 ± 0.005, Fréchet distance 1.2 ± 0.3, kernel distance 11 ± 8, precision 0.89 ± 0.012, recall 0.87 ± 0.027, density
1.04 ± 0.06, coverage 0.970 ± 0.008, near copies 0.001 ± 0.002. Distances of a perfect generator are not 0: samples
differ. Along a conditional run on Portraits whose samples improve to the eye with every checkpoint looked at, sliced
Wasserstein and Fréchet distance, recall, coverage and attribute accuracy rank them alike; precision and density say
nothing more once pictures are plausible, recall nothing before they are.

All return ``studio.measures.estimate.Estimate``. Nothing here needs torch: functions are imported when they are called.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from studio.ground.errors import Text, UsageError, text

Needs = Literal[
    "pictures", "features", "inception", "copies", "attributes", "truth", "edits", "judged edits"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure.

    Attributes:
        name: in commands and rows. title, help: for people; ``help`` is one sentence.
        needs: what it is computed from. lowest_is_best: which way it gets better.
        function: ``module:function``. share: whether it is a share of pictures, best shown in per cent.
        least: with fewer samples it is marked as ``few``. asked_only: computed only where it is named: it takes long.
    """

    name: str
    title: Text
    help: Text
    needs: Needs
    lowest_is_best: bool
    function: str
    share: bool = False
    least: int = 200
    asked_only: bool = False

    @property
    def capability(self) -> str:
        """What a family must be capable of to be measured so: ``pictures``, ``judges`` or ``edits``."""
        special = {"truth": "judges", "edits": "edits", "judged edits": "edits"}
        return special.get(self.needs, "pictures")

    def load(self) -> Callable[..., Any]:
        """The function, imported now."""
        module, name = self.function.split(":")
        found: Callable[..., Any] = getattr(importlib.import_module(module), name)
        return found


_ALL = (
    Measure(
        "sliced_wasserstein", text("Sliced Wasserstein distance"),
        text("How far the pixels of made pictures lie from those of real ones; blind to fine detail."),
        "pictures", True, "studio.measures.wasserstein:picture_distance",
    ),
    Measure(
        "near_copies", text("Near copies"),
        text("The share of made pictures that are nearly one of the training pictures."),
        "copies", True, "studio.measures.copies:near_copies", share=True,
    ),
    Measure(
        "frechet_distance", text("Fréchet distance (judge)"),
        text("How far made pictures lie from real ones in the features of the judge, taken as two Gaussians."),
        "features", True, "studio.measures.distributions:frechet_distance", least=500,
    ),
    Measure(
        "kernel_distance", text("Kernel distance (judge)"),
        text("How far made pictures lie from real ones in the features of the judge; right with few samples too."),
        "features", True, "studio.measures.distributions:kernel_distance",
    ),
    Measure(
        "precision", text("Precision"),
        text("The share of made pictures that look like real ones, in the features of the judge."),
        "features", False, "studio.measures.manifolds:precision", share=True, least=500,
    ),
    Measure(
        "recall", text("Recall"),
        text("The share of real pictures that the generator could have made, in the features of the judge."),
        "features", False, "studio.measures.manifolds:recall", share=True, least=500,
    ),
    Measure(
        "density", text("Density"),
        text("How many real pictures are like each made one, compared with what is usual among real ones."),
        "features", False, "studio.measures.manifolds:density", least=500,
    ),
    Measure(
        "coverage", text("Coverage"),
        text("The share of real pictures that have a made one near to them, in the features of the judge."),
        "features", False, "studio.measures.manifolds:coverage", share=True, least=500,
    ),
    Measure(
        "attribute_accuracy", text("Attribute accuracy"),
        text("The share of made pictures in which the judge sees what was asked for."),
        "attributes", False, "studio.measures.attributes:attribute_accuracy", share=True,
    ),
    Measure(
        "fid", text("FID"),
        text("The Fréchet distance in the features of Inception 2015, as in papers; needs its weights and takes long."),
        "inception", True, "studio.measures.inception:fid", least=5000, asked_only=True,
    ),
    Measure(
        "kid", text("KID"),
        text("The kernel distance in the features of Inception 2015, as in papers; needs its weights and takes long."),
        "inception", True, "studio.measures.inception:kid", asked_only=True,
    ),
    Measure(
        "accuracy", text("Accuracy"),
        text("The share of pictures whose likeliest value is the true one."),
        "truth", False, "studio.measures.judging:accuracy", share=True,
    ),
    Measure(
        "balanced_accuracy", text("Balanced accuracy"),
        text("The share recognised of each value, averaged over the values, so that rare ones count as much."),
        "truth", False, "studio.measures.judging:balanced_accuracy", share=True,
    ),
    Measure(
        "cross_entropy", text("Cross entropy"),
        text("How surprised the model is by the truth, in nats."),
        "truth", True, "studio.measures.judging:cross_entropy",
    ),
    Measure(
        "calibration_error", text("Calibration error"),
        text("How far the model's confidence lies from how often it is right."),
        "truth", True, "studio.measures.judging:calibration_error", share=True, least=500,
    ),
    Measure(
        "changed", text("Changed"),
        text("The share of translated pictures in which the judge sees the other side."),
        "judged edits", False, "studio.measures.editing:changed", share=True, least=100,
    ),
    Measure(
        "kept", text("Kept"),
        text("The share of translated pictures in which the judge sees everything else as before, label by label."),
        "judged edits", False, "studio.measures.editing:kept", share=True, least=100,
    ),
    Measure(
        "cycle_error", text("Cycle error"),
        text("What a picture loses on the way there and back, as a share of the range."),
        "edits", True, "studio.measures.editing:lost", share=True, least=50,
    ),
    Measure(
        "identity_error", text("Identity error"),
        text("What changes in a picture that is of the wanted side already, as a share of the range."),
        "edits", True, "studio.measures.editing:lost", share=True, least=50,
    ),
)  # fmt: skip

MEASURES: Mapping[str, Measure] = MappingProxyType({measure.name: measure for measure in _ALL})
"""All measures by their names, in the order in which they are shown."""

NOTES: Mapping[str, Text] = MappingProxyType({"few": text("Few samples: the number says little.")})
"""What the codes of a row's note mean."""


def find_measure(name: str) -> Measure:
    """The measure of a row or a request; ``name`` may end in a dot and a label. Raises UsageError with the nearest."""
    base = name.partition(".")[0]
    if base in MEASURES:
        return MEASURES[base]
    near = difflib.get_close_matches(base, MEASURES, n=3, cutoff=0.4) or list(MEASURES)
    raise UsageError("There is no measure {name}; the nearest are: {near}.", name=name, near=", ".join(near))


def measures_for(capabilities: frozenset[str]) -> tuple[Measure, ...]:
    """What a family with these capabilities can be measured by."""
    return tuple(measure for measure in MEASURES.values() if measure.capability in capabilities)
