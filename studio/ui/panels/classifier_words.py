"""The classifier family in the words of the shared tabs: its stage, its curves, what its notices offer and explain."""

from __future__ import annotations

from studio.config.classifier import ClassifierConfig, learned_labels, suits
from studio.config.facts import DataFacts
from studio.ground.errors import Text, UsageError, text
from studio.ui.panels.classifier_stage import ClassifierStage
from studio.ui.panels.description import CurveGroup, FamilyDescription, Line, mark
from studio.ui.panels.train_view import LABELLED_PICTURES

_LOSS = CurveGroup(
    "loss",
    mark("Loss"),
    (
        Line("training_loss", mark("training"), "accent", mark("What it makes small, on pictures it learns from.")),
        Line(
            "validation_loss",
            mark("validation"),
            "fake",
            mark("The same on pictures it never learns from. If it rises while the other falls, it learns by heart."),
            smoothed=False,
        ),
    ),
)
_ACCURACY = CurveGroup(
    "accuracy",
    mark("Share told right"),
    (
        Line("training_accuracy", mark("training"), "accent", mark("Of the pictures of a step, the share told right.")),
        Line(
            "validation_accuracy",
            mark("validation"),
            "fake",
            mark("Of the validation pictures, the share told right; over several labels their mean."),
            smoothed=False,
        ),
    ),
)
_EACH = CurveGroup("each", mark("Validation, label by label"), (), prefix="validation_accuracy_")
_RATE = CurveGroup(
    "rate",
    mark("Learning rate"),
    (Line("learning_rate", mark("learning rate"), "good", mark("How far a step goes."), smoothed=False),),
    log=True,
)
_GRADIENT = CurveGroup(
    "gradient",
    mark("Gradient norm"),
    (Line("classifier_gradient", mark("gradient"), "good", mark("Length of its gradient.")),),
    log=True,
)

_BY_HEART = mark(
    "A network with room to spare can learn each training picture by itself, noise included. What it then says of "
    "others becomes surer and wronger."
)
_NOT_FINITE = mark("Numbers outgrow their format when steps are too long. The step was left out, so nothing is lost.")


def _refuses(data: DataFacts) -> Text | None:
    """Why no label of some data can be learned; None where one can."""
    try:
        learned_labels(ClassifierConfig(), data)
    except UsageError as error:
        return error.text
    return None


CLASSIFIER = FamilyDescription(
    family="classifier",
    items=mark("pictures"),
    groups=(_LOSS, _ACCURACY, _EACH, _RATE, _GRADIENT),
    shown=("loss", "accuracy", "each"),
    stage=ClassifierStage,
    samples=mark("Validation pictures"),
    constant=mark("the same ones at every step"),
    use=text("Ask it"),
    data_words=LABELLED_PICTURES,
    suits=suits,
    refuses=_refuses,
    remedies={"halve_classifier_rate": mark("Halve the learning rate")},
    reasons={"overfitting": _BY_HEART, "not_finite": _NOT_FINITE},
)
