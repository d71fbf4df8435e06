"""The GAN panel: which tabs it has. Each is imported when it is first opened."""

from __future__ import annotations

from studio.ui.panels.panel import ModelPanel
from studio.ui.panels.tab import PanelTab


class GanPanel(ModelPanel):
    """Train, Create and Look inside of the GAN family."""

    def make_tab(self, tab: str) -> PanelTab:
        """Build one tab."""
        if tab == "create":
            from studio.ui.panels.gan_create import GanCreateTab

            return GanCreateTab(self.session, self.family, self)
        if tab == "look":
            from studio.ui.panels.gan_look import GanLookTab

            return GanLookTab(self.session, self.family, self)
        from studio.ui.panels.gan_words import GAN
        from studio.ui.panels.train_tab import TrainTab

        return TrainTab(self.session, GAN, self)
