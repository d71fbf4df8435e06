"""Notices in plain words about a CycleGAN: what its numbers show, why that probably is, and what to try.

Each is said once, and again only after things were well in between.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from studio.ground.errors import text
from studio.ground.events import Notice

PATIENCE = 300  # steps before any of this means something
WON, WON_WINDOW = 0.02, 50  # loss of a discriminator that is hardly ever wrong (least squares)
DULL = 0.5  # deviation of the translations as a share of the real pictures'
LOST = 0.15  # of the range: what a picture lost on the way there and back


class Diagnosis:
    """Watches the numbers of a CycleGAN run."""

    def __init__(self) -> None:
        self._losses: dict[str, deque[float]] = {side: deque(maxlen=WON_WINDOW) for side in "ab"}
        self._said: set[str] = set()

    def observe(self, step: int, values: Mapping[str, float]) -> list[Notice]:
        """Take in the numbers of a step; what there is to say about them."""
        if step < PATIENCE:
            return []
        found = [self._won(side, values) for side in "ab"]
        return [notice for notice in (*found, self._dull(values), self._lost(values)) if notice is not None]

    def _once(self, code: str, is_so: bool, notice: Notice) -> Notice | None:
        if not is_so:
            self._said.discard(code)
            return None
        if code in self._said:
            return None
        self._said.add(code)
        return notice

    def _won(self, side: str, values: Mapping[str, float]) -> Notice | None:
        name = f"discriminator_{side}_loss"
        if name not in values:
            return None
        losses = self._losses[side]
        losses.append(values[name])
        mean = sum(losses) / len(losses)
        body = text(
            "Its loss has been {loss} on average over {count} steps, so the generator learns little from it. Usually "
            "it learns too fast, or there are too few pictures of its side. Try half its learning rate, or "
            "differentiable augmentation in a new run.",
            loss=f"{mean:.3f}", count=WON_WINDOW,
        )  # fmt: skip
        title = text("The discriminator of side {side} has won", side=side.upper())
        notice = Notice(f"discriminator_{side}_won", "warning", title, body, "halve_discriminator_rate")
        return self._once(notice.code, len(losses) == WON_WINDOW and mean < WON, notice)

    def _dull(self, values: Mapping[str, float]) -> Notice | None:
        if "diversity" not in values:
            return None
        body = text(
            "They differ from one another by {share} % of what real pictures do: the generators paint the same "
            "picture again and again. Try a larger cycle weight, or paint as a change of the picture.",
            share=round(100 * values["diversity"]),
        )
        notice = Notice("diversity_lost", "warning", text("The translations are becoming alike"), body)
        return self._once(notice.code, values["diversity"] < DULL, notice)

    def _lost(self, values: Mapping[str, float]) -> Notice | None:
        if "cycle_error" not in values:
            return None
        body = text(
            "There and back again changes a picture by {share} % of the range on average, so much of it is painted "
            "anew. Try a larger cycle weight, or paint as a change of the picture.",
            share=round(100 * values["cycle_error"]),
        )
        notice = Notice("picture_lost", "warning", text("The translations forget the picture"), body)
        return self._once(notice.code, values["cycle_error"] > LOST, notice)
