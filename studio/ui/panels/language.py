"""The language panel: which tabs it has, and that using it is chatting. Each is imported when first opened."""

from __future__ import annotations

from collections.abc import Mapping

from studio.ui.panels.panel import ModelPanel
from studio.ui.panels.tab import PanelTab


class LanguagePanel(ModelPanel):
    """Train, Chat and Look inside of the language family."""

    def tab_words(self) -> Mapping[str, str]:
        """What one makes with it is conversations."""
        return {**super().tab_words(), "create": self.tr("Chat")}

    def make_tab(self, tab: str) -> PanelTab:
        """Build one tab."""
        if tab == "create":
            from studio.ui.panels.language_chat import LanguageChatTab

            return LanguageChatTab(self.session, self.family, self)
        if tab == "look":
            from studio.ui.panels.language_look import LanguageLookTab

            return LanguageLookTab(self.session, self.family, self)
        from studio.ui.panels.language_words import LANGUAGE
        from studio.ui.panels.train_tab import TrainTab

        return TrainTab(self.session, LANGUAGE, self)
