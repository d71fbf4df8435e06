"""The Create tab of the diffusion family."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QVBoxLayout

from studio.ui.panels.tab import PanelTab
from studio.ui.session import Session
from studio.ui.widgets.empty_state import EmptyState
from studio.ui.widgets.frames import dense


class DiffusionCreateTab(PanelTab):
    """Says that it is not there yet."""

    def __init__(self, session: Session, family: str, parent: QObject | None = None) -> None:
        super().__init__(session, family, parent)
        empty = EmptyState("diffusion", self.tr("This tab comes next"), self.tr("Train already works."))
        dense(QVBoxLayout(self.canvas)).addWidget(empty)
