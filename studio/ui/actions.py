"""The action table: whatever the window can do stands here once, and menus, shortcuts and the palette come from it.

An action's ``callback`` is the name of a method of the window, or ``page`` for what the shown page does. Whether it
is enabled is decided in `view_state` under the same id.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from studio.ui import theme
from studio.ui.pages import PAGES
from studio.ui.text import plain_tooltip, unmarked
from studio.ui.view_state import ActionView
from studio.ui.words import spoken

PAGE = "page"
MENUS = ("project", "edit", "run", "view", "help")


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One line of the table. ``shortcut`` in Qt's portable form, several apart by commas; "" for none."""

    id: str
    title: str
    menu: str
    callback: str
    shortcut: str = ""
    icon: str = ""
    palette: bool = True
    separator: bool = False
    checkable: bool = False
    argument: str = ""


def _t(title: str) -> str:
    return str(QT_TRANSLATE_NOOP("Actions", title))


ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("new_project", _t("New project…"), "project", "new_project", "Ctrl+Shift+N", "plus"),
    ActionSpec("open_project", _t("Open project…"), "project", "open_project", "Ctrl+O", "folder"),
    ActionSpec("show_folder", _t("Show the project's folder"), "project", "show_folder", icon="folder"),
    ActionSpec("close_project", _t("Close project"), "project", "close_project", "Ctrl+W", "close"),
    ActionSpec("import_data", _t("Import data…"), "project", "import_data", "Ctrl+I", "import", separator=True),
    ActionSpec("load_model", _t("Load a model…"), "project", "load_model", icon="folder"),
    ActionSpec("draw_portraits", _t("Draw Portraits"), "project", "draw_portraits", icon="data"),
    ActionSpec("quit", _t("Quit"), "project", "quit", "Ctrl+Q", separator=True),
    ActionSpec("undo", _t("Undo"), "edit", "undo", "Ctrl+Z", "undo"),
    ActionSpec("redo", _t("Redo"), "edit", "redo", "Ctrl+Shift+Z,Ctrl+Y", "redo"),
    ActionSpec("copy", _t("Copy"), "edit", PAGE, "Ctrl+C", "copy", separator=True),
    ActionSpec("select_all", _t("Select all"), "edit", PAGE, "Ctrl+A"),
    ActionSpec("rename", _t("Rename…"), "edit", PAGE, "F2", "pencil"),
    ActionSpec("delete", _t("Delete"), "edit", PAGE, "", "trash"),
    ActionSpec("find", _t("Find"), "edit", PAGE, "Ctrl+F", "search", separator=True),
    ActionSpec("train", _t("Train"), "run", "train", "Ctrl+Return,Ctrl+Enter", "play"),
    ActionSpec("pause", _t("Pause"), "run", "pause", "Ctrl+P", "pause"),
    ActionSpec("stop", _t("Stop"), "run", "stop", "Ctrl+.", "stop"),
    ActionSpec("resume", _t("Go on with this run"), "run", "resume", "Ctrl+R", "play"),
    ActionSpec("new_run", _t("New run"), "run", "new_run", "Ctrl+N", "plus"),
    ActionSpec("sample_now", _t("Sample now"), "run", "sample_now", "Ctrl+T", "grid-plus", separator=True),
    ActionSpec("save_now", _t("Save a checkpoint now"), "run", "save_now", "Ctrl+S", "flag"),
    ActionSpec("generate", _t("Generate"), "run", PAGE, "Ctrl+G", "random", separator=True),
    ActionSpec("write_again", _t("Write another version"), "run", PAGE, "Ctrl+Shift+G", "refresh"),
    ActionSpec("stop_writing", _t("Stop writing"), "run", PAGE, "Esc", "stop"),
    ActionSpec("new_conversation", _t("New conversation"), "run", PAGE, "Ctrl+Alt+N", "chat"),
    ActionSpec("new_notebook", _t("New notebook"), "run", PAGE, "", "file"),
    ActionSpec("measure", _t("Measure…"), "run", "measure", "Ctrl+M", "measure"),
    ActionSpec("keep", _t("Keep"), "run", PAGE, "Ctrl+D", "star"),
    ActionSpec("export", _t("Export…"), "run", PAGE, "Ctrl+E", "export"),
    ActionSpec("film", _t("Export film…"), "run", PAGE, "", "film"),
    ActionSpec(
        "palette", _t("Command palette…"), "view", "show_palette", "Ctrl+K,Ctrl+Shift+P", "search", palette=False
    ),
    ActionSpec("theme", _t("Switch light and dark"), "view", "toggle_theme", "Ctrl+Shift+L", "eye", separator=True),
    ActionSpec("full_screen", _t("Full screen"), "view", "toggle_full_screen", "F11", checkable=True),
    ActionSpec("shortcuts", _t("Keyboard shortcuts"), "help", "show_shortcuts", "F1,Ctrl+/", "help"),
    ActionSpec("about", _t("About Generative Studio"), "help", "show_about", icon="info"),
)

TITLES = {spec.id: spec.title for spec in ACTIONS}


def title_of(spec_id: str) -> str:
    """The translated title of an action."""
    return QCoreApplication.translate("Actions", TITLES[spec_id])


def sequences(shortcut: str) -> list[QKeySequence]:
    """The key sequences of a line of the table."""
    return [QKeySequence(part, QKeySequence.SequenceFormat.PortableText) for part in shortcut.split(",") if part]


def shortcut_text(shortcut: str) -> str:
    """The first key sequence as this system writes it."""
    return native(shortcut.split(",")[0])


def native(keys: str) -> str:
    """One key sequence as this system writes it."""
    sequence = QKeySequence(keys, QKeySequence.SequenceFormat.PortableText)
    return sequence.toString(QKeySequence.SequenceFormat.NativeText)


def page_shortcuts() -> list[tuple[str, str]]:
    """Page ids and keys: Ctrl+1 … Ctrl+9 and Ctrl+0 from the top, none for more, Ctrl+comma for the settings."""
    keys = [*(f"Ctrl+{number % 10}" for number in range(1, 11)), *[""] * len(PAGES)]
    first = [(entry.id, key) for entry, key in zip(PAGES[:-1], keys, strict=False)]
    return [*first, (PAGES[-1].id, "Ctrl+,")]


class ActionSet(QObject):
    """The table as QActions of one window; `apply` takes over what the view state says of them."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._by_id = {spec.id: self._make(spec) for spec in ACTIONS}
        self._views: dict[str, ActionView] = {}

    def __getitem__(self, spec_id: str) -> QAction:
        return self._by_id[spec_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    def view(self, spec_id: str) -> ActionView:
        """What was applied last."""
        return self._views.get(spec_id, ActionView())

    def apply(self, spec_id: str, view: ActionView) -> None:
        """Enable or disable an action, say why not, word it."""
        if spec_id not in self._by_id or self._views.get(spec_id) == view:
            return
        self._views[spec_id] = view
        action = self._by_id[spec_id]
        title = spoken(view.title) if view.title is not None else title_of(spec_id)
        action.setText(unmarked(title))
        action.setEnabled(view.enabled)
        plain_tooltip(action, title if view.enabled else spoken(view.why_not))
        action.setStatusTip("" if view.enabled else spoken(view.why_not))

    def _make(self, spec: ActionSpec) -> QAction:
        action = QAction(unmarked(title_of(spec.id)), self._window)
        action.setObjectName(f"action_{spec.id}")
        action.setShortcuts(sequences(spec.shortcut))
        action.setCheckable(spec.checkable)
        action.setData(spec.id)
        action.setMenuRole(_role(spec.id))
        if spec.icon:
            theme.set_icon(action, spec.icon)
        self._window.addAction(action)
        return action

    def fill_menu(self, menu: QMenu, name: str) -> None:
        """Put the actions of one menu of the table into a menu."""
        for spec in ACTIONS:
            if spec.menu == name:
                if spec.separator:
                    menu.addSeparator()
                menu.addAction(self._by_id[spec.id])


def menu_title(name: str) -> str:
    """The translated title of a menu."""
    return QCoreApplication.translate("Actions", _MENU_TITLES[name])


_MENU_TITLES = {
    "project": _t("Project"),
    "edit": _t("Edit"),
    "run": _t("Run"),
    "view": _t("View"),
    "help": _t("Help"),
}


def _role(spec_id: str) -> QAction.MenuRole:
    """Where macOS expects the action; elsewhere it changes nothing."""
    roles = {"quit": QAction.MenuRole.QuitRole, "about": QAction.MenuRole.AboutRole}
    return roles.get(spec_id, QAction.MenuRole.NoRole)
