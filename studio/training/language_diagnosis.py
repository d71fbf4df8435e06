"""Notices in plain words about a language model: that it learns its texts by heart, and what to try."""

from __future__ import annotations

from collections.abc import Mapping

from studio.ground.errors import text
from studio.ground.events import Notice

WORSE = 1.03  # times the lowest validation loss, from which on it has clearly risen
PATIENCE = 3  # validations in a row
_MEMORY = 0.98  # of the running mean of the training loss


class LanguageDiagnosis:
    """Watches the numbers of a run; says a thing once, and again only after it was well in between."""

    def __init__(self) -> None:
        self._training: float | None = None
        self._lowest = float("inf")
        self._risen = 0
        self._said = False

    def observe(self, step: int, values: Mapping[str, float]) -> list[Notice]:
        """Take in the numbers of a step; what there is to say about them."""
        if "training_loss" in values:
            before = self._training if self._training is not None else values["training_loss"]
            self._training = _MEMORY * before + (1 - _MEMORY) * values["training_loss"]
        if "validation_loss" not in values:
            return []
        loss = values["validation_loss"]
        self._risen = self._risen + 1 if loss > WORSE * self._lowest else 0
        if loss < self._lowest:
            self._lowest, self._said = loss, False
        if self._said or self._risen < PATIENCE or self._training is None or self._training >= loss:
            return []
        self._said = True
        body = text(
            "On the texts kept for validation its loss has risen to {loss} from {lowest}, while on the training texts "
            "it is {training}: it remembers texts rather than how they are made. The best weights are kept. Try "
            "dropout, a smaller network, fewer steps, or more texts.",
            loss=f"{loss:.2f}", lowest=f"{self._lowest:.2f}", training=f"{self._training:.2f}",
        )  # fmt: skip
        return [Notice("learnt_by_heart", "warning", text("It learns the texts by heart"), body)]
