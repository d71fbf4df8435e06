"""There and back: a picture, its translation, the way back, and what is changed where nothing should be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from studio.config.requests import RoundTripRequest
from studio.ui.panels.cyclegan_look_picture import PictureChoice
from studio.ui.panels.look_view import LookView
from studio.ui.panels.maker import Maker
from studio.ui.text import Label
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.heat import HeatPicture

if TYPE_CHECKING:
    from studio.generation.models import RoundTrip

FAINTEST = 0.1
"""Heat is as bright as can be from this mean difference on, or from the largest, where that is larger."""


class RoundTripView(LookView):
    """What views of a `RoundTrip` share: they ask for it, and show it."""

    looks_at = "one"

    def __init__(self, maker: Maker, choice: PictureChoice, parent: QWidget | None = None) -> None:
        super().__init__(maker, parent)
        self.choice = choice
        self.trip: RoundTrip | None = None

    def show_recipes(self, recipes: Sequence[Any]) -> None:
        model = self.maker.model
        if model is None or not recipes:
            return
        request = RoundTripRequest(
            run=model.run, checkpoint=model.checkpoint, picture=recipes[0].file, direction=recipes[0].direction,
            device=self.maker.session.preferences.device,
        )  # fmt: skip
        self.maker.look("trip", request, self._on_trip)

    def _on_trip(self, trip: RoundTrip) -> None:
        self.trip = trip
        self.show_trip(trip)
        self.said.emit(self.sentence(trip))

    def show_trip(self, trip: RoundTrip) -> None:
        """Show what was found."""
        raise NotImplementedError

    def sentence(self, trip: RoundTrip) -> str:
        """What it says."""
        raise NotImplementedError


class TripView(RoundTripView):
    """Four pictures above, below each what has changed, as heat over it."""

    key = "trip"

    def __init__(self, maker: Maker, choice: PictureChoice, parent: QWidget | None = None) -> None:
        super().__init__(maker, choice, parent)
        names = ("real", "translated", "back", "identity")
        self.heads = {name: _head(f"trip_{name}") for name in names}
        self.pictures = {name: _picture(f"tripPicture_{name}") for name in names}
        self.maps = {name: _picture(f"tripMap_{name}") for name in names[1:]}
        self.means = {name: _head(f"tripMean_{name}") for name in names[1:]}
        card = Frame("card", padding=16, gap=8)
        grid = QGridLayout()
        dense(grid, gap=12)  # type: ignore[type-var]
        for column, name in enumerate(names):
            grid.addWidget(self.heads[name], 0, column)
            grid.addWidget(self.pictures[name], 1, column)
            grid.setColumnStretch(column, 1)
            if name in self.maps:
                grid.addWidget(self.maps[name], 3, column)
                grid.addWidget(self.means[name], 4, column)
        self._how = Label(role="dim", wrap=True)
        self._how.setObjectName("tripHow")
        self._how.setAlignment(Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._how, 3, 0)
        grid.setRowStretch(1, 1)
        grid.setRowStretch(3, 1)
        card.body.addLayout(grid)
        dense_in(self, card)

    def words(self) -> tuple[str, str]:
        explained = self.tr(
            "Translated and translated back, a picture should be itself again; given to the translator of its own "
            "side, it should stay as it is. Heat shows where it does not."
        )
        return self.tr("There and back"), explained

    def show_trip(self, trip: RoundTrip) -> None:
        own, other = self.choice.names()
        words = {
            "real": own,
            "translated": f"→ {other}",
            "back": self.tr("and back → {0}").format(own),
            "identity": self.tr("left alone: {0} → {0}").format(own),
        }
        changed = np.abs(trip.translated.astype(np.float32) - trip.real.astype(np.float32)).mean(axis=2) / 255
        maps = {"translated": changed, "back": trip.cycle_error, "identity": trip.identity_error}
        known = [heat for heat in maps.values() if heat is not None]
        brightest = max(FAINTEST, *(float(heat.max()) for heat in known))
        for name, picture in self.pictures.items():
            shown = getattr(trip, name)
            picture.set_picture(shown)
            self.heads[name].setText(words[name] if shown is not None else "")
        for name, heat in maps.items():
            self.maps[name].set_picture(getattr(trip, name) if heat is not None else None)
            self.maps[name].set_heat(heat / brightest if heat is not None else None)
            self.means[name].setText(self._mean_words(name, heat))
        how = self.tr("Below: how much each place differs from the picture at the left. Brightest: {0}.")
        self._how.setText(how.format(f"{brightest:.2f}"))

    def _mean_words(self, name: str, heat: np.ndarray | None) -> str:
        if heat is None:
            return ""
        words = {
            "translated": self.tr("changed by {0} on average"),
            "back": self.tr("cycle error {0}"),
            "identity": self.tr("identity error {0}"),
        }
        return words[name].format(f"{float(heat.mean()):.3f}")

    def sentence(self, trip: RoundTrip) -> str:
        if trip.cycle_error is None:
            return spoken_one_way(self)
        words = self.tr("Cycle error {0}, identity error {1} (mean difference, 0 to 1), at step {2}.")
        assert trip.identity_error is not None
        found = (f"{float(heat.mean()):.3f}" for heat in (trip.cycle_error, trip.identity_error))
        return words.format(*found, trip.step)


def spoken_one_way(view: LookView) -> str:
    """What is said where a run knows one direction alone."""
    return view.tr("This run learned one direction alone: there is no way back.")


def dense_in(view: QWidget, content: QWidget) -> None:
    """Let one widget fill a view."""
    column = QGridLayout(view)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(content)


def _head(name: str) -> Label:
    label = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
    label.setObjectName(name)
    label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    label.setFixedHeight(label.fontMetrics().height() + 2)
    return label


def _picture(name: str) -> HeatPicture:
    picture = HeatPicture()
    picture.setObjectName(name)
    return picture
