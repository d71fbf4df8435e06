"""The base of every page: how the window shows it, saves what it remembers, and asks what it wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractButton, QWidget

from studio.ui import theme
from studio.ui.pages import page_title
from studio.ui.text import plain_tooltip
from studio.ui.view_state import HeaderIntention, PageIntention

if TYPE_CHECKING:
    from studio.ui.session import Session


@dataclass(frozen=True, slots=True)
class PaletteItem:
    """Something that the command palette offers besides actions and pages. ``go`` is a page and its arguments."""

    title: str
    detail: str
    icon: str
    go: tuple[str, Mapping[str, Any]]


class Page(QWidget):
    """One page of the window. It speaks to the `Session` alone; the window speaks to it through these methods."""

    state_changed = Signal()
    """`state` would differ now: the window saves it."""
    intention_changed = Signal()
    """`intention` would differ now: the window resolves the view state anew."""

    def __init__(self, session: Session, page_id: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.page_id = page_id
        self.active = False
        self.setObjectName(f"page_{page_id}")
        self.setAccessibleName(page_title(page_id))
        theme.set_look(self, surface="canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)

    def activate(self) -> None:
        """The page is shown now."""
        self.active = True

    def deactivate(self) -> None:
        """Another page is shown now."""
        self.active = False

    def project_changed(self) -> None:
        """A project was opened or closed; called before `restore`."""

    def state(self) -> dict[str, Any]:
        """What should be the same when the project is opened again; plain JSON."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what `state` gave last time; empty in a new project. Must accept anything missing or odd."""

    def intention(self) -> PageIntention:
        """What the user looks at and has chosen."""
        return PageIntention(page=self.page_id, header=HeaderIntention(title=page_title(self.page_id)))

    def page_actions(self) -> Mapping[str, Callable[[], None]]:
        """What this page does for actions of the table whose callback is ``page``."""
        return {}

    def arrive(self, **what: Any) -> None:
        """Someone came here for something: ``run``, ``dataset``, ``tab``, …; unknown names are ignored."""

    def take_drop(self, paths: list[Path], certificate: Mapping[str, Any] | None) -> bool:
        """Files were dropped on the window: say whether this page has taken them."""
        return False

    def close_page(self) -> None:
        """The window closes or the project does: let watches and timers go."""


def set_enabled(button: QAbstractButton, why_not: str, tip: str = "") -> None:
    """Enable a button, or disable it with the reason as its tooltip and accessible description."""
    button.setEnabled(not why_not)
    plain_tooltip(button, why_not or tip)
