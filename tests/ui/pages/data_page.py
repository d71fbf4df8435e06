"""What tests of the Data page do with it."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QLabel, QWidget

from studio.config.requests import ImportRequest
from studio.jobs.registry import run_job
from studio.projects.datasets import DataSetRecord
from studio.projects.project import Project
from studio.ui.pages.data import DataPage

LONG = 60_000  # milliseconds; the machine may be busy
HOSTILE = '<img src="file:///etc/passwd"> & <b>'


def fill(path: Path, source: Path, name: str = "sprites") -> DataSetRecord:
    """Bring a data set into a closed project."""
    from studio.jobs.steering import CommandQueue

    ended = list(run_job(ImportRequest(source=source, name=name), path, CommandQueue()))[-1]
    with Project.open(path) as project:
        return project.datasets.add(ended.result)  # type: ignore[attr-defined]


def settled(qtbot: Any, page: DataPage) -> None:
    """Everything that was begun has come to its end: jobs, contents, thumbnails, preview."""
    session = page.session
    qtbot.waitUntil(lambda: not len(session.board) and not session.browser.busy(), timeout=LONG)
    qtbot.waitUntil(lambda: not page.view.wall.is_waiting() and not session.browser.busy(), timeout=LONG)


def click(qtbot: Any, parent: QWidget, name: str) -> None:
    button = parent.findChild(QAbstractButton, name)
    assert button is not None and button.isVisible(), name
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def dialog_of(page: DataPage, name: str) -> QDialog:
    found = page.findChild(QDialog, name)
    assert found is not None and found.isVisible(), name
    return found


def drop(page: DataPage, *paths: Path) -> bool:
    """Drag files over the page and let them go there; whether the page wanted them."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(300, 200), Qt.DropAction.CopyAction, mime, left, none)
    QApplication.sendEvent(page, enter)
    if enter.isAccepted() and page.veil.isVisible():
        QApplication.sendEvent(page, QDropEvent(QPointF(300, 200), Qt.DropAction.CopyAction, mime, left, none))
        return True
    return False


def finding(page: DataPage, code: str) -> QWidget:
    return next(row for row in page.view.check.rows() if row.finding.code == code)


def labels_of(widget: QWidget) -> list[str]:
    """All words that are shown in labels of a widget."""
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]


def press_wall(qtbot: Any, page: DataPage, index: int, modifier: Any = Qt.KeyboardModifier.NoModifier) -> None:
    wall = page.view.wall
    qtbot.mouseClick(wall.viewport(), Qt.MouseButton.LeftButton, modifier, wall.cell_rect(index).center())
