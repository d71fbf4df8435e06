"""The CycleGAN family in the words of the shared tabs: its sides, its stage, its curves, what notices offer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio.config.facts import DataFacts
from studio.ground.errors import text
from studio.ui.panels.cyclegan_sides import SidesBlock, split_of, usable_labels
from studio.ui.panels.cyclegan_stage import CycleganStage
from studio.ui.panels.description import CurveGroup, FamilyDescription, Line, mark

_GAME = CurveGroup(
    "game",
    mark("The game"),
    (
        Line("a2b_loss", mark("A → B"), "generator", mark("What it takes to be believed by the judge of side B.")),
        Line("b2a_loss", mark("B → A"), "accent", mark("What it takes to be believed by the judge of side A.")),
        Line("discriminator_a_loss", mark("judge of A"), "discriminator", mark("How wrong the judge of side A is.")),
        Line("discriminator_b_loss", mark("judge of B"), "fake", mark("How wrong the judge of side B is.")),
    ),
    some=True,
)
_SAME = CurveGroup(
    "same",
    mark("Staying the same"),
    (
        Line("cycle_a", mark("A there and back"), "generator", mark("What a picture of A loses on its way and back.")),
        Line("cycle_b", mark("B there and back"), "accent", mark("What a picture of B loses on its way and back.")),
        Line("identity_a", mark("A as A"), "discriminator", mark("What is changed where a picture is of A already.")),
        Line("identity_b", mark("B as B"), "fake", mark("What is changed where a picture is of B already.")),
        Line("contrastive", mark("places"), "generator", mark("How hard each place is to tell from others.")),
        Line("contrastive_identity", mark("places of B"), "fake", mark("The same for pictures of B that stay.")),
        Line("difference_a", mark("from A's partner"), "generator", mark("Mean difference from the true picture.")),
        Line("difference_b", mark("from B's partner"), "accent", mark("Mean difference from the true picture.")),
    ),
    some=True,
)
_DISTANCE = CurveGroup(
    "distance",
    mark("Distance from the side"),
    (
        Line("distance", mark("both"), "text", mark("Mean of the two; the lowest marks the best checkpoint."),
             smoothed=False),
        Line("distance_a2b", mark("A → B"), "generator", mark("How far translations lie from pictures of B."),
             smoothed=False),
        Line("distance_b2a", mark("B → A"), "accent", mark("How far translations lie from pictures of A."),
             smoothed=False),
    ),
    some=True,
)  # fmt: skip
_CYCLE_ERROR = CurveGroup(
    "cycle_error",
    mark("Measured error"),
    (
        Line("cycle_error", mark("there and back"), "good", mark("Mean difference of test pictures, from 0 to 1."),
             smoothed=False),
        Line("diversity", mark("diversity"), "accent", mark("How much translations differ, as a share of the side's."),
             smoothed=False),
    ),
)  # fmt: skip
_SCORES = CurveGroup(
    "scores",
    mark("What judges say"),
    (
        Line("real_score_a", mark("real A"), "real", mark("Mean score of real pictures of A.")),
        Line("fake_score_a", mark("translated to A"), "fake", mark("Mean score of translations to A.")),
        Line("real_score_b", mark("real B"), "generator", mark("Mean score of real pictures of B.")),
        Line("fake_score_b", mark("translated to B"), "discriminator", mark("Mean score of translations to B.")),
    ),
    some=True,
)
_RATE = CurveGroup(
    "rate",
    mark("Learning rate"),
    (Line("learning_rate", mark("learning rate"), "good", mark("How far a step goes."), smoothed=False),),
    log=True,
)
_GRADIENT = CurveGroup(
    "gradient",
    mark("Gradient norm"),
    (
        Line("generators_gradient", mark("translators"), "generator", mark("Length of their gradient.")),
        Line("discriminators_gradient", mark("judges"), "discriminator", mark("Length of their gradient.")),
    ),
    log=True,
)

_NOT_FINITE = mark("Numbers outgrow their format when steps are too long. The step was left out, so nothing is lost.")


def keep_what_fits(overrides: Mapping[str, Any], data: DataFacts) -> Mapping[str, Any]:
    """Overrides without a split by what the data set does not have."""
    split = split_of(overrides.get("split"))
    values = usable_labels(data.labels).get(split.label, ()) if split is not None else ()
    if "split" not in overrides or (split is not None and {split.a, split.b} <= set(values)):
        return overrides
    return {path: value for path, value in overrides.items() if path != "split"}


CYCLEGAN = FamilyDescription(
    family="cyclegan",
    items=mark("pictures"),
    groups=(_GAME, _SAME, _DISTANCE, _CYCLE_ERROR, _SCORES, _RATE, _GRADIENT),
    shown=("game", "same", "distance"),
    stage=CycleganStage,
    samples=mark("Test pictures"),
    constant=mark("the same ones at every step, never trained on"),
    use=text("Edit with it"),
    block=SidesBlock,
    fitting=keep_what_fits,
    remedies={
        "halve_discriminator_rate": mark("Halve the judges' learning rate"),
        "halve_generator_rate": mark("Halve the translators' learning rate"),
    },
    reasons={"not_finite": _NOT_FINITE},
)
