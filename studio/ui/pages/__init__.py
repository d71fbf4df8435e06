"""The table of pages: what stands in the navigation, and where each page is made when it is first shown."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from studio.families import FAMILIES

if TYPE_CHECKING:
    from studio.ui.pages.page import Page
    from studio.ui.session import Session

Group = Literal["top", "models", "work", "bottom"]


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One line of the navigation. ``target`` is ``module:Class``; ``family`` for model panels."""

    id: str
    title: str
    icon: str
    group: Group
    target: str
    family: str = ""


def _t(title: str) -> str:
    return str(QT_TRANSLATE_NOOP("Pages", title))


_TABLE: tuple[PageEntry, ...] = (
    PageEntry("home", _t("Home"), "home", "top", "studio.ui.pages.home:HomePage"),
    PageEntry("data", _t("Data"), "data", "top", "studio.ui.pages.data:DataPage"),
    PageEntry("gan", _t("GAN"), "gan", "models", "studio.ui.panels.gan:GanPanel", "gan"),
    PageEntry(
        "diffusion", _t("Diffusion"), "diffusion", "models", "studio.ui.panels.diffusion:DiffusionPanel", "diffusion"
    ),
    PageEntry("cyclegan", _t("CycleGAN"), "cyclegan", "models", "studio.ui.panels.cyclegan:CycleganPanel", "cyclegan"),
    PageEntry("chat", _t("Chat"), "chat", "models", "studio.ui.panels.language:LanguagePanel", "language"),
    PageEntry(
        "translate",
        _t("Translate"),
        "translate",
        "models",
        "studio.ui.panels.translation:TranslationPanel",
        "translation",
    ),
    PageEntry(
        "classifier",
        _t("Classifier"),
        "classifier",
        "models",
        "studio.ui.panels.classifier:ClassifierPanel",
        "classifier",
    ),
    PageEntry("runs", _t("Runs"), "runs", "work", "studio.ui.pages.runs:RunsPage"),
    PageEntry("gallery", _t("Gallery"), "gallery", "work", "studio.ui.pages.gallery:GalleryPage"),
    PageEntry("settings", _t("Settings"), "settings", "bottom", "studio.ui.pages.settings:SettingsPage"),
)


def _with_all_families(table: tuple[PageEntry, ...]) -> tuple[PageEntry, ...]:
    """A family that has no line of its own comes last among the models, under its own name."""
    unnamed = [family for family in FAMILIES if family not in {entry.family for entry in table}]
    end = max(place for place, entry in enumerate(table) if entry.group == "models") + 1
    return (*table[:end], *map(_entry_of, unnamed), *table[end:])


def _entry_of(family: str) -> PageEntry:
    name = family.capitalize()
    return PageEntry(family, name, "grid-plus", "models", f"studio.ui.panels.{family}:{name}Panel", family)


PAGES = _with_all_families(_TABLE)
BY_ID = {entry.id: entry for entry in PAGES}


def page_title(page_id: str) -> str:
    """The translated title of a page."""
    return QCoreApplication.translate("Pages", BY_ID[page_id].title)


def page_of_family(family: str) -> str:
    """The id of the panel of a family; Home where there is none."""
    return next((entry.id for entry in PAGES if entry.family == family), "home")


def first_panel() -> str:
    """The id of the panel that one is sent to where any will do: that of the first family."""
    return page_of_family(FAMILIES[0])


def is_there(entry: PageEntry) -> bool:
    """Whether the page's module, and the family that it is for, exist in this version."""
    if entry.family and entry.family not in FAMILIES:
        return False
    return importlib.util.find_spec(entry.target.split(":")[0]) is not None


def make_page(page_id: str, session: Session) -> Page:
    """Build a page now; for one that this version lacks, a placeholder that says so."""
    entry = BY_ID[page_id]
    if not is_there(entry):
        from studio.ui.pages.placeholder import PlaceholderPage

        return PlaceholderPage(session, page_id)
    module, name = entry.target.split(":")
    made: Page = getattr(importlib.import_module(module), name)(session, page_id)
    return made
