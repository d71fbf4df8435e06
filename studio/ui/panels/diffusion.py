"""The diffusion panel: which tabs it has. Each is imported when it is first opened."""

from __future__ import annotations

from studio.ui.panels.panel import ModelPanel
from studio.ui.panels.tab import PanelTab


class DiffusionPanel(ModelPanel):
    """Train, Create and Look inside of the diffusion family."""

    def make_tab(self, tab: str) -> PanelTab:
        """Build one tab."""
        if tab == "create":
            from studio.ui.panels.diffusion_create import DiffusionCreateTab

            return DiffusionCreateTab(self.session, self.family, self)
        if tab == "look":
            from studio.ui.panels.diffusion_look import DiffusionLookTab

            return DiffusionLookTab(self.session, self.family, self)
        from studio.ui.panels.diffusion_words import DIFFUSION
        from studio.ui.panels.train_tab import TrainTab

        return TrainTab(self.session, DIFFUSION, self)
