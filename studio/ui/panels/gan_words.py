"""The GAN family in the words of the shared tabs: what its curves are called, what its notices offer and explain."""

from __future__ import annotations

from studio.ui.panels.description import CurveGroup, FamilyDescription, Line, mark

_LOSS = CurveGroup(
    "loss",
    mark("Loss"),
    (
        Line("generator_loss", mark("generator"), "generator", mark("What the generator makes small.")),
        Line("discriminator_loss", mark("discriminator"), "discriminator", mark("What the discriminator makes small.")),
    ),
)
_BELIEF = CurveGroup(
    "belief",
    mark("What the discriminator believes"),
    (
        Line("real_right", mark("real"), "real", mark("Share of real pictures, kept from it, that it takes for real.")),
        Line(
            "fake_right",
            mark("fake"),
            "fake",
            mark("Share of generated pictures that it takes for generated. Both at one half: it can only guess."),
        ),
    ),
)
_PROBABILITY = CurveGroup(
    "probability",
    mark("Probability of being real"),
    (
        Line("real_probability", mark("D(real)"), "real", mark("How real it finds real pictures, on average.")),
        Line("fake_probability", mark("D(fake)"), "fake", mark("How real it finds generated pictures, on average.")),
    ),
)
_SCORES = CurveGroup(
    "scores",
    mark("Raw scores"),
    (
        Line("real_score", mark("real"), "real", mark("Mean score of real pictures that were kept from it.")),
        Line("fake_score", mark("fake"), "fake", mark("Mean score of generated pictures.")),
    ),
)
_GRADIENTS = CurveGroup(
    "gradients",
    mark("Gradient norms"),
    (
        Line("generator_gradient", mark("generator"), "generator", mark("Length of its gradient.")),
        Line("discriminator_gradient", mark("discriminator"), "discriminator", mark("Length of its gradient.")),
    ),
    log=True,
)
_DISTANCE = CurveGroup(
    "distance",
    mark("Distance from the data"),
    (
        Line(
            "distance",
            mark("distance"),
            "accent",
            mark("Sliced Wasserstein distance of 512 fixed samples; the lowest marks the best checkpoint."),
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
_PENALTY = CurveGroup(
    "penalty",
    mark("Penalty"),
    (Line("penalty", mark("penalty"), "discriminator", mark("What the penalty on slopes adds to its loss.")),),
    log=True,
)

_WON = mark(
    "The generator learns from what the discriminator finds hard to tell apart. Where nothing is hard any more, the "
    "slope that it follows is nearly flat, and its steps lead nowhere."
)
_ALIKE = mark(
    "A generator that has found one picture that passes is not asked for a second one. Once most of its pictures are "
    "alike, the discriminator learns to refuse just these, and the generator jumps to others."
)
_ALIKE_WITHIN = mark("The generator obeys the label, and has found one picture that passes for each of its values.")
_NOT_FINITE = mark("Numbers outgrow their format when steps are too long. The step was left out, so nothing is lost.")

GAN = FamilyDescription(
    family="gan",
    items=mark("pictures"),
    groups=(_LOSS, _BELIEF, _PROBABILITY, _SCORES, _GRADIENTS, _DISTANCE, _DIVERSITY, _PENALTY),
    shown=("loss", "belief", "gradients"),
    remedies={
        "halve_discriminator_rate": mark("Halve its learning rate"),
        "halve_generator_rate": mark("Halve the generator's rate"),
    },
    reasons={
        "discriminator_won": _WON,
        "diversity_lost": _ALIKE,
        "diversity_lost_within": _ALIKE_WITHIN,
        "not_finite": _NOT_FINITE,
    },
)
