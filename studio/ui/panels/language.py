"""The language family's panel: the shared Train tab; the others come with what they show."""

from __future__ import annotations

from studio.ui.panels.panel import ModelPanel
from studio.ui.panels.tab import PanelTab


class LanguagePanel(ModelPanel):
    """Train of the language family."""

    def make_tab(self, tab: str) -> PanelTab:
        """Build one tab."""
        if tab != "train":
            return PanelTab(self.session, self.family, self)
        from studio.ui.panels.description import CurveGroup, FamilyDescription, Line
        from studio.ui.panels.train_tab import TrainTab

        lines = (Line("training_loss", "training", "accent"), Line("validation_loss", "validation", "good"))
        about = FamilyDescription("language", "texts", (CurveGroup("loss", "Loss", lines),), ("validation_loss",))
        return TrainTab(self.session, about, self)
