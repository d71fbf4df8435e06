"""Making, opening and closing projects in the window, with a sentence for whatever goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog, QWidget

from studio.ground.errors import StudioError
from studio.ui.leaving import Leaving
from studio.ui.persistence import default_projects_folder
from studio.ui.session import Session

if TYPE_CHECKING:
    from studio.projects.project import Project


class ProjectsDoor(QObject):
    """One project at a time: the one before is left (with a question while something trains) and closed."""

    def __init__(self, session: Session, leaving: Leaving, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._leaving = leaving
        self._window = window

    def ask_new(self) -> None:
        """Ask for name and place, then make and open the project."""
        from studio.ui import dialogs

        folder = default_projects_folder(self._session.preferences)
        dialog = dialogs.NewProjectDialog(self._window, folder)
        accepted = dialog.exec() == QDialog.DialogCode.Accepted
        path = dialog.path()
        dialog.deleteLater()
        if accepted and path is not None:
            self.create(path)

    def ask_open(self) -> None:
        """Ask which folder, then open it."""
        from studio.ui import dialogs

        path = dialogs.ask_project_folder(self._window, default_projects_folder(self._session.preferences))
        if path is not None:
            self.open(path)

    def create(self, path: Path, then: Callable[[], None] | None = None) -> None:
        """Make a project and work on it."""
        from studio.projects.project import Project

        self._enter(lambda: Project.create(path), self.tr("Making the project"), then)

    def open(self, path: Path, then: Callable[[], None] | None = None) -> None:
        """Open a project and work on it; one that another window holds opens to read only."""
        current = self._session.project
        if current is not None and _same(current.path, path):
            return
        from studio.projects.project import Project

        self._enter(lambda: Project.open(path), self.tr("Opening the project"), then)

    def close(self) -> None:
        """Work on no project."""
        self._leaving.leave(lambda: self._switch(None))

    def _enter(self, make: Callable[[], Project], doing: str, then: Callable[[], None] | None) -> None:
        def enter() -> None:
            try:
                project = make()
            except (StudioError, OSError) as error:
                self._session.report(error, doing)
                return
            self._switch(project)
            if then is not None:
                then()

        self._leaving.leave(enter)

    def _switch(self, project: Project | None) -> None:
        before = self._session.project
        self._session.set_project(project)
        if before is not None:
            with self._session.reporting(self.tr("Closing the project")):
                before.flush()
                before.close()


def _same(first: Path, second: Path) -> bool:
    try:
        return first.samefile(second)
    except OSError:
        return False
