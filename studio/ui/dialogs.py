"""The few dialogs: what failed, what to do with training when the window closes, a new project, the shortcuts."""

from __future__ import annotations

import platform
import traceback
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QCoreApplication, Qt, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

import studio
from studio.ground.errors import StudioError, Text
from studio.ui import theme
from studio.ui.actions import ACTIONS, MENUS, menu_title, native, page_shortcuts, shortcut_text, title_of
from studio.ui.pages import page_title
from studio.ui.text import Label, message_box, tell, unmarked
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import dense
from studio.ui.widgets.inputs import PathField
from studio.ui.words import spoken, spoken_error

Closing = Literal["stop", "detach", "stay"]
_LOG_LINES = 60


def _tr(words: str) -> str:
    return QCoreApplication.translate("Dialogs", words)


# --- what failed -----------------------------------------------------------------------------------------------------


class ErrorDialog(QDialog):
    """What happened, what to do, and, folded away, trace and log with a button that copies them."""

    def __init__(self, parent: QWidget | None, headline: str, sentence: str, details: str) -> None:
        super().__init__(parent)
        self.setObjectName("errorDialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(headline)
        self.setMinimumWidth(460)
        self._details = details
        self._text = QPlainTextEdit(details)
        self._text.setObjectName("errorDetails")
        self._text.setAccessibleName(_tr("Details"))
        self._text.setReadOnly(True)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setMinimumSize(620, 260)
        self._text.hide()
        title = Label(headline, role="headline", wrap=True)
        title.setObjectName("errorHeadline")
        self.sentence = Label(sentence, wrap=True)
        self.sentence.setObjectName("errorSentence")
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column = dense(QVBoxLayout(self), padding=20, gap=12)
        column.addWidget(title)
        column.addWidget(self.sentence)
        column.addWidget(self._text)
        column.addLayout(self._buttons())

    def _buttons(self) -> QHBoxLayout:
        self._fold = Button(_tr("Details"), kind="quiet", icon="chevron-right")
        self._fold.setObjectName("errorFold")
        self._fold.clicked.connect(self._on_fold)
        copy = Button(_tr("Copy"), kind="quiet", icon="copy")
        copy.setObjectName("errorCopy")
        copy.clicked.connect(self._on_copy)
        close = Button(_tr("Close"), kind="primary")
        close.setObjectName("errorClose")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        row = dense(QHBoxLayout(), gap=8)
        for button in (self._fold, copy):
            button.setVisible(bool(self._details))
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(close)
        return row

    def _on_fold(self) -> None:
        self._text.setVisible(self._text.isHidden())
        self._fold.set_icon("chevron-right" if self._text.isHidden() else "chevron-down")
        layout = self.layout()
        assert layout is not None
        layout.activate()
        self.resize(self.sizeHint())  # adjustSize would keep to two thirds of the screen and cut the text off

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(f"{self.windowTitle()}\n{self.sentence.text()}\n\n{self._details}")


def error_words(error: BaseException | Text, trace: str) -> tuple[str, str]:
    """The sentence of a failure and, for the unexpected, its trace."""
    if isinstance(error, Text):
        return spoken(error), trace
    if isinstance(error, StudioError):
        return spoken_error(error), trace
    return spoken_error(error), trace or "".join(traceback.format_exception(error))


def show_error(
    parent: QWidget | None, doing: str, error: BaseException | Text, *, trace: str = "", log: Path | None = None
) -> ErrorDialog:
    """Show a failure without holding up anything else."""
    sentence, details = error_words(error, trace)
    if details and log is not None:
        details += f"\n\n--- {log.name} ---\n{log_tail(log)}"
    headline = _tr("{0} did not work").format(doing) if doing else _tr("Something went wrong")
    dialog = ErrorDialog(parent, headline, sentence, details)
    dialog.open()
    return dialog


def log_tail(log: Path, lines: int = _LOG_LINES) -> str:
    """The last lines of a log file; what could not be read in their place."""
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except OSError as error:
        return str(error)


# --- closing while something trains ----------------------------------------------------------------------------------


def ask_closing(parent: QWidget | None, run: str) -> Closing:
    """What to do with a run that trains when the window closes."""
    box = message_box(
        parent,
        _tr("A run is training"),
        _tr("{0} is training.").format(run or _tr("A run")),
        more=_tr("It can stop with a checkpoint and go on later from there, or go on without the window."),
    )
    stop = box.addButton(unmarked(_tr("Stop and close")), box.ButtonRole.AcceptRole)
    detach = box.addButton(unmarked(_tr("Go on without the window")), box.ButtonRole.ActionRole)
    stay = box.addButton(unmarked(_tr("Keep open")), box.ButtonRole.RejectRole)
    for button, name in ((stop, "stopAndClose"), (detach, "detachRun"), (stay, "keepOpen")):
        button.setObjectName(name)
    theme.set_look(stop, kind="primary")
    detach.setVisible(bool(run))
    box.setDefaultButton(stop)
    box.setEscapeButton(stay)
    box.exec()
    clicked = box.clickedButton()
    box.deleteLater()
    return "stop" if clicked is stop else "detach" if clicked is detach else "stay"


# --- projects --------------------------------------------------------------------------------------------------------


class NewProjectDialog(QDialog):
    """Name and place of a new project."""

    def __init__(self, parent: QWidget | None, folder: Path, name: str = "") -> None:
        super().__init__(parent)
        self.setObjectName("newProjectDialog")
        self.setWindowTitle(_tr("New project"))
        self.setMinimumWidth(520)
        self.name = QLineEdit(name)
        self.name.setObjectName("projectName")
        self.name.setAccessibleName(_tr("Name"))
        self.name.setPlaceholderText(_tr("My project"))
        self.folder = PathField("folder", title=_tr("Where the project's folder is made"))
        self.folder.setObjectName("projectFolder")
        self.folder.setAccessibleName(_tr("Folder"))
        self.folder.set_path(folder)
        self._place = Label(role="small", wrap=True)
        self._problem = Label(role="error", wrap=True)
        self._problem.setObjectName("projectProblem")
        self._create = Button(_tr("Create"), kind="primary")
        self._create.setObjectName("createProject")
        self._create.setDefault(True)
        self._create.clicked.connect(self.accept)
        cancel = Button(_tr("Cancel"))
        cancel.setObjectName("cancelProject")
        cancel.clicked.connect(self.reject)
        self._lay_out(cancel)
        self.name.textChanged.connect(self._check)
        self.folder.path_changed.connect(self._check)
        self._check()

    def _lay_out(self, cancel: Button) -> None:
        grid = QGridLayout()
        grid.setVerticalSpacing(10)
        grid.setHorizontalSpacing(16)
        for row, (words, field) in enumerate(((_tr("Name"), self.name), (_tr("Folder"), self.folder))):
            grid.addWidget(Label(words), row, 0)
            grid.addWidget(field, row, 1)
        buttons = dense(QHBoxLayout(), gap=8)
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self._create)
        column = dense(QVBoxLayout(self), padding=20, gap=12)
        column.addWidget(Label(_tr("New project"), role="headline"))
        column.addLayout(grid)
        column.addWidget(self._place)
        column.addWidget(self._problem)
        column.addStretch(1)
        column.addLayout(buttons)

    def path(self) -> Path | None:
        """The folder that the project will be; None while it cannot be."""
        name, folder = self.name.text().strip(), self.folder.path()
        if not name or folder is None or _unusable(name):
            return None
        return folder.expanduser() / name

    def _check(self) -> None:
        path = self.path()
        name = self.name.text().strip()
        problem = _tr('A name cannot hold these characters: / \\ : * ? " < > |') if name and _unusable(name) else ""
        if path is not None and path.exists() and any(path.iterdir() if path.is_dir() else [path]):
            problem = _tr("There is something of that name already; choose another name.")
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self._place.setText(_tr("It will be made at {0}").format(path) if path is not None and not problem else " ")
        missing = "" if name else _tr("Give the project a name first.")
        self._create.set_available(problem or missing)


def _unusable(name: str) -> bool:
    return any(letter in name for letter in '/\\:*?"<>|\0') or name.strip(". ") == ""


def ask_project_folder(parent: QWidget | None, start: Path) -> Path | None:
    """Which project to open."""
    found = QFileDialog.getExistingDirectory(parent, _tr("Open a project"), str(start))
    return Path(found) if found else None


# --- help ------------------------------------------------------------------------------------------------------------


class ShortcutsDialog(QDialog):
    """All actions that have a shortcut, from the table."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setObjectName("shortcutsDialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_tr("Keyboard shortcuts"))
        self.resize(560, 640)
        inner = QWidget()
        theme.set_look(inner, surface="canvas")
        grid = QGridLayout(inner)
        grid.setContentsMargins(20, 12, 20, 20)
        grid.setHorizontalSpacing(32)
        grid.setVerticalSpacing(7)
        grid.setColumnStretch(0, 1)
        for words, keys in shortcut_rows():
            row = grid.rowCount()
            label = Label(words, role="body" if keys else "strong")
            grid.addWidget(label, row, 0)
            grid.addWidget(Label(keys, role="dim"), row, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inner)
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        box.setObjectName("shortcutsButtons")
        box.rejected.connect(self.reject)
        column = dense(QVBoxLayout(self), gap=0)
        column.addWidget(scroll, 1)
        column.addWidget(box)
        box.setContentsMargins(16, 10, 16, 12)


def shortcut_rows() -> list[tuple[str, str]]:
    """Rows of the shortcuts list: a menu's title without keys, then its actions with theirs."""
    rows: list[tuple[str, str]] = []
    for menu in MENUS:
        rows.append((menu_title(menu), ""))
        rows += [(title_of(s.id), shortcut_text(s.shortcut)) for s in ACTIONS if s.menu == menu and s.shortcut]
    rows.append((_tr("Pages"), ""))
    rows += [(page_title(page_id), native(keys)) for page_id, keys in page_shortcuts()]
    return rows


def show_about(parent: QWidget | None) -> None:
    """Version and what it stands on."""
    versions = f"Python {platform.python_version()} · Qt {qVersion()}"
    words = _tr("Train generative models on your own pictures, watch them learn, use them, look inside.")
    tell(
        parent, _tr("About Generative Studio"), f"Generative Studio {studio.__version__}", more=f"{words}\n\n{versions}"
    )
