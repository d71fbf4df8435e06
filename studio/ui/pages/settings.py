"""The Settings page: preferences, the project's disk use and bin, pretrained networks, what works here, about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from studio.ui import theme
from studio.ui.pages.page import Page
from studio.ui.pages.settings_about import AboutCard, DoctorCard
from studio.ui.pages.settings_preferences import PreferenceCards
from studio.ui.pages.settings_space import BinCard, SpaceCard
from studio.ui.pages.settings_weights import WeightsCard
from studio.ui.session import Session
from studio.ui.view_state import HeaderIntention, PageIntention
from studio.ui.widgets.frames import dense

_WIDTH = 760


class SettingsPage(Page):
    """See the module."""

    def __init__(self, session: Session, page_id: str, parent: QWidget | None = None) -> None:
        super().__init__(session, page_id, parent)
        self._stale = True
        self.preferences = PreferenceCards(session)
        self.space = SpaceCard(session)
        self.bin = BinCard(session, self.look_at_project)
        self.weights = WeightsCard(session)
        self.doctor = DoctorCard(session)
        self.about = AboutCard()
        self._lay_out()
        session.gallery_changed.connect(self._on_changed)
        session.runs_changed.connect(self._on_changed)
        session.datasets_changed.connect(self._on_changed)

    def _lay_out(self) -> None:
        inner = QWidget()
        inner.setMaximumWidth(_WIDTH)
        theme.set_look(inner, surface="canvas")
        column = dense(QVBoxLayout(inner), gap=16)
        for card in (self.preferences, self.space, self.bin, self.weights, self.doctor, self.about):
            column.addWidget(card)
        column.addStretch(1)
        holder = QWidget()
        theme.set_look(holder, surface="canvas")
        row = dense(QHBoxLayout(holder), padding=20)
        row.addStretch(1)
        row.addWidget(inner, 100)
        row.addStretch(1)
        self.area = QScrollArea()
        self.area.setObjectName("settingsArea")
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(holder)
        dense(QVBoxLayout(self), gap=0).addWidget(self.area)

    # --- the page ----------------------------------------------------------------------------------------------------

    def activate(self) -> None:
        super().activate()
        self.preferences.renew()
        self.weights.renew()
        if not self.doctor.findings:
            self.doctor.look()
        self.look_at_project()

    def project_changed(self) -> None:
        self.space.forget()
        self._stale = True

    def state(self) -> dict[str, Any]:
        return {"place": self.area.verticalScrollBar().value()}

    def restore(self, state: Mapping[str, Any]) -> None:
        if self.active:
            self.look_at_project()

    def intention(self) -> PageIntention:
        return PageIntention(page=self.page_id, header=HeaderIntention(title=self.tr("Settings")))

    def arrive(self, **what: Any) -> None:
        cards = {"space": self.space, "bin": self.bin, "weights": self.weights, "doctor": self.doctor}
        card = cards.get(str(what.get("card")))
        if card is not None:
            self.area.ensureWidgetVisible(card)

    def look_at_project(self) -> None:
        """Measure the project and read its bin anew."""
        there = self.session.project is not None
        for card in (self.space, self.bin):
            card.setVisible(there)
        if there:
            self.space.renew()
            self.space.measure()
            self.bin.renew()

    def _on_changed(self) -> None:
        if self.active and self.session.project is not None:
            self.bin.renew()
