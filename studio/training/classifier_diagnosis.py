"""Notices in plain words about a classifier: that it learns its pictures by heart, and what to try."""

from __future__ import annotations

from collections.abc import Mapping

from studio.ground.errors import text
from studio.ground.events import Notice

WORSE = 1.15  # times the lowest validation loss, from which on it has clearly risen
PATIENCE = 3  # validations in a row
_MEMORY = 0.98  # of the running mean of the accuracy on training pictures


class ClassifierDiagnosis:
    """Watches the numbers of a run; says a thing once, and again only after it was well in between."""

    def __init__(self) -> None:
        self._training: float | None = None
        self._lowest = float("inf")
        self._risen = 0
        self._said = False

    def observe(self, step: int, values: Mapping[str, float]) -> list[Notice]:
        """Take in the numbers of a step; what there is to say about them."""
        if "training_accuracy" in values:
            before = self._training if self._training is not None else values["training_accuracy"]
            self._training = _MEMORY * before + (1 - _MEMORY) * values["training_accuracy"]
        if "validation_loss" not in values:
            return []
        return self._by_heart(values["validation_loss"], values["validation_accuracy"])

    def _by_heart(self, loss: float, accuracy: float) -> list[Notice]:
        self._risen = self._risen + 1 if loss > WORSE * self._lowest else 0
        if loss < self._lowest:
            self._lowest, self._said = loss, False
        if self._said or self._risen < PATIENCE or self._training is None or self._training <= accuracy:
            return []
        self._said = True
        body = text(
            "On the pictures kept for validation its loss has risen to {loss} from {lowest}, while of the training "
            "pictures it tells {training} % right and of these {validation} %: it remembers pictures rather than what "
            "they show. The best weights are kept. Try augmentation, a smaller network, or more pictures.",
            loss=f"{loss:.2f}", lowest=f"{self._lowest:.2f}", training=round(100 * self._training),
            validation=round(100 * accuracy),
        )  # fmt: skip
        return [Notice("learnt_by_heart", "warning", text("It learns the pictures by heart"), body)]
