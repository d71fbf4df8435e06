"""The language family in the words of the shared tabs: what its curves are called, what its notices explain."""

from __future__ import annotations

from studio.ground.errors import text
from studio.ui.panels.description import CurveGroup, FamilyDescription, Line, mark
from studio.ui.panels.text_stage import TextStage
from studio.ui.panels.train_view import TEXTS

_LOSS = CurveGroup(
    "loss",
    mark("Loss"),
    (
        Line(
            "training_loss",
            mark("training"),
            "accent",
            mark("How surprised it is by the next token of texts it learns from, in nats; the lower the better."),
        ),
        Line(
            "validation_loss",
            mark("held out"),
            "fake",
            mark("The same for texts it never learns from. If it rises while the other falls, it learns by heart."),
            smoothed=False,
        ),
    ),
)
_PERPLEXITY = CurveGroup(
    "perplexity",
    mark("Perplexity"),
    (
        Line(
            "perplexity",
            mark("held out"),
            "fake",
            mark("Among how many equally likely tokens it would be as undecided, for texts it never learns from."),
            smoothed=False,
        ),
    ),
    log=True,
)
_BITS = CurveGroup(
    "bits",
    mark("Bits per byte"),
    (
        Line(
            "bits_per_byte",
            mark("held out"),
            "fake",
            mark("How far it could pack texts it never learns from; comparable also where tokens differ."),
            smoothed=False,
        ),
    ),
)
_RATE = CurveGroup(
    "rate",
    mark("Learning rate"),
    (Line("learning_rate", mark("learning rate"), "good", mark("How far a step goes."), smoothed=False),),
)
_GRADIENT = CurveGroup(
    "gradient",
    mark("Gradient norm"),
    (Line("decoder_gradient", mark("gradient"), "good", mark("Length of its gradient.")),),
    log=True,
)

_BY_HEART = mark(
    "A model with room to spare can learn texts word by word. What it then expects of others becomes surer and wronger."
)
_NOT_FINITE = mark("Numbers outgrow their format when steps are too long. The step was left out, so nothing is lost.")

LANGUAGE = FamilyDescription(
    family="language",
    items=mark("tokens"),
    counted=mark("texts"),
    groups=(_LOSS, _PERPLEXITY, _BITS, _RATE, _GRADIENT),
    shown=("loss", "perplexity", "bits"),
    stage=TextStage,
    samples=mark("Sample texts"),
    constant=mark("same prompts at every step"),
    use=text("Write with it"),
    data_words=TEXTS,
    remedies={"halve_decoder_rate": mark("Halve the learning rate")},
    reasons={"learnt_by_heart": _BY_HEART, "not_finite": _NOT_FINITE},
)
