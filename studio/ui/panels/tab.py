"""One tab of a model panel: what it puts into the left column and onto the canvas, what it wants from the window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from studio.ground.errors import Text
from studio.ui.view_state import HeaderIntention

if TYPE_CHECKING:
    from studio.ui.session import Session


@dataclass(frozen=True)
class TabIntention:
    """A tab's part of the panel's intention; fields mean what they mean in `view_state.PageIntention`.

    ``header`` names pickers and the ids of the actions behind the buttons; its title is filled in by the panel. What
    the tab offers is read from its `actions`; an entry of ``blocks`` disables one of them with that reason.
    """

    header: HeaderIntention = field(default_factory=lambda: HeaderIntention(data=True, run=True))
    form_error: str = ""
    blocks: Mapping[str, Text] = field(default_factory=dict)


class PanelTab(QObject):
    """Base of the tabs. It is made when first opened; its widgets belong to the panel, which shows and hides them.

    A subclass fills ``controls`` (the left column, laid out top-down; the panel scrolls it), may give a ``footer`` (it
    stays at the bottom of the column) and fills ``canvas`` (the room to the right), all in its constructor and from the
    session alone. It works only while ``active``; a project that was opened or closed reaches it as `project_changed`,
    then `restore`.
    """

    state_changed = Signal()
    """`state` would differ now: the window saves it."""
    intention_changed = Signal()
    """`intention_part` would differ now: the window resolves the view state anew."""

    def __init__(self, session: Session, family: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.family = family
        self.active = False
        self.controls = QWidget()
        self.footer: QWidget | None = None
        self.canvas = QWidget()

    def activate(self) -> None:
        """The tab is shown now, with its panel."""
        self.active = True

    def deactivate(self) -> None:
        """Another tab or page is shown now."""
        self.active = False

    def project_changed(self) -> None:
        """A project was opened or closed; called before `restore`."""

    def state(self) -> dict[str, Any]:
        """What should be the same when the project is opened again; plain JSON."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what `state` gave last time; empty in a new project. Must accept anything missing or odd."""

    def intention_part(self) -> TabIntention:
        """What this tab wants to be allowed and shown."""
        return TabIntention()

    def actions(self) -> Mapping[str, Callable[[], None]]:
        """What this tab does for actions of the table whose callback is ``page``."""
        return {}

    def arrive(self, **what: Any) -> None:
        """Someone came here for something: ``run``, ``checkpoint``, ``certificate``, …; unknown names are ignored."""

    def take_drop(self, paths: list[Path], certificate: Mapping[str, Any] | None) -> bool:
        """Files were dropped on the window: say whether this tab has taken them."""
        return False

    def close_tab(self) -> None:
        """The window closes: let watches and timers go."""
