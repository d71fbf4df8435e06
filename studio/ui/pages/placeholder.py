"""What stands in for a page that this version does not have yet: it says so and points to what works."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.ui.pages import BY_ID, first_panel, page_title
from studio.ui.pages.page import Page
from studio.ui.session import Session
from studio.ui.widgets.empty_state import EmptyState
from studio.ui.widgets.frames import dense


class PlaceholderPage(Page):
    """One sentence and one button that leads to a page that works."""

    def __init__(self, session: Session, page_id: str, parent: QWidget | None = None) -> None:
        super().__init__(session, page_id, parent)
        self._empty = EmptyState(
            BY_ID[page_id].icon,
            self.tr("{0} comes in a later version").format(page_title(page_id)),
            self.tr("What already works: train a model on your own pictures, generate with it and look inside."),
            self.tr("Open {0}").format(page_title(first_panel())),
        )
        self._empty.button.setObjectName(f"placeholderButton_{page_id}")
        self._empty.triggered.connect(self._on_go)
        dense(QVBoxLayout(self)).addWidget(self._empty)

    def _on_go(self) -> None:
        self.session.go(first_panel())
