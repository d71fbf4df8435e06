"""What can be trained on a data set: a menu of all families, each of which says why where it cannot learn from it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu, QWidget

from studio.config.registry import data_kinds
from studio.families import FAMILIES
from studio.ground.errors import Text, text
from studio.ui import theme
from studio.ui.pages import BY_ID, page_of_family, page_title
from studio.ui.panels.description import description_of
from studio.ui.text import plain_tooltip, unmarked
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.config.facts import DataFacts

_OTHER_KIND = {
    "pictures": text("It learns from pictures; this data set holds texts."),
    "texts": text("It learns from texts of another kind."),
}


def family_menu(parent: QWidget, kind: str, data: DataFacts | None, chosen: Callable[[str], None]) -> QMenu:
    """A menu of the families for data of a kind; `chosen` is called with the one that the user takes."""
    menu = QMenu(parent)
    menu.setObjectName("familyMenu")
    menu.setToolTipsVisible(True)
    for family in FAMILIES:
        page = page_of_family(family)
        action = menu.addAction(unmarked(page_title(page)))
        action.setObjectName(f"train_{family}")
        theme.set_icon(action, BY_ID[page].icon)
        why = why_not(family, kind, data)
        action.setEnabled(why is None)
        plain_tooltip(action, spoken(why))
        action.triggered.connect(partial(_take, chosen, family))
    return menu


def why_not(family: str, kind: str, data: DataFacts | None) -> Text | None:
    """Why a family can learn nothing from some data; None where it can, or cannot be said."""
    if kind not in data_kinds(family):
        return _OTHER_KIND["pictures" if "pictures" in data_kinds(family) else "texts"]
    about = description_of(family)
    return about.refuses(data) if about is not None and data is not None else None


def _take(chosen: Callable[[str], None], family: str, checked: bool = False) -> None:
    chosen(family)
