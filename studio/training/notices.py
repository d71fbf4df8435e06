"""What the trainer has to say of any family's run: left-out updates, unsaved checkpoints, an early end."""

from __future__ import annotations

from studio.data.work import reason_in_passing
from studio.ground.errors import Text, text
from studio.ground.events import Notice


def not_finite(phase: str, step: int) -> Notice:
    """An update was left out because it held a number that is not finite."""
    return Notice(
        "not_finite",
        "warning",
        text("A step of the {network} was left out", network=phase),
        text(
            "At step {step} its loss or its gradients were not finite; the weights are as they were before. "
            "If it happens again, halve its learning rate or set a limit for gradients.",
            step=step,
        ),
        f"halve_{phase}_rate",
    )


def not_saved(error: Exception) -> Notice:
    """A checkpoint could not be written; training goes on and tries again."""
    return Notice(
        "not_saved",
        "error",
        text("A checkpoint could not be saved"),
        text("The reason: {reason} Training goes on and tries again soon; what was saved before is still there.",
             reason=reason_in_passing(error) if isinstance(error, OSError) else str(error)),
    )  # fmt: skip


def enough_notice(reason: Text, step: int, total: int) -> Notice:
    """The run ends before its horizon because going on is not worth it."""
    return Notice(
        "enough",
        "info",
        text("The run is finished at step {step} of {total}", step=step, total=total),
        text("{reason} The best weights are kept; give the run more steps to go on.", reason=reason),
    )
