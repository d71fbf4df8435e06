"""The Look inside tab of the diffusion panel: how a picture comes out of noise, and what steers it there."""

from __future__ import annotations

from collections.abc import Sequence

from studio.ui.panels.diffusion_look_film import FilmView
from studio.ui.panels.diffusion_look_forward import ForwardView
from studio.ui.panels.diffusion_look_pictures import DenoisedAt
from studio.ui.panels.diffusion_look_race import RaceView
from studio.ui.panels.diffusion_look_words import WordsView
from studio.ui.panels.look_checkpoints import CheckpointsView
from studio.ui.panels.look_nearest import NearestView
from studio.ui.panels.look_tab import LookTab
from studio.ui.panels.look_view import LookView
from studio.ui.panels.looked_at import LookedAt


class DiffusionLookTab(LookTab):
    """Six views: four of a single picture or of the user's own, two that every family has."""

    def make_pictures(self) -> LookedAt:
        """With words, labels and the way of sampling."""
        self.denoised = DenoisedAt()
        return self.denoised

    def make_views(self) -> Sequence[LookView]:
        """The film of the steps comes first."""
        return (
            FilmView(self.maker, self.denoised),
            WordsView(self.maker, self.denoised),
            ForwardView(self.maker),
            RaceView(self.maker, self.denoised),
            NearestView(self.maker),
            CheckpointsView(self.maker),
        )
