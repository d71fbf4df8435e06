"""The pages of the window: made when first shown, restored from the project, told when they are shown and hidden."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QStackedWidget

from studio.ui.pages import BY_ID, make_page
from studio.ui.pages.page import Page
from studio.ui.session import Session


class PageStack(QObject):
    """Knows which pages exist and which is shown."""

    intention_changed = Signal()
    shown = Signal(str)

    def __init__(self, session: Session, stack: QStackedWidget, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._stack = stack
        self._pages: dict[str, Page] = {}
        self._restoring = False
        self.current_id = ""

    @property
    def current(self) -> Page | None:
        """The page shown."""
        return self._pages.get(self.current_id)

    def page(self, page_id: str) -> Page:
        """A page, built if it is not there yet."""
        if page_id not in self._pages:
            made = make_page(page_id, self._session)
            self._pages[page_id] = made
            self._stack.addWidget(made)
            self._session.memory.watch(_key(page_id), made.state)
            self._restore(made)
            made.state_changed.connect(self._on_state_changed)
            made.intention_changed.connect(self.intention_changed)
        return self._pages[page_id]

    def show(self, page_id: str) -> Page:
        """Show a page; an unknown one shows Home."""
        wanted = page_id if page_id in BY_ID else "home"
        page = self.page(wanted)
        before = self.current
        if page is before:
            return page
        if before is not None:
            before.deactivate()
        self.current_id = wanted
        self._stack.setCurrentWidget(page)
        page.activate()
        self.shown.emit(wanted)
        return page

    def project_changed(self) -> None:
        """Another project is open: every page that exists takes up what was remembered there."""
        for page in self._pages.values():
            page.project_changed()
            self._restore(page)

    def close(self) -> None:
        """The window closes."""
        if self.current is not None:
            self.current.deactivate()
        for page in self._pages.values():
            page.close_page()

    def touch_all(self) -> None:
        """Remember the state of every page that exists."""
        for page_id in self._pages:
            self._session.memory.touch(_key(page_id))

    def _restore(self, page: Page) -> None:
        self._restoring = True
        try:
            with self._session.reporting(self.tr("Restoring the page")):
                page.restore(self._session.memory.read(_key(page.page_id)))
        finally:
            self._restoring = False

    def _on_state_changed(self) -> None:
        page = self.sender()
        if not self._restoring and isinstance(page, Page):
            self._session.memory.touch(_key(page.page_id))


def _key(page_id: str) -> str:
    return f"page.{page_id}"
