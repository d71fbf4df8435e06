"""The Look inside tab of the CycleGAN panel: there and back, what the judges see, and the same picture in training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from studio.config.requests import EditRequest
from studio.data.decoding import SUFFIXES
from studio.ui.panels.cyclegan_look_judges import JudgesView
from studio.ui.panels.cyclegan_look_picture import PictureChoice
from studio.ui.panels.cyclegan_look_training import TrainingView
from studio.ui.panels.cyclegan_look_trip import TripView
from studio.ui.panels.look_tab import LookTab
from studio.ui.panels.look_view import LookView
from studio.ui.panels.looked_at import LookChoice


class CycleganLookTab(LookTab):
    """Three views of one picture, which is drawn, opened, pasted or dropped."""

    def make_pictures(self) -> LookChoice:
        """One picture and a direction."""
        self.choice = PictureChoice(self.session)
        return self.choice

    def make_views(self) -> Sequence[LookView]:
        """There and back comes first."""
        return (
            TripView(self.maker, self.choice), JudgesView(self.maker, self.choice), TrainingView(self.maker)
        )  # fmt: skip

    def recall(self, certificate: Mapping[str, Any]) -> bool:
        """Look at the picture that a kept one was made of."""
        try:
            request = EditRequest.model_validate(certificate.get("request"))
        except (ValidationError, RecursionError):
            return False
        if self.maker.misses(request):
            return True
        self.maker.choose(request.run, request.checkpoint)
        self.choice.direction.set_value(request.editing.direction)
        if request.source is not None and not request.picture:
            self.choice.open(request.source)
        else:
            self.choice.show_bytes(request.picture, str(certificate.get("note") or self.tr("from the gallery")))
        return True

    def take_drop(self, paths: list[Path], certificate: Mapping[str, Any] | None) -> bool:
        if certificate is not None and certificate.get("family") == self.family and self.recall(certificate):
            return True
        if self.maker.model is None or len(paths) != 1 or paths[0].suffix.lower() not in SUFFIXES:
            return False
        self.choice.open(paths[0])
        return True
