"""What the command palette offers in a window: actions, pages, runs and data sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from studio.ui.actions import ACTIONS, native, page_shortcuts, shortcut_text, title_of
from studio.ui.command_palette import Entry
from studio.ui.header_items import state_words
from studio.ui.pages import BY_ID, page_of_family, page_title
from studio.ui.text import count_text
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.window import StudioWindow


def palette_entries(window: StudioWindow) -> list[Entry]:
    """All entries; actions that can be done now come first."""
    actions = sorted(_actions(window), key=lambda entry: bool(entry.why_not))
    return [*actions, *_pages(window), *_runs(window), *_datasets(window), *_projects(window)]


def _tr(words: str) -> str:
    return QCoreApplication.translate("Palette", words)


def _actions(window: StudioWindow) -> Iterator[Entry]:
    for spec in ACTIONS:
        if not spec.palette:
            continue
        view = window.actions_table.view(spec.id)
        title = spoken(view.title) if view.title is not None else title_of(spec.id)
        why_not = spoken(view.why_not)
        detail = why_not or shortcut_text(spec.shortcut)
        yield Entry(
            title, detail, view.icon or spec.icon or "chevron-right", partial(window.does.run, spec.id), why_not
        )


def _pages(window: StudioWindow) -> Iterator[Entry]:
    for page_id, keys in page_shortcuts():
        title = _tr("Go to {0}").format(page_title(page_id))
        yield Entry(title, native(keys), BY_ID[page_id].icon, _going(window, page_id))


def _runs(window: StudioWindow) -> Iterator[Entry]:
    for info in window.session.runs():
        detail = f"{_tr('Run')} · {state_words(info.status.state)}"
        yield Entry(info.title, detail, "runs", _going(window, page_of_family(info.family), run=info.name, tab="train"))


def _datasets(window: StudioWindow) -> Iterator[Entry]:
    for record in window.session.datasets():
        detail = f"{_tr('Data set')} · {count_text(record.count)}"
        yield Entry(record.name, detail, "data", _going(window, "data", dataset=record.name))


def _going(window: StudioWindow, page: str, **what: str) -> Callable[[], None]:
    return partial(window.session.go, page, **what)


def _projects(window: StudioWindow) -> Iterator[Entry]:
    for recent in window.session.user.recent:
        here = window.session.project is not None and window.session.project.path == recent.path
        if not here:
            title = _tr("Open {0}").format(recent.name)
            yield Entry(title, _tr("Project"), "folder", partial(window.does.run, f"open:{recent.path}"))
