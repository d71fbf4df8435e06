"""Buttons of the few kinds that the window has, and the rule that a disabled one says why."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget

from studio.ui import theme
from studio.ui.text import plain_tooltip, set_plain

Kind = Literal["plain", "primary", "danger", "link", "quiet", "small", "icon"]

_ICON_TINTS = {"primary": "on_accent", "plain": "text", "danger": "danger", "small": "text"}


class Button(QPushButton):
    """A push button. Kinds: primary (one a view), plain, danger, small, and flat ones: link, quiet, icon."""

    def __init__(
        self,
        text: str = "",
        *,
        kind: Kind = "plain",
        icon: str = "",
        tip: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._kind: Kind = kind
        self._tip = tip
        self.setAutoDefault(False)
        if kind in ("link", "quiet"):
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.set_look(self, kind=kind)
        set_plain(self, text)
        self.set_icon(icon)
        self._describe(tip)

    def set_icon(self, name: str) -> None:
        """Show one of our drawings in the colour of this kind of button; an empty name changes nothing."""
        if name:
            theme.set_icon(self, name, _ICON_TINTS.get(self._kind, "text_dim"))

    def set_text(self, text: str) -> None:
        """Show a text letter by letter."""
        set_plain(self, text)

    def set_kind(self, kind: Kind) -> None:
        """Change the look, for example when another button becomes the main one."""
        if kind != self._kind:
            self._kind = kind
            theme.set_look(self, kind=kind)
            self.set_icon(str(self.property("studioIcon") or ""))

    def set_tip(self, tip: str) -> None:
        """The tooltip while the button is enabled."""
        self._tip = tip
        if self.isEnabled():
            self._describe(tip)

    def set_available(self, why_not: str = "") -> None:
        """Enable the button, or disable it with the reason as its tooltip."""
        self.setEnabled(not why_not)
        self._describe(why_not or self._tip)

    def _describe(self, tip: str) -> None:
        plain_tooltip(self, tip)
        if not self.text():
            self.setAccessibleName(self._tip)


def icon_button(icon: str, tip: str, *, parent: QWidget | None = None) -> Button:
    """A square flat button that shows only a drawing; `tip` is its tooltip and accessible name."""
    return Button(kind="icon", icon=icon, tip=tip, parent=parent)
