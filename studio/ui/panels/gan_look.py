"""The Look inside tab of the GAN panel: what the discriminator thinks, what is nearest, how a latent grew up."""

from __future__ import annotations

from collections.abc import Sequence

from studio.ui.panels.look_checkpoints import CheckpointsView
from studio.ui.panels.look_nearest import NearestView
from studio.ui.panels.look_opinion import OpinionView
from studio.ui.panels.look_tab import LookTab
from studio.ui.panels.look_view import LookView


class GanLookTab(LookTab):
    """Three views of the same pictures."""

    def make_views(self) -> Sequence[LookView]:
        """What the discriminator thinks comes first."""
        return (OpinionView(self.maker), NearestView(self.maker), CheckpointsView(self.maker))
