"""The Look inside tab of the translation panel: alignments, attention, the search, the same sentence in training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from studio.ui.panels.look_tab import LookTab
from studio.ui.panels.look_view import LookView
from studio.ui.panels.looked_at import LookChoice
from studio.ui.panels.translation_look_sentence import SentenceChoice
from studio.ui.panels.translation_look_views import CrossView, EncoderView, SearchView, SentenceTrainingView


class TranslationLookTab(LookTab):
    """Views of one sentence, which the user writes or the run's samples give."""

    def make_pictures(self) -> LookChoice:
        """A sentence."""
        self.choice = SentenceChoice()
        return self.choice

    def make_views(self) -> Sequence[LookView]:
        """Alignments come first."""
        maker = self.maker
        return CrossView(maker), EncoderView(maker), SearchView(maker), SentenceTrainingView(maker)

    def arrive(self, **what: Any) -> None:
        text = what.get("text")
        if isinstance(text, str):
            self.choice.show_text(text)
        super().arrive(**what)

    def recall(self, certificate: Mapping[str, Any]) -> bool:
        return False  # pictures tell nothing of a sentence

    def take_drop(self, paths: list[Path], certificate: Mapping[str, Any] | None) -> bool:
        return False
