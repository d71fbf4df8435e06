"""Notices in plain words about a GAN: what its numbers show, why that probably is, and what to try.

Each is said once, and again only after things were well in between.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from studio.ground.errors import text
from studio.ground.events import Notice

WON = 0.98  # share judged right, of real and of generated pictures, at which the game is one-sided
WON_WINDOW = 12
DULL, DULL_WINDOW = 0.5, 3  # deviation of the samples as a share of the data's
DULL_WITHIN = 0.6
PATIENCE = 200  # steps before any of this means something


class Diagnosis:
    """Watches the numbers of a GAN run."""

    def __init__(self) -> None:
        self._judged: deque[float] = deque(maxlen=WON_WINDOW)
        self._diversity: deque[float] = deque(maxlen=DULL_WINDOW)
        self._said: set[str] = set()

    def observe(self, step: int, values: Mapping[str, float]) -> list[Notice]:
        """Take in the numbers of a step; what there is to say about them."""
        if step < PATIENCE:
            return []
        found = [self._won(values), self._dull(values), self._dull_within(values)]
        return [notice for notice in found if notice is not None]

    def _once(self, code: str, is_so: bool, well_again: bool, notice: Notice) -> Notice | None:
        if well_again:
            self._said.discard(code)
        if not is_so or code in self._said:
            return None
        self._said.add(code)
        return notice

    def _won(self, values: Mapping[str, float]) -> Notice | None:
        if "real_right" not in values or "fake_right" not in values:
            return None
        self._judged.append(min(values["real_right"], values["fake_right"]))
        notice = Notice(
            "discriminator_won",
            "warning",
            text("The discriminator has won"),
            text(
                "It judges {share} % or more of the real and of the generated pictures right, so the generator "
                "learns little from it. Usually it learns too fast, or there are too few pictures. Try half its "
                "learning rate, or differentiable augmentation in a new run.",
                share=round(100 * min(self._judged)),
            ),
            "halve_discriminator_rate",
        )
        full = len(self._judged) == WON_WINDOW
        return self._once(notice.code, full and min(self._judged) >= WON, self._judged[-1] < WON - 0.03, notice)

    def _dull(self, values: Mapping[str, float]) -> Notice | None:
        if "diversity" not in values:
            return None
        self._diversity.append(values["diversity"])
        notice = _collapse("diversity_lost", max(self._diversity), "The samples are becoming alike")
        full = len(self._diversity) == DULL_WINDOW
        return self._once(notice.code, full and max(self._diversity) < DULL, self._diversity[-1] > DULL + 0.1, notice)

    def _dull_within(self, values: Mapping[str, float]) -> Notice | None:
        if "diversity_within" not in values:
            return None
        share = values["diversity_within"]
        notice = _collapse("diversity_lost_within", share, "Pictures with the same label are becoming alike")
        return self._once(notice.code, share < DULL_WITHIN, share > DULL_WITHIN + 0.1, notice)


def _collapse(code: str, share: float, title: str) -> Notice:
    body = text(
        "Their pixels differ only {share} % as much as those of the data. The generator has found few pictures "
        "that pass and repeats them. Go back to an earlier checkpoint, or try half the generator's learning rate "
        "or a larger batch.",
        share=round(100 * share),
    )
    return Notice(code, "warning", text(title), body, "halve_generator_rate")
