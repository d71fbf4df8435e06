"""The Look inside tab of the language panel: what was expected, who looks at whom, what a text is cut into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from studio.ui.panels.language_look_attention import AttentionView
from studio.ui.panels.language_look_reading import ReadingView
from studio.ui.panels.language_look_text import TextChoice
from studio.ui.panels.language_look_tokens import TokensView
from studio.ui.panels.language_look_training import TextTrainingView
from studio.ui.panels.look_tab import LookTab
from studio.ui.panels.look_view import LookView
from studio.ui.panels.looked_at import LookChoice


class LanguageLookTab(LookTab):
    """Views of one text, which the user writes or a sample gives."""

    def make_pictures(self) -> LookChoice:
        """A text."""
        self.choice = TextChoice(self.session)
        return self.choice

    def make_views(self) -> Sequence[LookView]:
        """What was expected comes first."""
        return (
            ReadingView(self.maker, self.choice),
            AttentionView(self.maker),
            TokensView(self.maker),
            TextTrainingView(self.maker),
        )

    def arrive(self, **what: Any) -> None:
        text, asked = what.get("text"), what.get("asked")
        if isinstance(text, str):
            self.choice.show_text(text, asked if isinstance(asked, str) else None)
        super().arrive(**what)

    def recall(self, certificate: Mapping[str, Any]) -> bool:
        return False  # pictures tell nothing of a text

    def take_drop(self, paths: list[Path], certificate: Mapping[str, Any] | None) -> bool:
        return False
