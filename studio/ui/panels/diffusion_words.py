"""The diffusion family in the words of the shared tabs: what its curves are called, what its notices explain."""

from __future__ import annotations

from studio.ui.panels.description import CurveGroup, FamilyDescription, Line, mark
from studio.ui.panels.diffusion_stage import DiffusionStage

_LOSS = CurveGroup(
    "loss",
    mark("Loss"),
    (
        Line("loss", mark("training"), "accent", mark("What the denoiser makes small, at noise levels by chance.")),
        Line(
            "validation_loss",
            mark("held out"),
            "fake",
            mark("The same for pictures it never learns from, always with the same noise at the same levels."),
            smoothed=False,
        ),
    ),
)
_BANDS = CurveGroup(
    "noise",
    mark("Loss by noise"),
    (
        Line("loss_low_noise", mark("little"), "good", mark("With little noise: details are learned.")),
        Line("loss_middle_noise", mark("middle"), "accent", mark("In the middle: parts and their places.")),
        Line("loss_high_noise", mark("much"), "fake", mark("With much noise: only the whole can be guessed.")),
    ),
)
_DISTANCE = CurveGroup(
    "distance",
    mark("Distance from the data"),
    (
        Line(
            "distance",
            mark("distance"),
            "accent",
            mark("Sliced Wasserstein distance of fixed samples; the lowest marks the best checkpoint."),
            smoothed=False,
        ),
    ),
)
_DIVERSITY = CurveGroup(
    "diversity",
    mark("Diversity of the samples"),
    (
        Line("diversity", mark("over all"), "good", mark("How much samples differ, as a share of the data's.")),
        Line("diversity_within", mark("within a label"), "accent", mark("The same within values of the first label.")),
    ),
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
    (Line("denoiser_gradient", mark("gradient"), "good", mark("Length of its gradient.")),),
    log=True,
)
_NOT_FINITE = mark("Numbers outgrow their format when steps are too long. The step was left out, so nothing is lost.")

DIFFUSION = FamilyDescription(
    family="diffusion",
    items=mark("pictures"),
    groups=(_LOSS, _BANDS, _DISTANCE, _DIVERSITY, _RATE, _GRADIENT),
    shown=("loss", "noise", "distance"),
    stage=DiffusionStage,
    remedies={"halve_denoiser_rate": mark("Halve the learning rate")},
    reasons={"not_finite": _NOT_FINITE},
)
