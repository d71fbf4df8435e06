"""The translation family in the words of the shared tabs: what its curves are called, what its notices explain."""

from __future__ import annotations

from studio.ground.errors import text
from studio.ui.panels.description import CurveGroup, FamilyDescription, Line, mark
from studio.ui.panels.text_stage import TextStage
from studio.ui.panels.train_view import PAIRS

_HELD_OUT = mark("held out")
_LOSS = CurveGroup(
    "loss",
    mark("Loss"),
    (
        Line(
            "training_loss",
            mark("training"),
            "accent",
            mark("How surprised it is by the next token of pairs it learns from, in nats; the lower the better."),
        ),
        Line(
            "validation_loss",
            _HELD_OUT,
            "fake",
            mark("The same for pairs it never learns from. If it rises while the other falls, it learns by heart."),
            smoothed=False,
        ),
    ),
)
_CHRF = CurveGroup(
    "chrf",
    mark("chrF"),
    (
        Line(
            "chrf",
            _HELD_OUT,
            "fake",
            mark("How many short runs of letters its translations share with the right ones, 0 to 100 (Popović 2015)."),
            smoothed=False,
        ),
    ),
)
_BLEU = CurveGroup(
    "bleu",
    mark("BLEU"),
    (
        Line(
            "bleu",
            _HELD_OUT,
            "fake",
            mark("How many runs of up to four words they share, 0 to 100 (Papineni et al. 2002)."),
            smoothed=False,
        ),
    ),
)
_EXACT = CurveGroup(
    "exact",
    mark("Exactly right"),
    (Line("exact", _HELD_OUT, "fake", mark("Translations that are right to the letter."), smoothed=False),),
)
_RATE = CurveGroup(
    "rate",
    mark("Learning rate"),
    (Line("learning_rate", mark("learning rate"), "good", mark("How far a step goes."), smoothed=False),),
)
_GRADIENT = CurveGroup(
    "gradient",
    mark("Gradient norm"),
    (Line("translator_gradient", mark("gradient"), "good", mark("Length of its gradient.")),),
    log=True,
)

_BY_HEART = mark("A model with room to spare can learn pairs word by word, and then translates others no better.")
_NOT_FINITE = mark("Numbers outgrow their format when steps are too long. The step was left out, so nothing is lost.")

TRANSLATION = FamilyDescription(
    family="translation",
    items=mark("tokens"),
    groups=(_LOSS, _CHRF, _BLEU, _EXACT, _RATE, _GRADIENT),
    shown=("loss", "chrf", "bleu"),
    stage=TextStage,
    samples=mark("Sample translations"),
    constant=mark("same sentences at every step"),
    use=text("Translate with it"),
    data_words=PAIRS,
    remedies={"halve_translator_rate": mark("Halve the learning rate")},
    reasons={"overfitting": _BY_HEART, "not_finite": _NOT_FINITE},
)
