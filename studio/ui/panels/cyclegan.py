"""The CycleGAN panel: which tabs it has, and that making is editing here. Each is imported when first opened."""

from __future__ import annotations

from collections.abc import Mapping

from studio.ui.panels.panel import ModelPanel
from studio.ui.panels.tab import PanelTab


class CycleganPanel(ModelPanel):
    """Train, Edit and Look inside of the CycleGAN family."""

    def tab_words(self) -> Mapping[str, str]:
        """It makes nothing out of nothing: pictures are edited."""
        return {**super().tab_words(), "create": self.tr("Edit")}

    def make_tab(self, tab: str) -> PanelTab:
        """Build one tab."""
        if tab == "create":
            from studio.ui.panels.cyclegan_edit import CycleganEditTab

            return CycleganEditTab(self.session, self.family, self)
        if tab == "look":
            from studio.ui.panels.cyclegan_look import CycleganLookTab

            return CycleganLookTab(self.session, self.family, self)
        from studio.ui.panels.cyclegan_words import CYCLEGAN
        from studio.ui.panels.train_tab import TrainTab

        return TrainTab(self.session, CYCLEGAN, self)
