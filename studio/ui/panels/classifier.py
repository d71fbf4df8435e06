"""The classifier's panel: which tabs it has, and that asking it is called so. Each is imported when first opened."""

from __future__ import annotations

from collections.abc import Mapping

from studio.ui.panels.panel import ModelPanel
from studio.ui.panels.tab import PanelTab


class ClassifierPanel(ModelPanel):
    """Train, Ask and Look inside of the classifier family."""

    def tab_words(self) -> Mapping[str, str]:
        """A classifier makes nothing: it is asked."""
        return {**super().tab_words(), "create": self.tr("Ask")}

    def make_tab(self, tab: str) -> PanelTab:
        """Build one tab."""
        if tab == "create":
            from studio.ui.panels.classifier_ask import ClassifierAskTab

            return ClassifierAskTab(self.session, self.family, self)
        if tab == "look":
            from studio.ui.panels.classifier_look import ClassifierLookTab

            return ClassifierLookTab(self.session, self.family, self)
        from studio.ui.panels.classifier_words import CLASSIFIER
        from studio.ui.panels.train_tab import TrainTab

        return TrainTab(self.session, CLASSIFIER, self)
