"""The translation panel: which tabs it has, and that making is translating here. Each is imported when first opened."""

from __future__ import annotations

from collections.abc import Mapping

from studio.ui.panels.panel import ModelPanel
from studio.ui.panels.tab import PanelTab


class TranslationPanel(ModelPanel):
    """Train, Translate and Look inside of the translation family."""

    def tab_words(self) -> Mapping[str, str]:
        """It makes nothing out of nothing: texts are translated."""
        return {**super().tab_words(), "create": self.tr("Translate")}

    def make_tab(self, tab: str) -> PanelTab:
        """Build one tab."""
        if tab == "create":
            from studio.ui.panels.translation_create import TranslationTab

            return TranslationTab(self.session, self.family, self)
        if tab == "look":
            from studio.ui.panels.translation_look import TranslationLookTab

            return TranslationLookTab(self.session, self.family, self)
        from studio.ui.panels.train_tab import TrainTab
        from studio.ui.panels.translation_words import TRANSLATION

        return TrainTab(self.session, TRANSLATION, self)
