"""The toy family's panel: the shared Train tab, and two empty ones."""

from studio.ui.panels.description import CurveGroup, FamilyDescription, Line
from studio.ui.panels.panel import ModelPanel
from studio.ui.panels.tab import PanelTab
from studio.ui.panels.train_tab import TrainTab

LOSS = CurveGroup("loss", "Loss", (Line("loss", "loss", "accent"), Line("error", "error", "good")))
TOY = FamilyDescription("toy", "pictures", (LOSS,), ("loss",))


class ToyPanel(ModelPanel):
    """See the module."""

    def make_tab(self, tab: str) -> PanelTab:
        """Build one tab."""
        return TrainTab(self.session, TOY, self) if tab == "train" else PanelTab(self.session, self.family, self)
